//! A training event of the hub.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::Ids;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "training_event")]
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
    pub kind: TrainingKind,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub place: Option<String>,
    pub online_link: Option<String>,
    pub host_school_id: Option<Uuid>,
    pub host_partner_id: Option<Uuid>,
    /// How many people there is room for; none for any number.
    pub places: Option<i32>,
    /// How many have a place, or had one and came.
    pub places_taken: i32,
    pub description: Option<String>,
    /// The last day on which schools book.
    pub book_until: Option<Date>,
    /// What it qualifies for.
    pub qualification: Option<String>,
    pub qualification_key: Option<String>,
    /// For how long it qualifies; none for good.
    pub qualification_months: Option<i32>,
    pub audience: TrainingAudience,
    /// The schools that it is open to, where they were chosen.
    pub school_ids: Option<Ids>,
    pub status: TrainingStatus,
    /// Why it was cancelled.
    pub status_reason: Option<String>,
    /// When it was opened for the first time.
    pub announced_at: Option<Instant>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What kind of event it is.
    pub enum TrainingKind {
        /// Somebody teaches.
        Training = "training",
        /// People of several schools learn from each other.
        PeerToPeer = "peer_to_peer",
        /// Judgements are compared.
        Moderation = "moderation",
        /// News and discussion.
        Briefing = "briefing",
    }
}

choice! {
    /// To whom an event is open.
    pub enum TrainingAudience {
        /// To every school.
        AllSchools = "all_schools",
        /// To the schools that the event names.
        ChosenSchools = "chosen_schools",
        /// To the hub's own people alone.
        HubStaff = "hub_staff",
    }
}

choice! {
    /// How far an event has come.
    pub enum TrainingStatus {
        /// Not announced yet, or not open for bookings yet.
        Planned = "planned",
        /// Schools book.
        Open = "open",
        /// Schools book no more.
        Closed = "closed",
        /// It took place.
        Held = "held",
        /// It does not take place.
        Cancelled = "cancelled",
    }
}

/// The events that are still to take place.
#[must_use]
pub fn ahead() -> Condition {
    let ahead = [TrainingStatus::Planned, TrainingStatus::Open, TrainingStatus::Closed];
    Condition::all().add(Column::Status.is_in(ahead))
}

row!(Visibility::Offered {
    announced: Column::AnnouncedAt,
    audience: Column::Audience,
    everyone: TrainingAudience::AllSchools.as_str(),
    schools: Column::SchoolIds,
});
