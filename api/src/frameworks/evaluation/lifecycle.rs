//! An evaluation's way from draft to agreed.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_invitation::{self as invitation, InvitationStatus};
use entity::frameworks::evaluation_judgement as judgement;
use entity::frameworks::evaluation_response as response;
use entity::frameworks::evaluation_submission::{self as submission, SubmissionDecision};
use entity::frameworks::framework::FrameworkKind;
use entity::identity::grant::Role;
use entity::row::Row;
use sea_orm::{ActiveEnum, QueryFilter};

use super::invitation::{COMPLETE, EvaluationInvitation};
use super::judgement::{EvaluationJudgement, SHARE};
use super::response::{AGREE_LEVELS, EvaluationResponse};
use super::transition::{AGREE, MODERATE, RETURN, SUBMIT, WITHDRAW};
use super::{Evaluation, completeness, rules, stake, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::traits::RowOf;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};
use crate::kernel::resource::write::Decided;

routes! {
    WriteFrameworks: submit_evaluation, withdraw_evaluation;
    JudgeEvaluations: moderate_evaluation, agree_evaluation, return_evaluation;
}

/// Submits an evaluation for judgement.
///
/// What is sent is kept as it is now, for good (`GET /evaluation-submissions`).
#[utoipa::path(
    post,
    path = "/evaluations/{id}/submit",
    request_body = Option<Reason>,
    responses((status = 200, body = Evaluation)),
)]
async fn submit_evaluation(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Evaluation>(&can, id.0, &SUBMIT, body.value.reason).await
}

/// Takes back an evaluation that nobody judges yet.
#[utoipa::path(
    post,
    path = "/evaluations/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = Evaluation)),
)]
async fn withdraw_evaluation(can: Can<WriteFrameworks>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Evaluation>(&can, id.0, &WITHDRAW, body.value.reason).await
}

/// Begins to judge an evaluation.
///
/// From now on levels are given by `POST /evaluation-judgements`. The school sees them once the evaluation is agreed or
/// returned.
#[utoipa::path(
    post,
    path = "/evaluations/{id}/moderate",
    request_body = Option<Reason>,
    responses((status = 200, body = Evaluation)),
)]
async fn moderate_evaluation(can: Can<JudgeEvaluations>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Evaluation>(&can, id.0, &MODERATE, body.value.reason).await
}

/// Agrees an evaluation.
///
/// Where the caller gave a level, it is the one that counts, also for a criterion that the school says does not apply;
/// elsewhere the school's own is. Open invitations end.
#[utoipa::path(
    post,
    path = "/evaluations/{id}/agree",
    request_body = Option<Reason>,
    responses((status = 200, body = Evaluation)),
)]
async fn agree_evaluation(can: Can<JudgeEvaluations>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Evaluation>(&can, id.0, &AGREE, body.value.reason).await
}

/// Returns an evaluation to the school with comments.
///
/// The school sees the levels that were given, may change its answers, and submits it again.
#[utoipa::path(post, path = "/evaluations/{id}/return", responses((status = 200, body = Evaluation)))]
async fn return_evaluation(can: Can<JudgeEvaluations>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Evaluation>(&can, id.0, &RETURN, Some(body.into_inner().reason)).await
}

/// Returns true if the caller's role sends evaluations of a kind, or takes them back.
#[must_use]
pub fn may_send(caller: &Caller, kind: FrameworkKind) -> bool {
    match caller.role {
        Some(Role::SchoolStaff) => false,
        Some(Role::SpecialistLeader) => kind == FrameworkKind::VisitAudit,
        _ => true,
    }
}

impl Lifecycle for Evaluation {
    async fn admit(write: &Write, row: &evaluation::Model, verb: &Verb) -> Result<()> {
        if verb.scope == Scope::JudgeEvaluations {
            return stake::expect_judge(write, row).await;
        }
        if may_send(write.caller(), row.kind) {
            return Ok(());
        }
        let who = "the head teacher, or somebody of the hub";
        Err(Problem::forbidden(format!("your role drafts this evaluation and does not send it: ask {who}")))
    }

    async fn enter(write: &mut Write, row: &mut evaluation::Model, verb: &Verb) -> Result<()> {
        row.status = EvaluationStatus::try_from_value(&verb.to.to_owned())?;
        let (now, person) = (Some(write.now()), write.caller().actor.person_id());
        match row.status {
            EvaluationStatus::Submitted => {
                row.round += 1;
                (row.submitted_at, row.submitted_by_id) = (now, person);
                keep_answers(write, row).await
            }
            EvaluationStatus::Draft => decide_submission(write, row, SubmissionDecision::Withdrawn).await,
            EvaluationStatus::InModeration => {
                row.moderation_began_at = now;
                Ok(())
            }
            EvaluationStatus::Agreed | EvaluationStatus::Returned => {
                (row.decided_at, row.decided_by_id) = (now, person);
                row.comments = write.reason().map(str::to_owned);
                Ok(())
            }
        }
    }
}

/// Keeps what is sent as it is now.
async fn keep_answers(write: &Write, row: &evaluation::Model) -> Result<()> {
    let caller = write.caller();
    let responses = store::responses(caller, write.tx(), row.id).await?;
    let missing = completeness::missing(caller, write.tx(), row.framework_id, &responses).await?;
    if !missing.is_empty() {
        let problem = Problem::conflict("cannot submit an incomplete evaluation: add what is missing first");
        let fault = |it: completeness::MissingAnswer| {
            let place = format!("/responses/{}/{}", it.position - 1, it.field);
            Fault::new(place, "incomplete", format!("\"{}\": {}", it.statement, it.message))
        };
        return Err(missing.into_iter().map(fault).fold(problem, Problem::with));
    }
    let meta = write.meta_of::<submission::Entity>();
    let sent = submission::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        evaluation_id: row.id,
        round: row.round,
        answers: responses.iter().map(rules::sent).collect(),
        submitted_by_id: row.submitted_by_id,
        decision: None,
        comments: None,
        decided_at: None,
        decided_by_id: None,
    };
    write.insert_rows::<submission::Entity>(&[sent]).await
}

/// Records the decision about the last submission.
async fn decide_submission(write: &Write, row: &evaluation::Model, decision: SubmissionDecision) -> Result<()> {
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let last = hub.rows::<submission::Entity>().filter(submission::Column::EvaluationId.eq(row.id));
    let last = last.filter(submission::Column::Round.eq(row.round)).one(write.tx()).await?;
    let Some(mut sent) = last else { return Ok(()) };
    sent.set_meta(write.meta_after(&sent));
    sent.decision = Some(decision);
    sent.decided_at = Some(write.now());
    sent.decided_by_id = write.caller().actor.person_id();
    sent.comments = write.reason().map(str::to_owned);
    write.replace_row::<submission::Entity>(&sent).await
}

/// Shares the levels that were given with the school. An agreed evaluation also gets the levels that count, and the
/// invitations to it end, by which the caller reaches it.
///
/// # Errors
/// When the database is away.
pub async fn end_moderation(write: &mut Write, row: &evaluation::Model) -> Result<()> {
    let hub = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let given = hub.rows::<judgement::Entity>().filter(judgement::Column::EvaluationId.eq(row.id));
    let given = given.filter(judgement::Column::Round.eq(row.round)).all(write.tx()).await?;
    let shared_at = Some(write.now());
    store_all::<EvaluationJudgement>(write, &given, SHARE, |it| it.shared_at = shared_at).await?;
    if row.status == EvaluationStatus::Returned {
        return decide_submission(write, row, SubmissionDecision::Returned).await;
    }
    let judge = write.caller().actor.person_id();
    let level = |criterion: Uuid| {
        let own = given.iter().find(|it| it.criterion_id == criterion && Some(it.judge_id) == judge);
        own.map(|it| it.level)
    };
    let responses = hub.rows::<response::Entity>().filter(response::Column::EvaluationId.eq(row.id));
    let responses = responses.all(write.tx()).await?;
    let agree = |it: &mut response::Model| it.agreed_level = level(it.criterion_id).or(it.level);
    store_all::<EvaluationResponse>(write, &responses, AGREE_LEVELS, agree).await?;
    let open = hub.rows::<invitation::Entity>().filter(invitation::Column::EvaluationId.eq(row.id));
    let open = open.filter(invitation::Column::Status.eq(InvitationStatus::Open)).all(write.tx()).await?;
    let ended_at = Some(write.now());
    let complete = |it: &mut invitation::Model| (it.status, it.ended_at) = (InvitationStatus::Completed, ended_at);
    store_all::<EvaluationInvitation>(write, &open, COMPLETE, complete).await?;
    decide_submission(write, row, SubmissionDecision::Agreed).await
}

/// Changes rows that belong to a locked evaluation, each with its entry in the log.
async fn store_all<R: Resource>(
    write: &mut Write,
    rows: &[RowOf<R>],
    operation: Operation,
    change: impl Fn(&mut RowOf<R>),
) -> Result<()> {
    let changed = rows.iter().map(|before| {
        let mut after = before.clone();
        change(&mut after);
        after.set_meta(write.meta_after(before));
        after
    });
    let changed: Vec<_> = changed.collect();
    let steps = rows.iter().zip(&changed).map(|(before, after)| Decided { before: Some(before), after, operation });
    write.store_many::<R>(&steps.collect::<Vec<_>>()).await
}
