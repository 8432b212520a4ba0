//! The states of a delivery.

use entity::exchange::webhook_delivery::{self, DeliveryState};

use super::WebhookDelivery;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PENDING: &str = DeliveryState::Pending.as_str();
const DELIVERED: &str = DeliveryState::Delivered.as_str();
const FAILED: &str = DeliveryState::Failed.as_str();
const WITHHELD: &str = DeliveryState::Withheld.as_str();

/// Sends it again.
pub const REPLAY: Verb = Verb {
    name: "replay",
    path: "replay",
    from: &[DELIVERED, FAILED, WITHHELD],
    to: PENDING,
    scope: Scope::WriteExchange,
    reason: Needs::No,
    checks: "The webhook must not be archived (409), and the caller needs every scope of the partner system over the \
             whole hub (403). The request has the same `webhook-id`, and is sent before later changes.",
};

/// Gives it up, so that the next one is sent.
pub const SKIP: Verb = Verb {
    name: "skip",
    path: "skip",
    from: &[PENDING],
    to: FAILED,
    checks: "The webhook must not be archived (409). Later changes no longer wait for it.",
    ..REPLAY
};

impl States for WebhookDelivery {
    type Entity = webhook_delivery::Entity;

    const TABLE: Transitions = Transitions {
        noun: "delivery of a webhook",
        path: "/webhook-deliveries",
        if_match: false,
        states: &[PENDING, DELIVERED, FAILED, WITHHELD],
        verbs: &[REPLAY, SKIP],
    };

    fn state(row: &webhook_delivery::Model) -> &'static str {
        row.state.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let states: Vec<_> = DeliveryState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(WebhookDelivery::TABLE.states, states);
    }
}
