//! The level that a moderator or peer reviewer gives on one criterion.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::{evaluation, evaluation_invitation};
use crate::instant::Instant;
use crate::owned::{Invitee, Visibility};
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_judgement")]
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
    pub criterion_id: Uuid,
    /// The person who judges.
    pub judge_id: Uuid,
    /// The submission that is judged, by its number.
    pub round: i32,
    /// When the evaluation was agreed or returned; until then the school does not see the row.
    pub shared_at: Option<Instant>,
    /// From 1 for the criterion's lowest.
    pub level: i32,
    pub comment: Option<String>,
}

row!(
    Visibility::ThroughOnceShared {
        column: Column::EvaluationId,
        parent: evaluation::Entity::fence,
        shared: Column::SharedAt,
    },
    invited: invited,
    written_by_invited: true
);

/// A judge sees the own levels alone, while the invitation is open.
fn invited(person: &Invitee) -> Condition {
    Condition::all()
        .add(Column::JudgeId.eq(person.person_id))
        .add(Column::EvaluationId.in_subquery(evaluation_invitation::evaluations_of(person)))
}
