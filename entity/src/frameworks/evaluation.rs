//! A school judged against one edition of a framework.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::evaluation_invitation;
use super::framework::FrameworkKind;
use crate::instant::Instant;
use crate::owned::{Invitee, Visibility};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation")]
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
    pub framework_id: Uuid,
    /// The kind of the framework, which never changes once it is published.
    pub kind: FrameworkKind,
    pub academic_year: String,
    /// The academic year of a self-evaluation, of which a school has one a year; none of any other kind.
    pub self_evaluation_year: Option<String>,
    pub status: EvaluationStatus,
    /// How often it was submitted.
    pub round: i32,
    pub note: Option<String>,
    /// What was said when it was last agreed or returned.
    pub comments: Option<String>,
    pub submitted_at: Option<Instant>,
    pub submitted_by_id: Option<Uuid>,
    pub moderation_began_at: Option<Instant>,
    pub decided_at: Option<Instant>,
    pub decided_by_id: Option<Uuid>,
}

choice! {
    /// How far an evaluation has come.
    pub enum EvaluationStatus {
        /// Being answered.
        Draft = "draft",
        /// Sent by the school.
        Submitted = "submitted",
        /// Being judged by somebody else.
        InModeration = "in_moderation",
        /// Judged and agreed, and never changed again.
        Agreed = "agreed",
        /// Returned to the school with comments, to be answered again.
        Returned = "returned",
    }
}

row!(
    Visibility::School(Column::SchoolId),
    invited: invited,
    written_by_schools: true,
    written_by_invited: true
);

fn invited(person: &Invitee) -> Condition {
    Condition::all().add(Column::Id.in_subquery(evaluation_invitation::evaluations_of(person)))
}
