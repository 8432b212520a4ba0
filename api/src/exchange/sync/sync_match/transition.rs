//! The states of a contact about which people decide.

use entity::exchange::sync_match::{self, SyncMatchState};

use super::SyncMatch;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::kernel::resource::write::Write;

const OPEN: &str = SyncMatchState::Open.as_str();
const MATCHED: &str = SyncMatchState::Matched.as_str();
const IGNORED: &str = SyncMatchState::Ignored.as_str();
const SETTLED: &str = SyncMatchState::Settled.as_str();

/// Names the school.
pub const MATCH: Verb = Verb {
    name: "match",
    path: "match",
    from: &[OPEN],
    to: MATCHED,
    scope: Scope::DecideSync,
    reason: Needs::Optional,
    checks: "The body names the school, unless there is one proposal (422).",
};

/// Says that it is none of the hub's schools.
pub const IGNORE: Verb = Verb { name: "ignore", path: "ignore", to: IGNORED, checks: "", ..MATCH };

/// Takes a decision back.
pub const REOPEN: Verb =
    Verb { name: "reopen", path: "reopen", from: &[MATCHED, IGNORED], to: OPEN, checks: "", ..MATCH };

/// The step that a run takes where nothing is left to decide, for which there is no address.
pub const SETTLE: Verb = Verb { name: "settle", path: "", from: &[OPEN, MATCHED, IGNORED], to: SETTLED, ..REOPEN };

/// The step that a run takes where the source says something else than what was decided on.
pub const DOUBT: Verb = Verb { name: "doubt", path: "", from: &[MATCHED, IGNORED, SETTLED], to: OPEN, ..REOPEN };

impl States for SyncMatch {
    type Entity = sync_match::Entity;

    const TABLE: Transitions = Transitions {
        noun: "match",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[OPEN, MATCHED, IGNORED, SETTLED],
        verbs: &[MATCH, IGNORE, REOPEN],
    };

    fn state(row: &sync_match::Model) -> &'static str {
        row.state.as_str()
    }
}

impl Lifecycle for SyncMatch {
    async fn enter(write: &mut Write, row: &mut sync_match::Model, verb: &Verb) -> Result<()> {
        let actor = write.caller().actor;
        row.note = write.reason().map(str::to_owned);
        if *verb == REOPEN {
            row.state = SyncMatchState::Open;
            (row.school_id, row.decided_at) = (None, None);
            (row.decided_by_kind, row.decided_by_id) = (None, None);
            row.reopened_at = Some(write.now());
            return Ok(());
        }
        row.state = if *verb == IGNORE { SyncMatchState::Ignored } else { SyncMatchState::Matched };
        row.decided_at = Some(write.now());
        (row.decided_by_kind, row.decided_by_id) = (Some(actor.kind()), actor.id());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state_and_a_run_takes_each_match_to_and_fro() {
        let states: Vec<_> = SyncMatchState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(SyncMatch::TABLE.states, states);
        for state in states {
            let settles = SyncMatch::TABLE.next(&SETTLE, state).is_ok();
            assert_eq!(settles, state != SETTLED);
            assert_eq!(SyncMatch::TABLE.next(&DOUBT, state).is_ok(), state != OPEN);
        }
    }
}
