//! The states of schemes.

use entity::ratings::rag_scheme::{self, SchemeStatus};

use super::RagScheme;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = SchemeStatus::Draft.as_str();
const ACTIVE: &str = SchemeStatus::Active.as_str();
const RETIRED: &str = SchemeStatus::Retired.as_str();

/// Brings a scheme into use.
pub const ACTIVATE: Verb = Verb {
    name: "activate",
    path: "activate",
    from: &[DRAFT],
    to: ACTIVE,
    scope: Scope::WriteRatings,
    reason: Needs::Optional,
    checks: "No newer edition may have been in use (409). The edition of it that is in use is retired.",
};

/// Ends the use of a scheme.
pub const RETIRE: Verb = Verb { name: "retire", path: "retire", from: &[ACTIVE], to: RETIRED, checks: "", ..ACTIVATE };

impl States for RagScheme {
    type Entity = rag_scheme::Entity;

    const TABLE: Transitions = Transitions {
        noun: "scheme",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, ACTIVE, RETIRED],
        verbs: &[ACTIVATE, RETIRE],
    };

    fn state(row: &rag_scheme::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_in_use_never_becomes_a_draft_again() {
        let known: Vec<_> = SchemeStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(RagScheme::TABLE.states, known);
        let allowed = |state| RagScheme::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(DRAFT), [("activate", ACTIVE)]);
        assert_eq!(allowed(ACTIVE), [("retire", RETIRED)]);
        assert_eq!(allowed(RETIRED), []);
    }
}
