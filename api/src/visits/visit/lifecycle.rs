//! A visit's way from its plan to its end. Each step is logged with its reason.

use std::iter;

use entity::visits::visit::{self, VisitStatus};
use sea_orm::ActiveEnum;

use super::Visit;
use super::gate::Gate;
use super::transition::{CANCEL, CLOSE, COMPLETE, CONFIRM, DECLINE, REPORT, SHARE};
use crate::kernel::base::clock::day_of;
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, RequiredReason, Verb};
use crate::visits::action::carried;
use crate::visits::visit_report::lifecycle as report;
use crate::visits::{rules, store};

routes! {
    WriteVisits: confirm_visit;
    AnswerVisits: decline_visit;
    WriteVisits: cancel_visit, complete_visit, report_visit, share_visit, close_visit;
}

/// Confirms a visit: the school expects the visitor.
#[utoipa::path(
    post,
    path = "/visits/{id}/confirm",
    request_body = Option<Reason>,
    responses((status = 200, body = Visit)),
)]
async fn confirm_visit(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &CONFIRM, body.value.reason).await
}

/// Declines a visit, as the school.
///
/// The hub's office may record what a school said elsewhere.
#[utoipa::path(post, path = "/visits/{id}/decline", responses((status = 200, body = Visit)))]
async fn decline_visit(can: Can<AnswerVisits>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &DECLINE, Some(body.into_inner().reason)).await
}

/// Cancels a visit that does not take place.
///
/// The school reads the reason.
#[utoipa::path(post, path = "/visits/{id}/cancel", responses((status = 200, body = Visit)))]
async fn cancel_visit(can: Can<WriteVisits>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

/// Says that a visit was made.
#[utoipa::path(
    post,
    path = "/visits/{id}/complete",
    request_body = Option<Reason>,
    responses((status = 200, body = Visit)),
)]
async fn complete_visit(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &COMPLETE, body.value.reason).await
}

/// Says that the report of a visit is written.
///
/// The report itself is made by `POST /visit-reports`.
#[utoipa::path(
    post,
    path = "/visits/{id}/report",
    request_body = Option<Reason>,
    responses((status = 200, body = Visit)),
)]
async fn report_visit(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &REPORT, body.value.reason).await
}

/// Shares the report with the school.
///
/// `POST /visit-reports/{id}/share` does the same for the text that was read, and shares later versions.
#[utoipa::path(
    post,
    path = "/visits/{id}/share",
    request_body = Option<Reason>,
    responses((status = 200, body = Visit)),
)]
async fn share_visit(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &SHARE, body.value.reason).await
}

/// Closes a visit whose report the school has answered, or had the time to answer.
///
/// A visit is closed by itself when the school accepts the report, or does not answer in time. What is left to close is
/// a visit whose report the school calls inaccurate, where no other version follows: both views are kept.
#[utoipa::path(
    post,
    path = "/visits/{id}/close",
    request_body = Option<Reason>,
    responses((status = 200, body = Visit)),
)]
async fn close_visit(can: Can<WriteVisits>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Visit>(&can, id.0, &CLOSE, body.value.reason).await
}

impl Lifecycle for Visit {
    async fn enter(write: &mut Write, row: &mut visit::Model, verb: &Verb) -> Result<()> {
        row.status = VisitStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            VisitStatus::Confirmed => Gate::before(write, iter::once(&*row)).await?.check(write, row)?,
            VisitStatus::Declined | VisitStatus::Cancelled => row.status_reason = write.reason().map(str::to_owned),
            VisitStatus::Completed => {
                if row.starts_at > write.now() {
                    return Err(Problem::conflict(format!(
                        "cannot complete a visit before it begins: it begins at {}",
                        row.starts_at
                    )));
                }
                row.completed_on = Some(day_of(row.starts_at));
                carried::carry_on(write, row).await?;
            }
            VisitStatus::Reported => rules::complete(&store::draft(write, row.id).await?)?,
            VisitStatus::Shared => {
                let draft = store::draft(write, row.id).await?;
                report::share(write, draft).await?;
            }
            VisitStatus::Closed => report::end(write, row).await?,
            VisitStatus::Planned => {}
        }
        Ok(())
    }
}
