//! The states of frameworks.

use entity::frameworks::framework::{self, FrameworkStatus};

use super::Framework;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = FrameworkStatus::Draft.as_str();
const PILOT: &str = FrameworkStatus::Pilot.as_str();
const PUBLISHED: &str = FrameworkStatus::Published.as_str();
const RETIRED: &str = FrameworkStatus::Retired.as_str();

/// Puts a draft to a few schools.
pub const START_PILOT: Verb = Verb {
    name: "pilot",
    path: "pilot",
    from: &[DRAFT],
    to: PILOT,
    scope: Scope::WriteFrameworks,
    reason: Needs::Optional,
    checks: "The framework must be complete; the reply names everything that is missing (409).",
};

/// Takes a framework in pilot back to be changed.
pub const WITHDRAW: Verb =
    Verb { name: "withdraw", path: "withdraw", from: &[PILOT], to: DRAFT, checks: "", ..START_PILOT };

/// Brings a framework into use.
pub const PUBLISH: Verb = Verb {
    name: "publish",
    path: "publish",
    from: &[DRAFT, PILOT],
    to: PUBLISHED,
    checks: "The framework must be complete; the reply names everything that is missing (409). No newer edition may \
             have been in use (409). The edition of it that is in use is retired.",
    ..START_PILOT
};

/// Ends the use of a framework.
pub const RETIRE: Verb =
    Verb { name: "retire", path: "retire", from: &[PUBLISHED], to: RETIRED, checks: "", ..START_PILOT };

impl States for Framework {
    type Entity = framework::Entity;

    const TABLE: Transitions = Transitions {
        noun: "framework",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, PILOT, PUBLISHED, RETIRED],
        verbs: &[START_PILOT, WITHDRAW, PUBLISH, RETIRE],
    };

    fn state(row: &framework::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = FrameworkStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Framework::TABLE.states, known);
    }

    #[test]
    fn what_was_published_never_becomes_a_draft_again() {
        let allowed = |state| Framework::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(DRAFT), [("pilot", PILOT), ("publish", PUBLISHED)]);
        assert_eq!(allowed(PILOT), [("withdraw", DRAFT), ("publish", PUBLISHED)]);
        assert_eq!(allowed(PUBLISHED), [("retire", RETIRED)]);
        assert_eq!(allowed(RETIRED), []);
    }
}
