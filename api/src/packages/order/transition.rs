//! The states of orders. What is delivered goes to finance by `POST /hand-overs`, many orders at once.

use entity::packages::package_order::{self, OrderStatus};

use super::Order;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::prelude::ConnectionTrait;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const QUOTE: &str = OrderStatus::Quote.as_str();
const ORDERED: &str = OrderStatus::Ordered.as_str();
const CONFIRMED: &str = OrderStatus::Confirmed.as_str();
const DELIVERED: &str = OrderStatus::Delivered.as_str();
const HANDED_OVER: &str = OrderStatus::HandedOver.as_str();
const CANCELLED: &str = OrderStatus::Cancelled.as_str();

/// The school orders what the quote offers.
pub const ORDER: Verb = Verb {
    name: "order",
    path: "order",
    from: &[QUOTE],
    to: ORDERED,
    scope: Scope::CommitOrders,
    reason: Needs::Optional,
    checks: "The quote must not have expired, its packages must be on sale or in a pilot in which the school still \
             takes part, and the term must have as many units left as are ordered (409): the reply says how many are \
             left, and names the next terms with room.",
};

/// The hub accepts the order.
pub const CONFIRM: Verb = Verb {
    name: "confirm",
    path: "confirm",
    from: &[ORDERED],
    to: CONFIRMED,
    scope: Scope::WritePackages,
    checks: "Only the hub confirms (403).",
    ..ORDER
};

/// The hub ends the delivery of the order.
pub const DELIVER: Verb = Verb {
    name: "deliver",
    path: "deliver",
    from: &[CONFIRMED],
    to: DELIVERED,
    checks: "All units must have been delivered by `/deliveries`, or a reason says why not (409). Only the hub does \
             this (403).",
    ..CONFIRM
};

/// The order is called off.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[QUOTE, ORDERED, CONFIRMED],
    to: CANCELLED,
    reason: Needs::Required,
    checks: "A school or the hub cancels a quote; only the hub cancels what was ordered (403), whose units are free \
             again.",
    ..CONFIRM
};

/// The verb by which a hand-over is logged.
pub const HAND_OVER: &str = "hand-over";

/// The verb by which an evaluation is logged.
pub const EVALUATE: &str = "evaluate";

/// Returns true if a caller may use a verb, as far as the caller and the state decide.
pub fn may(caller: &Caller, verb: &Verb, row: &package_order::Model) -> bool {
    let of_school = *verb == ORDER || (*verb == CANCEL && row.status == OrderStatus::Quote);
    of_school || caller.expect_writes_hub(ORDERS).is_ok()
}

/// How a refusal names what only the hub changes.
pub const ORDERS: &str = "an order after the school has placed it";

impl States for Order {
    type Entity = package_order::Entity;

    const TABLE: Transitions = Transitions {
        noun: "order",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[QUOTE, ORDERED, CONFIRMED, DELIVERED, HANDED_OVER, CANCELLED],
        verbs: &[ORDER, CONFIRM, DELIVER, CANCEL],
    };

    fn state(row: &package_order::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        _db: &C,
        verb: &Verb,
        rows: &[&package_order::Model],
    ) -> Result<Vec<bool>> {
        Ok(rows.iter().map(|row| may(caller, verb, row)).collect())
    }
}
