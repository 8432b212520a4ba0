//! A message to many schools.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Query;
use time::Date;
use uuid::Uuid;

use super::communication_recipient as recipient;
use crate::instant::Instant;
use crate::list::{Ids, List, Strings};
use crate::owned::{Recipients, Visibility};
use crate::schools::school::SchoolPhase;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "communication")]
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
    pub about: Option<String>,
    pub kind: CommunicationKind,
    pub channel: Channel,
    pub body: Option<String>,
    pub link: Option<String>,
    pub to_area_ids: Option<Ids>,
    pub to_school_group_ids: Option<Ids>,
    pub to_phases: Option<List<SchoolPhase>>,
    pub to_la_codes: Option<Strings>,
    pub to_school_ids: Option<Ids>,
    pub to_out_of_scope: bool,
    pub to_unreached_only: bool,
    /// The job of the person at each school to whom it goes.
    pub contact_job_role: Option<String>,
    /// The stakeholder groups that a consultation asks.
    pub stakeholder_group_ids: Option<Ids>,
    /// Internal.
    pub note: Option<String>,
    pub status: CommunicationStatus,
    /// Why it was closed or withdrawn.
    pub status_reason: Option<String>,
    pub sent_at: Option<Instant>,
    pub sent_on: Option<Date>,
    pub sent_by_id: Option<Uuid>,
    pub recipient_count: Option<i32>,
    pub closed_at: Option<Instant>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What a message is.
    #[example = "consultation"]
    pub enum CommunicationKind {
        /// A newsletter.
        Newsletter = "newsletter",
        /// Something that schools should know.
        Announcement = "announcement",
        /// An invitation.
        Invitation = "invitation",
        /// A survey.
        Survey = "survey",
        /// Schools and stakeholder groups are asked for their view.
        Consultation = "consultation",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// How a message goes to schools.
    pub enum Channel {
        /// By e-mail.
        Email = "email",
        /// By post.
        Letter = "letter",
        /// By telephone.
        Telephone = "telephone",
        /// At a meeting.
        Meeting = "meeting",
        /// At visits.
        Visit = "visit",
        /// On a website.
        Online = "online",
    }
}

choice! {
    /// How far a message has come.
    pub enum CommunicationStatus {
        /// Being written; no school sees it.
        Draft = "draft",
        /// Sent; the list of its recipients is fixed.
        Sent = "sent",
        /// What happened at each school is recorded.
        Closed = "closed",
        /// A draft that was never sent.
        Withdrawn = "withdrawn",
    }
}

row!(Visibility::Given(sent_to));

/// A message has recipients once it is sent.
fn sent_to(to: &Recipients<'_>) -> Condition {
    let mut sent = Query::select();
    sent.column((recipient::Entity, recipient::Column::CommunicationId))
        .from(recipient::Entity)
        .and_where(recipient::Column::HubId.eq(to.hub_id))
        .and_where(recipient::Column::ArchivedAt.is_null())
        .and_where(recipient::Column::SchoolId.in_subquery((to.schools)()));
    Condition::all().add(Column::Id.in_subquery(sent))
}
