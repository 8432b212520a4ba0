//! Reporting on a target, and deciding on what was reported.

use entity::plans::plan::{self, PlanStatus};
use entity::plans::progress_update::{self, Decision};
use entity::plans::target;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveEnum, ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::progress_update::ProgressUpdate;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::children;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Mutation;
use crate::kernel::resource::transition::{States, Verb};
use crate::kernel::resource::write::Write;
use crate::plans::nodes::DONE;
use crate::plans::nodes::parties::{Side, Sought, TargetParties};
use crate::plans::nodes::target::Target;
use crate::plans::rules::{self, Who};

/// Decides about a report, or about a change of one that nobody has decided on.
///
/// # Errors
/// 409 when the plan is not active or the report was decided on, 422 for what the target does not
/// take, 403 for another's report.
pub async fn report(write: &Write, step: Mutation<'_, progress_update::Model>) -> Result<()> {
    let row = step.after;
    let target = children::parent::<target::Entity>(write, "/target_id", row.target_id).await?;
    in_force(write, target.plan_id).await?;
    match step.before {
        Some(before) => own_and_open(write.caller(), before)?,
        None => {
            row.author_user_id = write.caller().actor.user_id();
            row.author_person_id = write.caller().actor.person_id();
        }
    }
    row.plan_id = target.plan_id;
    let mut faults = rules::report(row, &target, write.caller().today());
    if step.before.is_some_and(|before| before.target_id != row.target_id) {
        let message = "a report stays with its target; archive it and report on the other one";
        faults.push(Fault::new("/target_id", "fixed", message));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Locks a plan that is in force.
///
/// # Errors
/// 409 when it is not active.
pub async fn in_force(write: &Write, plan_id: Uuid) -> Result<()> {
    let status = children::root::<plan::Entity>(write, "/plan_id", plan_id).await?.status;
    if status == PlanStatus::Active {
        return Ok(());
    }
    let detail = format!("cannot follow the progress of a {status} plan: progress is reported while it is active");
    Err(Problem::conflict(detail))
}

fn own_and_open(caller: &Caller, row: &progress_update::Model) -> Result<()> {
    if row.decision != Decision::Pending {
        let decision = row.decision;
        let detail = format!("the update is {decision} and stays as it is: report again");
        return Err(Problem::conflict(detail));
    }
    let own = row.author_user_id.is_none() || row.author_user_id == caller.actor.user_id();
    if own || caller.under(Scope::WritePlans).is_some() {
        return Ok(());
    }
    Err(Problem::forbidden("only the author, or a caller with `plans:write`, can change an update"))
}

/// Accepts an update or sends it back. The done dates of an accepted one go into the target.
///
/// # Errors
/// 404, 412, 428; 409 when it was decided on already; 403 for who is no monitor of the target, or
/// leads it, or wrote the update.
pub async fn decide(caller: &Caller, id: Uuid, verb: &Verb, note: Option<String>) -> Result<Reply> {
    crud::changing::<ProgressUpdate>(caller, async |write| {
        write.lock_above::<ProgressUpdate>(Some(id)).await?;
        let before = write.row::<progress_update::Entity>(id).await?;
        write.expect_version::<ProgressUpdate>(&before)?;
        let decision = ProgressUpdate::TABLE.next(verb, before.decision.as_str())?;
        let decision = Decision::try_from_value(&decision.to_owned())?;
        in_force(write, before.plan_id).await?;
        let target = caller.rows_archived::<target::Entity>().filter(target::Column::Id.eq(before.target_id));
        let target = target.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        let parties = TargetParties::of(write, &target).await?;
        may_decide(&parties.caller(write).await?, &parties, caller, &before)?;
        let after = progress_update::Model {
            decision,
            decided_by_user_id: caller.actor.user_id(),
            decided_at: Some(write.now()),
            decision_note: note.clone(),
            ..before.clone()
        };
        write.because(note.clone());
        let row = write.store::<ProgressUpdate>(Some(before), after, Operation::Verb(verb.name)).await?;
        if decision == Decision::Accepted {
            let dues = rules::with_done(&target.dues, &row.dues_done);
            if dues != target.dues {
                let done = target::Model { dues, ..target.clone() };
                write.store::<Target>(Some(target), done, DONE).await?;
            }
        }
        Ok(row)
    })
    .await
}

fn may_decide(who: &Who, parties: &TargetParties, caller: &Caller, update: &progress_update::Model) -> Result<()> {
    let person = caller.actor.person_id();
    let author = (update.author_user_id.is_some() && update.author_user_id == caller.actor.user_id())
        || (person.is_some() && update.author_person_id == person);
    if author {
        return Err(Problem::forbidden(
            "the author of an update cannot decide about it: ask another monitor of the target",
        ));
    }
    if !who.is_among(&parties.monitors) {
        let detail = if parties.monitors.is_empty() {
            "the target has no monitor: name one in the plan".to_owned()
        } else {
            let monitors = rules::wording(&parties.monitors);
            format!("only a monitor of the target can decide: {monitors}")
        };
        return Err(Problem::forbidden(detail));
    }
    if who.is_among(&parties.leads) {
        let leads = rules::wording(&parties.leads);
        let detail = format!("you lead this target ({leads}): another of its monitors decides");
        return Err(Problem::forbidden(detail));
    }
    Ok(())
}

/// The updates on which the caller may decide, as [`decide`] allows it.
#[must_use]
pub fn decidable(caller: &Caller) -> Condition {
    use progress_update::Column;
    if caller.under(Scope::MonitorPlans).is_none() {
        return Condition::all().add(Expr::cust("1 = 0"));
    }
    let (backend, hub_id, sought) = (caller.db().backend(), caller.hub_id, Sought::caller(caller));
    let targets = caller.rows_archived::<target::Entity>();
    let targets = targets.filter(sought.among(Side::Monitors, backend, hub_id));
    let targets = targets.filter(sought.among(Side::Leads, backend, hub_id).not());
    let plans = caller.rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active));
    let another =
        |column: Column, own: Option<Uuid>| own.map(|own| Condition::any().add(column.is_null()).add(column.ne(own)));
    Condition::all()
        .add(Column::Decision.eq(Decision::Pending))
        .add_option(another(Column::AuthorUserId, caller.actor.user_id()))
        .add_option(another(Column::AuthorPersonId, caller.actor.person_id()))
        .add(Column::PlanId.in_subquery(plans.select_only().column(plan::Column::Id).into_query()))
        .add(Column::TargetId.in_subquery(targets.select_only().column(target::Column::Id).into_query()))
}
