//! How callers say where a node goes.

use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where an objective goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveObjective {
    /// Its new number. The others make room; a number beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
}

/// Where a node goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveNode {
    /// Its new place, from 1. The others make room; a place beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
    /// The objective of the same plan that it goes to, if it leaves its own. The strands that it
    /// names stay behind: it then belongs to the new objective as a whole.
    #[schema(example = json!(null))]
    pub objective_id: Option<Uuid>,
}
