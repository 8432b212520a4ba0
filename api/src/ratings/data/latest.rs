//! The latest row of each school.

use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement, WindowStatement};

/// A column by its table.
type Column = (&'static str, &'static str);

/// Narrows a statement over rows of a table to one row for each school: the one whose `key` is the greatest, and of
/// these the one made last. The statement selects `columns`.
pub fn of_each_school(
    mut rows: SelectStatement,
    table: &'static str,
    key: Column,
    columns: &[&'static str],
) -> SelectStatement {
    let of = |(table, column): Column| (Alias::new(table), Alias::new(column));
    let mut within = WindowStatement::partition_by(of((table, "school_id")));
    within.order_by(of(key), Order::Desc).order_by(of((table, "id")), Order::Desc);
    rows.expr_window_as(Expr::cust("ROW_NUMBER()"), within, Alias::new("place"));
    let mut latest = Query::select();
    latest
        .columns(columns.iter().copied().map(Alias::new))
        .from_subquery(rows, Alias::new("placed"))
        .and_where(Expr::col(Alias::new("place")).eq(1));
    latest
}
