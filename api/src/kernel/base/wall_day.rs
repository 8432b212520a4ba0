//! The days of moments, as the database works them out: by the clocks of English schools, as [`clock::day_of`] does.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DbBackend, ExprTrait};
use time::Date;

use super::clock::{self, day_begins};

/// The microseconds by which clocks are ahead in summer.
const HOUR: i64 = 3_600_000_000;

/// No column holds moments of more years than this.
const MOST_YEARS: i32 = 60;

/// The moments of a column that lie in the days from `first` to `last`.
pub fn within<C: ColumnTrait>(column: C, [first, last]: [Date; 2]) -> Condition {
    Condition::all().add(column.gte(day_begins(first))).add_option(until(column, last))
}

/// The moments of a column that lie before the end of a day.
pub fn by_end_of<C: ColumnTrait>(column: C, last: Date) -> Condition {
    Condition::all().add(column.is_not_null()).add_option(until(column, last))
}

/// The moments of a column that lie after a day.
pub fn after<C: ColumnTrait>(column: C, last: Date) -> Condition {
    Condition::all().add_option(last.next_day().map(|next| column.gte(day_begins(next))))
}

fn until<C: ColumnTrait>(column: C, last: Date) -> Option<Expr> {
    last.next_day().map(|next| column.lt(day_begins(next)))
}

/// The day of a moment of the years from `first` to `last`.
#[must_use]
pub fn day(backend: DbBackend, moment: Expr, [first, last]: [Date; 2]) -> Expr {
    let years = Ord::max(first.year(), last.year() - MOST_YEARS)..=last.year();
    let summers = years.filter_map(clock::summer);
    let in_summer = summers
        .fold(Condition::any(), |any, (begins, ends)| any.add(moment.clone().gte(begins).and(moment.clone().lt(ends))));
    let ahead = Expr::case(in_summer, HOUR).finally(0_i64);
    let sql = match backend {
        DbBackend::Postgres => "CAST(to_timestamp(($1 + $2) / 1000000) AT TIME ZONE 'UTC' AS date)",
        _ => "date((? + ?) / 1000000, 'unixepoch')",
    };
    Expr::cust_with_exprs(sql, [moment, ahead.into()])
}

/// The day so many days after another one.
#[must_use]
pub fn days_later(backend: DbBackend, day: Expr, days: i32) -> Expr {
    match backend {
        DbBackend::Postgres => Expr::cust_with_exprs("$1 + $2", [day, Expr::val(days).cast_as("integer")]),
        _ => Expr::cust_with_exprs("date(?, ?)", [day, Expr::val(format!("+{days} days"))]),
    }
}
