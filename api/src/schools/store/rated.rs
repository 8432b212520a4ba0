//! Which rating of a school is current: the latest accepted one that has not expired.

use entity::owned::{Fence, Owned};
use entity::ratings::rag_rating::{self, Column, RatingStatus};
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement};
use sea_orm::{Condition, ExprTrait, IdenStatic};
use time::Date;

use crate::kernel::caller::tenancy::Caller;

/// A name under which ratings are read within another statement.
const OTHER: &str = "other";

fn of(table: &'static str, column: Column) -> Expr {
    Expr::col((Alias::new(table), Alias::new(column.as_str())))
}

/// The ratings under [`OTHER`] that exist for the caller and hold on a day.
fn holding(caller: &Caller, on: Date) -> SelectStatement {
    let fence = Fence { table: OTHER, ..rag_rating::Entity::fence() };
    let mut rows = Query::select();
    rows.from_as(rag_rating::Entity, Alias::new(OTHER)).cond_where(caller.sees(&fence)).cond_where(holds(OTHER, on));
    rows
}

/// A rating of a table counts, and holds on a day.
fn holds(table: &'static str, on: Date) -> Condition {
    let not_over = of(table, Column::ValidUntil).is_null().or(of(table, Column::ValidUntil).gte(on));
    Condition::all()
        .add(of(table, Column::ArchivedAt).is_null())
        .add(of(table, Column::Status).eq(RatingStatus::Accepted.as_str()))
        .add(of(table, Column::OnDate).lte(on))
        .add(not_over)
}

/// The rating is the current one of its school on a day, of those that exist for the caller.
#[must_use]
pub fn is_current(caller: &Caller, on: Date) -> Condition {
    let own = |column| of("rag_rating", column);
    let later = Expr::tuple([of(OTHER, Column::OnDate), of(OTHER, Column::Id)])
        .gt(Expr::tuple([own(Column::OnDate), own(Column::Id)]));
    let mut others = holding(caller, on);
    others.expr(Expr::val(1)).and_where(of(OTHER, Column::SchoolId).eq(own(Column::SchoolId))).and_where(later);
    holds("rag_rating", on).add(Expr::exists(others).not())
}

/// The colour of the current rating of a school on a day, as an expression in a statement that reads the school's id
/// by `school`. The index of ratings by school alone serves it.
#[must_use]
pub fn colour_of(caller: &Caller, on: Date, school: Expr) -> Expr {
    let mut latest = holding(caller, on);
    latest
        .expr(of(OTHER, Column::Colour))
        .and_where(of(OTHER, Column::SchoolId).eq(school))
        .order_by_expr(of(OTHER, Column::OnDate), Order::Desc)
        .order_by_expr(of(OTHER, Column::Id), Order::Desc)
        .limit(1);
    Expr::expr(latest)
}
