//! Schools try out a package, a framework or a resource.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{Ids, List};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pilot")]
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
    /// Exactly one of the three is tried out.
    pub package_id: Option<Uuid>,
    pub framework_id: Option<Uuid>,
    pub resource_id: Option<Uuid>,
    pub school_ids: Ids,
    pub school_group_ids: Ids,
    pub from_on: Date,
    pub to_on: Option<Date>,
    pub respondents: Respondents,
    pub outcome: Option<String>,
    pub next_steps: Option<String>,
    pub status: PilotStatus,
    /// Why it was cancelled.
    pub status_reason: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

/// What somebody of a school says about a pilot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PilotRespondent {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The role at the school of the one who answered. No names of people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "Head of music")]
    pub role: Option<String>,
    /// True if the school is confident to use what it tried out; absent while it has not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = true)]
    pub confident: Option<bool>,
    /// What the school adds. No names of people or pupils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 1000, example = "We use it in every year group now")]
    pub comment: Option<String>,
}

/// What the schools of a pilot say.
pub type Respondents = List<PilotRespondent>;

choice! {
    /// How far a pilot has come.
    pub enum PilotStatus {
        /// Agreed, and not begun.
        Planned = "planned",
        /// Under way.
        Running = "running",
        /// Over, with an outcome.
        Completed = "completed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// The pilots that are not over.
#[must_use]
pub fn under_way() -> Condition {
    Condition::all().add(Column::Status.is_in([PilotStatus::Planned, PilotStatus::Running]))
}

// What one school says is no other school's business.
row!(Visibility::HubOnly);
