//! The states of pilots.

use entity::packages::pilot::{self, PilotStatus};

use super::Pilot;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PLANNED: &str = PilotStatus::Planned.as_str();
const RUNNING: &str = PilotStatus::Running.as_str();
const COMPLETED: &str = PilotStatus::Completed.as_str();
const CANCELLED: &str = PilotStatus::Cancelled.as_str();

/// The schools begin.
pub const START: Verb = Verb {
    name: "start",
    path: "start",
    from: &[PLANNED],
    to: RUNNING,
    scope: Scope::WritePackages,
    reason: Needs::Optional,
    checks: "",
};

/// The pilot is over.
pub const COMPLETE: Verb = Verb {
    name: "complete",
    path: "complete",
    from: &[RUNNING],
    to: COMPLETED,
    checks: "It must say its outcome (409). A pilot without a last day ends today. Its schools no longer see what it \
             was about, unless that is on sale or published to them.",
    ..START
};

/// The hub calls the pilot off.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[PLANNED, RUNNING],
    to: CANCELLED,
    reason: Needs::Required,
    checks: "Its schools no longer see what it was about, unless that is on sale or published to them.",
    ..START
};

impl States for Pilot {
    type Entity = pilot::Entity;

    const TABLE: Transitions = Transitions {
        noun: "pilot",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PLANNED, RUNNING, COMPLETED, CANCELLED],
        verbs: &[START, COMPLETE, CANCEL],
    };

    fn state(row: &pilot::Model) -> &'static str {
        row.status.as_str()
    }
}
