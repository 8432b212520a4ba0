//! How a version of a report goes to the school, and how it ends with its visit. Each step is logged with its reason.

use entity::row::{Meta, Row};
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report::{self, ReportStatus};
use sea_orm::sea_query::LockType;
use sea_orm::{ActiveEnum, QueryFilter, QuerySelect};
use time::Duration;
use utoipa::ToSchema;

use super::VisitReport;
use super::transition::{ACCEPT, CLOSE, DISPUTE, SHARE};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};
use crate::kernel::resource::write::Decided;
use crate::visits::action::carried;
use crate::visits::visit::Visit;
use crate::visits::visit::transition as of_visit;
use crate::visits::{rules, store};

routes! {
    WriteVisits: share_visit_report;
    AnswerVisits: accept_visit_report, dispute_visit_report;
    WriteVisits: close_visit_report, next_visit_report_version;
}

/// What a school adds when it accepts a report.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportAccepted {
    /// What the school adds. No pupil names; safeguarding concerns go to the school's designated lead, not here.
    #[schema(min_length = 1, max_length = 4000, example = "Thank you: we have shared it with the governors")]
    pub comment: Option<String>,
}

/// What a school says is not accurate in a report.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportDisputed {
    /// What is not accurate. No pupil names; safeguarding concerns go to the school's designated lead, not here.
    #[schema(min_length = 1, max_length = 4000, example = "The choir has met every week since September")]
    pub comment: String,
}

/// Shares a version of a report with the school.
///
/// The school may answer for as many days as the hub gives (`report_answer_days`).
#[utoipa::path(
    post,
    path = "/visit-reports/{id}/share",
    request_body = Option<Reason>,
    responses((status = 200, body = VisitReport)),
)]
async fn share_visit_report(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<VisitReport>(&can, id.0, &SHARE, body.value.reason).await
}

/// Says, as the school, that a report is accurate.
///
/// The hub's office may record what a school said elsewhere.
#[utoipa::path(
    post,
    path = "/visit-reports/{id}/accept",
    request_body = Option<ReportAccepted>,
    responses((status = 200, body = VisitReport)),
)]
async fn accept_visit_report(can: Can<AnswerVisits>, id: Id, body: OptionalJson<ReportAccepted>) -> Result<Reply> {
    crud::transition::<VisitReport>(&can, id.0, &ACCEPT, body.value.comment).await
}

/// Says, as the school, that a report is not accurate, and what is not.
///
/// The hub then shares another version, or closes the report with both views.
#[utoipa::path(post, path = "/visit-reports/{id}/dispute", responses((status = 200, body = VisitReport)))]
async fn dispute_visit_report(can: Can<AnswerVisits>, id: Id, body: Json<ReportDisputed>) -> Result<Reply> {
    crud::transition::<VisitReport>(&can, id.0, &DISPUTE, Some(body.into_inner().comment)).await
}

/// Closes a report that the school calls inaccurate. Both views are kept.
#[utoipa::path(
    post,
    path = "/visit-reports/{id}/close",
    request_body = Option<Reason>,
    responses((status = 200, body = VisitReport)),
)]
async fn close_visit_report(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<VisitReport>(&can, id.0, &CLOSE, body.value.reason).await
}

/// Begins the next version of a report, as a draft with the same text.
///
/// Refused (409) while there is another draft, and once the visit is closed.
#[utoipa::path(post, path = "/visit-reports/{id}/next-version", responses((status = 201, body = VisitReport)))]
async fn next_visit_report_version(can: Can<WriteVisits>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        write.lock_above::<VisitReport>(Some(id.0)).await?;
        let before = write.row::<visit_report::Entity>(id.0).await?;
        let row = write.create::<VisitReport>((&before).into()).await?;
        crud::answer::<VisitReport>(&can, &row, true)
    })
    .await
}

impl Lifecycle for VisitReport {
    async fn enter(write: &mut Write, row: &mut visit_report::Model, verb: &Verb) -> Result<()> {
        row.status = ReportStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            ReportStatus::Shared => {
                hand_over(write, row).await?;
                follow(write, row.visit_id, &of_visit::SHARE).await?;
            }
            ReportStatus::Accepted => {
                answered(write, row);
                row.ended_at = Some(write.now());
                archive_draft(write, row).await?;
                follow(write, row.visit_id, &of_visit::CLOSE).await?;
            }
            ReportStatus::Disputed => answered(write, row),
            ReportStatus::Closed => {
                expect_no_draft(write, row.visit_id).await?;
                row.ended_at = Some(write.now());
                follow(write, row.visit_id, &of_visit::CLOSE).await?;
            }
            ReportStatus::Draft | ReportStatus::Unanswered | ReportStatus::Superseded => {}
        }
        Ok(())
    }
}

fn answered(write: &Write, row: &mut visit_report::Model) {
    row.answered_at = Some(write.now());
    row.answer_comment = write.reason().map(str::to_owned);
}

/// Archives the draft of the version that would have followed one that the school accepts.
async fn archive_draft(write: &mut Write, accepted: &visit_report::Model) -> Result<()> {
    let drafts = store::versions(write, accepted.visit_id);
    let drafts = drafts.filter(visit_report::Column::Status.eq(ReportStatus::Draft));
    let Some(draft) = drafts.lock(LockType::NoKeyUpdate).one(write.tx()).await? else { return Ok(()) };
    let mut archived = draft.clone();
    archived.set_meta(Meta { archived_at: Some(write.now()), ..write.meta_after(&draft) });
    let comment = write.reason().map(str::to_owned);
    write.because(Some(format!("the school accepted version {}", accepted.number)));
    // The school does not reach the draft, and what it answers ends it all the same.
    let step = Decided { before: Some(&draft), after: &archived, operation: Operation::Archive };
    write.store_many::<VisitReport>(&[step]).await?;
    write.because(comment);
    Ok(())
}

/// What it takes to give a version to the school: the version that the school has is superseded, and what was to be
/// seen with the report is seen.
async fn hand_over(write: &mut Write, row: &mut visit_report::Model) -> Result<()> {
    rules::complete(row)?;
    let days = store::answer_days(write).await?;
    row.shared_at = Some(write.now());
    row.answer_due_on = Some(write.caller().today() + Duration::days(days.into()));
    supersede(write, row).await?;
    carried::show(write, row.visit_id).await
}

/// Ends the version that the school has, of which there is one at most.
async fn supersede(write: &mut Write, by: &visit_report::Model) -> Result<()> {
    use visit_report::Column;

    let earlier = store::versions(write, by.visit_id);
    let earlier = earlier.filter(Column::Status.is_in([ReportStatus::Shared, ReportStatus::Disputed]));
    let Some(earlier) = earlier.lock(LockType::NoKeyUpdate).one(write.tx()).await? else { return Ok(()) };
    let (status, ended_at) = (ReportStatus::Superseded, Some(write.now()));
    let superseded = visit_report::Model { status, ended_at, ..earlier.clone() };
    write.store::<VisitReport>(Some(earlier), superseded, Operation::Verb("supersede")).await.map(drop)
}

/// Takes a visit along with its report, and logs each step that it takes.
async fn follow(write: &mut Write, visit_id: Uuid, verb: &Verb) -> Result<()> {
    let mut visit = write.row::<visit::Entity>(visit_id).await?;
    if visit.status == VisitStatus::Completed {
        visit = moved(write, visit, &of_visit::REPORT).await?;
    }
    rules::reportable(visit.status)?;
    if visit.status.as_str() == verb.to {
        return Ok(());
    }
    moved(write, visit, verb).await.map(drop)
}

async fn moved(write: &mut Write, before: visit::Model, verb: &Verb) -> Result<visit::Model> {
    let status = VisitStatus::try_from_value(&verb.to.to_owned())?;
    let after = visit::Model { status, ..before.clone() };
    write.store::<Visit>(Some(before), after, Operation::Verb(verb.name)).await
}

/// Gives a draft to the school, for a visit that goes along.
///
/// # Errors
/// 409 for an incomplete draft.
pub async fn share(write: &mut Write, draft: visit_report::Model) -> Result<()> {
    let mut shared = visit_report::Model { status: ReportStatus::Shared, ..draft.clone() };
    hand_over(write, &mut shared).await?;
    write.store::<VisitReport>(Some(draft), shared, Operation::Verb(SHARE.name)).await.map(drop)
}

/// Ends the report of a visit that is to be closed.
///
/// # Errors
/// 409 while the school may answer, or another version is being written.
pub async fn end(write: &mut Write, visit: &visit::Model) -> Result<()> {
    expect_no_draft(write, visit.id).await?;
    let newest = store::versions(write, visit.id).lock(LockType::NoKeyUpdate).one(write.tx()).await?;
    let Some(report) = newest else { return Ok(()) };
    let today = write.caller().today();
    let status = match (report.status, report.answer_due_on) {
        (ReportStatus::Disputed, _) => ReportStatus::Closed,
        (ReportStatus::Shared, Some(due_on)) if due_on >= today => {
            return Err(Problem::conflict(format!("cannot close the visit: the school may answer until {due_on}")));
        }
        (ReportStatus::Shared, _) => ReportStatus::Unanswered,
        _ => return Ok(()),
    };
    let ended = visit_report::Model { status, ended_at: Some(write.now()), ..report.clone() };
    write.store::<VisitReport>(Some(report), ended, Operation::Verb(CLOSE.name)).await.map(drop)
}

async fn expect_no_draft(write: &Write, visit_id: Uuid) -> Result<()> {
    let drafts = store::versions(write, visit_id).filter(visit_report::Column::Status.eq(ReportStatus::Draft));
    let Some(draft) = drafts.one(write.tx()).await? else { return Ok(()) };
    Err(Problem::conflict(format!(
        "version {} is being written: share it, or archive it first ({})",
        draft.number, draft.id
    )))
}
