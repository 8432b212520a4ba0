//! What a school says about each criterion.

use std::collections::HashMap;

use entity::frameworks::evaluation_response::{self as response, EvidenceLink};
use entity::frameworks::framework::FrameworkKind;
use entity::frameworks::{criterion, evaluation, evaluation_response};
use entity::instant::Instant;
use entity::list::Strings;
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};

use super::rules;
use crate::frameworks::criterion::FrameworkCriterion;
use crate::kernel::prelude::*;

/// What the log calls the levels that count once an evaluation is agreed.
pub const AGREE_LEVELS: Operation = Operation::Verb("agree");

record! {
    /// What a school says about one criterion: a level, or that it does not apply, with evidence and a next step.
    ///
    /// Two people at work on different criteria never meet. Of two on the same one the second gets 412, with the text
    /// as it is now in `current`.
    EvaluationResponse from NewEvaluationResponse in evaluation_response {
        /// The evaluation.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        evaluation_id: Uuid,
        /// The criterion.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        criterion_id: Uuid,
        /// The level, an integer from 1 for the criterion's lowest.
        #[schema(minimum = 1, maximum = 6, example = 2)]
        level: Option<i32>,
        /// True if the criterion does not apply to the school; then there is no level.
        #[serde(default)]
        #[schema(example = false)]
        not_applicable: bool,
        /// Why it does not apply. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 1000, example = json!(null))]
        reason: Option<String>,
        /// What shows it. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Timetables of all year groups, and a repertoire list")]
        evidence: Option<String>,
        /// Addresses of what shows it.
        #[serde(default)]
        #[schema(
            value_type = Vec<EvidenceLink>,
            max_items = 20,
            example = json!(["https://woodgate.example/singing"]),
        )]
        evidence_links: Strings,
        /// What the school wants to do next. No pupil names; safeguarding concerns go to the school's designated lead,
        /// not here.
        #[schema(min_length = 1, max_length = 2000, example = "A singing assembly each week from January")]
        next_step: Option<String>,
    }
    initial { position: 0, levels: 0, agreed_level: None, answered_at: None, answered_by_id: None }
    computed {
        /// Its place in the evaluation, from 1: in the order of sections and criteria.
        #[schema(minimum = 1, example = 1)]
        position: i32,
        /// How many levels the criterion has.
        #[schema(minimum = 2, maximum = 6, example = 4)]
        levels: i32,
        /// The level that counts once the evaluation is agreed.
        #[schema(minimum = 1, maximum = 6, example = json!(null))]
        agreed_level: Option<i32>,
        /// When it last got a level, or was said not to apply.
        answered_at: Option<Instant>,
        /// The person who did that.
        answered_by_id: Option<Uuid>,
    }
    embedded {
        /// The criterion with its levels, when asked for with `expand=criterion`.
        criterion: FrameworkCriterion,
    }
}

impl Resource for EvaluationResponse {
    type Entity = response::Entity;
    type Form = NewEvaluationResponse;
    type Filter = EvaluationResponseFilter;

    const PATH: &'static str = "/evaluation-responses";
    const READ: Scope = Scope::ReadFrameworks;
    const SORTS: &'static [(&'static str, response::Column)] =
        &[("position", response::Column::Position), ("updated_at", response::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["reason", "evidence", "evidence_links", "next_step"];
    const COUNTS: &'static [&'static str] = &["evaluation_id", "criterion_id", "level", "not_applicable"];
    const EXPANDS: &'static [&'static str] = &["criterion"];
    const IF_MATCH: bool = true;
    const BATCHES_OF_SCHOOLS: bool = true;
    const SHOWS_CURRENT: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);
    const PAIR: Option<[response::Column; 2]> = Some([response::Column::EvaluationId, response::Column::CriterionId]);

    fn refs(form: &NewEvaluationResponse) -> Refs {
        Refs::default()
            .to::<evaluation::Entity>("/evaluation_id", form.evaluation_id)
            .to::<criterion::Entity>("/criterion_id", form.criterion_id)
    }

    fn faults(form: &NewEvaluationResponse) -> Vec<Fault> {
        let both = form.not_applicable && form.level.is_some();
        let message = "a criterion that does not apply has no level: clear one of the two";
        both.then(|| Fault::new("/level", "not_applicable", message)).into_iter().collect()
    }

    fn keys(row: &response::Model) -> Value {
        json!({ "evaluation_id": row.evaluation_id, "criterion_id": row.criterion_id })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, response::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, response::Model>]) -> Result<Vec<Result<()>>> {
        let ids = steps.iter().map(|step| step.after.evaluation_id);
        let which = Condition::all().add(evaluation::Column::Id.is_in(ids));
        let found = write.rows_archived::<evaluation::Entity>(which).await?;
        let found: HashMap<Uuid, evaluation::Model> = found.into_iter().map(|row| (row.id, row)).collect();
        let decisions = steps.iter_mut().map(|step| answer(write, &found, step));
        Ok(decisions.collect())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[response::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<FrameworkCriterion>(caller, db, rows.iter().map(|row| row.criterion_id)).await
    }
}

impl Child for EvaluationResponse {
    type Root = evaluation::Entity;

    const ROOT: response::Column = response::Column::EvaluationId;
}

/// Decides about an answer, whose evaluation is locked.
fn answer(
    write: &Write,
    evaluations: &HashMap<Uuid, evaluation::Model>,
    step: &mut Mutation<'_, response::Model>,
) -> Result<()> {
    let Some(before) = step.before else {
        let message = "the evaluation has no such criterion: it is by another framework or edition";
        return Err(Problem::invalid("/criterion_id", "unknown_reference", message));
    };
    let message = "a response keeps its evaluation and criterion";
    for (changed, pointer) in [
        (before.evaluation_id != step.after.evaluation_id, "/evaluation_id"),
        (before.criterion_id != step.after.criterion_id, "/criterion_id"),
    ] {
        if changed {
            return Err(Problem::invalid(pointer, "fixed", message));
        }
    }
    if let Some(fault) = rules::level(step.after.level, before.levels) {
        return Err(Problem::faults(vec![fault]));
    }
    let evaluation = evaluations.get(&before.evaluation_id).ok_or_else(Problem::not_found)?;
    rules::answerable(evaluation.status)?;
    let said = |row: &response::Model| (row.level, row.not_applicable);
    if said(before) != said(step.after) {
        let answered = step.after.level.is_some() || step.after.not_applicable;
        step.after.answered_at = answered.then(|| write.now());
        step.after.answered_by_id = write.caller().actor.person_id().filter(|_| answered);
    }
    Ok(())
}

/// Narrows the list of responses.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvaluationResponseFilter {
    /// Only responses of this evaluation.
    pub evaluation_id: Option<Uuid>,
    /// Only responses of evaluations of this school.
    pub school_id: Option<Uuid>,
    /// Only responses to this criterion.
    pub criterion_id: Option<Uuid>,
    /// Only responses of evaluations of this kind.
    pub kind: Option<FrameworkKind>,
    /// Any of these levels of the school's own.
    #[serde(default)]
    #[param(max_items = 6, minimum = 1, maximum = 6)]
    pub level: Vec<i32>,
    /// Only responses with a next step, or without.
    pub has_next_step: Option<bool>,
}

impl Filter<response::Entity> for EvaluationResponseFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use response::Column;

        let of = (self.school_id.is_some() || self.kind.is_some()).then(|| {
            let of = caller.rows::<evaluation::Entity>();
            let of = of.filter(
                Condition::all()
                    .add_option(is(evaluation::Column::SchoolId, self.school_id))
                    .add_option(is(evaluation::Column::Kind, self.kind)),
            );
            Column::EvaluationId.in_subquery(of.select_only().column(evaluation::Column::Id).into_query())
        });
        let next_step = self.has_next_step.map(|has| match has {
            true => Column::NextStep.is_not_null(),
            false => Column::NextStep.is_null(),
        });
        Condition::all()
            .add_option(is(Column::EvaluationId, self.evaluation_id))
            .add_option(of)
            .add_option(is(Column::CriterionId, self.criterion_id))
            .add_option(any_of(Column::Level, &self.level))
            .add_option(next_step)
    }
}

routes! {
    ReadFrameworks: list_evaluation_responses, count_evaluation_responses, get_evaluation_response;
    WriteFrameworks: update_evaluation_response, batch_evaluation_responses;
    ReadFrameworks: list_evaluation_response_history;
}

/// Lists the responses of evaluations.
#[utoipa::path(
    get,
    path = "/evaluation-responses",
    params(List<EvaluationResponse>),
    responses((status = 200, body = Page<EvaluationResponse>)),
)]
async fn list_evaluation_responses(can: Can<ReadFrameworks>, list: List<EvaluationResponse>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the responses by one or two of their fields.
#[utoipa::path(
    get,
    path = "/evaluation-responses/counts",
    params(CountBy<EvaluationResponse>),
    responses((status = 200, body = Counts)),
)]
async fn count_evaluation_responses(can: Can<ReadFrameworks>, by: CountBy<EvaluationResponse>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a response.
#[utoipa::path(
    get,
    path = "/evaluation-responses/{id}",
    params(Show<EvaluationResponse>),
    responses((status = 200, body = EvaluationResponse)),
)]
async fn get_evaluation_response(can: Can<ReadFrameworks>, id: Id, show: Show<EvaluationResponse>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Answers a criterion, or a part of the answer at a time.
///
/// An evaluation is answered while it is draft or returned (409).
#[utoipa::path(
    patch,
    path = "/evaluation-responses/{id}",
    request_body = NewEvaluationResponse,
    responses((status = 200, body = EvaluationResponse)),
)]
async fn update_evaluation_response(
    can: Can<WriteFrameworks>,
    id: Id,
    patch: Patch<NewEvaluationResponse>,
) -> Result<Reply> {
    crud::update::<EvaluationResponse>(&can, id.0, patch).await
}

/// Answers many criteria at once.
///
/// Each item names its evaluation and criterion, and is laid over the response that is there; what it leaves out keeps
/// its value. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/evaluation-responses/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_evaluation_responses(
    can: Can<WriteFrameworks>,
    how: Query<BatchQuery>,
    batch: Batch<NewEvaluationResponse>,
) -> Result<Reply> {
    crud::batch::<EvaluationResponse>(&can, &batch, &how).await
}

/// Shows the history of a response.
#[utoipa::path(
    get,
    path = "/evaluation-responses/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_evaluation_response_history(
    can: Can<ReadFrameworks>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<EvaluationResponse>(&can, id.0, &part).await
}
