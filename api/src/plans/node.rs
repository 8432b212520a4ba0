//! What all parts of a plan have in common: a change of one is a change of the plan, whose state
//! says whether it may happen.

use entity::owned::Owned;
use entity::plans::plan::{self, PlanStatus};
use entity::row::{Meta, Row};
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use super::state::{self, Change};
use crate::kernel::operation::Operation;
use crate::kernel::problem::{Problem, Result};
use crate::kernel::resource::{ColumnOf, Resource, RowOf, Step};
use crate::kernel::tenancy::Caller;
use crate::kernel::write::Write;

/// Why a node cannot be given another plan.
pub const FIXED_PLAN: &str = "a node stays in its plan; a plan is copied whole";
/// Why a node cannot be given another objective by a patch.
pub const FIXED_OBJECTIVE: &str = "a node goes to another objective by POST …/{id}/move";

/// The operation that says that a due was done, or was not.
pub const DONE: Operation = Operation::Verb("done");

/// A part of a plan.
pub trait Node: Resource {
    /// The column with the plan's id.
    const PLAN: ColumnOf<Self>;

    /// The plan's id.
    fn plan_id(row: &RowOf<Self>) -> Uuid;

    /// Whether a step changes the plan's text or reports what was done.
    fn change(_step: &Step<'_, RowOf<Self>>) -> Change {
        Change::Text
    }
}

/// Locks the plan of a node before the node itself, so that all changes of one plan wait in one
/// queue.
///
/// # Errors
/// 404 when the node is not there for the caller.
pub async fn lock<N: Node>(write: &Write, id: Uuid) -> Result<()> {
    let node = write.caller().rows_archived::<N::Entity>().filter(N::Entity::id().eq(id));
    let plan_id = node.select_only().column(N::PLAN).into_query();
    let plan = write.caller().rows_archived::<plan::Entity>();
    let plan = plan.filter(plan::Column::Id.in_subquery(plan_id)).lock(LockType::NoKeyUpdate);
    plan.one(write.tx()).await?.map(drop).ok_or_else(Problem::not_found)
}

/// Opens the plan for a step of one of its nodes: locks it, refuses what its state does not
/// allow, and gives it its next version.
///
/// # Errors
/// 409 by the plan's state; 422 for a new node of a plan that is not there for the caller.
pub async fn open<N: Node>(write: &Write, step: &Step<'_, RowOf<N>>) -> Result<plan::Model> {
    let plan_id = N::plan_id(step.before.unwrap_or(step.after));
    let plan = locked(write, plan_id).await?;
    state::allows(plan.status, N::change(step))?;
    let mut next = plan::Model { version: plan.version + 1, updated_at: write.now(), ..plan };
    if next.status == PlanStatus::Draft {
        add_author(&mut next, write.caller());
    }
    write.replace_row::<plan::Entity>(next.clone()).await?;
    Ok(next)
}

/// Counts the caller among the persons who wrote or proposed a plan.
pub fn add_author(plan: &mut plan::Model, caller: &Caller) {
    if let Some(person) = caller.actor.person_id()
        && !plan.author_ids.contains(&person)
    {
        plan.author_ids = plan.author_ids.iter().copied().chain([person]).collect();
    }
}

/// The plan that a new row names, locked.
///
/// # Errors
/// 422 when it is not there for the caller, 409 when it is archived.
pub async fn locked(write: &Write, plan_id: Uuid) -> Result<plan::Model> {
    let plan = write.caller().rows_archived::<plan::Entity>();
    let plan = plan.filter(plan::Column::Id.eq(plan_id)).lock(LockType::NoKeyUpdate).one(write.tx()).await?;
    let plan = plan.ok_or_else(|| unknown("/plan_id", "plan", plan_id))?;
    if plan.archived_at.is_some() {
        return Err(Problem::conflict("the plan is archived: restore it first"));
    }
    Ok(plan)
}

/// The row that a new node belongs to.
///
/// # Errors
/// 422 when it is not there for the caller.
pub async fn parent<E: Owned>(write: &Write, pointer: &str, id: Uuid) -> Result<E::Model> {
    // Not locked here: its plan is, right after, and first.
    let row = write.caller().rows::<E>().filter(E::id().eq(id)).one(write.tx()).await?;
    row.ok_or_else(|| unknown(pointer, E::table(), id))
}

fn unknown(pointer: &str, table: &str, id: Uuid) -> Problem {
    let name = table.replace('_', " ");
    let message = format!("there is no {name} {id} that you can refer to");
    Problem::invalid(pointer, "unknown_reference", message)
}

/// Returns true if two rows differ at most in what `pardon` makes alike.
pub fn same_but_for<M: Row + PartialEq>(before: &M, after: &M, pardon: impl Fn(&mut M)) -> bool {
    let [mut before, mut after] = [before.clone(), after.clone()];
    let meta = Meta { archived_at: after.archived_at(), ..before.meta() };
    after.set_meta(meta);
    pardon(&mut before);
    pardon(&mut after);
    before == after
}
