//! What waits for schools that asked for a quote, and for the hub's office.

use entity::packages::order_line;
use entity::packages::package_order::{Column, Entity, OrderStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Expr, Order as Direction, Query};

use super::order::Order;
use crate::kernel::operations::tasks::{TaskSource, Waiting, column};
use crate::kernel::prelude::*;

/// The tasks that the part knows.
#[must_use]
pub const fn tasks() -> [TaskSource; 3] {
    [
        TaskSource { kind: "order_decide", what: "Decide on a quote", collection: Order::PATH, waiting: to_decide },
        TaskSource { kind: "order_confirm", what: "Confirm an order", collection: Order::PATH, waiting: to_confirm },
        TaskSource {
            kind: "order_hand_over",
            what: "Hand an order over to finance",
            collection: Order::PATH,
            waiting: to_hand_over,
        },
    ]
}

/// Orders in a state, each with its first line.
fn orders(caller: &Caller, status: OrderStatus) -> Waiting {
    let line = column::<order_line::Entity>;
    let mut first = Query::select();
    first
        .expr(line(order_line::Column::Title))
        .from(order_line::Entity)
        .and_where(line(order_line::Column::HubId).eq(column::<Entity>(Column::HubId)))
        .and_where(line(order_line::Column::OrderId).eq(column::<Entity>(Column::Id)))
        .and_where(line(order_line::Column::ArchivedAt).is_null())
        .order_by_expr(line(order_line::Column::Place), Direction::Asc)
        .limit(1);
    Waiting::of::<Entity>(caller)
        .only(Column::Status.eq(status))
        .school(column::<Entity>(Column::SchoolId))
        .about(Expr::expr(first))
        .status(column::<Entity>(Column::Status))
}

/// Quotes that still hold.
fn to_decide(caller: &Caller) -> Option<Waiting> {
    let caller = caller.under(Scope::CommitOrders).filter(|caller| caller.reach(caller.scope()) == Reach::OWN)?;
    let holds = Column::ExpiresOn.is_null().or(Column::ExpiresOn.gte(caller.today()));
    Some(orders(&caller, OrderStatus::Quote).only(holds).due(column::<Entity>(Column::ExpiresOn)))
}

fn to_confirm(caller: &Caller) -> Option<Waiting> {
    Some(orders(&office(caller)?, OrderStatus::Ordered))
}

fn to_hand_over(caller: &Caller) -> Option<Waiting> {
    Some(orders(&office(caller)?, OrderStatus::Delivered))
}

/// A caller who writes the orders of the whole hub.
fn office(caller: &Caller) -> Option<Caller> {
    let caller = caller.under(Scope::WritePackages)?;
    caller.reach(caller.scope()).has(Reach::HUB).then_some(caller)
}
