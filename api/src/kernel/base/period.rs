//! Periods with open ends: as conditions over their two columns, and as days of a calendar.

use sea_orm::sea_query::{ColumnRef, Expr};
use sea_orm::{ColumnTrait, Condition, ExprTrait};
use time::{Date, Month};

use super::problem::Fault;

/// Returns true if a period with open ends holds on a day.
pub fn holds<C: ColumnTrait>(from: C, to: C, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(from.is_null()).add(from.lte(on))).add(not_over(to, on))
}

/// Returns true if a period with an open end holds on a day or later.
pub fn not_over<C: ColumnTrait>(to: C, on: Date) -> Condition {
    not_over_at(to.as_column_ref().into(), on)
}

/// As [`not_over`], for a column of any table.
pub fn not_over_at(to: ColumnRef, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(Expr::col(to.clone()).is_null()).add(Expr::col(to).gte(on)))
}

/// Returns true if a period with an open end shares a day with the days from `first` to `last`, which may be open too.
pub fn overlaps<C: ColumnTrait>(from: C, to: C, first: Date, last: Option<Date>) -> Condition {
    Condition::all().add_option(last.map(|last| from.lte(last))).add(not_over(to, first))
}

/// The fault of a last day before the first one, at the pointer of the last day.
#[must_use]
pub fn in_order(pointer: &str, from: Option<Date>, to: Option<Date>) -> Option<Fault> {
    let wrong = matches!((from, to), (Some(from), Some(to)) if to < from);
    wrong.then(|| Fault::new(pointer, "order", "not before the first day"))
}

/// The day so many months later; the last day of the month where it is shorter.
#[must_use]
pub fn months_later(day: Date, months: i32) -> Date {
    let month = i32::from(u8::from(day.month())) - 1 + months;
    let year = day.year() + month.div_euclid(12);
    let month = u8::try_from(month.rem_euclid(12) + 1).ok().and_then(|month| Month::try_from(month).ok());
    let Some(month) = month else { return day };
    Date::from_calendar_date(year, month, Ord::min(day.day(), month.length(year))).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::*;

    #[test]
    fn months_later_it_is_the_same_day_or_the_last_of_the_month() {
        assert_eq!(months_later(date!(2014 - 11 - 15), 12), date!(2015 - 11 - 15));
        assert_eq!(months_later(date!(2014 - 08 - 31), 6), date!(2015 - 02 - 28));
        assert_eq!(months_later(date!(2014 - 12 - 01), 1), date!(2015 - 01 - 01));
        assert_eq!(months_later(date!(2014 - 12 - 15), 24), date!(2016 - 12 - 15));
        assert_eq!(months_later(date!(2015 - 01 - 31), -2), date!(2014 - 11 - 30));
        assert_eq!(months_later(date!(2015 - 03 - 31), -1), date!(2015 - 02 - 28));
        assert_eq!(months_later(date!(9999 - 12 - 01), 60), Date::MAX);
    }
}
