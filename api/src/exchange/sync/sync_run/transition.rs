//! The states of a run.

use entity::exchange::sync_run::{self, SyncState};

use super::SyncRun;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const QUEUED: &str = SyncState::Queued.as_str();
const RUNNING: &str = SyncState::Running.as_str();
const SUCCEEDED: &str = SyncState::Succeeded.as_str();
const FAILED: &str = SyncState::Failed.as_str();
const CANCELLED: &str = SyncState::Cancelled.as_str();

/// Ends a run that has not ended.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[QUEUED, RUNNING],
    to: CANCELLED,
    scope: Scope::RunSync,
    reason: Needs::No,
    checks: "",
};

impl States for SyncRun {
    type Entity = sync_run::Entity;

    const TABLE: Transitions = Transitions {
        noun: "run",
        path: "/sync-runs",
        if_match: false,
        states: &[QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED],
        verbs: &[CANCEL],
    };

    fn state(row: &sync_run::Model) -> &'static str {
        row.state.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state_and_cancels_what_has_not_ended() {
        let states: Vec<_> = SyncState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(SyncRun::TABLE.states, states);
        assert_eq!(CANCEL.from, SyncState::OPEN.map(SyncState::as_str));
    }
}
