//! A criterion of a section, with the levels by which it is judged.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "framework_criterion")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub framework_id: Uuid,
    pub section_id: Uuid,
    pub position: i32,
    pub statement: String,
    /// The words that `q` searches.
    pub search_key: String,
    pub guidance: Option<String>,
    pub evidence: Option<String>,
    /// From the lowest to the highest.
    pub levels: Levels,
    pub weight: Option<i32>,
    /// The same in all editions in which it is the same criterion: the id of the first.
    pub lineage_id: Uuid,
    /// The criterion of the edition before that it was copied from.
    pub previous_id: Option<Uuid>,
}

/// A level of a criterion.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// What people call it.
    #[schema(min_length = 1, max_length = 40, example = "Established")]
    pub name: String,
    /// What is true of a school at this level.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "Every class in Years 1 to 9 has an hour of music each week."
    )]
    pub descriptor: String,
}

/// Levels from the lowest to the highest.
pub type Levels = List<Level>;

row!(super::of_seen_framework(Column::FrameworkId));
