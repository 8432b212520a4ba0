//! The only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::instant::Instant;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, Weekday};

/// Tells the time; in a test it stands still until it is moved.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System,
    Fixed(AtomicI64),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Arc::new(Source::System))
    }

    /// A clock that stands at `instant` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn fixed(instant: Instant) -> Self {
        Self(Arc::new(Source::Fixed(AtomicI64::new(instant.as_micros()))))
    }

    /// Moves a fixed clock, and every clone of it, forward. The machine's clock moves by itself.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(micros) = &*self.0 {
            micros.store((self.now() + by).as_micros(), Ordering::SeqCst);
        }
    }

    /// This moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Instant {
        match &*self.0 {
            Source::System => Instant::from(OffsetDateTime::now_utc()),
            Source::Fixed(micros) => Instant::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Today's date as the calendars on the walls of English schools show it.
    #[must_use]
    pub fn today(&self) -> Date {
        day_of(self.now())
    }
}

/// The date of a moment as the calendars on the walls of English schools show it.
#[must_use]
pub fn day_of(moment: Instant) -> Date {
    london(OffsetDateTime::from(moment))
}

/// The moment at which a day begins by the clocks of English schools.
#[must_use]
pub fn day_begins(day: Date) -> Instant {
    at(day, Time::MIDNIGHT)
}

/// The moment of a time of day by the clocks of English schools. In the hour that clocks repeat in autumn it is the
/// first of the two; in the hour that they leave out in spring it is the moment an hour later.
#[must_use]
pub fn at(day: Date, time: Time) -> Instant {
    let utc = PrimitiveDateTime::new(day, time).assume_utc();
    let earlier = utc - time::Duration::HOUR;
    Instant::from(if is_summer(earlier) { earlier } else { utc })
}

/// The date in London. Summer time has had the same rule since 1996: from 01:00 UTC on the last
/// Sunday of March to 01:00 UTC on the last Sunday of October.
fn london(utc: OffsetDateTime) -> Date {
    if is_summer(utc) { utc.saturating_add(time::Duration::HOUR).date() } else { utc.date() }
}

/// Returns true if clocks in London are an hour ahead.
fn is_summer(utc: OffsetDateTime) -> bool {
    let moment = Instant::from(utc);
    summer(utc.year()).is_some_and(|(begins, ends)| begins <= moment && moment < ends)
}

/// When clocks in London go an hour ahead in a year, and when they go back.
#[must_use]
pub fn summer(year: i32) -> Option<(Instant, Instant)> {
    let turns = |month| {
        let last = Date::from_calendar_date(year, month, 31).ok()?;
        let back = match last.weekday() {
            Weekday::Sunday => 0,
            day => i64::from(day.number_from_monday()),
        };
        Some(Instant::from((last - time::Duration::days(back)).midnight().assume_utc() + time::Duration::HOUR))
    };
    turns(Month::March).zip(turns(Month::October))
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime, time};

    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(Instant::from(datetime!(2014-09-01 08:30 UTC)));
        let other = clock.clone();
        clock.advance(Duration::from_mins(1));
        assert_eq!(other.now(), Instant::from(datetime!(2014-09-01 08:31 UTC)));
        assert_eq!(other.today(), date!(2014 - 09 - 01));
    }

    #[test]
    fn a_time_of_day_is_a_moment_by_british_summer_time() {
        let moment = |moment| Instant::from(moment);
        assert_eq!(day_begins(date!(2014 - 07 - 02)), moment(datetime!(2014-07-01 23:00 UTC)));
        assert_eq!(day_begins(date!(2014 - 12 - 02)), moment(datetime!(2014-12-02 00:00 UTC)));
        // Summer time of 2014: 30 March to 26 October.
        assert_eq!(at(date!(2014 - 03 - 30), time!(09:30)), moment(datetime!(2014-03-30 08:30 UTC)));
        assert_eq!(at(date!(2014 - 03 - 30), time!(01:30)), moment(datetime!(2014-03-30 01:30 UTC)));
        assert_eq!(at(date!(2014 - 10 - 26), time!(01:30)), moment(datetime!(2014-10-26 00:30 UTC)));
        assert_eq!(at(date!(2014 - 10 - 26), time!(09:30)), moment(datetime!(2014-10-26 09:30 UTC)));
    }

    #[test]
    fn today_follows_british_summer_time() {
        assert_eq!(london(datetime!(2014-07-01 23:30 UTC)), date!(2014 - 07 - 02));
        assert_eq!(london(datetime!(2014-12-01 23:30 UTC)), date!(2014 - 12 - 01));
        // Summer time of 2014: 30 March to 26 October.
        assert_eq!(london(datetime!(2014-03-29 23:30 UTC)), date!(2014 - 03 - 29));
        assert_eq!(london(datetime!(2014-03-30 23:30 UTC)), date!(2014 - 03 - 31));
        assert_eq!(london(datetime!(2014-10-25 23:30 UTC)), date!(2014 - 10 - 26));
        assert_eq!(london(datetime!(2014-10-26 23:30 UTC)), date!(2014 - 10 - 26));
    }
}
