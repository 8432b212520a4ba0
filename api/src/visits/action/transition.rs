//! The states of actions.

use entity::visits::action::{self, ActionStatus};

use super::ActionItem;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const OPEN: &str = ActionStatus::Open.as_str();
const DONE: &str = ActionStatus::Done.as_str();
const DROPPED: &str = ActionStatus::Dropped.as_str();

/// It is done.
pub const COMPLETE: Verb = Verb {
    name: "complete",
    path: "complete",
    from: &[OPEN],
    to: DONE,
    scope: Scope::WriteVisits,
    reason: Needs::Optional,
    checks: "`done_on` becomes today; a `PATCH` sets an earlier day.",
};

/// It is no longer to be done.
pub const DROP: Verb =
    Verb { name: "drop", path: "drop", to: DROPPED, reason: Needs::Required, checks: "", ..COMPLETE };

/// It is to be done after all.
pub const REOPEN: Verb =
    Verb { name: "reopen", path: "reopen", from: &[DONE, DROPPED], to: OPEN, checks: "", ..COMPLETE };

impl States for ActionItem {
    type Entity = action::Entity;

    const TABLE: Transitions = Transitions {
        noun: "action",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[OPEN, DONE, DROPPED],
        verbs: &[COMPLETE, DROP, REOPEN],
    };

    fn state(row: &action::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = ActionStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(ActionItem::TABLE.states, known);
    }

    #[test]
    fn what_is_over_can_be_opened_again() {
        let allowed = |state| ActionItem::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(OPEN), [("complete", DONE), ("drop", DROPPED)]);
        assert_eq!(allowed(DONE), [("reopen", OPEN)]);
        assert_eq!(allowed(DROPPED), [("reopen", OPEN)]);
    }
}
