//! An award that schools apply for, in one of its editions.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "award_scheme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub title: String,
    pub title_key: String,
    pub description: Option<String>,
    pub framework_id: Uuid,
    /// How many months an award holds.
    pub valid_months: i32,
    /// From the lowest to the highest.
    pub levels: Thresholds,
    pub evidence: AskedFor,
    pub status: AwardSchemeStatus,
    /// Counts the editions of one lineage from 1.
    pub edition: i32,
    /// The same for all editions: the id of the first.
    pub lineage_id: Uuid,
    /// The edition that this one was made from.
    pub previous_id: Option<Uuid>,
    pub in_use_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

choice! {
    /// How far an award scheme has come.
    pub enum AwardSchemeStatus {
        /// Being written.
        Draft = "draft",
        /// Open for applications, and never changed again.
        InUse = "in_use",
        /// Closed for new applications.
        Retired = "retired",
    }
}

choice! {
    /// A level of an award.
    pub enum AwardLevel {
        /// The first level.
        Bronze = "bronze",
        /// The second level.
        Silver = "silver",
        /// The third level.
        Gold = "gold",
        /// The highest level.
        Platinum = "platinum",
    }
}

/// What a level of an award asks of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The level of the award.
    #[schema(example = "bronze")]
    pub level: AwardLevel,
    /// The level of a criterion that counts, or any higher one; 1 is the criterion's lowest.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub criterion_level: i32,
    /// How many in a hundred of the criteria that apply have to be at that level.
    #[schema(minimum = 1, maximum = 100, example = 50)]
    pub share_percent: i32,
    /// How many in a hundred of the criteria that apply have to be at that level in each section; absent where the
    /// level asks nothing of sections.
    #[schema(minimum = 1, maximum = 100, example = 25)]
    pub section_share_percent: Option<i32>,
}

/// What levels ask for, from the lowest to the highest.
pub type Thresholds = List<Threshold>;

/// Evidence that a scheme asks for by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskedEvidence {
    /// The name for programs, unique in the scheme.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_]*$", example = "recording")]
    pub code: String,
    /// The name for people.
    #[schema(min_length = 1, max_length = 200, example = "A recording of a performance")]
    pub title: String,
    /// What makes it good evidence; absent where nothing is said.
    #[schema(min_length = 1, max_length = 1000, example = "From this school year, of any group that meets weekly")]
    pub guidance: Option<String>,
    /// The level from which on it is asked for.
    #[schema(example = "bronze")]
    pub from_level: AwardLevel,
}

/// Evidence that a scheme asks for.
pub type AskedFor = List<AskedEvidence>;

/// What everybody in the hub sees.
pub const VISIBLE_TO_SCHOOLS: &[&str] = &[AwardSchemeStatus::InUse.as_str(), AwardSchemeStatus::Retired.as_str()];

row!(Visibility::Published { column: Column::Status, values: VISIBLE_TO_SCHOOLS });
