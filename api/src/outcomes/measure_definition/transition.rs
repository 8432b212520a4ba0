//! The states of definitions.

use entity::outcomes::measure_definition::{self, DefinitionStatus};

use super::MeasureDefinition;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = DefinitionStatus::Draft.as_str();
const PUBLISHED: &str = DefinitionStatus::Published.as_str();
const RETIRED: &str = DefinitionStatus::Retired.as_str();

/// Brings a definition into use.
pub const PUBLISH: Verb = Verb {
    name: "publish",
    path: "publish",
    from: &[DRAFT],
    to: PUBLISHED,
    scope: Scope::WriteOutcomes,
    reason: Needs::Optional,
    checks: "No newer edition may have been in use (409). The edition of it that is in use is retired.",
};

/// Ends the use of a definition.
pub const RETIRE: Verb =
    Verb { name: "retire", path: "retire", from: &[PUBLISHED], to: RETIRED, checks: "", ..PUBLISH };

impl States for MeasureDefinition {
    type Entity = measure_definition::Entity;

    const TABLE: Transitions = Transitions {
        noun: "definition",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, PUBLISHED, RETIRED],
        verbs: &[PUBLISH, RETIRE],
    };

    fn state(row: &measure_definition::Model) -> &'static str {
        row.status.as_str()
    }
}
