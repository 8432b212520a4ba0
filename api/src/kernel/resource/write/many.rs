//! Many rows of one table in a fixed number of statements.
#![expect(clippy::disallowed_methods, reason = "the fence lets writes through here alone")]

use entity::kernel::external_id;
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{LockType, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, Condition, EntityTrait, IdenStatic, IntoActiveModel, Iterable,
    ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::Write;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::key;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Resource, RowOf};

/// How many rows go into one statement: their columns are bound one by one, and PostgreSQL takes
/// 65,535 of them at most, SQLite half as many.
const AT_ONCE: usize = 500;

/// A step as it was decided on.
#[derive(Clone, Copy, Debug)]
pub struct Decided<'a, M> {
    /// The row as it stands; none when it is made.
    pub before: Option<&'a M>,
    /// The row as it will be.
    pub after: &'a M,
    /// What is done to it.
    pub operation: Operation,
}

impl Write {
    /// Rows as the caller sees them, archived or not, locked until the end in the order of their
    /// ids, so that two who lock the same ones wait for each other and never cross.
    pub async fn rows_archived<E: Owned>(&self, which: Condition) -> Result<Vec<E::Model>> {
        let rows = self.caller.rows_archived::<E>().filter(which).order_by_asc(E::id());
        Ok(rows.lock(LockType::NoKeyUpdate).all(&self.tx).await?)
    }

    /// As [`Write::hold`], for many rows; those that are not there for the caller are left out.
    pub async fn hold_all<E: Owned>(&self, ids: Vec<Uuid>) -> Result<()> {
        let rows = self.caller.rows_archived::<E>().filter(E::id().is_in(ids));
        let rows = rows.order_by_asc(E::id()).lock(LockType::NoKeyUpdate);
        let ids = rows.select_only().column(E::id()).into_tuple::<Uuid>();
        ids.all(&self.tx).await?;
        Ok(())
    }

    /// Stores steps that were checked and decided on, each with its entry in the log, for a caller
    /// whose reach is the hub.
    ///
    /// # Errors
    /// 409 for a key that is taken.
    pub async fn store_many<R: Resource>(&mut self, steps: &[Decided<'_, RowOf<R>>]) -> Result<()> {
        let (mut made, mut changed) = (Vec::new(), Vec::new());
        for step in steps {
            let reason = self.reason.clone();
            self.log(Entry::of::<R>(step.before, step.after, step.operation, reason)?);
            let rows = if step.before.is_none() { &mut made } else { &mut changed };
            rows.push(step.after.clone());
        }
        // Two who make the same rows wait for each other only if they make them in one order.
        made.sort_by_cached_key(key::of_row::<R>);
        // To replace a row may lock it against references, which are checked in the order of ids.
        changed.sort_by_key(Row::id);
        self.insert_rows::<R::Entity>(made).await?;
        self.replace_rows::<R::Entity>(changed).await?;
        self.keep_external_ids::<R>(steps).await
    }

    /// Inserts rows as they are, nulls set explicitly, without a log entry of their own.
    pub async fn insert_rows<E: Owned>(&self, rows: Vec<E::Model>) -> Result<()> {
        for some in rows.chunks(AT_ONCE) {
            let some = some.iter().cloned().map(|row| row.into_active_model().reset_all());
            E::insert_many(some).exec_without_returning(&self.tx).await?;
        }
        Ok(())
    }

    /// Replaces rows by what they are to be, all of which are there and locked.
    async fn replace_rows<E: Owned>(&self, rows: Vec<E::Model>) -> Result<()> {
        let id: Vec<E::Column> = E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column).collect();
        let names: Vec<&str> = id.iter().map(IdenStatic::as_str).collect();
        let rest = E::Column::iter().filter(|column| !names.contains(&column.as_str()));
        let replace = OnConflict::columns(id.clone()).update_columns(rest).to_owned();
        for some in rows.chunks(AT_ONCE) {
            let some = some.iter().cloned().map(|row| row.into_active_model().reset_all());
            let replaced = E::insert_many(some).on_conflict(replace.clone());
            replaced.exec_without_returning(&self.tx).await?;
        }
        Ok(())
    }

    /// Keeps the keys of partner systems where they are unique.
    pub(super) async fn keep_external_ids<R: Resource>(&self, steps: &[Decided<'_, RowOf<R>>]) -> Result<()> {
        let hub_id = self.caller.hub_id;
        let resource = R::Entity::table();
        let mut given_up = Vec::new();
        let mut kept = Vec::new();
        for step in steps {
            let Some(ids) = R::external_ids(step.after) else { return Ok(()) };
            let known = step.before.and_then(R::external_ids);
            if known == Some(ids) {
                continue;
            }
            given_up.extend(known.filter(|known| !known.is_empty()).map(|_| step.after.id()));
            kept.extend(ids.iter().map(|key| (key.clone(), step.after.id())));
        }
        for some in given_up.chunks(AT_ONCE) {
            external_id::Entity::delete_many()
                .filter(external_id::Column::HubId.eq(hub_id))
                .filter(external_id::Column::Resource.eq(resource))
                .filter(external_id::Column::RowId.is_in(some.iter().copied()))
                .exec(&self.tx)
                .await?;
        }
        kept.sort_by(|(one, _), (two, _)| (&one.system, &one.id).cmp(&(&two.system, &two.id)));
        for some in kept.chunks(AT_ONCE) {
            let rows = some.iter().map(|(key, row_id)| external_id::ActiveModel {
                hub_id: ActiveValue::Set(hub_id),
                resource: ActiveValue::Set(resource.to_owned()),
                system: ActiveValue::Set(key.system.clone()),
                external_id: ActiveValue::Set(key.id.clone()),
                row_id: ActiveValue::Set(*row_id),
            });
            let insert = external_id::Entity::insert_many(rows);
            insert.exec_without_returning(&self.tx).await.map_err(|error| taken(error.into()))?;
        }
        Ok(())
    }
}

fn taken(problem: Problem) -> Problem {
    if problem.code() != Code::Duplicate {
        return problem;
    }
    Problem::new(Code::Duplicate, "another row has one of these keys").with(Fault::new(
        "/external_ids",
        "duplicate",
        "a partner's key names one row only, and a row has one key in each system",
    ))
}

/// Whether a step changed nothing but the row's version.
pub(in crate::kernel) fn is_same<E: Owned>(before: &E::Model, after: &E::Model) -> bool {
    let mut after = after.clone();
    after.set_meta(before.meta());
    E::Column::iter().all(|column| before.get(column) == after.get(column))
}
