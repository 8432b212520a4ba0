//! An invitation of a person to judge an evaluation.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Query, SelectStatement};
use time::Date;
use uuid::Uuid;

use super::of_seen_evaluation;
use crate::instant::Instant;
use crate::owned::Invitee;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_invitation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub evaluation_id: Uuid,
    pub person_id: Uuid,
    pub part: JudgePart,
    pub status: InvitationStatus,
    /// The last day of an open invitation.
    pub ends_on: Option<Date>,
    pub message: Option<String>,
    pub ended_at: Option<Instant>,
}

choice! {
    /// The part that the person has in the judgement.
    pub enum JudgePart {
        /// Checks the school's levels for the hub.
        Moderator = "moderator",
        /// Leads music at another school.
        PeerReviewer = "peer_reviewer",
    }
}

choice! {
    /// How far an invitation has come.
    pub enum InvitationStatus {
        /// The person sees the evaluation and may judge it.
        Open = "open",
        /// The person declined.
        Declined = "declined",
        /// The hub took it back.
        Withdrawn = "withdrawn",
        /// The evaluation was agreed.
        Completed = "completed",
    }
}

row!(of_seen_evaluation(Column::EvaluationId), invited: invited, written_by_invited: true);

fn invited(person: &Invitee) -> Condition {
    Condition::all().add(Column::PersonId.eq(person.person_id))
}

/// The ids of the evaluations to which a person has an open invitation today.
pub(super) fn evaluations_of(person: &Invitee) -> SelectStatement {
    let mut ids = Query::select();
    ids.column(Column::EvaluationId)
        .from(Entity)
        .and_where(Column::HubId.eq(person.hub_id))
        .and_where(Column::PersonId.eq(person.person_id))
        .and_where(Column::Status.eq(InvitationStatus::Open))
        .and_where(Column::ArchivedAt.is_null())
        .cond_where(Condition::any().add(Column::EndsOn.is_null()).add(Column::EndsOn.gte(person.today)));
    ids
}
