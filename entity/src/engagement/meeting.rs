//! A meeting of the hub with the people who govern it, with schools or with other stakeholders.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{Ids, List, Strings};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "meeting")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: MeetingKind,
    pub title: String,
    pub title_key: String,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub place: Option<String>,
    /// The stakeholder groups that meet.
    pub stakeholder_group_ids: Ids,
    pub area_id: Option<Uuid>,
    pub agenda: Strings,
    pub attendance: Attendance,
    pub notes: Option<String>,
    pub decisions: Decisions,
    /// The day on which the minutes were agreed.
    pub minutes_agreed_on: Option<Date>,
    pub status: MeetingStatus,
    /// Why it was cancelled, or its minutes were opened again.
    pub status_reason: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What a meeting is for.
    #[example = "area_group"]
    pub enum MeetingKind {
        /// Stakeholders are asked for their view.
        Consultation = "consultation",
        /// A body that governs the hub.
        Governance = "governance",
        /// The development group of an area.
        AreaGroup = "area_group",
        /// Schools plan a curriculum together.
        CurriculumPlanning = "curriculum_planning",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// How far a meeting has come.
    pub enum MeetingStatus {
        /// It is to take place.
        Planned = "planned",
        /// It took place, and its minutes are being written.
        Held = "held",
        /// Its minutes are agreed.
        Minuted = "minuted",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

choice! {
    /// Whether somebody was at a meeting.
    pub enum Presence {
        /// Was there.
        Present = "present",
        /// Sent apologies.
        Apologies = "apologies",
        /// Was not there, without apologies.
        Absent = "absent",
    }
}

/// A person, a school or somebody in words, who was expected at a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attendee {
    /// The person; absent where a school is named or somebody stands in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// The school; absent where a person is named or somebody stands in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub school_id: Option<Uuid>,
    /// Who it was in words; absent where the hub knows the person or the school.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "An officer of the county council")]
    pub text: Option<String>,
    /// The part in the meeting; absent where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 100, example = "Chair")]
    pub role: Option<String>,
    /// Whether they were there.
    #[schema(example = "present")]
    pub presence: Presence,
}

/// Who was expected at a meeting.
pub type Attendance = List<Attendee>;

/// A decision of a meeting.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeetingDecision {
    /// The number of the minute, unique within the meeting.
    #[schema(min_length = 1, max_length = 20, example = "4.2")]
    pub number: String,
    /// What was decided. No pupil names; safeguarding concerns go to the school's designated lead, not here.
    #[schema(min_length = 1, max_length = 2000, example = "Every school of the area sends its choir in June")]
    pub text: String,
    /// Who decided, by role or body; absent where the whole meeting did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200, example = "Governing Group")]
    pub decided_by: Option<String>,
}

/// The decisions of a meeting.
pub type Decisions = List<MeetingDecision>;

row!(Visibility::HubOnly);
