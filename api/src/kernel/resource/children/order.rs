//! The order of children: positions from 1 without gaps among the children of one parent.

use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{CaseStatement, Expr, Query, SelectStatement, UpdateStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, ExprTrait, IdenStatic, ModelTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Value,
};
use uuid::Uuid;

use super::dependents::plural;
use super::{Child, RootOf, expect_room, name_of};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{ColumnOf, Mutation, RowOf};
use crate::kernel::resource::write::Write;

/// The operation that gives a row another position or another parent.
pub(super) const MOVE: Operation = Operation::Verb("move");

/// A child with a position among its siblings: the current rows of the same table and parent.
pub trait Ordered: Child {
    /// The column with the position.
    const POSITION: ColumnOf<Self>;
    /// How many siblings there are at most, so that a whole can be read at once.
    const MOST: u64;

    /// Clears what ties a row to its parent, when it moves to another.
    fn leave(_row: &mut RowOf<Self>) {}
}

/// Opens the root for a step of an ordered child, as [`super::open`]. A new or restored row gets the last position, and
/// the siblings of an archived one close its gap.
///
/// # Errors
/// As [`super::open`]; 409 where there is no room for one more.
pub async fn open_ordered<C: Ordered>(write: &mut Write, step: &mut Mutation<'_, RowOf<C>>) -> Result<RootOf<C>> {
    let root = super::open::<C>(write, step).await?;
    match step.operation {
        Operation::Create | Operation::Restore => {
            let last = last::<C>(write, step.after).await?;
            room::<C>(u64::from(last.unsigned_abs()))?;
            step.after.set(C::POSITION, (last + 1).into());
        }
        Operation::Archive => {
            let left = others::<C>(write, step.after).await?;
            renumber::<C>(write, [left]).await?;
        }
        _ => {}
    }
    Ok(root)
}

/// Moves a row to another position, and renumbers the siblings that it passes. Where `parent_id` names another parent,
/// the row leaves a gap at its old one, which its siblings there close.
///
/// # Errors
/// 409 by the root's state, or where the other parent has no room; 422 for a parent of another root.
pub(in crate::kernel) async fn moved<C: Ordered>(
    write: &mut Write,
    before: RowOf<C>,
    position: i32,
    parent_id: Option<Uuid>,
) -> Result<RowOf<C>> {
    let old_parent = C::parent_id(&before)?;
    let new_parent = parent_id.filter(|id| *id != old_parent);
    let mut after = before.clone();
    if let Some(id) = new_parent {
        after.set(C::parent_column(), id.into());
        C::leave(&mut after);
    }
    let mut there = others::<C>(write, &after).await?;
    let index = usize::try_from(position - 1).unwrap_or(0).min(there.len());
    let position = i32::try_from(index + 1).unwrap_or(i32::MAX);
    let mut here = Vec::new();
    if new_parent.is_some() {
        room::<C>(there.len() as u64)?;
        here = others::<C>(write, &before).await?;
    } else if position_of::<C>(&before)? == position {
        return Ok(before);
    }
    after.set(C::POSITION, position.into());
    let after = write.store::<C>(Some(before), after, MOVE).await?;
    // The moved row has its position already, so that it is not written twice.
    there.insert(index, after.clone());
    renumber::<C>(write, [there, here]).await?;
    Ok(after)
}

fn room<C: Ordered>(others: u64) -> Result<()> {
    expect_room(&plural(&name_of(C::Entity::table())), others, C::MOST)
}

fn position_of<C: Ordered>(row: &RowOf<C>) -> Result<i32> {
    match row.get(C::POSITION) {
        Value::Int(Some(position)) => Ok(position),
        other => Err(Problem::internal(format!("a row has the position {other:?}"))),
    }
}

/// The last position among the siblings of a row; 0 where there are none.
async fn last<C: Ordered>(write: &Write, row: &RowOf<C>) -> Result<i32> {
    let siblings = write.caller().rows::<C::Entity>().filter(C::parent_column().eq(C::parent_id(row)?));
    last_in(write, siblings.select_only().column_as(C::POSITION.max(), "last").into_query()).await
}

async fn last_in(write: &Write, last: SelectStatement) -> Result<i32> {
    let last = write.tx().query_one(&last).await?;
    Ok(last.map(|row| row.try_get_by_index::<Option<i32>>(0)).transpose()?.flatten().unwrap_or(0))
}

/// The siblings of a row in their order, without itself.
async fn others<C: Ordered>(write: &Write, row: &RowOf<C>) -> Result<Vec<RowOf<C>>> {
    let others = write
        .caller()
        .rows::<C::Entity>()
        .filter(C::parent_column().eq(C::parent_id(row)?))
        .filter(C::Entity::id().ne(row.id()))
        .order_by_asc(C::POSITION)
        .order_by_asc(C::Entity::id());
    Ok(others.all(write.tx()).await?)
}

/// Numbers rows as they stand in their lists, in one statement, and logs those that changed.
async fn renumber<C: Ordered>(write: &mut Write, lists: impl IntoIterator<Item = Vec<RowOf<C>>>) -> Result<()> {
    let mut changed = Vec::new();
    for (position, before) in lists.into_iter().flat_map(|list| (1..).zip(list)) {
        if position_of::<C>(&before)? == position {
            continue;
        }
        let mut after = before.clone();
        after.set(C::POSITION, position.into());
        after.set_meta(write.meta_after(&before));
        write.log(Entry::of::<C>(Some(&before), &after, MOVE, None)?);
        changed.push((before.id(), position));
    }
    if !changed.is_empty() {
        write.tx().execute(&positions(write, C::Entity::table(), C::POSITION.as_str(), &changed)).await?;
    }
    Ok(())
}

/// The statement that gives rows of a table their positions and their next versions.
fn positions(write: &Write, table: &'static str, column: &'static str, changed: &[(Uuid, i32)]) -> UpdateStatement {
    let mut position = CaseStatement::new();
    for (id, to) in changed {
        position = position.case(Expr::col("id").eq(*id), Expr::val(*to));
    }
    let mut update = Query::update();
    update
        .table(table)
        .value(column, position.finally(Expr::col(column)))
        .value("version", Expr::col("version").add(1))
        .value("updated_at", write.now())
        .and_where(Expr::col("hub_id").eq(write.caller().hub_id))
        .and_where(Expr::col("id").is_in(changed.iter().map(|(id, _)| *id)));
    update
}
