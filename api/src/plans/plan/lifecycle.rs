//! A plan's way from draft to closed. Each step is logged with its reason.

use std::collections::HashSet;

use actix_web::http::header::LOCATION;
use entity::identity::hub;
use entity::plans::plan::{self, PlanKind, PlanStatus};
use entity::plans::{approval, cohort, plan_year};
use entity::row::Row;
use sea_orm::sea_query::{Expr, Query as Sql};
use sea_orm::{ActiveEnum, ExprTrait, QueryFilter, QuerySelect, QueryTrait};

use super::completeness;
use super::deciders::Deciders;
use super::transition::{ACTIVATE, CLOSE, PROPOSE, WITHDRAW};
use super::{Plan, add_author};
use crate::kernel::base::clock::day_of;
use crate::kernel::prelude::*;
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::transition::{Reason, Verb};
use crate::plans::nodes::cohort::Cohort;
use crate::plans::tree::copy::{self, CopyPlan};
use crate::plans::tree::plan_rows::Rows;

routes! { WritePlans: propose_plan, withdraw_plan, activate_plan, close_plan, copy_plan }

/// Proposes a draft plan for approval.
///
/// A complete plan has at least a year and an objective; each objective has a target or a
/// milestone; each target and milestone has a due, a lead and a monitor. Each target needs a
/// monitor who does not lead it, since nobody else could accept its reports. A proposed plan cannot
/// change until it is withdrawn or activated.
#[utoipa::path(
    post,
    path = "/plans/{id}/propose",
    request_body = Option<Reason>,
    responses((status = 200, body = Plan)),
)]
async fn propose_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Plan>(&can, id.0, &PROPOSE, body.value.reason).await
}

/// Takes a proposed plan back to draft.
///
/// Its approvals end: a plan that is proposed again must be approved again.
#[utoipa::path(
    post,
    path = "/plans/{id}/withdraw",
    request_body = Option<Reason>,
    responses((status = 200, body = Plan)),
)]
async fn withdraw_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Plan>(&can, id.0, &WITHDRAW, body.value.reason).await
}

/// Brings a proposed plan into force.
///
/// The schools of its cohorts are fixed, and schools see the plan from now on. A revision comes into force by the
/// approval of its review instead.
#[utoipa::path(
    post,
    path = "/plans/{id}/activate",
    request_body = Option<Reason>,
    responses((status = 200, body = Plan)),
)]
async fn activate_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Plan>(&can, id.0, &ACTIVATE, body.value.reason).await
}

/// Closes an active plan. Nothing in it changes any more.
#[utoipa::path(post, path = "/plans/{id}/close", request_body = Option<Reason>, responses((status = 200, body = Plan)))]
async fn close_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<Reason>) -> Result<Reply> {
    crud::transition::<Plan>(&can, id.0, &CLOSE, body.value.reason).await
}

/// Copies a plan with its whole tree to a new draft.
///
/// Progress, spending and reports are not copied, and cohorts are open again. `shift_years` moves
/// every day by that number of years, and also the years named in the labels of years and dues.
#[utoipa::path(
    post,
    path = "/plans/{id}/copy",
    request_body = Option<CopyPlan>,
    responses((status = 201, body = Plan)),
)]
async fn copy_plan(can: Can<WritePlans>, id: Id, body: OptionalJson<CopyPlan>) -> Result<Reply> {
    copy::copy(&can, id.0, &body).await
}

impl Lifecycle for Plan {
    async fn hold(write: &mut Write, verb: &Verb) -> Result<()> {
        if *verb == ACTIVATE {
            // Of two plans for the same days, brought into force at the same time, the second meets the first.
            let hub_id = write.caller().hub_id;
            write.hold::<hub::Entity>(hub_id).await?;
        }
        Ok(())
    }

    async fn admit(_: &Write, row: &plan::Model, verb: &Verb) -> Result<()> {
        if *verb == ACTIVATE && row.supersedes_id.is_some() {
            return Err(Problem::conflict(
                "cannot activate a revision by itself: approve its review by POST /reviews/{id}/approve, or adopt it \
                 by POST /reviews/{id}/adopt, which closes the revision before",
            ));
        }
        Ok(())
    }

    async fn enter(write: &mut Write, row: &mut plan::Model, verb: &Verb) -> Result<()> {
        row.status = PlanStatus::try_from_value(&verb.to.to_owned())?;
        match row.status {
            PlanStatus::Proposed => {
                let rows = Rows::load(write.caller(), write.tx(), row.id).await?;
                let deciders = Deciders::load(write.caller(), write.tx(), &rows).await?;
                completeness::to_propose(&rows, &deciders)?;
                add_author(row, write.caller());
                row.proposed_at = Some(write.now());
            }
            PlanStatus::Draft => row.proposed_at = None,
            PlanStatus::Active => {
                expect_approved(write, row).await?;
                alone(write, row).await?;
                freeze(write, row.id).await?;
                row.activated_at = Some(write.now());
            }
            PlanStatus::Closed => row.closed_at = Some(write.now()),
        }
        Ok(())
    }
}

/// Returns the plans that were approved as they stand: on the day when they were proposed or later, since
/// nothing of them has changed from then on.
///
/// # Errors
/// 503 when the database is away.
pub async fn approved(caller: &Caller, db: &impl ConnectionTrait, plans: &[&plan::Model]) -> Result<HashSet<Uuid>> {
    use approval::Column;
    let mut any = Condition::any().add(Expr::cust("1 = 0"));
    for plan in plans {
        let of_plan = Condition::all().add(Column::PlanId.eq(plan.id)).add(Column::PlanVersion.gte(plan.version));
        any = any.add(of_plan.add_option(plan.proposed_at.map(|at| Column::ApprovedOn.gte(day_of(at)))));
    }
    let approvals = caller.rows::<approval::Entity>().filter(any).select_only().column(Column::PlanId);
    Ok(approvals.into_tuple::<Uuid>().all(db).await?.into_iter().collect())
}

async fn expect_approved(write: &Write, plan: &plan::Model) -> Result<()> {
    if approved(write.caller(), write.tx(), &[plan]).await?.contains(&plan.id) {
        return Ok(());
    }
    Err(Problem::conflict(
        "cannot activate a plan without an approval since its proposal: a governor, an executive or the head of \
         service approves it by POST /plans/{id}/approvals, or record the approval of a meeting by POST /approvals",
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
        write.log(Entry::of::<Cohort>(Some(before), &after, Operation::Verb("freeze"), None)?);
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
