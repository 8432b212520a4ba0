//! Periods with open ends, as conditions over their two columns.

use sea_orm::{ColumnTrait, Condition};
use time::Date;

/// Returns true if a period with open ends holds on a day.
pub fn holds<C: ColumnTrait>(from: C, to: C, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(from.is_null()).add(from.lte(on))).add(not_over(to, on))
}

/// Returns true if a period with an open end holds on a day or later.
pub fn not_over<C: ColumnTrait>(to: C, on: Date) -> Condition {
    Condition::all().add(Condition::any().add(to.is_null()).add(to.gte(on)))
}
