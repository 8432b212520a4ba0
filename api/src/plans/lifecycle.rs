//! A plan's way from draft to closed. Each step is logged with its reason.

use entity::plans::{approval, cohort, plan};
use entity::row::Row;
use sea_orm::sea_query::{Expr, Query as Sql};
use sea_orm::{ExprTrait, QueryFilter};
use utoipa::ToSchema;

use super::cohort::Cohort;
use super::copy::{self, CopyPlan};
use super::plan::Plan;
use super::ready;
use super::rows::Rows;
use super::state::Transition;
use crate::kernel::change::Entry;
use crate::kernel::prelude::*;

/// Why a step is taken.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for the plan's history.
    #[schema(min_length = 1, max_length = 2000, example = "Agreed at the strategy meeting")]
    pub reason: Option<String>,
}

routes! { propose_plan, withdraw_plan, activate_plan, close_plan, copy_plan }

/// Proposes a draft plan for approval.
///
/// The plan must be complete: at least a year and an objective; each objective with a target or a
/// milestone; each target and milestone with a due, a lead and a monitor. What is missing is told
/// all at once. A proposed plan stays as it is until it is withdrawn or activated.
#[utoipa::path(tag = "plans", security(("token" = ["plans:write"])), request_body = Option<Reason>, responses((status = 200, body = Plan)))]
#[post("/plans/{id}/propose")]
async fn propose_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, Transition::Propose, body.reason.clone()).await
}

/// Takes a proposed plan back to draft.
///
/// Its approvals stood for what was proposed: proposed again, it is approved again.
#[utoipa::path(tag = "plans", security(("token" = ["plans:write"])), request_body = Option<Reason>, responses((status = 200, body = Plan)))]
#[post("/plans/{id}/withdraw")]
async fn withdraw_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, Transition::Withdraw, body.reason.clone()).await
}

/// Brings a proposed plan into force.
///
/// It needs an approval since it was proposed. The schools of its cohorts are fixed, and schools
/// see the plan from now on.
#[utoipa::path(tag = "plans", security(("token" = ["plans:write"])), request_body = Option<Reason>, responses((status = 200, body = Plan)))]
#[post("/plans/{id}/activate")]
async fn activate_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, Transition::Activate, body.reason.clone()).await
}

/// Closes an active plan. Nothing in it changes any more.
#[utoipa::path(tag = "plans", security(("token" = ["plans:write"])), request_body = Option<Reason>, responses((status = 200, body = Plan)))]
#[post("/plans/{id}/close")]
async fn close_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    step(&can, id.0, Transition::Close, body.reason.clone()).await
}

/// Copies a plan with its whole tree to a new draft.
///
/// What was done, spent and reported stays behind, and cohorts are open again. With `shift_years`
/// every day moves by so many years, and so do the years named in the labels of years and dues.
#[utoipa::path(tag = "plans", security(("token" = ["plans:write"])), request_body = Option<CopyPlan>, responses((status = 201, body = Plan)))]
#[post("/plans/{id}/copy")]
async fn copy_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<CopyPlan>) -> Result<Reply> {
    copy::copy(&can, id.0, &body).await
}

async fn step(caller: &Caller, id: Uuid, transition: Transition, reason: Option<String>) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = write.row::<plan::Entity>(id).await?;
        write.expect_version::<Plan>(&before)?;
        write.because(reason.clone());
        let row = take(write, before, transition).await?;
        crud::answer::<Plan>(caller, &row, false)
    })
    .await
}

/// Takes a plan to its next state, with what that asks for and brings about.
///
/// # Errors
/// 409 from another state, or with what is missing.
pub async fn take(write: &mut Write, before: plan::Model, transition: Transition) -> Result<plan::Model> {
    let status = transition.from(before.status)?;
    let mut after = plan::Model { status, ..before.clone() };
    match transition {
        Transition::Propose => {
            let rows = Rows::load(write.caller(), write.tx(), before.id).await?;
            ready::to_propose(&rows)?;
            after.proposed_at = Some(write.now());
        }
        Transition::Withdraw => after.proposed_at = None,
        Transition::Activate => {
            approved(write, &before).await?;
            freeze(write, before.id).await?;
            after.activated_at = Some(write.now());
        }
        Transition::Close => after.closed_at = Some(write.now()),
    }
    write.store::<Plan>(Some(before), after, transition.name()).await
}

/// A plan in force was approved as it stands: since it was proposed, for from then on nothing of it
/// has changed.
async fn approved(write: &Write, plan: &plan::Model) -> Result<()> {
    let approvals = write.caller().rows::<approval::Entity>();
    let approvals = approvals.filter(approval::Column::PlanId.eq(plan.id));
    let approvals = approvals.filter(approval::Column::PlanVersion.gte(plan.version));
    if approvals.one(write.tx()).await?.is_some() {
        return Ok(());
    }
    Err(Problem::conflict(
        "the plan has no approval since it was proposed: a governor, an executive or the head of \
         service gives it by POST /plans/{id}/approvals, or record one from a meeting by \
         POST /approvals",
    ))
}

/// Fixes the schools of a plan's cohorts, in one statement.
async fn freeze(write: &mut Write, plan_id: Uuid) -> Result<()> {
    let today = write.caller().today();
    let open = write.caller().rows::<cohort::Entity>();
    let open = open.filter(cohort::Column::PlanId.eq(plan_id));
    let open = open.filter(cohort::Column::FrozenOn.is_null()).all(write.tx()).await?;
    for before in &open {
        let mut after = cohort::Model { frozen_on: Some(today), ..before.clone() };
        after.set_meta(write.meta_after(before));
        write.log(Entry::of::<Cohort>(Some(before), &after, "freeze", None)?);
    }
    let mut update = Sql::update();
    update
        .table(cohort::Entity)
        .value(cohort::Column::FrozenOn, today)
        .value(cohort::Column::Version, Expr::col(cohort::Column::Version).add(1))
        .value(cohort::Column::UpdatedAt, write.now())
        .and_where(cohort::Column::HubId.eq(write.caller().hub_id))
        .and_where(cohort::Column::Id.is_in(open.iter().map(|row| row.id)));
    write.tx().execute(&update).await?;
    Ok(())
}
