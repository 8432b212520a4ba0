//! Reporting on a target, and deciding on what was reported.

use entity::people::working_group;
use entity::plans::parts::Party;
use entity::plans::plan::PlanStatus;
use entity::plans::progress_update::{self, Decision};
use entity::plans::{objective, strand, target};
use sea_orm::{ColumnTrait, QueryFilter};
use uuid::Uuid;

use super::node;
use super::progress_update::ProgressUpdate;
use super::rules::{self, Who};
use super::tree::Within;
use crate::kernel::crud;
use crate::kernel::permission::Scope;
use crate::kernel::problem::{Fault, Problem, Result};
use crate::kernel::reply::Reply;
use crate::kernel::resource::Step;
use crate::kernel::tenancy::Caller;
use crate::kernel::write::Write;

/// Decides about a report, or about a change of one that nobody has decided on.
///
/// # Errors
/// 409 when the plan is not active or the report was decided on, 422 for what the target does not
/// take, 403 for another's report.
pub async fn report(write: &Write, step: Step<'_, progress_update::Model>) -> Result<()> {
    let row = step.after;
    let target = node::parent::<target::Entity>(write, "/target_id", row.target_id).await?;
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

async fn in_force(write: &Write, plan_id: Uuid) -> Result<()> {
    let status = node::locked(write, plan_id).await?.status;
    if status == PlanStatus::Active {
        return Ok(());
    }
    let detail = format!("the plan is {status}; progress is followed while it is active");
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
    Err(Problem::forbidden("only its author, or who has the scope `plans:write`, changes an update"))
}

/// Accepts an update or sends it back.
///
/// # Errors
/// 404, 412, 428; 409 when it was decided on already; 403 for who is no monitor of the target, or
/// leads it, or wrote the update.
pub async fn decide(caller: &Caller, id: Uuid, decision: Decision, note: Option<String>) -> Result<Reply> {
    Write::run(caller, async |write| {
        write.lock_above::<ProgressUpdate>(Some(id)).await?;
        let before = write.row::<progress_update::Entity>(id).await?;
        write.expect_version::<ProgressUpdate>(&before)?;
        if before.decision != Decision::Pending {
            let decision = before.decision;
            let detail = format!("the update is {decision}; only a pending one is decided on");
            return Err(Problem::conflict(detail));
        }
        in_force(write, before.plan_id).await?;
        let parties = Parties::of(write, before.target_id).await?;
        may_decide(&who(write, &parties).await?, &parties, caller, &before)?;
        let after = progress_update::Model {
            decision,
            decided_by_user_id: caller.actor.user_id(),
            decided_at: Some(write.now()),
            decision_note: note.clone(),
            ..before.clone()
        };
        let name = if decision == Decision::Accepted { "accept" } else { "send-back" };
        write.because(note.clone());
        let row = write.store::<ProgressUpdate>(Some(before), after, name).await?;
        crud::answer::<ProgressUpdate>(caller, &row, false)
    })
    .await
}

fn may_decide(who: &Who, parties: &Parties, caller: &Caller, update: &progress_update::Model) -> Result<()> {
    let person = caller.actor.person_id();
    let author = (update.author_user_id.is_some() && update.author_user_id == caller.actor.user_id())
        || (person.is_some() && update.author_person_id == person);
    if author {
        return Err(Problem::forbidden("nobody decides on an update of their own"));
    }
    if !who.is_among(&parties.monitors) {
        let detail = if parties.monitors.is_empty() {
            "the target has no monitor; name one in the plan".to_owned()
        } else {
            let monitors = rules::wording(&parties.monitors);
            format!("only a monitor of the target decides: {monitors}")
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

/// Who leads and who monitors a target.
struct Parties {
    leads: Vec<Party>,
    monitors: Vec<Party>,
}

impl Parties {
    async fn of(write: &Write, target_id: Uuid) -> Result<Self> {
        let caller = write.caller();
        let target = caller.rows_archived::<target::Entity>();
        let target = target.filter(target::Column::Id.eq(target_id)).one(write.tx()).await?;
        let target = target.ok_or_else(Problem::not_found)?;
        let objective = caller.rows_archived::<objective::Entity>();
        let objective = objective.filter(objective::Column::Id.eq(target.objective_id));
        let objective = objective.one(write.tx()).await?.ok_or_else(Problem::not_found)?;
        let strands = caller.rows::<strand::Entity>();
        let strands = strands.filter(strand::Column::Id.is_in(target.strand_ids.iter().copied()));
        let strands = strands.all(write.tx()).await?;
        let within = Within::new(&objective, &strands);
        Ok(Self {
            leads: within.leads(&target.leads, &target.strand_ids),
            monitors: within.monitors(&target.monitors, &target.strand_ids),
        })
    }
}

/// The caller as one who may be among a target's parties.
async fn who(write: &Write, parties: &Parties) -> Result<Who> {
    let caller = write.caller();
    let person_id = caller.actor.person_id();
    let named = parties.leads.iter().chain(&parties.monitors).filter_map(|party| party.group_id);
    let named: Vec<Uuid> = named.collect();
    let mut group_ids = Vec::new();
    if let (Some(person), false) = (person_id, named.is_empty()) {
        let groups = caller.rows::<working_group::Entity>();
        let groups = groups.filter(working_group::Column::Id.is_in(named)).all(write.tx()).await?;
        let member = groups.into_iter().filter(|group| group.member_ids.contains(&person));
        group_ids.extend(member.map(|group| group.id));
    }
    Ok(Who { role: caller.role, person_id, partner_id: caller.partner_id, group_ids })
}
