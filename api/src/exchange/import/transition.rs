//! The states of an import.

use entity::exchange::import::{self, ImportState};

use super::Import;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const QUEUED: &str = ImportState::Queued.as_str();
const READING: &str = ImportState::Reading.as_str();
const APPLYING: &str = ImportState::Applying.as_str();
const FINISHED: &str = ImportState::Finished.as_str();
const FAILED: &str = ImportState::Failed.as_str();
const CANCELLED: &str = ImportState::Cancelled.as_str();

/// Ends an import that is under way.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[QUEUED, READING, APPLYING],
    to: CANCELLED,
    scope: Scope::WriteImports,
    reason: Needs::No,
    checks: "",
};

impl States for Import {
    type Entity = import::Entity;

    const TABLE: Transitions = Transitions {
        noun: "import",
        path: "/imports",
        if_match: false,
        states: &[QUEUED, READING, APPLYING, FINISHED, FAILED, CANCELLED],
        verbs: &[CANCEL],
    };

    fn state(row: &import::Model) -> &'static str {
        row.state.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state_and_cancels_what_is_under_way() {
        let states: Vec<_> = ImportState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(Import::TABLE.states, states);
        assert_eq!(CANCEL.from, ImportState::RUNNING.map(ImportState::as_str));
    }
}
