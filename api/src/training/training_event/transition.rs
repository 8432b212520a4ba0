//! The states of training events.

use entity::training::training_event::{self, TrainingStatus};

use super::TrainingEvent;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PLANNED: &str = TrainingStatus::Planned.as_str();
const OPEN_STATE: &str = TrainingStatus::Open.as_str();
const CLOSED: &str = TrainingStatus::Closed.as_str();
const HELD: &str = TrainingStatus::Held.as_str();
const CANCELLED: &str = TrainingStatus::Cancelled.as_str();

/// Schools see the event, and book.
pub const OPEN: Verb = Verb {
    name: "open",
    path: "open",
    from: &[PLANNED, CLOSED],
    to: OPEN_STATE,
    scope: Scope::WriteTraining,
    reason: Needs::Optional,
    checks: "From then on the schools that it is open to see the event.",
};

/// Schools book no more.
pub const CLOSE: Verb =
    Verb { name: "close", path: "close", from: &[OPEN_STATE], to: CLOSED, checks: "The hub still books.", ..OPEN };

/// The event took place.
pub const HOLD: Verb = Verb {
    name: "hold",
    path: "hold",
    from: &[OPEN_STATE, CLOSED],
    to: HELD,
    checks: "The event must have begun (409). The attendances of everybody who still waits are cancelled.",
    ..OPEN
};

/// The event does not take place.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[PLANNED, OPEN_STATE, CLOSED],
    to: CANCELLED,
    reason: Needs::Required,
    checks: "Nobody may have attended it (409). The attendances of everybody who has a place or waits for one are \
             cancelled with it.",
    ..OPEN
};

impl States for TrainingEvent {
    type Entity = training_event::Entity;

    const TABLE: Transitions = Transitions {
        noun: "training event",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PLANNED, OPEN_STATE, CLOSED, HELD, CANCELLED],
        verbs: &[OPEN, CLOSE, HOLD, CANCEL],
    };

    fn state(row: &training_event::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = TrainingStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(TrainingEvent::TABLE.states, known);
    }

    #[test]
    fn an_event_that_took_place_or_was_cancelled_stays_so() {
        let allowed = |state| TrainingEvent::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(PLANNED), [("open", OPEN_STATE), ("cancel", CANCELLED)]);
        assert_eq!(allowed(OPEN_STATE), [("close", CLOSED), ("hold", HELD), ("cancel", CANCELLED)]);
        assert_eq!(allowed(CLOSED), [("open", OPEN_STATE), ("hold", HELD), ("cancel", CANCELLED)]);
        assert_eq!(allowed(HELD), []);
        assert_eq!(allowed(CANCELLED), []);
    }
}
