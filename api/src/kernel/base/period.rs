//! Periods with open ends, as conditions over their two columns.

use sea_orm::sea_query::{ColumnRef, Expr};
use sea_orm::{ColumnTrait, Condition, ExprTrait};
use time::Date;

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
