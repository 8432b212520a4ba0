//! A plan's way from draft to closed. Each step is logged with its reason.

use actix_web::http::header::LOCATION;
use entity::identity::hub;
use entity::plans::plan::{self, PlanKind, PlanStatus};
use entity::plans::{approval, cohort, plan_year};
use entity::row::Row;
use sea_orm::sea_query::{Expr, Query as Sql};
use sea_orm::{ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use utoipa::ToSchema;

use super::cohort::Cohort;
use super::copy::{self, CopyPlan};
use super::deciders::Deciders;
use super::node;
use super::plan::Plan;
use super::ready;
use super::rows::Rows;
use super::state::Transition;
use crate::kernel::change::Entry;
use crate::kernel::clock::day_of;
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
/// milestone; each target and milestone with a due, a lead and a monitor. Each target needs a
/// monitor who does not lead it, since nobody else could accept what is reported. What is missing is
/// told all at once. A proposed plan stays as it is until it is withdrawn or activated.
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
/// It needs an approval since it was proposed, and no other plan of its kind, unless that is `other`,
/// may be active over the same days (409, which names that plan). The schools of its cohorts are fixed, and schools
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
        if transition == Transition::Activate {
            // Held before the plan: of two plans for the same days, brought into force at the same
            // time, the second meets the first.
            write.hold::<hub::Entity>(caller.hub_id).await?;
        }
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
            let deciders = Deciders::load(write.caller(), write.tx(), &rows).await?;
            ready::to_propose(&rows, &deciders)?;
            node::add_author(&mut after, write.caller());
            after.proposed_at = Some(write.now());
        }
        Transition::Withdraw => after.proposed_at = None,
        Transition::Activate => {
            approved(write, &before).await?;
            alone(write, &before).await?;
            freeze(write, before.id).await?;
            after.activated_at = Some(write.now());
        }
        Transition::Close => after.closed_at = Some(write.now()),
    }
    write.store::<Plan>(Some(before), after, transition.name()).await
}

/// A plan in force was approved as it stands: on the day when it was proposed or later, for from
/// then on nothing of it has changed.
async fn approved(write: &Write, plan: &plan::Model) -> Result<()> {
    let approvals = write.caller().rows::<approval::Entity>();
    let approvals = approvals.filter(approval::Column::PlanId.eq(plan.id));
    let approvals = approvals.filter(approval::Column::PlanVersion.gte(plan.version));
    let proposed_on = plan.proposed_at.map(day_of);
    let approvals =
        approvals.filter(Condition::all().add_option(proposed_on.map(|day| approval::Column::ApprovedOn.gte(day))));
    if approvals.one(write.tx()).await?.is_some() {
        return Ok(());
    }
    Err(Problem::conflict(
        "the plan has no approval since it was proposed: a governor, an executive or the head of \
         service gives it by POST /plans/{id}/approvals, or record one from a meeting by \
         POST /approvals",
    ))
}

/// Refuses a second plan of one kind over the same days. Plans of the kind `other` are of different
/// kinds that have no name here.
async fn alone(write: &Write, plan: &plan::Model) -> Result<()> {
    if plan.kind == PlanKind::Other {
        return Ok(());
    }
    let caller = write.caller();
    let years = caller.rows::<plan_year::Entity>().filter(plan_year::Column::PlanId.eq(plan.id));
    let years = years.all(write.tx()).await?;
    // A plan without years has no days to share.
    let mut shared = Condition::any().add(Expr::cust("1 = 0"));
    for year in &years {
        let from = plan_year::Column::FirstDay.lte(year.last_day);
        shared = shared.add(Condition::all().add(from).add(plan_year::Column::LastDay.gte(year.first_day)));
    }
    let of_same_days = caller.rows::<plan_year::Entity>().filter(shared);
    let of_same_days = of_same_days.select_only().column(plan_year::Column::PlanId).into_query();
    let other = caller
        .rows::<plan::Entity>()
        .filter(plan::Column::Status.eq(PlanStatus::Active))
        .filter(plan::Column::Kind.eq(plan.kind))
        .filter(plan::Column::Id.in_subquery(of_same_days));
    let Some(other) = other.one(write.tx()).await? else { return Ok(()) };
    Err(Problem::conflict(format!(
        "cannot activate the plan: \"{}\" ({}) is of the same kind and active over the same days. Close that \
         plan first",
        other.title, other.id
    ))
    .header(LOCATION, Plan::location(other.id)))
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
