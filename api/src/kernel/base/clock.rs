//! The only place that asks what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use entity::instant::Instant;
use time::{Date, Month, OffsetDateTime, Weekday};

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

/// The date in London. Summer time has had the same rule since 1996: from 01:00 UTC on the last
/// Sunday of March to 01:00 UTC on the last Sunday of October.
fn london(utc: OffsetDateTime) -> Date {
    let turns = |month| {
        let last = Date::from_calendar_date(utc.year(), month, 31).ok()?;
        let back = match last.weekday() {
            Weekday::Sunday => 0,
            day => i64::from(day.number_from_monday()),
        };
        Some((last - time::Duration::days(back)).midnight().assume_utc() + time::Duration::HOUR)
    };
    let summer =
        turns(Month::March).is_some_and(|start| utc >= start) && turns(Month::October).is_some_and(|end| utc < end);
    if summer { utc.saturating_add(time::Duration::HOUR).date() } else { utc.date() }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime};

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
