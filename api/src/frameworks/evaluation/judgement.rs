//! The levels that moderators and peer reviewers give.

use entity::frameworks::evaluation;
use entity::frameworks::evaluation_judgement;
use entity::frameworks::evaluation_response as response;
use entity::instant::Instant;
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};

use super::{rules, stake};
use crate::kernel::prelude::*;

/// What the log calls the moment from which the school sees a level.
pub const SHARE: Operation = Operation::Verb("share");

record! {
    /// The level that a moderator or peer reviewer gives on one criterion.
    ///
    /// The school sees it once the evaluation is agreed or returned. Until then the person who gave it and the hub do.
    EvaluationJudgement from NewEvaluationJudgement in evaluation_judgement {
        /// The evaluation.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        evaluation_id: Uuid,
        /// The criterion.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        criterion_id: Uuid,
        /// The level, from 1 for the criterion's lowest.
        #[schema(minimum = 1, maximum = 6, example = 2)]
        level: i32,
        /// Why. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = "The choir meets in one term only")]
        comment: Option<String>,
    }
    initial { judge_id: Uuid::nil(), round: 0, shared_at: None }
    computed {
        /// The person who judges.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        judge_id: Uuid,
        /// Which submission of the evaluation is judged, from 1.
        #[schema(minimum = 1, example = 1)]
        round: i32,
        /// When the evaluation was agreed or returned, from which on the school sees the level.
        shared_at: Option<Instant>,
    }
}

impl Resource for EvaluationJudgement {
    type Entity = evaluation_judgement::Entity;
    type Form = NewEvaluationJudgement;
    type Filter = EvaluationJudgementFilter;

    const PATH: &'static str = "/evaluation-judgements";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, evaluation_judgement::Column)] = &[
        ("created_at", evaluation_judgement::Column::CreatedAt),
        ("updated_at", evaluation_judgement::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["comment"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["judge_id"];
    const COUNTS: &'static [&'static str] = &["evaluation_id", "criterion_id", "level", "judge_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn refs(form: &NewEvaluationJudgement) -> Refs {
        Refs::default().to::<evaluation::Entity>("/evaluation_id", form.evaluation_id)
    }

    fn keys(row: &evaluation_judgement::Model) -> Value {
        json!({ "evaluation_id": row.evaluation_id, "criterion_id": row.criterion_id, "judge_id": row.judge_id })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, evaluation_judgement::Model>) -> Result<()> {
        let row = step.after;
        let of = step.before.map_or(row.evaluation_id, |before| before.evaluation_id);
        let evaluation = children::root::<evaluation::Entity>(write, "/evaluation_id", of).await?;
        stake::expect_judge(write, &evaluation).await?;
        rules::judgeable(evaluation.status)?;
        let me = write.caller().actor.person_id().unwrap_or_default();
        match step.before {
            None => (row.judge_id, row.round) = (me, evaluation.round),
            Some(before) if before.judge_id != me => {
                return Err(Problem::forbidden("a level is changed by the person who gave it"));
            }
            Some(before) if before.shared_at.is_some() => {
                return Err(Problem::conflict("the level was shared with the school and stays: give another one"));
            }
            Some(before) if (of, before.criterion_id) != (row.evaluation_id, row.criterion_id) => {
                let message = "a level stays with its evaluation and criterion: give another one";
                return Err(Problem::invalid("/criterion_id", "fixed", message));
            }
            Some(_) => {}
        }
        let answered = write.caller().rows::<response::Entity>().filter(response::Column::EvaluationId.eq(of));
        let answered = answered.filter(response::Column::CriterionId.eq(row.criterion_id)).one(write.tx()).await?;
        let Some(answered) = answered else {
            let message = "the evaluation has no such criterion: it is by another framework or edition";
            return Err(Problem::invalid("/criterion_id", "unknown_reference", message));
        };
        rules::level(Some(row.level), answered.levels).map_or(Ok(()), |fault| Err(Problem::faults(vec![fault])))
    }
}

impl Child for EvaluationJudgement {
    type Root = evaluation::Entity;

    const ROOT: evaluation_judgement::Column = evaluation_judgement::Column::EvaluationId;
}

/// Narrows the list of levels of others.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationJudgementFilter {
    /// Only levels of this evaluation.
    pub evaluation_id: Option<Uuid>,
    /// Only levels of evaluations of this school.
    pub school_id: Option<Uuid>,
    /// Only levels on this criterion.
    pub criterion_id: Option<Uuid>,
    /// Only levels that this person gave.
    pub judge_id: Option<Uuid>,
    /// Any of these levels.
    #[serde(default)]
    #[param(max_items = 6, minimum = 1, maximum = 6)]
    pub level: Vec<i32>,
}

impl Filter<evaluation_judgement::Entity> for EvaluationJudgementFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use evaluation_judgement::Column;

        let of_school = self.school_id.map(|school| {
            let of = caller.rows::<evaluation::Entity>().filter(evaluation::Column::SchoolId.eq(school));
            Column::EvaluationId.in_subquery(of.select_only().column(evaluation::Column::Id).into_query())
        });
        Condition::all()
            .add_option(is(Column::EvaluationId, self.evaluation_id))
            .add_option(of_school)
            .add_option(is(Column::CriterionId, self.criterion_id))
            .add_option(is(Column::JudgeId, self.judge_id))
            .add_option(any_of(Column::Level, &self.level))
    }
}

routes! {
    ReadFrameworks: list_evaluation_judgements, count_evaluation_judgements, get_evaluation_judgement;
    JudgeEvaluations: create_evaluation_judgement, update_evaluation_judgement, archive_evaluation_judgement,
        restore_evaluation_judgement;
    ReadFrameworks: list_evaluation_judgement_history;
}

/// Lists the levels that moderators and peer reviewers gave.
#[utoipa::path(
    get,
    path = "/evaluation-judgements",
    params(List<EvaluationJudgement>),
    responses((status = 200, body = Page<EvaluationJudgement>)),
)]
async fn list_evaluation_judgements(can: Can<ReadFrameworks>, list: List<EvaluationJudgement>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the levels of moderators and peer reviewers by one or two of their fields.
#[utoipa::path(
    get,
    path = "/evaluation-judgements/counts",
    params(CountBy<EvaluationJudgement>),
    responses((status = 200, body = Counts)),
)]
async fn count_evaluation_judgements(can: Can<ReadFrameworks>, by: CountBy<EvaluationJudgement>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gives a level as a moderator or peer reviewer.
///
/// The evaluation must be in moderation (409). The caller must be invited, unless the role judges in the whole hub, and
/// must have no stake in the school; the reply says which rule is broken (403).
#[utoipa::path(post, path = "/evaluation-judgements", responses((status = 201, body = EvaluationJudgement)))]
async fn create_evaluation_judgement(can: Can<JudgeEvaluations>, form: Json<NewEvaluationJudgement>) -> Result<Reply> {
    crud::create::<EvaluationJudgement>(&can, form).await
}

/// Gets a level of a moderator or peer reviewer.
#[utoipa::path(
    get,
    path = "/evaluation-judgements/{id}",
    params(Show<EvaluationJudgement>),
    responses((status = 200, body = EvaluationJudgement)),
)]
async fn get_evaluation_judgement(can: Can<ReadFrameworks>, id: Id, show: Show<EvaluationJudgement>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a level that the caller gave.
#[utoipa::path(patch, path = "/evaluation-judgements/{id}", responses((status = 200, body = EvaluationJudgement)))]
async fn update_evaluation_judgement(
    can: Can<JudgeEvaluations>,
    id: Id,
    patch: Patch<NewEvaluationJudgement>,
) -> Result<Reply> {
    crud::update::<EvaluationJudgement>(&can, id.0, patch).await
}

/// Takes back a level that the caller gave.
#[utoipa::path(delete, path = "/evaluation-judgements/{id}", responses((status = 204)))]
async fn archive_evaluation_judgement(can: Can<JudgeEvaluations>, id: Id) -> Result<Reply> {
    crud::archive::<EvaluationJudgement>(&can, id.0).await
}

/// Gives a level again that the caller took back.
#[utoipa::path(
    post,
    path = "/evaluation-judgements/{id}/restore",
    responses((status = 200, body = EvaluationJudgement)),
)]
async fn restore_evaluation_judgement(can: Can<JudgeEvaluations>, id: Id) -> Result<Reply> {
    crud::restore::<EvaluationJudgement>(&can, id.0).await
}

/// Shows the history of a level of a moderator or peer reviewer.
#[utoipa::path(
    get,
    path = "/evaluation-judgements/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_evaluation_judgement_history(
    can: Can<ReadFrameworks>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<EvaluationJudgement>(&can, id.0, &part).await
}
