//! A visit to a school.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{Condition, ExprTrait};
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::external::ExternalIds;
use crate::instant::Instant;
use crate::list::{Ids, List, json_has};
use crate::owned::{Invitee, Visibility};
use crate::schools::assignment;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visit")]
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
    pub visitor_id: Uuid,
    /// People who come along.
    pub co_visitor_ids: Ids,
    pub kind: VisitKind,
    pub mode: VisitMode,
    pub provider_id: Option<Uuid>,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// What the visit is for; the school sees it.
    pub purpose: Option<String>,
    /// Internal: never shown to the school.
    pub note: Option<String>,
    pub people_met: PeopleMet,
    pub status: VisitStatus,
    /// Why it was cancelled or declined.
    pub status_reason: Option<String>,
    /// The day on which it was made; none unless it was.
    pub completed_on: Option<Date>,
    pub external_ids: ExternalIds,
    /// The words that `q` searches.
    pub search_key: String,
}

/// People who were met, by their role.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Met {
    /// Their role at the school. No names of people.
    #[schema(min_length = 1, max_length = 100, example = "Head of music")]
    pub role: String,
    /// How many of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000, example = 1)]
    pub count: Option<i32>,
}

/// Whom a visitor met.
pub type PeopleMet = List<Met>;

choice! {
    /// What a visit is for.
    pub enum VisitKind {
        /// The first visit to a school.
        Initial = "initial",
        /// A visit that follows up an earlier one.
        FollowUp = "follow_up",
        /// Support for a school that needs more of it.
        TargetedSupport = "targeted_support",
        /// The school's own evaluation is moderated.
        Moderation = "moderation",
        /// Leaders of another school review.
        PeerReview = "peer_review",
    }
}

choice! {
    /// How a visit takes place.
    pub enum VisitMode {
        /// At the school.
        InPerson = "in_person",
        /// By video.
        Online = "online",
        /// By telephone.
        Telephone = "telephone",
        /// With several schools at one place.
        Cluster = "cluster",
    }
}

choice! {
    /// How far a visit has come.
    pub enum VisitStatus {
        /// A time is proposed.
        Planned = "planned",
        /// The school expects the visitor.
        Confirmed = "confirmed",
        /// The visit was made.
        Completed = "completed",
        /// The report is written.
        Reported = "reported",
        /// The school has the report.
        Shared = "shared",
        /// The school has answered, or has let the time for it pass.
        Closed = "closed",
        /// The hub called the visit off.
        Cancelled = "cancelled",
        /// The school called the visit off.
        Declined = "declined",
    }
}

/// The states in which there is something left to do.
pub const UNDER_WAY: &[VisitStatus] =
    &[VisitStatus::Planned, VisitStatus::Confirmed, VisitStatus::Completed, VisitStatus::Reported, VisitStatus::Shared];

/// The visits in which there is something left to do.
#[must_use]
pub fn under_way() -> Condition {
    Condition::all().add(Column::Status.is_in(UNDER_WAY.iter().copied()))
}

row!(
    Visibility::School(Column::SchoolId),
    partner: Column::ProviderId,
    invited: worked_on,
    written_by_schools: true,
    written_by_invited: true
);

fn worked_on(person: &Invitee) -> Condition {
    Condition::all().add(Column::Id.in_subquery(ids_worked_on(person)))
}

/// The ids of the visits that a person works on: the visits under way that the person makes, and the ones that were
/// made on a day on which the person was assigned to the school.
pub(super) fn ids_worked_on(person: &Invitee) -> SelectStatement {
    let mut assigned = Query::select();
    assigned
        .expr(Expr::val(1))
        .from(assignment::Entity)
        .and_where(assignment::Column::HubId.eq(person.hub_id))
        .and_where(assignment::Column::PersonId.eq(person.person_id))
        .and_where(assignment::Column::ArchivedAt.is_null())
        .and_where(column(assignment::Column::SchoolId).equals(Column::SchoolId.as_column_ref()))
        .and_where(column(assignment::Column::FromOn).lte(column(Column::CompletedOn)))
        .cond_where(
            assignment::Column::ToOn.is_null().or(column(assignment::Column::ToOn).gte(column(Column::CompletedOn))),
        );
    let works = Column::VisitorId
        .eq(person.person_id)
        .or(json_has(person.backend, Column::CoVisitorIds, person.person_id))
        .or(Expr::exists(assigned));
    let mut ids = Query::select();
    ids.column(Column::Id)
        .from(Entity)
        .and_where(Column::HubId.eq(person.hub_id))
        .cond_where(under_way())
        .and_where(works);
    ids
}

fn column<C: ColumnTrait>(column: C) -> Expr {
    Expr::col(column.as_column_ref())
}
