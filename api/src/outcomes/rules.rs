//! Academic years, from September to August. Pure.

use time::{Date, Month};

/// The academic year in which a day lies, such as `2016/17`.
#[must_use]
pub fn academic_year(day: Date) -> String {
    let first = day.year() - i32::from(day.month() < Month::September);
    format!("{first:04}/{:02}", (first + 1).rem_euclid(100))
}

/// Returns true if the last two digits belong to the year after the first. The pattern is checked already.
#[must_use]
pub fn is_academic_year(text: &str) -> bool {
    let Some((year, next)) = text.split_once('/') else { return false };
    let (year, next) = (year.parse::<u32>(), next.parse::<u32>());
    matches!((year, next), (Ok(year), Ok(next)) if (year + 1) % 100 == next)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn an_academic_year_begins_in_september() {
        let years = [date!(2016 - 08 - 31), date!(2016 - 09 - 01), date!(1999 - 12 - 31)].map(academic_year);
        assert_eq!(years, ["2015/16", "2016/17", "1999/00"]);
        assert!(years.iter().all(|year| is_academic_year(year)));
        assert!(!is_academic_year("2016/18"));
    }
}
