//! A framework with its sections and criteria, as it is sent to create it and as it is exported.

use entity::frameworks::criterion::{Level, Levels};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::frameworks::framework::NewFramework;

/// A framework, alone or with all its sections and criteria.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "kind": "self_evaluation",
    "title": "Singing in our school",
    "phases": ["ks1", "ks2"],
    "sections": [{
        "title": "Singing",
        "criteria": [{
            "statement": "Every pupil sings every week",
            "evidence": "A timetable, a repertoire list, a recording",
            "levels": [
                { "name": "Emerging", "descriptor": "Some classes sing." },
                { "name": "Secure", "descriptor": "Every class sings every week." }
            ]
        }]
    }]
}))]
pub struct NewFrameworkTree {
    /// The framework itself.
    #[serde(flatten)]
    pub framework: NewFramework,
    /// Its sections in order.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub sections: Vec<SectionOutline>,
}

/// A section of a new framework.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SectionOutline {
    /// Its title.
    #[schema(min_length = 1, max_length = 200, example = "Singing")]
    pub title: String,
    /// What a person who fills it in should look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4000, example = "Look at assemblies, choirs and lessons")]
    pub guidance: Option<String>,
    /// Its criteria in order.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub criteria: Vec<CriterionOutline>,
}

/// A criterion of a new framework.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CriterionOutline {
    /// What is judged, in one sentence.
    #[schema(min_length = 1, max_length = 500, example = "Every pupil sings every week")]
    pub statement: String,
    /// What a person who judges should look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 4000, example = "Ask pupils which songs they know by heart")]
    pub guidance: Option<String>,
    /// What counts as evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 2000, example = "A timetable, a repertoire list, a recording")]
    pub evidence: Option<String>,
    /// Its levels from the lowest to the highest, each with a name of its own.
    #[serde(default)]
    #[schema(value_type = Vec<Level>, max_items = 6)]
    pub levels: Levels,
    /// How much it counts beside the others, where that is set: an integer, 1 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100, example = json!(null))]
    pub weight: Option<i32>,
}

/// A framework as a file: the body that creates it by `POST /frameworks`, in this hub or another.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct FrameworkFile(pub NewFrameworkTree);
