//! Rows as values, column by column: read, made and replaced by statements that are the same for every table.

use std::borrow::Borrow;
use std::collections::HashSet;

use entity::owned::{Fence, Owned};
use entity::row::Row;
use sea_orm::sea_query::{Alias, Expr, LockType, OnConflict, Order, Query, SelectStatement};
use sea_orm::{Condition, ConnectionTrait, ExprTrait, FromQueryResult, QueryResult, Value};
use uuid::Uuid;

use super::Write;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::permission::Reach;
use crate::kernel::resource::field;

/// How many rows go into one statement: their columns are bound one by one, and PostgreSQL takes
/// 65,535 of them at most, SQLite half as many.
pub(super) const AT_ONCE: usize = 500;

/// The key of every table whose rows belong to hubs.
const KEY: [&str; 2] = ["hub_id", "id"];

impl Write {
    /// The row with an id as the caller sees it, locked in a way until the end.
    pub(super) async fn locked<E: Owned>(&self, id: Uuid, archived: bool, how: LockType) -> Result<E::Model> {
        let rows = self.caller.statement::<E>(archived);
        let row = self.one_locked(rows, E::table(), &E::columns(), id, how).await?;
        Ok(E::Model::from_query_result(&row, "")?)
    }

    async fn one_locked(
        &self,
        mut rows: SelectStatement,
        table: &'static str,
        columns: &[&'static str],
        id: Uuid,
        how: LockType,
    ) -> Result<QueryResult> {
        field::select(&mut rows, table, columns);
        rows.and_where(Expr::col((Alias::new(table), Alias::new("id"))).eq(id)).lock(how);
        self.tx.query_one(&rows).await?.ok_or_else(Problem::not_found)
    }

    /// Rows as the caller sees them, archived or not, locked until the end in the order of their
    /// ids, so that two who lock the same ones wait for each other and never cross.
    pub async fn rows_archived<E: Owned>(&self, which: Condition) -> Result<Vec<E::Model>> {
        let rows = self.all_locked(self.caller.statement::<E>(true), E::table(), &E::columns(), which).await?;
        Ok(rows.iter().map(|row| E::Model::from_query_result(row, "")).collect::<Result<_, _>>()?)
    }

    async fn all_locked(
        &self,
        mut rows: SelectStatement,
        table: &'static str,
        columns: &[&'static str],
        which: Condition,
    ) -> Result<Vec<QueryResult>> {
        field::select(&mut rows, table, columns);
        rows.cond_where(which).order_by((Alias::new(table), Alias::new("id")), Order::Asc).lock(LockType::NoKeyUpdate);
        Ok(self.tx.query_all(&rows).await?)
    }

    /// As [`Write::hold`], for many rows; those that are not there for the caller are left out.
    pub async fn hold_all<E: Owned>(&self, ids: Vec<Uuid>) -> Result<()> {
        let which = Condition::all().add(Expr::col((Alias::new(E::table()), Alias::new("id"))).is_in(ids));
        self.all_locked(self.caller.statement::<E>(true), E::table(), &["id"], which).await?;
        Ok(())
    }

    /// Inserts rows as they are, nulls set explicitly, without a log entry of their own.
    pub async fn insert_rows<E: Owned>(&self, rows: &[impl Borrow<E::Model>]) -> Result<()> {
        let rows = rows.iter().map(|row| row.borrow().values()).collect();
        self.insert_values(E::table(), E::columns(), rows, false).await
    }

    /// Replaces rows by what they are to be, all of which are there and locked, without a log entry of their own.
    pub async fn replace_rows<E: Owned>(&self, rows: &[&E::Model]) -> Result<()> {
        let rows = rows.iter().map(|row| row.values()).collect();
        self.insert_values(E::table(), E::columns(), rows, true).await
    }

    /// Makes or replaces rows that follow from another row, without a log entry of their own.
    pub async fn put_rows<E: Owned>(&self, rows: &[E::Model]) -> Result<()> {
        let rows = rows.iter().map(Row::values).collect();
        self.insert_values(E::table(), E::columns(), rows, true).await
    }

    /// Deletes rows of the caller's hub that follow from another row, without a log entry of their own.
    pub async fn delete_rows<E: Owned>(&self, which: Condition) -> Result<()> {
        let mut delete = Query::delete();
        let hub = Expr::col((Alias::new(E::table()), Alias::new("hub_id"))).eq(self.caller.hub_id);
        delete.from_table(Alias::new(E::table())).and_where(hub).cond_where(which);
        self.tx.execute(&delete).await?;
        Ok(())
    }

    async fn insert_values(
        &self,
        table: &'static str,
        columns: Vec<&'static str>,
        rows: Vec<Vec<Value>>,
        replace: bool,
    ) -> Result<()> {
        let mut insert = Query::insert();
        insert.into_table(Alias::new(table)).columns(columns.iter().copied().map(Alias::new));
        if replace {
            let rest = columns.into_iter().filter(|column| !KEY.contains(column));
            insert
                .on_conflict(OnConflict::columns(KEY.map(Alias::new)).update_columns(rest.map(Alias::new)).to_owned());
        }
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut some = insert.clone();
            for row in rows.by_ref().take(AT_ONCE) {
                some.values(row.into_iter().map(Expr::val)).map_err(Problem::internal)?;
            }
            self.tx.execute(&some).await?;
        }
        Ok(())
    }

    /// Replaces a row by what it is to be, without a log entry of its own.
    pub async fn replace_row<E: Owned>(&self, row: &E::Model) -> Result<()> {
        self.update_values(E::table(), E::columns(), row.values(), [row.hub_id(), row.id()]).await
    }

    async fn update_values(
        &self,
        table: &'static str,
        columns: Vec<&'static str>,
        values: Vec<Value>,
        key: [Uuid; 2],
    ) -> Result<()> {
        let mut update = Query::update();
        update.table(Alias::new(table));
        for (column, value) in columns.into_iter().zip(values).filter(|(column, _)| !KEY.contains(column)) {
            update.value(Alias::new(column), value);
        }
        for (column, value) in KEY.into_iter().zip(key) {
            update.and_where(Expr::col(Alias::new(column)).eq(value));
        }
        self.tx.execute(&update).await?;
        Ok(())
    }

    /// Refuses a row outside what the caller may write: 404 where it is not even seen, else 403.
    pub(super) async fn expect_reach(&self, fence: &Fence, id: Uuid) -> Result<()> {
        let caller = &self.caller;
        if caller.reach(caller.scope()).has(Reach::HUB) || self.is_among(fence, caller.writes(fence), id).await? {
            return Ok(());
        }
        if self.is_among(fence, caller.sees(fence), id).await? {
            return Err(caller.beyond_reach("this item"));
        }
        Err(Problem::not_found())
    }

    /// The rows among these that the caller does not write.
    pub(in crate::kernel) async fn beyond_reach<E: Owned>(&self, ids: Vec<Uuid>) -> Result<HashSet<Uuid>> {
        let caller = &self.caller;
        if ids.is_empty() || caller.reach(caller.scope()).has(Reach::HUB) {
            return Ok(HashSet::new());
        }
        let fence = E::fence();
        let column = || Expr::col((Alias::new(fence.table), Alias::new("id")));
        let mut rows = Query::select();
        rows.expr(column()).from(Alias::new(fence.table)).cond_where(caller.writes(&fence));
        rows.and_where(column().is_in(ids.iter().copied()));
        let mut beyond: HashSet<Uuid> = ids.into_iter().collect();
        for row in self.tx.query_all(&rows).await? {
            beyond.remove(&row.try_get_by_index(0)?);
        }
        Ok(beyond)
    }

    async fn is_among(&self, fence: &Fence, reached: Condition, id: Uuid) -> Result<bool> {
        let column = || Expr::col((Alias::new(fence.table), Alias::new("id")));
        let mut rows = Query::select();
        rows.expr(column()).from(Alias::new(fence.table)).cond_where(reached).and_where(column().eq(id));
        Ok(self.tx.query_one(&rows).await?.is_some())
    }
}
