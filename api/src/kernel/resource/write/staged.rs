//! Rows that a plan has staged in `import_row`, taken into their tables set by set.
//!
//! However many they are, none of them comes back into the program: a statement copies them from
//! where they are staged, another one writes their entries in the change log.
#![expect(clippy::disallowed_methods, reason = "the fence lets writes through here alone")]

use entity::kernel::import_row;
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Alias, Expr, Func, LockType, OnConflict, Order, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ColumnType, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, QueryFilter,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Write, is_same};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::change::{Entry, Fields, StagedPart, next_version};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{ColumnOf, Resource, RowOf};

/// What a plan makes of one row: an item as it will be, with its entry in the change log.
#[derive(Debug)]
pub struct Staged {
    /// The table.
    pub resource: &'static str,
    /// [`Operation::Create`] or [`Operation::Update`].
    pub operation: Operation,
    /// The item.
    pub row_id: Uuid,
    /// The school that it belongs to.
    pub school_id: Option<Uuid>,
    /// The version that it was planned from; none for an item to be made.
    pub base_version: Option<i64>,
    /// The keys by which people and partners know it.
    pub keys: Value,
    /// The fields that differ.
    pub fields: Fields,
    /// The row, column by column.
    pub planned: Map<String, Value>,
}

impl Staged {
    /// A row as it will be, made by a plan that has checked it; none where nothing would change.
    ///
    /// # Errors
    /// 500 when the row is no JSON.
    pub fn of<R: Resource>(before: Option<&RowOf<R>>, after: &RowOf<R>) -> Result<Option<Self>> {
        if before.is_some_and(|before| is_same(before, after)) {
            return Ok(None);
        }
        let operation = if before.is_some() { Operation::Update } else { Operation::Create };
        let entry = Entry::of::<R>(before, after, operation, None)?;
        Ok(Some(Self {
            resource: entry.resource,
            operation: entry.operation,
            row_id: entry.row_id,
            school_id: entry.school_id,
            base_version: before.map(Row::version),
            keys: entry.keys,
            fields: entry.fields,
            planned: columns::<R::Entity>(after)?,
        }))
    }
}

/// The columns of a row that the database takes over as they are.
fn columns<E: Owned>(row: &E::Model) -> Result<Map<String, Value>> {
    let mut columns = Map::new();
    for column in taken_over::<E>() {
        let value = match row.get(column) {
            sea_orm::Value::Json(Some(value)) => *value,
            sea_orm::Value::Json(None) => continue,
            value if value == value.as_null() => continue,
            value => to_json(&value)?,
        };
        columns.insert(column.as_str().to_owned(), value);
    }
    Ok(columns)
}

/// A value as JSON, from which the database reads its column.
///
/// # Errors
/// 500 for a type that no staged column has.
fn to_json(value: &sea_orm::Value) -> Result<Value> {
    use sea_orm::Value as Cell;

    Ok(match value {
        Cell::Bool(Some(value)) => Value::from(*value),
        Cell::SmallInt(Some(value)) => Value::from(*value),
        Cell::Int(Some(value)) => Value::from(*value),
        Cell::BigInt(Some(value)) => Value::from(*value),
        Cell::Double(Some(value)) => Value::from(*value),
        Cell::String(Some(value)) => Value::from(value.as_str()),
        Cell::Uuid(Some(value)) => Value::from(value.to_string()),
        Cell::TimeDate(Some(value)) => Value::from(value.to_string()),
        value => return Err(Problem::internal(format!("no staged column is {value:?}"))),
    })
}

/// All columns but the key and those that follow from when the row is written.
fn taken_over<E: Owned>() -> impl Iterator<Item = E::Column> {
    let written = [E::version(), E::created_at(), E::updated_at()].map(|column| column.as_str());
    let key: Vec<_> = key::<E>().map(|column| column.as_str()).collect();
    E::Column::iter().filter(move |column| !written.contains(&column.as_str()) && !key.contains(&column.as_str()))
}

fn key<E: Owned>() -> impl Iterator<Item = E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

impl Write {
    /// Stores the staged rows of one resource for a caller whose reach is the hub, and logs the rows of the part at
    /// the end. The rows were planned against versions that [`Write::changed`] has compared.
    ///
    /// # Errors
    /// 409 for a key that is taken.
    pub async fn store_staged<R: Resource>(&mut self, part: &StagedPart) -> Result<()> {
        let backend = self.tx.get_database_backend();
        let staged = |column| SimpleExpr::from(Expr::col((import_row::Entity, column)));
        let now = || SimpleExpr::from(Expr::val(self.now.as_micros()));
        let mut rows = Query::select();
        rows.from(import_row::Entity)
            .expr(staged(import_row::Column::HubId))
            .expr(staged(import_row::Column::RowId))
            .expr(next_version())
            .exprs([now(), now()]);
        for column in taken_over::<R::Entity>() {
            rows.expr(as_column::<R>(backend, column));
        }
        if backend == DbBackend::Postgres {
            let row_type = Expr::cust(format!("NULL::\"{}\"", R::Entity::table()));
            let planned = staged(import_row::Column::Planned);
            rows.from_function(Func::cust("jsonb_populate_record").args([row_type, planned]), Alias::new("as_row"));
        }
        rows.cond_where(part.planned_of::<R::Entity>());
        let first =
            [R::Entity::hub(), R::Entity::id(), R::Entity::version(), R::Entity::created_at(), R::Entity::updated_at()];
        let changed: Vec<_> =
            [R::Entity::version(), R::Entity::updated_at()].into_iter().chain(taken_over::<R::Entity>()).collect();
        let mut insert = Query::insert();
        insert
            .into_table(R::Entity::default())
            .columns(first.into_iter().chain(taken_over::<R::Entity>()))
            .on_conflict(OnConflict::columns(key::<R::Entity>()).update_columns(changed).to_owned());
        insert.select_from(rows).map_err(Problem::internal)?;
        self.tx.execute(&insert).await?;
        self.stored.push((R::Entity::table(), part.clone()));
        Ok(())
    }

    /// Has the staged rows of a part that were stored logged as the last step.
    pub fn log_staged(&mut self, part: StagedPart) {
        self.staged.push(part);
    }

    /// The numbers of staged rows whose items were changed by somebody else since they were planned.
    /// The items are locked until the end.
    pub async fn changed<R: Resource>(&self, part: &StagedPart) -> Result<Vec<i64>> {
        let id = Expr::col((R::Entity::default(), R::Entity::id()));
        let planned = import_row::Column::BaseVersion.is_not_null();
        let mut item = Query::select();
        item.and_where(id.eq(Expr::col((import_row::Entity, import_row::Column::RowId))));
        if self.tx.get_database_backend() == DbBackend::Postgres {
            item.lock(LockType::NoKeyUpdate);
        }
        let beside = self.beside::<R>(part, planned, item).await?;
        Ok(beside.into_iter().filter(|it| it.version != it.base_version).map(|it| it.number).collect())
    }

    /// The numbers of staged rows that are to make an item which somebody else has made since. It is
    /// asked only when the unique index has said that there is one: that is rare, and needs no look
    /// at every row's key.
    pub async fn made<R: Resource>(&self, part: &StagedPart) -> Result<Vec<i64>> {
        let Some(natural) = R::KEY else { return Ok(Vec::new()) };
        let key = Expr::cust(format!("CAST(\"import_row\".\"keys\" ->> '{}' AS integer)", natural.field()));
        let mut item = Query::select();
        item.and_where(Expr::col((R::Entity::default(), natural.column)).eq(key));
        let beside = self.beside::<R>(part, import_row::Column::BaseVersion.is_null(), item).await?;
        Ok(beside.into_iter().filter(|it| it.version.is_some()).map(|it| it.number).collect())
    }

    /// Staged rows with the version of the item that `item` finds for each of them, in the order of
    /// their items. The items are looked up row by row: a join would leave the choice to a planner
    /// that knows nothing of a table filled a moment ago, and reads a hub's items for each row.
    async fn beside<R: Resource>(
        &self,
        part: &StagedPart,
        which: SimpleExpr,
        mut item: SelectStatement,
    ) -> Result<Vec<Beside>> {
        use import_row::Column;

        item.column((R::Entity::default(), R::Entity::version()))
            .from(R::Entity::default())
            .and_where(Expr::col((R::Entity::default(), R::Entity::hub())).eq(part.hub_id));
        let mut staged = Query::select();
        staged
            .columns([Column::Number, Column::RowId, Column::BaseVersion, Column::Keys])
            .from(import_row::Entity)
            .cond_where(part.planned_of::<R::Entity>().add(which))
            .order_by(Column::RowId, Order::Asc);
        let mut beside = Query::select();
        beside
            .columns([Column::Number, Column::BaseVersion])
            .expr(Expr::SubQuery(None, Box::new(item.into())))
            .from_subquery(staged, import_row::Entity);
        let rows = self.tx.query_all(&beside).await?.into_iter();
        let beside = rows.map(|row| {
            Ok(Beside {
                number: row.try_get_by_index(0)?,
                base_version: row.try_get_by_index(1)?,
                version: row.try_get_by_index(2)?,
            })
        });
        beside.collect()
    }

    /// Takes back what was planned for a staged row, and says the outcome instead: why, as a
    /// code and a message, and the item that was made or changed, if one was.
    pub async fn restage(
        &self,
        part: &StagedPart,
        number: i64,
        outcome: import_row::ImportOutcome,
        why: Option<(String, String)>,
        item: Option<Uuid>,
    ) -> Result<()> {
        let (code, message) = why.unzip();
        let mut update = import_row::Entity::update_many()
            .col_expr(import_row::Column::Planned, Expr::val(Option::<Value>::None))
            .col_expr(import_row::Column::Outcome, Expr::val(outcome.as_str()))
            .col_expr(import_row::Column::Code, Expr::val(code))
            .col_expr(import_row::Column::Message, Expr::val(message))
            .col_expr(import_row::Column::RowId, Expr::val(item))
            .filter(part.rows())
            .filter(import_row::Column::Number.eq(number));
        if item.is_none() {
            update = update
                .col_expr(import_row::Column::Resource, Expr::val(Option::<String>::None))
                .col_expr(import_row::Column::Fields, Expr::val(Option::<Value>::None));
        }
        update.exec(&self.tx).await?;
        Ok(())
    }
}

/// A staged row beside the item as it is now.
struct Beside {
    number: i64,
    /// The version that it was planned from.
    base_version: Option<i64>,
    /// The version that the item has, if there is one.
    version: Option<i64>,
}

/// A column of the row that is staged.
fn as_column<R: Resource>(backend: DbBackend, column: ColumnOf<R>) -> SimpleExpr {
    let name = column.as_str();
    if backend == DbBackend::Postgres {
        return Expr::col((Alias::new("as_row"), column));
    }
    Expr::cust(match column.def().get_column_type() {
        ColumnType::Uuid => format!("unhex(\"planned\" ->> '{name}', '-')"),
        ColumnType::Json | ColumnType::JsonBinary => format!("json_extract(\"planned\", '$.{name}')"),
        _ => format!("\"planned\" ->> '{name}'"),
    })
}
