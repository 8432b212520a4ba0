//! The states of meetings.

use entity::engagement::meeting::{self, MeetingStatus};

use super::Meeting;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PLANNED: &str = MeetingStatus::Planned.as_str();
const HELD: &str = MeetingStatus::Held.as_str();
const MINUTED: &str = MeetingStatus::Minuted.as_str();
const CANCELLED: &str = MeetingStatus::Cancelled.as_str();

/// It took place.
pub const HOLD: Verb = Verb {
    name: "hold",
    path: "hold",
    from: &[PLANNED],
    to: HELD,
    scope: Scope::WriteEngagement,
    reason: Needs::Optional,
    checks: "The meeting must have begun (409).",
};

/// The minutes are agreed.
pub const MINUTE: Verb = Verb {
    name: "minute",
    path: "minute",
    from: &[HELD],
    to: MINUTED,
    checks: "There must be notes or a decision (409). `minutes_agreed_on` becomes today, unless a `PATCH` has set it. \
             From then on the meeting does not change, unless its minutes are opened again.",
    ..HOLD
};

/// The minutes are to be changed after all.
pub const REOPEN: Verb = Verb {
    name: "reopen",
    path: "reopen",
    from: &[MINUTED],
    to: HELD,
    reason: Needs::Required,
    checks: "`minutes_agreed_on` is cleared.",
    ..HOLD
};

/// It does not take place.
pub const CANCEL: Verb =
    Verb { name: "cancel", path: "cancel", to: CANCELLED, reason: Needs::Required, checks: "", ..HOLD };

impl States for Meeting {
    type Entity = meeting::Entity;

    const TABLE: Transitions = Transitions {
        noun: "meeting",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PLANNED, HELD, MINUTED, CANCELLED],
        verbs: &[HOLD, MINUTE, REOPEN, CANCEL],
    };

    fn state(row: &meeting::Model) -> &'static str {
        row.status.as_str()
    }
}
