//! The order of nodes: numbers without gaps among the nodes of one plan or objective.

use entity::owned::Owned;
use entity::plans::{objective, plan};
use entity::row::Row;
use sea_orm::sea_query::{CaseStatement, Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, ExprTrait, IntoSimpleExpr, ModelTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::node::{self, Node};
use crate::kernel::change::Entry;
use crate::kernel::crud;
use crate::kernel::operation::Operation;
use crate::kernel::problem::{Problem, Result};
use crate::kernel::reply::Reply;
use crate::kernel::resource::{ColumnOf, RowOf, Step};
use crate::kernel::tenancy::Caller;
use crate::kernel::write::Write;

/// The operation that gives a node another place.
pub const MOVE: Operation = Operation::Verb("move");

/// A node that has a place among others.
pub trait Placed: Node {
    /// The column with its place, from 1.
    const POSITION: ColumnOf<Self>;

    /// How many of them there are at most, so that a plan stays one that can be read whole.
    const MOST: i32;

    /// Its place.
    fn position(row: &mut RowOf<Self>) -> &mut i32;

    /// Those among whom it has its place, itself included.
    fn siblings(row: &RowOf<Self>) -> Condition;

    /// The objective that the node belongs to, if it belongs to one.
    fn objective_id(_row: &RowOf<Self>) -> Option<Uuid> {
        None
    }

    /// Moves the node to another objective and clears its strands.
    fn reparent(_row: &mut RowOf<Self>, _objective_id: Uuid) {}
}

/// Where an objective goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveObjective {
    /// Its new number. The others make room; a number beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
}

/// Where a node goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveNode {
    /// Its new place, from 1. The others make room; a place beyond the last puts it last.
    #[schema(minimum = 1, maximum = 1000, example = 2)]
    pub position: i32,
    /// The objective of the same plan that it goes to, if it leaves its own. The strands that it
    /// names stay behind: it then belongs to the new objective as a whole.
    #[schema(example = json!(null))]
    pub objective_id: Option<Uuid>,
}

/// Opens the plan for a step of a node with a place. A new node belongs to the plan of its
/// objective.
///
/// # Errors
/// 409 by the plan's state; 422 for an objective or a plan that is not there for the caller.
pub async fn open<N: Placed>(write: &Write, step: &mut Step<'_, RowOf<N>>) -> Result<plan::Model> {
    if step.before.is_none()
        && let Some(id) = N::objective_id(step.after)
    {
        let objective = node::parent::<objective::Entity>(write, "/objective_id", id).await?;
        step.after.set(N::PLAN, objective.plan_id.into());
    }
    node::open::<N>(write, step).await
}

/// Gives a new or restored node the last place, and closes the gap that an archived one leaves.
pub async fn settle<N: Placed>(write: &mut Write, step: &mut Step<'_, RowOf<N>>) -> Result<()> {
    match step.operation {
        Operation::Create | Operation::Restore => {
            let rows = write.caller().rows::<N::Entity>().filter(N::siblings(step.after));
            let last = rows.select_only().column_as(N::POSITION.max(), "last");
            let last = last.into_tuple::<Option<i32>>().one(write.tx()).await?.flatten();
            let place = last.unwrap_or(0) + 1;
            room::<N>(place)?;
            *N::position(step.after) = place;
        }
        Operation::Archive => {
            let left = others::<N>(write, step.after).await?;
            number::<N>(write, [left]).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Moves a node to another place, and renumbers all that it passes.
///
/// # Errors
/// 404, 412, 428; 409 by the plan's state; 422 for an objective of another plan.
pub async fn go<N: Placed>(caller: &Caller, id: Uuid, position: i32, objective_id: Option<Uuid>) -> Result<Reply> {
    Write::run(caller, async |write| {
        write.lock_above::<N>(Some(id)).await?;
        let mut before = write.row::<N::Entity>(id).await?;
        write.expect_version::<N>(&before)?;
        let mut after = before.clone();
        let objective_id = objective_id.filter(|id| Some(*id) != N::objective_id(&before));
        let leaves = objective_id.is_some();
        if let Some(objective_id) = objective_id {
            N::reparent(&mut after, objective_id);
        }
        let mut there = others::<N>(write, &after).await?;
        let place = usize::try_from(position - 1).unwrap_or(0).min(there.len());
        let position = i32::try_from(place + 1).unwrap_or(i32::MAX);
        if leaves {
            room::<N>(i32::try_from(there.len() + 1).unwrap_or(i32::MAX))?;
        }
        *N::position(&mut after) = position;
        if !leaves && *N::position(&mut before) == position {
            return crud::answer::<N>(caller, &before, false);
        }
        let here = if leaves { others::<N>(write, &before).await? } else { Vec::new() };
        let after = write.store::<N>(Some(before), after, MOVE).await?;
        // The moved node keeps its place, so that it is not written twice.
        there.insert(place, after.clone());
        number::<N>(write, [there, here]).await?;
        crud::answer::<N>(caller, &after, false)
    })
    .await
}

fn room<N: Placed>(wanted: i32) -> Result<()> {
    let name = format!("{}s", N::Entity::table().replace('_', " "));
    most(&name, u64::from((wanted - 1).unsigned_abs()), u64::from(N::MOST.unsigned_abs()))
}

/// Refuses one more of what there is enough of already.
///
/// # Errors
/// 409 when there are as many as there may be.
pub fn most(what: &str, others: u64, most: u64) -> Result<()> {
    if others < most {
        return Ok(());
    }
    Err(Problem::conflict(format!("limit reached: there may be at most {most} {what}")))
}

/// The siblings of a node in their order, without itself.
async fn others<N: Placed>(write: &Write, row: &RowOf<N>) -> Result<Vec<RowOf<N>>> {
    let rows = write.caller().rows::<N::Entity>().filter(N::siblings(row));
    let rows = rows.filter(N::Entity::id().ne(row.id()));
    let rows = rows.order_by_asc(N::POSITION).order_by_asc(N::Entity::id());
    Ok(rows.all(write.tx()).await?)
}

/// Numbers rows as they stand in their lists, in one statement, and logs those that changed.
async fn number<N: Placed>(write: &mut Write, lists: impl IntoIterator<Item = Vec<RowOf<N>>>) -> Result<()> {
    let mut case = CaseStatement::new();
    let mut ids = Vec::new();
    for list in lists {
        for (position, mut before) in (1..).zip(list) {
            if *N::position(&mut before) == position {
                continue;
            }
            let mut after = before.clone();
            *N::position(&mut after) = position;
            after.set_meta(write.meta_after(&before));
            case = case.case(N::Entity::id().eq(before.id()), Expr::val(position));
            ids.push(before.id());
            write.log(Entry::of::<N>(Some(&before), &after, MOVE, None)?);
        }
    }
    if ids.is_empty() {
        return Ok(());
    }
    let mut update = Query::update();
    update
        .table(N::Entity::default())
        .value(N::POSITION, case.finally(N::POSITION.into_simple_expr()))
        .value(N::Entity::version(), Expr::col(N::Entity::version()).add(1))
        .value(N::Entity::updated_at(), write.now())
        .and_where(N::Entity::hub().eq(write.caller().hub_id))
        .and_where(N::Entity::id().is_in(ids));
    write.tx().execute(&update).await?;
    Ok(())
}

/// Refuses to archive a node that other nodes still refer to, and names them.
///
/// # Errors
/// 409 when there are any.
pub fn unneeded(what: &str, users: &[(&str, u64)]) -> Result<()> {
    let users: Vec<String> =
        users.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
    if users.is_empty() {
        return Ok(());
    }
    let users = users.join(", ");
    Err(Problem::conflict(format!("cannot archive the {what}: {users} still belong to it; archive or move them first")))
}

/// How many rows of a table meet a condition.
pub async fn count<E: Owned>(write: &Write, condition: impl Into<Condition>) -> Result<u64> {
    let rows = write.caller().rows::<E>().filter(condition.into());
    Ok(rows.count(write.tx()).await?)
}
