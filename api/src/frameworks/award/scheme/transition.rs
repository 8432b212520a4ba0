//! The states of award schemes.

use entity::frameworks::award_scheme::{self, AwardSchemeStatus};

use super::AwardScheme;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = AwardSchemeStatus::Draft.as_str();
const IN_USE: &str = AwardSchemeStatus::InUse.as_str();
const RETIRED: &str = AwardSchemeStatus::Retired.as_str();

/// Opens a scheme for applications.
pub const USE: Verb = Verb {
    name: "use",
    path: "use",
    from: &[DRAFT],
    to: IN_USE,
    scope: Scope::WriteFrameworks,
    reason: Needs::Optional,
    checks: "The framework must be published, of the kind `award` or `self_evaluation`, and have criteria with as many \
             levels as the scheme asks for, and no newer edition may have been in use (409). The edition of the \
             scheme that is in use is retired.",
};

/// Closes a scheme for new applications.
pub const RETIRE: Verb = Verb { name: "retire", path: "retire", from: &[IN_USE], to: RETIRED, checks: "", ..USE };

impl States for AwardScheme {
    type Entity = award_scheme::Entity;

    const TABLE: Transitions = Transitions {
        noun: "award scheme",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, IN_USE, RETIRED],
        verbs: &[USE, RETIRE],
    };

    fn state(row: &award_scheme::Model) -> &'static str {
        row.status.as_str()
    }
}
