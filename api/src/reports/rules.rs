//! When a school is due, and how far schools lie apart. Pure.

use time::{Date, Duration, Month};

/// The day so many months later; the last day of the month where it is shorter.
#[must_use]
pub fn months_later(day: Date, months: i32) -> Date {
    let month = i32::from(u8::from(day.month())) - 1 + months;
    let year = day.year() + month.div_euclid(12);
    let month = u8::try_from(month.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let Some(month) = month else { return day };
    Date::from_calendar_date(year, month, day.day().min(month.length(year))).unwrap_or(Date::MAX)
}

/// The first day from which on `months_later` gives `day` or a later one: a school visited before it is due before
/// `day`.
#[must_use]
pub fn months_before(day: Date, months: i32) -> Date {
    // A month later ends at most three days earlier than it began, since the shortest month has 28 days.
    let near = months_later(day, -months);
    let days = (0..=3).filter_map(|days| near.checked_add(Duration::days(days)));
    days.into_iter().find(|from| months_later(*from, months) >= day).unwrap_or(near)
}

/// Where a school lies: easting and northing in metres.
pub type Position = (i32, i32);

/// The distance as the crow flies, in kilometres to one decimal.
#[must_use]
pub fn kilometres(one: Position, other: Position) -> f64 {
    let (east, north) = (f64::from(one.0) - f64::from(other.0), f64::from(one.1) - f64::from(other.1));
    (east.hypot(north) / 100.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn a_month_later_is_the_same_day_or_the_last_of_a_shorter_month() {
        assert_eq!(months_later(date!(2014 - 10 - 31), 1), date!(2014 - 11 - 30));
        assert_eq!(months_later(date!(2014 - 12 - 15), 24), date!(2016 - 12 - 15));
        assert_eq!(months_later(date!(2015 - 03 - 30), -1), date!(2015 - 02 - 28));
        assert_eq!(months_later(date!(2015 - 01 - 31), -2), date!(2014 - 11 - 30));
    }

    #[test]
    fn what_is_due_before_a_day_was_visited_before_the_day_that_belongs_to_it() {
        let days = (0..800).map(|days| date!(2014 - 12 - 01) + Duration::days(days));
        for (day, months) in days.flat_map(|day| [1, 2, 11, 12, 24].map(|months| (day, months))) {
            let from = months_before(day, months);
            assert!(months_later(from, months) >= day, "{day} {months}");
            assert!(months_later(from - Duration::DAY, months) < day, "{day} {months}");
        }
    }

    #[test]
    fn distances_are_in_kilometres_to_one_decimal() {
        assert!((kilometres((458_000, 304_000), (461_000, 308_000)) - 5.0).abs() < f64::EPSILON);
        assert!((kilometres((458_000, 304_000), (458_000, 304_049)) - 0.0).abs() < f64::EPSILON);
    }
}
