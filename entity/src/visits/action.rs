//! What was agreed to be done, by whom and by when.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "action")]
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
    pub source_kind: ActionSource,
    /// The visit or evaluation that it comes from.
    pub source_id: Option<Uuid>,
    /// What it comes from, in words, where that has no id.
    pub source_text: Option<String>,
    pub criterion_id: Option<Uuid>,
    pub text: String,
    pub owner_id: Option<Uuid>,
    pub owner_role: Option<String>,
    pub due_on: Date,
    pub done_on: Option<Date>,
    /// The day on which it was dropped, if it is.
    pub dropped_on: Option<Date>,
    pub audience: ActionAudience,
    /// When the school came to see it, if it does.
    pub shared_at: Option<Instant>,
    pub status: ActionStatus,
    /// Why it was dropped or opened again.
    pub status_reason: Option<String>,
    /// The latest visit to which it was carried on.
    pub carried_to_id: Option<Uuid>,
    pub times_carried: i32,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What an action comes from.
    #[example = "meeting"]
    pub enum ActionSource {
        /// A visit.
        Visit = "visit",
        /// An evaluation.
        Evaluation = "evaluation",
        /// A meeting.
        Meeting = "meeting",
        /// A review of the plan or of the school's support.
        Review = "review",
    }
}

choice! {
    /// Whether the school sees an action.
    pub enum ActionAudience {
        /// The school sees it.
        School = "school",
        /// The school sees it once the report of the visit is shared.
        AfterSharing = "after_sharing",
        /// The school never sees it.
        Hub = "hub",
    }
}

choice! {
    /// How far an action has come.
    pub enum ActionStatus {
        /// To be done.
        Open = "open",
        /// Done.
        Done = "done",
        /// No longer to be done.
        Dropped = "dropped",
    }
}

row!(
    Visibility::SchoolOnceShared { school: Column::SchoolId, shared: Column::SharedAt },
    written_by_schools: true
);
