//! The keys by which partners' systems know our rows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::list::List;

/// The key of a row in a partner's system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalId {
    /// The partner's system; a key is unique in it within a hub.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_-]*$", example = "paritor")]
    pub system: String,
    /// The key as that system writes it.
    #[schema(min_length = 1, max_length = 100, example = "SCH-00412")]
    pub id: String,
}

/// The keys of a row, at most one for each system.
pub type ExternalIds = List<ExternalId>;
