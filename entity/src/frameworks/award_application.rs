//! A school's application for a level of an award.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::award_scheme::AwardLevel;
use super::evaluation_response::EvidenceLink;
use crate::instant::Instant;
use crate::list::{Ids, List, Strings};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "award_application")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub school_id: Uuid,
    pub scheme_id: Uuid,
    pub level: AwardLevel,
    pub evaluation_id: Uuid,
    pub evidence: GivenList,
    pub renewal_of_id: Option<Uuid>,
    pub note: Option<String>,
    pub status: ApplicationStatus,
    pub applied_on: Date,
    pub applied_by_id: Option<Uuid>,
    pub assessed_at: Option<Instant>,
    pub assessed_by_id: Option<Uuid>,
    /// Working notes, which the school never sees.
    pub assessor_notes: Option<String>,
    pub decided_at: Option<Instant>,
    pub decided_by_id: Option<Uuid>,
    pub decision_reason: Option<String>,
    pub awarded_on: Option<Date>,
    /// The last day on which the award holds.
    pub valid_until: Option<Date>,
}

choice! {
    /// How far an application has come.
    pub enum ApplicationStatus {
        /// Sent by the school.
        Applied = "applied",
        /// Looked at, and not decided yet.
        Assessed = "assessed",
        /// The school has the award.
        Awarded = "awarded",
        /// The school does not get the award.
        Declined = "declined",
    }
}

/// Evidence that a school gives.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenEvidence {
    /// The evidence that the scheme asks for, by its code.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z][a-z0-9_]*$", example = "recording")]
    pub code: String,
    /// The evidence in words; absent where it is a link or a file. No pupil names; safeguarding concerns go to the
    /// school's designated lead, not here.
    #[schema(min_length = 1, max_length = 4000, example = "The summer concert, all year groups")]
    pub text: Option<String>,
    /// Addresses of evidence; empty if absent.
    #[serde(default)]
    #[schema(value_type = Vec<EvidenceLink>, max_items = 10, example = json!(["https://woodgate.example/concert"]))]
    pub links: Strings,
    /// Files of the application that are evidence; none if absent.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>, max_items = 10, example = json!([]))]
    pub attachment_ids: Ids,
}

/// All evidence of an application.
pub type GivenList = List<GivenEvidence>;

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
