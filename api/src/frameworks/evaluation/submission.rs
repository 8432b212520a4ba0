//! What schools sent for judgement, as it was then.

use entity::frameworks::evaluation_submission::{self, Answers, SentAnswer, SubmissionDecision};
use entity::instant::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;

/// What a school sent for judgement, as it was then. It never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EvaluationSubmission {
    /// The submission.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The evaluation.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub evaluation_id: Uuid,
    /// Counts the submissions of the evaluation from 1.
    #[schema(minimum = 1, example = 1)]
    pub round: i32,
    /// The answers in the order of the framework.
    #[schema(value_type = Vec<SentAnswer>, max_items = 900)]
    pub answers: Answers,
    /// The person who sent it.
    pub submitted_by_id: Option<Uuid>,
    /// What was decided about it.
    #[schema(example = "returned")]
    pub decision: Option<SubmissionDecision>,
    /// What was said with the decision.
    #[schema(max_length = 2000, example = "Say in which terms the choir meets")]
    pub comments: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Instant>,
    /// The person who decided.
    pub decided_by_id: Option<Uuid>,
    /// When it was sent.
    pub created_at: Instant,
}

impl Fields for EvaluationSubmission {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        evaluation_id: Uuid,
        round: i32,
        answers: Answers,
        submitted_by_id: Option<Uuid>,
        decision: Option<SubmissionDecision>,
        comments: Option<String>,
        decided_at: Option<Instant>,
        decided_by_id: Option<Uuid>,
        created_at: Instant,
    };
}

impl Listed for EvaluationSubmission {
    type Entity = evaluation_submission::Entity;
    type Filter = EvaluationSubmissionFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("round", evaluation_submission::Column::Round), ("created_at", evaluation_submission::Column::CreatedAt)];
    const COUNTS: &'static [&'static str] = &["evaluation_id", "decision", "round"];
}

/// Narrows the list of submissions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationSubmissionFilter {
    /// Only submissions of this evaluation.
    pub evaluation_id: Option<Uuid>,
    /// Only submissions about which this was decided.
    pub decision: Option<SubmissionDecision>,
}

impl Filter<evaluation_submission::Entity> for EvaluationSubmissionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use evaluation_submission::Column;

        Condition::all()
            .add_option(is(Column::EvaluationId, self.evaluation_id))
            .add_option(is(Column::Decision, self.decision))
    }
}

routes! { ReadFrameworks: list_evaluation_submissions, count_evaluation_submissions, get_evaluation_submission }

/// Lists what schools sent for judgement.
#[utoipa::path(
    get,
    path = "/evaluation-submissions",
    params(List<EvaluationSubmission>),
    responses((status = 200, body = Page<EvaluationSubmission>)),
)]
async fn list_evaluation_submissions(can: Can<ReadFrameworks>, list: List<EvaluationSubmission>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the submissions by one or two of their fields.
#[utoipa::path(
    get,
    path = "/evaluation-submissions/counts",
    params(CountBy<EvaluationSubmission>),
    responses((status = 200, body = Counts)),
)]
async fn count_evaluation_submissions(can: Can<ReadFrameworks>, by: CountBy<EvaluationSubmission>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets what a school sent for judgement.
#[utoipa::path(
    get,
    path = "/evaluation-submissions/{id}",
    params(Show<EvaluationSubmission>),
    responses((status = 200, body = EvaluationSubmission)),
)]
async fn get_evaluation_submission(
    can: Can<ReadFrameworks>,
    id: Id,
    show: Show<EvaluationSubmission>,
) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}
