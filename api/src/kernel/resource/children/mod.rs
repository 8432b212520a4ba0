//! Children of a root: rows that are parts of one whole, such as the lines of an order.
//!
//! A change of a child is a change of the whole. It locks the root first, so that all changes of one whole wait in
//! one queue. The root's state decides whether the change may happen, and the root gets its next version.

mod dependents;
mod order;

use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{IntoCondition, LockType, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, ModelTrait, QueryFilter, QuerySelect, QueryTrait, Value,
};
use uuid::Uuid;

use super::write::Write;
use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::caller::refs;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{ColumnOf, Mutation, Resource, RowOf};

pub use self::dependents::Dependents;
use self::order::MOVE;
pub(in crate::kernel) use self::order::moved;
pub use self::order::{Ordered, open_ordered};

/// The row at the top of a whole.
pub trait Root: Owned {
    /// The kinds of edit that a state of the root tells apart. The default is the kind of most edits.
    type Edit: Default;

    /// Says why a patch cannot give a child another root.
    const KEEPS_ROOT: &'static str;
    /// Says why a patch cannot give a child another parent.
    const KEEPS_PARENT: &'static str;

    /// Decides by the root's state whether a child may be edited, and completes the root's next version.
    ///
    /// # Errors
    /// 409 for an edit that the state does not allow.
    fn admit(next: &mut Self::Model, edit: Self::Edit, caller: &Caller) -> Result<()>;
}

/// A resource whose rows are parts of a whole. Its [`Resource::LOCK`] is [`lock`].
pub trait Child: Resource {
    /// The table of the root.
    type Root: Root;

    /// The column with the root's id.
    const ROOT: ColumnOf<Self>;
    /// The child of the same root that a row belongs to. None: the row belongs to the root itself.
    const PARENT: Option<Parent<Self>> = None;

    /// Returns what a step edits.
    fn edit(_step: &Mutation<'_, RowOf<Self>>) -> <Self::Root as Root>::Edit {
        Default::default()
    }

    /// Returns the id of a row's root.
    fn root_id(row: &RowOf<Self>) -> Result<Uuid> {
        id_in(row.get(Self::ROOT))
    }

    /// Returns the column with the id of the parent, which may be the root.
    fn parent_column() -> ColumnOf<Self> {
        Self::PARENT.map_or(Self::ROOT, |parent| parent.column)
    }

    /// Returns the id of a row's parent, which may be the root.
    fn parent_id(row: &RowOf<Self>) -> Result<Uuid> {
        id_in(row.get(Self::parent_column()))
    }
}

/// The row of a child's root.
pub type RootOf<C> = <<C as Child>::Root as EntityTrait>::Model;

/// How a row belongs to another child of its root.
pub struct Parent<C: Child> {
    column: ColumnOf<C>,
    table: fn() -> &'static str,
    root_id: fn(&Caller, Uuid) -> SelectStatement,
}

impl<C: Child> Parent<C> {
    /// The row of `P` whose id this column holds.
    #[must_use]
    pub const fn of<P: Child>(column: ColumnOf<C>) -> Self {
        Self { column, table: P::Entity::table, root_id: root_id_of::<P> }
    }
}

/// The statement that finds the root of a parent, as the caller sees the parent.
fn root_id_of<P: Child>(caller: &Caller, id: Uuid) -> SelectStatement {
    caller.rows::<P::Entity>().filter(P::Entity::id().eq(id)).select_only().column(P::ROOT).into_query()
}

async fn found(write: &Write, id: SelectStatement) -> Result<Option<Uuid>> {
    let found = write.tx().query_one(&id).await?;
    Ok(found.map(|row| row.try_get_by_index(0)).transpose()?)
}

fn id_in(value: Value) -> Result<Uuid> {
    match value {
        Value::Uuid(Some(id)) => Ok(id),
        other => Err(Problem::internal(format!("a child refers to its root or parent by {other:?}"))),
    }
}

/// The statement that locks the root of a row, for [`Resource::LOCK`].
pub fn lock<C: Child>(caller: &Caller, id: Uuid) -> SelectStatement {
    let row = caller.rows_archived::<C::Entity>().filter(C::Entity::id().eq(id));
    let root_id = row.select_only().column(C::ROOT).into_query();
    let root = caller.rows_archived::<C::Root>().filter(C::Root::id().in_subquery(root_id));
    root.select_only().column(C::Root::id()).lock(LockType::NoKeyUpdate).into_query()
}

/// Opens the root for a step of one of its children: locks it, lets its state decide, and gives it its next version.
/// A new row gets the root of its parent. Returns the root as it now is.
///
/// # Errors
/// 409 by the root's state, or where it is archived; 422 for a new row whose parent or root the caller does not see.
pub async fn open<C: Child>(write: &Write, step: &mut Mutation<'_, RowOf<C>>) -> Result<RootOf<C>> {
    const { assert!(C::LOCK.is_some(), "a child has `children::lock::<Self>` as its LOCK") };
    if let (None, Some(parent)) = (step.before, C::PARENT) {
        let id = C::parent_id(step.after)?;
        // The parent is not locked: its root is, right after.
        let Some(root_id) = found(write, (parent.root_id)(write.caller(), id)).await? else {
            return Err(unknown(&pointer(parent.column), (parent.table)(), id));
        };
        step.after.set(C::ROOT, root_id.into());
    }
    let root_id = C::root_id(step.before.unwrap_or(step.after))?;
    let root = root::<C::Root>(write, &pointer(C::ROOT), root_id).await?;
    next::<C::Root>(write, root, C::edit(step)).await
}

async fn next<R: Root>(write: &Write, root: R::Model, edit: R::Edit) -> Result<R::Model> {
    let mut next = root.clone();
    next.set_meta(write.meta_after(&root));
    R::admit(&mut next, edit, write.caller())?;
    write.replace_row::<R>(&next).await?;
    Ok(next)
}

/// The root that a form refers to, locked until the end of the transaction.
///
/// # Errors
/// 422 where the caller does not see it, 409 where it is archived.
pub async fn root<R: Root>(write: &Write, pointer: &str, id: Uuid) -> Result<R::Model> {
    let rows = write.caller().rows_archived::<R>().filter(R::id().eq(id));
    let Some(root) = rows.lock(LockType::NoKeyUpdate).one(write.tx()).await? else {
        return Err(unknown(pointer, R::table(), id));
    };
    if root.archived_at().is_some() {
        let detail = format!("the {} is archived: restore it first", name_of(R::table()));
        return Err(Problem::conflict(detail));
    }
    Ok(root)
}

/// The parent that a new row names. It is not locked: its root is, right after.
///
/// # Errors
/// 422 where the caller does not see it.
pub async fn parent<E: Owned>(write: &Write, pointer: &str, id: Uuid) -> Result<E::Model> {
    let row = write.caller().rows::<E>().filter(E::id().eq(id)).one(write.tx()).await?;
    row.ok_or_else(|| unknown(pointer, E::table(), id))
}

fn unknown(pointer: &str, table: &str, id: Uuid) -> Problem {
    Problem::faults(vec![refs::unknown(pointer, table, id)])
}

/// Finds what is wrong with the parent of a row. A parent changes by a move alone, and only within the root.
///
/// # Errors
/// When the database is away.
pub async fn parent_faults<C: Child>(write: &Write, step: &Mutation<'_, RowOf<C>>) -> Result<Vec<Fault>> {
    let before = step.before.map(C::parent_id).transpose()?;
    let (id, root_id) = (C::parent_id(step.after)?, C::root_id(step.after)?);
    let moves = before.is_some_and(|before| before != id);
    let pointer = pointer(C::parent_column());
    let Some(parent) = C::PARENT else {
        return Ok(moves.then(|| Fault::new(pointer, "fixed", C::Root::KEEPS_ROOT)).into_iter().collect());
    };
    let mut faults = Vec::new();
    if moves && step.operation != MOVE {
        faults.push(Fault::new(&pointer, "fixed", C::Root::KEEPS_PARENT));
    }
    // Asked again for a new row too: until the root was locked, its parent could be archived.
    if found(write, (parent.root_id)(write.caller(), id)).await? != Some(root_id) {
        faults.push(not_within(pointer, (parent.table)(), id, C::Root::table()));
    }
    Ok(faults)
}

/// Finds the ids that are no children of a parent, each at its place in the body.
///
/// # Errors
/// When the database is away.
pub async fn not_children<C: Child>(write: &Write, ids: Vec<(String, Uuid)>, parent_id: Uuid) -> Result<Vec<Fault>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = write.caller().rows::<C::Entity>().filter(C::Entity::id().is_in(ids.iter().map(|(_, id)| *id)));
    let rows = rows.filter(C::parent_column().eq(parent_id)).select_only().column(C::Entity::id());
    let whole = C::PARENT.map_or_else(C::Root::table, |parent| (parent.table)());
    not_found(write, rows.into_query(), C::Entity::table(), whole, ids).await
}

async fn not_found(
    write: &Write,
    rows: SelectStatement,
    table: &str,
    whole: &str,
    ids: Vec<(String, Uuid)>,
) -> Result<Vec<Fault>> {
    let found = write.tx().query_all(&rows).await?;
    let found: Vec<Uuid> = found.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
    let missing = ids.into_iter().filter(|(_, id)| !found.contains(id));
    Ok(missing.map(|(pointer, id)| not_within(pointer, table, id, whole)).collect())
}

fn not_within(pointer: String, table: &str, id: Uuid, whole: &str) -> Fault {
    let message = format!("there is no {} {id} in this {}", name_of(table), name_of(whole));
    Fault::new(pointer, "unknown_reference", message)
}

fn pointer(column: impl IdenStatic) -> String {
    format!("/{}", column.as_str())
}

/// Returns what people call the row of a table.
fn name_of(table: &str) -> String {
    table.replace('_', " ")
}

/// Refuses one more row where there are as many as there may be.
///
/// # Errors
/// 409, which says how many there may be.
pub fn expect_room(what: &str, others: u64, most: u64) -> Result<()> {
    if others < most {
        return Ok(());
    }
    Err(Problem::conflict(format!("limit reached: there may be at most {most} {what}")))
}

/// Counts the current rows of a table that meet a condition.
///
/// # Errors
/// When the database is away.
pub async fn count<E: Owned>(write: &Write, condition: impl IntoCondition) -> Result<u64> {
    dependents::fetch_count(write, dependents::count::<E>(write.caller(), condition.into_condition())).await
}
