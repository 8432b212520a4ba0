//! How far a target has come on a day.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{List, Strings};
use crate::owned::Visibility;
use crate::plans::parts::DueDone;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "progress_update")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub plan_id: Uuid,
    pub target_id: Uuid,
    pub on_date: Date,
    pub value: Option<f64>,
    /// The dues of a text target that were done.
    pub dues_done: List<DueDone>,
    pub opinion: Option<Opinion>,
    pub narrative: String,
    /// Addresses of what shows it.
    pub evidence_links: Strings,
    pub decision: Decision,
    pub author_user_id: Option<Uuid>,
    pub author_person_id: Option<Uuid>,
    pub decided_by_user_id: Option<Uuid>,
    pub decided_at: Option<Instant>,
    pub decision_note: Option<String>,
    /// The words that `q` searches.
    pub search_key: Option<String>,
}

choice! {
    /// How the author sees the target.
    pub enum Opinion {
        /// It will not be met as things stand.
        Red = "red",
        /// It may not be met.
        Amber = "amber",
        /// It will be met.
        Green = "green",
    }
}

choice! {
    /// The decision of the target's monitor about the update.
    pub enum Decision {
        /// Not decided yet.
        Pending = "pending",
        /// Accepted: it counts.
        Accepted = "accepted",
        /// Sent back to its author.
        SentBack = "sent_back",
    }
}

row!(Visibility::HubOnly);
