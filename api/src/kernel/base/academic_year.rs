//! Academic years, from September to August. Pure.

use time::{Date, Month};

use super::problem::{Problem, Result};

/// The academic year in which a day lies, such as `2016/17`.
#[must_use]
pub fn academic_year(day: Date) -> String {
    let first = day.year() - i32::from(day.month() < Month::September);
    format!("{first:04}/{:02}", (first + 1).rem_euclid(100))
}

/// The first and the last day of an academic year; none if the last two digits do not belong to the year after the
/// first, or no calendar has the days.
#[must_use]
pub fn days(text: &str) -> Option<(Date, Date)> {
    let (year, next) = text.split_once('/')?;
    let (year, next) = (year.parse::<i32>().ok()?, next.parse::<i32>().ok()?);
    if (year + 1).rem_euclid(100) != next {
        return None;
    }
    let first = Date::from_calendar_date(year, Month::September, 1).ok()?;
    Some((first, Date::from_calendar_date(year + 1, Month::August, 31).ok()?))
}

/// The days of an academic year that somebody gives at `pointer`.
///
/// # Errors
/// 422 for a year that is none.
pub fn expect_days(pointer: &str, text: &str) -> Result<(Date, Date)> {
    let message = "an academic year is a year and the last two digits of the next, such as 2014/15";
    days(text).ok_or_else(|| Problem::invalid(pointer, "order", message))
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn an_academic_year_begins_in_september() {
        let years = [date!(2016 - 08 - 31), date!(2016 - 09 - 01), date!(1999 - 12 - 31)].map(academic_year);
        assert_eq!(years, ["2015/16", "2016/17", "1999/00"]);
    }

    #[test]
    fn an_academic_year_ends_in_august_of_the_next_year() {
        assert_eq!(days("2016/17"), Some((date!(2016 - 09 - 01), date!(2017 - 08 - 31))));
        assert_eq!(days("1999/00"), Some((date!(1999 - 09 - 01), date!(2000 - 08 - 31))));
        assert_eq!([days("2016/18"), days("9999/00"), days("2016")], [None; 3]);
    }
}
