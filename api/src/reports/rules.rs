//! When a school is due, and how far schools lie apart. Pure.

use time::{Date, Duration};

pub use crate::kernel::base::period::months_later;

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
