//! What a school says about one criterion.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{evaluation_invitation, of_seen_evaluation};
use crate::instant::Instant;
use crate::list::Strings;
use crate::owned::Invitee;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_response")]
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
    /// Its place in the evaluation, from 1: in the order of sections and criteria.
    pub position: i32,
    /// How many levels the criterion has.
    pub levels: i32,
    /// Which of them, from 1 for the lowest.
    pub level: Option<i32>,
    pub not_applicable: bool,
    /// Why the criterion does not apply.
    pub reason: Option<String>,
    pub evidence: Option<String>,
    /// Addresses of what shows it.
    pub evidence_links: Strings,
    pub next_step: Option<String>,
    /// The level that counts once the evaluation is agreed.
    pub agreed_level: Option<i32>,
    pub answered_at: Option<Instant>,
    pub answered_by_id: Option<Uuid>,
}

/// An address on the web.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 500,
    pattern = r"^https?://[^\s]+$",
    example = "https://woodgate.example/singing"
)]
pub struct EvidenceLink(#[expect(dead_code, reason = "it is the schema of a text")] String);

row!(of_seen_evaluation(Column::EvaluationId), invited: invited, written_by_schools: true);

fn invited(person: &Invitee) -> Condition {
    Condition::all().add(Column::EvaluationId.in_subquery(evaluation_invitation::evaluations_of(person)))
}
