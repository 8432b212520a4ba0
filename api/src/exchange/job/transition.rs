//! The states of a job.

use entity::kernel::job::{self, JobState};

use super::Job;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const QUEUED: &str = JobState::Queued.as_str();
const RUNNING: &str = JobState::Running.as_str();
const FINISHED: &str = JobState::Finished.as_str();
const FAILED: &str = JobState::Failed.as_str();
const CANCELLED: &str = JobState::Cancelled.as_str();

/// Ends a job that waits or is worked on.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[QUEUED, RUNNING],
    to: CANCELLED,
    scope: Scope::WriteJobs,
    reason: Needs::No,
    checks: "",
};

impl States for Job {
    type Entity = job::Entity;

    const TABLE: Transitions = Transitions {
        noun: "job",
        path: "/jobs",
        if_match: false,
        states: &[QUEUED, RUNNING, FINISHED, FAILED, CANCELLED],
        verbs: &[CANCEL],
    };

    fn state(row: &job::Model) -> &'static str {
        row.state.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state_and_cancels_what_has_not_ended() {
        let states: Vec<_> = JobState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(Job::TABLE.states, states);
        assert_eq!(CANCEL.from, JobState::OPEN.map(JobState::as_str));
    }
}
