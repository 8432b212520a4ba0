//! A review's way to the next revision of its plan. Each step is logged with its reason.

use entity::identity::hub;
use entity::plans::approval as approval_row;
use entity::plans::plan::{self, PlanStatus};
use entity::plans::review::{self, ReviewStatus};
use entity::row::{Meta, Row};
use sea_orm::{ActiveEnum, QueryFilter, QueryOrder};

use super::transition::{ADOPT, APPROVE, BEGIN_REFLECTION, BEGIN_REVISION, CANCEL};
use super::{Review, carry};
use crate::kernel::prelude::*;
use crate::kernel::resource::lifecycle::{self, Lifecycle};
use crate::kernel::resource::transition::{Reason, RequiredReason, States, Verb};
use crate::plans::plan::Plan;
use crate::plans::plan::approval::{self, Approval, ApprovalForm, GiveApproval};
use crate::plans::plan::transition::ACTIVATE;
use crate::plans::tree::copy;

/// The operation by which a revision ends the one before it.
const SUPERSEDE: Operation = Operation::Verb("supersede");
/// The operation by which the draft of a cancelled review is archived.
const DISCARD: Operation = Operation::Verb("discard");

routes! {
    WritePlans: reflect_review, revise_review;
    ApprovePlans: approve_review;
    RecordApprovals: adopt_review;
    WritePlans: cancel_review;
}

/// Begins the reflection of a review: lessons can be written down.
#[utoipa::path(
    post,
    path = "/reviews/{id}/reflect",
    request_body = Option<Reason>,
    responses((status = 200, body = Review)),
)]
async fn reflect_review(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Review>(&can, id.0, &BEGIN_REFLECTION, body.value.reason).await
}

/// Makes the draft of the plan's next revision.
///
/// The years up to the reviewed one are left out with their targets and milestones, if a later year follows: next
/// year's targets become the targets of the first year. Done dates and spending go on. `GET /plans/{id}/compare` shows
/// what the draft changes.
#[utoipa::path(
    post,
    path = "/reviews/{id}/revise",
    request_body = Option<Reason>,
    responses((status = 200, body = Review)),
)]
async fn revise_review(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Review>(&can, id.0, &BEGIN_REVISION, body.value.reason).await
}

/// Approves a review with its revision for the caller's own group.
///
/// A governor, a member of the executive group or the head of service can approve. Both revisions are kept: the one
/// before is closed and stays as it is.
#[utoipa::path(
    post,
    path = "/reviews/{id}/approve",
    request_body = Option<GiveApproval>,
    responses((status = 200, body = Review)),
)]
async fn approve_review(can: Can<ApprovePlans>, id: Id, given: OptionalJson<GiveApproval>) -> Result<Reply> {
    crud::transition::<Review>(&can, id.0, &APPROVE, given.value.note).await
}

/// Brings the revision of a review into force that a meeting has approved.
///
/// The approval is recorded before by `POST /approvals`, with the revision as its plan.
#[utoipa::path(
    post,
    path = "/reviews/{id}/adopt",
    request_body = Option<Reason>,
    responses((status = 200, body = Review)),
)]
async fn adopt_review(can: Can<RecordApprovals>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Review>(&can, id.0, &ADOPT, body.value.reason).await
}

/// Cancels a review. The plan stays in force as it is.
#[utoipa::path(post, path = "/reviews/{id}/cancel", responses((status = 200, body = Review)))]
async fn cancel_review(can: Can<WritePlans>, id: Id, body: Json<RequiredReason>) -> Result<Reply> {
    crud::transition::<Review>(&can, id.0, &CANCEL, Some(body.into_inner().reason)).await
}

impl Lifecycle for Review {
    async fn hold(write: &mut Write, verb: &Verb) -> Result<()> {
        if verb.to == APPROVE.to {
            // As for every plan that is brought into force.
            let hub_id = write.caller().hub_id;
            write.hold::<hub::Entity>(hub_id).await?;
        }
        Ok(())
    }

    async fn enter(write: &mut Write, row: &mut review::Model, verb: &Verb) -> Result<()> {
        row.status = ReviewStatus::try_from_value(&verb.to.to_owned())?;
        row.status_reason = write.reason().map(str::to_owned);
        match row.status {
            ReviewStatus::Review | ReviewStatus::Reflect => Ok(()),
            ReviewStatus::Revise => {
                in_force(write, row.plan_id).await?;
                row.revision_id = Some(copy::revise(write, row.plan_id, row.plan_year_id).await?.id);
                Ok(())
            }
            ReviewStatus::Approved => {
                row.approved_at = Some(write.now());
                supersede(write, row, verb).await
            }
            ReviewStatus::Cancelled => discard(write, row.revision_id).await,
        }
    }
}

/// The plan of a review, which the review has locked.
///
/// # Errors
/// 409 when it is not active.
async fn in_force(write: &Write, plan_id: Uuid) -> Result<plan::Model> {
    let plan = write.row::<plan::Entity>(plan_id).await?;
    if plan.status == PlanStatus::Active {
        return Ok(plan);
    }
    let detail = format!("cannot revise a {} plan: only the plan in force has a next revision", plan.status);
    Err(Problem::conflict(detail))
}

/// Brings the revision into force in place of the plan.
async fn supersede(write: &mut Write, review: &mut review::Model, verb: &Verb) -> Result<()> {
    let plan = in_force(write, review.plan_id).await?;
    let id = review.revision_id.ok_or_else(|| Problem::internal("a review without its revision"))?;
    let revision = write.row_archived::<plan::Entity>(id).await?;
    if revision.archived_at.is_some() {
        let detail = format!("the revision {id} is archived: restore it, or cancel the review");
        return Err(Problem::conflict(detail));
    }
    Plan::TABLE.next(&ACTIVATE, revision.status.as_str())?;
    review.approval_id = match *verb == APPROVE {
        true => Some(approve(write, &revision).await?),
        false => last_approval(write, id).await?,
    };
    let closed = plan::Model { status: PlanStatus::Closed, closed_at: Some(write.now()), ..plan.clone() };
    write.store::<Plan>(Some(plan), closed, SUPERSEDE).await?;
    lifecycle::enter::<Plan>(write, revision, &ACTIVATE).await?;
    carry::carry(write, review.plan_id, id).await
}

/// Gives the approval of the caller's own group.
async fn approve(write: &mut Write, revision: &plan::Model) -> Result<Uuid> {
    let group = approval::may_approve(write.caller(), revision)?;
    let form = ApprovalForm {
        plan_id: revision.id,
        body: group.to_owned(),
        approved_on: write.caller().today(),
        minute_reference: None,
        note: write.reason().map(str::to_owned),
    };
    Ok(write.create::<Approval>(form).await?.id)
}

/// The approval that was given or recorded last.
async fn last_approval(write: &Write, revision: Uuid) -> Result<Option<Uuid>> {
    let approvals = write.caller().rows::<approval_row::Entity>();
    let approvals = approvals.filter(approval_row::Column::PlanId.eq(revision));
    let last = approvals.order_by_desc(approval_row::Column::Id).one(write.tx()).await?;
    Ok(last.map(|approval| approval.id))
}

/// Archives the draft of a review that is cancelled.
async fn discard(write: &mut Write, revision: Option<Uuid>) -> Result<()> {
    let Some(id) = revision else { return Ok(()) };
    let before = write.row_archived::<plan::Entity>(id).await?;
    if before.archived_at.is_some() {
        return Ok(());
    }
    let mut after = plan::Model { status: PlanStatus::Draft, proposed_at: None, ..before.clone() };
    after.set_meta(Meta { archived_at: Some(write.now()), ..before.meta() });
    write.store::<Plan>(Some(before), after, DISCARD).await.map(drop)
}
