//! The states of collections.

use entity::outcomes::collection::{self, CollectionStatus};

use super::Collection;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = CollectionStatus::Draft.as_str();
const OPEN_NOW: &str = CollectionStatus::Open.as_str();
const CLOSED: &str = CollectionStatus::Closed.as_str();

/// Asks schools.
pub const OPEN: Verb = Verb {
    name: "open",
    path: "open",
    from: &[DRAFT, CLOSED],
    to: OPEN_NOW,
    scope: Scope::WriteOutcomes,
    reason: Needs::Optional,
    checks: "Each line must ask for a measure that is in use (422). Each open school in scope gets a return.",
};

/// Ends the asking.
pub const CLOSE: Verb = Verb { name: "close", path: "close", from: &[OPEN_NOW], to: CLOSED, checks: "", ..OPEN };

impl States for Collection {
    type Entity = collection::Entity;

    const TABLE: Transitions = Transitions {
        noun: "collection",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, OPEN_NOW, CLOSED],
        verbs: &[OPEN, CLOSE],
    };

    fn state(row: &collection::Model) -> &'static str {
        row.status.as_str()
    }
}
