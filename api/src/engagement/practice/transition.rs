//! The states of shared practice.

use entity::engagement::shared_practice::{self, PracticeStatus};

use super::SharedPractice;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = PracticeStatus::Draft.as_str();
const PUBLISHED: &str = PracticeStatus::Published.as_str();
const WITHDRAWN: &str = PracticeStatus::Withdrawn.as_str();

/// Schools may see it.
pub const PUBLISH: Verb = Verb {
    name: "publish",
    path: "publish",
    from: &[DRAFT],
    to: PUBLISHED,
    scope: Scope::WriteEngagement,
    reason: Needs::Optional,
    checks: "There must be a `text` or a `link`, and a consent that is confirmed and not over; the reply names \
             everything that is missing (409).",
};

/// Schools may no longer see it.
pub const WITHDRAW: Verb = Verb {
    name: "withdraw",
    path: "withdraw",
    from: &[PUBLISHED],
    to: WITHDRAWN,
    reason: Needs::Required,
    checks: "Schools and linked hubs see it no longer.",
    ..PUBLISH
};

impl States for SharedPractice {
    type Entity = shared_practice::Entity;

    const TABLE: Transitions = Transitions {
        noun: "practice",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, PUBLISHED, WITHDRAWN],
        verbs: &[PUBLISH, WITHDRAW],
    };

    fn state(row: &shared_practice::Model) -> &'static str {
        row.status.as_str()
    }
}
