//! What a school sent for judgement, as it was then.

use sea_orm::Condition;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::evaluation_response::EvidenceLink;
use super::{evaluation_invitation, of_seen_evaluation};
use crate::instant::Instant;
use crate::list::{List, Strings};
use crate::owned::Invitee;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "evaluation_submission")]
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
    /// Counts the submissions of the evaluation from 1.
    pub round: i32,
    pub answers: Answers,
    pub submitted_by_id: Option<Uuid>,
    pub decision: Option<SubmissionDecision>,
    pub comments: Option<String>,
    pub decided_at: Option<Instant>,
    pub decided_by_id: Option<Uuid>,
}

choice! {
    /// The outcome of a submission.
    pub enum SubmissionDecision {
        /// It was agreed.
        Agreed = "agreed",
        /// It was returned with comments.
        Returned = "returned",
        /// The school took it back before anybody judged it.
        Withdrawn = "withdrawn",
    }
}

/// An answer as it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct SentAnswer {
    /// The criterion.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub criterion_id: Uuid,
    /// The level, from 1 for the lowest.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub level: Option<i32>,
    /// True if the school said that the criterion does not apply.
    #[schema(example = false)]
    pub not_applicable: bool,
    /// Why it does not apply.
    #[schema(max_length = 1000, example = json!(null))]
    pub reason: Option<String>,
    /// What shows it, in the school's words.
    #[schema(max_length = 4000, example = "Timetables of all year groups")]
    pub evidence: Option<String>,
    /// Addresses of what shows it.
    #[schema(value_type = Vec<EvidenceLink>, max_items = 20, example = json!(["https://woodgate.example/timetable"]))]
    pub evidence_links: Strings,
    /// What the school wants to do next.
    #[schema(max_length = 2000, example = "A singing assembly each week from January")]
    pub next_step: Option<String>,
}

/// All answers of an evaluation.
pub type Answers = List<SentAnswer>;

row!(of_seen_evaluation(Column::EvaluationId), invited: invited);

fn invited(person: &Invitee) -> Condition {
    Condition::all().add(Column::EvaluationId.in_subquery(evaluation_invitation::evaluations_of(person)))
}
