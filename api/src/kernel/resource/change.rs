//! The log of all changes: audit trail, feed and the source of what is sent to partners.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use entity::instant::Instant;
use entity::kernel::{change, change_counter, import_row};
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{
    Alias, CommonTableExpression, Expr, Func, InsertStatement, OnConflict, Order, Query, SimpleExpr, WithClause,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbBackend, ExprTrait};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::effect::{AT_ONCE, Changed, Effect};
use super::operation::Operation;
use super::write::Write;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::traits::{Resource, RowOf};

/// What follows a row in any case and says nothing of its own.
const BOOKKEEPING: [&str; 5] = ["id", "version", "created_at", "updated_at", "archived_at"];

/// The item of a row, as replies to writes show it too.
///
/// # Errors
/// 500 when it is no JSON.
pub(in crate::kernel) fn item<R: Resource>(row: &RowOf<R>) -> Result<Value> {
    serde_json::to_value(R::from(row)).map_err(Problem::internal)
}

/// The item of a row as a caller sees it: what is withheld from the caller is null.
///
/// # Errors
/// 500 when it is no JSON.
pub(in crate::kernel) fn seen<R: Resource>(caller: &Caller, row: &RowOf<R>) -> Result<Value> {
    let mut item = item::<R>(row)?;
    for name in R::withheld(caller).in_row::<R::Entity>(row) {
        if let Some(value) = item.get_mut(*name) {
            *value = Value::Null;
        }
    }
    Ok(item)
}

/// A change that waits for its number.
#[derive(Debug)]
pub struct Entry {
    pub(super) resource: &'static str,
    pub(super) row_id: Uuid,
    row_version: i64,
    pub(super) keys: Value,
    pub(super) school_id: Option<Uuid>,
    pub(super) operation: Operation,
    reason: Option<String>,
    pub(super) fields: Fields,
}

impl Entry {
    /// The difference that a step made to a row.
    ///
    /// # Errors
    /// 500 when the row is no JSON.
    pub fn of<R: Resource>(
        before: Option<&RowOf<R>>,
        after: &RowOf<R>,
        operation: Operation,
        reason: Option<String>,
    ) -> Result<Self> {
        let before = before.map(item::<R>).transpose()?;
        let fields = Fields::between(before.as_ref(), item::<R>(after)?);
        Ok(Self {
            resource: R::Entity::table(),
            row_id: after.id(),
            row_version: after.version(),
            keys: R::keys(after),
            school_id: R::school(after),
            operation,
            reason,
            fields,
        })
    }

    /// What happens to a row beside its own fields, told as a field of this name: a file that is attached to it, say.
    /// The row keeps its version.
    pub fn beside<R: Resource>(row: &RowOf<R>, operation: Operation, field: &str, difference: Difference) -> Self {
        Self {
            resource: R::Entity::table(),
            row_id: row.id(),
            row_version: row.version(),
            keys: R::keys(row),
            school_id: R::school(row),
            operation,
            reason: None,
            fields: Fields(vec![(field.to_owned(), difference)]),
        }
    }

    /// What a statement over columns does to a row of a table, the last entry about which is known: the id and the
    /// version that it has then, and the fields as columns.
    pub(in crate::kernel) fn over_columns(
        resource: &'static str,
        (row_id, row_version): (Uuid, i64),
        last: Last,
        operation: Operation,
        fields: Vec<(String, Difference)>,
    ) -> Self {
        let Last { keys, school_id, .. } = last;
        Self { resource, row_id, row_version, keys, school_id, operation, reason: None, fields: Fields(fields) }
    }

    /// The change of a resource's field, if the step changes it.
    pub(super) fn change_of(&self, resource: &str, field: &str) -> Option<Changed> {
        let fields = Some(&self.fields).filter(|_| self.resource == resource)?;
        let Difference { before, after } = fields.get(field)?.clone();
        Some(Changed { id: self.row_id, before, after })
    }
}

/// What the last entry about a row has.
#[derive(Debug)]
pub(in crate::kernel) struct Last {
    /// The version of the row.
    pub version: i64,
    /// Its keys.
    pub keys: Value,
    /// Its school.
    pub school_id: Option<Uuid>,
}

/// What the last entries about rows of a table have, by the ids of the rows.
///
/// # Errors
/// When the database is away.
pub(in crate::kernel) async fn latest(write: &Write, table: &str, ids: Vec<Uuid>) -> Result<HashMap<Uuid, Last>> {
    use change::Column;

    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let hub = || Column::HubId.eq(write.caller().hub_id);
    let mut last = Query::select();
    last.expr(Column::Number.max())
        .from(change::Entity)
        .and_where(hub())
        .and_where(Column::Resource.eq(table))
        .and_where(Column::RowId.is_in(ids))
        .group_by_col(Column::RowId);
    let mut rows = Query::select();
    rows.columns([Column::RowId, Column::RowVersion, Column::Keys, Column::SchoolId])
        .from(change::Entity)
        .and_where(hub())
        .and_where(Column::Number.in_subquery(last));
    let rows = write.tx().query_all(&rows).await?;
    let told = rows.iter().map(|row| {
        let (version, keys, school_id) = (row.try_get_by_index(1)?, row.try_get_by_index(2)?, row.try_get_by_index(3)?);
        Ok((row.try_get_by_index(0)?, Last { version, keys, school_id }))
    });
    told.collect()
}

/// The fields that a step changes.
#[derive(Debug)]
pub struct Fields(Vec<(String, Difference)>);

/// What a step makes of a field.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Difference {
    /// Its value until then.
    pub before: Value,
    /// Its value from then on.
    pub after: Value,
}

impl Fields {
    /// Returns the fields of a reply that differ, in its order.
    fn between(before: Option<&Value>, after: Value) -> Self {
        let Value::Object(after) = after else { return Self(Vec::new()) };
        let differ = after.into_iter().filter_map(|(name, after)| {
            let before = before.and_then(|before| before.get(&name)).unwrap_or(&Value::Null);
            let differs = *before != after && !BOOKKEEPING.contains(&name.as_str());
            differs.then(|| (name, Difference { before: before.clone(), after }))
        });
        Self(differ.collect())
    }

    /// The change of one field, if it changes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Difference> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, difference)| difference)
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, difference)| (name, difference)))
    }
}

/// A stretch of an import's staged rows.
#[derive(Clone, Debug)]
pub struct StagedPart {
    /// The hub.
    pub hub_id: Uuid,
    /// The import.
    pub import_id: Uuid,
    /// The rows, by their numbers.
    pub numbers: RangeInclusive<i64>,
}

impl StagedPart {
    /// Its rows.
    #[must_use]
    pub fn rows(&self) -> Condition {
        Condition::all()
            .add(import_row::Column::HubId.eq(self.hub_id))
            .add(import_row::Column::ImportId.eq(self.import_id))
            .add(import_row::Column::Number.between(*self.numbers.start(), *self.numbers.end()))
    }

    /// The rows that are to be written.
    #[must_use]
    pub fn planned(&self) -> Condition {
        self.rows().add(import_row::Column::Planned.is_not_null())
    }

    /// The steps of one table that are to be written.
    #[must_use]
    pub fn planned_of<E: Owned>(&self) -> Condition {
        self.planned().add(import_row::Column::Resource.eq(E::table()))
    }

    /// What is left of it after the row with a number, if there is one.
    pub(in crate::kernel) fn after(&self, number: Option<i64>) -> Option<Self> {
        let numbers = number? + 1..=*self.numbers.end();
        (!numbers.is_empty()).then(|| Self { numbers, ..self.clone() })
    }

    /// The first [`AT_ONCE`] of its rows that change the field of an effect, each with its number.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn changes_of(&self, tx: &Transaction, effect: &Effect) -> Result<Vec<(i64, Changed)>> {
        // A text on both databases, and null where the row does not change the field.
        let change = || Expr::cust(format!("CAST(\"fields\" -> '{}' AS text)", effect.field));
        let mut rows = Query::select();
        rows.columns([import_row::Column::Number, import_row::Column::RowId])
            .expr(change())
            .from(import_row::Entity)
            .cond_where(self.planned())
            .and_where(import_row::Column::Resource.eq(effect.resource))
            .and_where(change().is_not_null())
            .order_by(import_row::Column::Number, Order::Asc)
            .limit(AT_ONCE as u64);
        let rows = tx.query_all(&rows).await?.into_iter();
        let changes = rows.map(|row| {
            let (number, id) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let change: String = row.try_get_by_index(2)?;
            let Difference { before, after } = serde_json::from_str(&change).map_err(Problem::internal)?;
            Ok((number, Changed { id, before, after }))
        });
        changes.collect()
    }
}

/// The version that a staged row gets.
pub(super) fn next_version() -> SimpleExpr {
    Expr::col((import_row::Entity, import_row::Column::BaseVersion)).if_null(0).add(1)
}

/// The statement that takes so many numbers for the hub and gives the last of them. They are taken
/// under a row lock, as the last step of a transaction, so that they follow commits and a follower
/// of the log never sees a later one first.
fn taking(caller: &Caller, count: i64) -> InsertStatement {
    let mut take = Query::insert();
    take.into_table(change_counter::Entity)
        .columns([change_counter::Column::HubId, change_counter::Column::Last])
        .values_panic([caller.hub_id.into(), count.into()])
        .on_conflict(
            OnConflict::column(change_counter::Column::HubId)
                .value(
                    change_counter::Column::Last,
                    Expr::col((change_counter::Entity, change_counter::Column::Last)).add(count),
                )
                .to_owned(),
        )
        .returning_col(change_counter::Column::Last);
    take
}

/// Takes so many numbers for the hub and gives the one before the first of them.
async fn take_numbers(caller: &Caller, tx: &Transaction, count: i64) -> Result<i64> {
    let row = tx.query_one(&taking(caller, count)).await?;
    let row = row.ok_or_else(|| Problem::internal("the counter gave no number"))?;
    let last: i64 = row.try_get_by_index(0)?;
    Ok(last - count)
}

/// The request by which a change is made, where it is one.
fn request_id(caller: &Caller) -> Option<String> {
    Some(caller.request().id.clone()).filter(|id| !id.is_empty())
}

/// The columns of the log that an entry fills, each with its type on PostgreSQL, which takes a value of a select list
/// for text unless told. The number comes before them.
const COLUMNS: [(change::Column, &str); 14] = [
    (change::Column::HubId, "uuid"),
    (change::Column::Resource, "text"),
    (change::Column::RowId, "uuid"),
    (change::Column::RowVersion, "bigint"),
    (change::Column::Keys, "jsonb"),
    (change::Column::SchoolId, "uuid"),
    (change::Column::Operation, "text"),
    (change::Column::At, "bigint"),
    (change::Column::ActorKind, "text"),
    (change::Column::ActorId, "uuid"),
    (change::Column::ActorPersonId, "uuid"),
    (change::Column::Reason, "text"),
    (change::Column::Fields, "jsonb"),
    (change::Column::RequestId, "text"),
];

/// The values of an entry, in the order of [`COLUMNS`].
fn values(caller: &Caller, at: Instant, entry: Entry) -> Result<[sea_orm::Value; COLUMNS.len()]> {
    Ok([
        caller.hub_id.into(),
        entry.resource.into(),
        entry.row_id.into(),
        entry.row_version.into(),
        entry.keys.into(),
        entry.school_id.into(),
        entry.operation.as_str().into(),
        at.as_micros().into(),
        caller.actor.kind().as_str().into(),
        caller.actor.id().into(),
        caller.actor.person_id().into(),
        entry.reason.into(),
        serde_json::to_value(&entry.fields).map_err(Problem::internal)?.into(),
        request_id(caller).into(),
    ])
}

/// A statement that appends to the log, without its values.
fn appending() -> InsertStatement {
    let mut insert = Query::insert();
    let columns = COLUMNS.iter().map(|(column, _)| *column);
    insert.into_table(change::Entity).columns([change::Column::Number].into_iter().chain(columns));
    insert
}

/// Appends entries as the last step of a transaction.
pub(super) async fn append(caller: &Caller, tx: &Transaction, at: Instant, mut entries: Vec<Entry>) -> Result<()> {
    if entries.len() == 1 && tx.get_database_backend() == DbBackend::Postgres {
        return append_one(caller, tx, at, entries.remove(0)).await;
    }
    let Ok(count @ 1..) = i64::try_from(entries.len()) else { return Ok(()) };
    let before = take_numbers(caller, tx, count).await?;
    let mut entries = entries.into_iter().zip(before + 1..).peekable();
    while entries.peek().is_some() {
        let mut insert = appending();
        for (entry, number) in entries.by_ref().take(500) {
            let values = values(caller, at, entry)?.map(Expr::val);
            insert.values([Expr::val(number)].into_iter().chain(values)).map_err(Problem::internal)?;
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

/// Takes a number and appends an entry in one statement: one way to PostgreSQL and back instead of two.
async fn append_one(caller: &Caller, tx: &Transaction, at: Instant, entry: Entry) -> Result<()> {
    let taken = Alias::new("taken");
    let mut row = Query::select();
    row.column((taken.clone(), change_counter::Column::Last)).from(taken.clone());
    for (value, (_, kind)) in values(caller, at, entry)?.into_iter().zip(COLUMNS) {
        row.expr(Expr::val(value).cast_as(kind));
    }
    let mut insert = appending();
    insert.select_from(row).map_err(Problem::internal)?;
    let numbers = CommonTableExpression::new().table_name(taken).query(taking(caller, 1)).to_owned();
    tx.execute(&insert.with(WithClause::new().cte(numbers).to_owned())).await?;
    Ok(())
}

/// Appends the entries of staged rows that were stored, as the last step of a transaction.
pub(super) async fn append_staged(caller: &Caller, tx: &Transaction, at: Instant, part: &StagedPart) -> Result<()> {
    let mut count = Query::select();
    count.expr(Func::count(Expr::col(import_row::Column::Number))).from(import_row::Entity).cond_where(part.planned());
    let counted = tx.query_one(&count).await?.ok_or_else(|| Problem::internal("nothing was counted"))?;
    let counted: i64 = counted.try_get_by_index(0)?;
    if counted == 0 {
        return Ok(());
    }
    let before = take_numbers(caller, tx, counted).await?;
    // PostgreSQL takes a value of a select list for text unless told.
    let postgres = tx.get_database_backend() == DbBackend::Postgres;
    let typed = |value: sea_orm::Value, name: &'static str| {
        if postgres { Expr::val(value).cast_as(name) } else { Expr::val(value) }
    };
    let column = |column: import_row::Column| SimpleExpr::from(Expr::col(column));
    let number = Expr::cust("ROW_NUMBER() OVER (ORDER BY \"number\")").add(before);
    let mut rows = Query::select();
    rows.from(import_row::Entity)
        .expr(column(import_row::Column::HubId))
        .expr(number)
        .expr(column(import_row::Column::Resource))
        .expr(column(import_row::Column::RowId))
        .expr(next_version())
        .expr(column(import_row::Column::Keys))
        .expr(column(import_row::Column::SchoolId))
        .expr(column(import_row::Column::Operation))
        .expr(typed(at.as_micros().into(), "bigint"))
        .expr(typed(caller.actor.kind().as_str().into(), "text"))
        .expr(typed(caller.actor.id().into(), "uuid"))
        .expr(typed(caller.actor.person_id().into(), "uuid"))
        .expr(column(import_row::Column::Fields))
        .expr(typed(request_id(caller).into(), "text"))
        .cond_where(part.planned());
    let mut insert = Query::insert();
    insert.into_table(change::Entity).columns([
        change::Column::HubId,
        change::Column::Number,
        change::Column::Resource,
        change::Column::RowId,
        change::Column::RowVersion,
        change::Column::Keys,
        change::Column::SchoolId,
        change::Column::Operation,
        change::Column::At,
        change::Column::ActorKind,
        change::Column::ActorId,
        change::Column::ActorPersonId,
        change::Column::Fields,
        change::Column::RequestId,
    ]);
    insert.select_from(rows).map_err(Problem::internal)?;
    tx.execute(&insert).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_logged_and_no_bookkeeping() {
        let before = json!({ "name": "A", "pupils": 3, "version": 1 });
        let after = json!({ "name": "A", "pupils": null, "version": 2 });
        let told = |before, after: &Value| json!(Fields::between(before, after.clone()));
        assert_eq!(told(Some(&before), &after), json!({ "pupils": { "before": 3, "after": null } }));
        assert_eq!(told(None, &after), json!({ "name": { "before": null, "after": "A" } }));
    }
}
