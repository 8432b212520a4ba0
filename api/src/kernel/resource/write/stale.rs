//! What the refusal of a stale `If-Match` says about the change that came in between.

use entity::kernel::change;
use entity::people::person;
use sea_orm::sea_query::{Expr, Order, Query};
use sea_orm::{ColumnTrait, ConnectionTrait};
use uuid::Uuid;

use super::Write;
use crate::kernel::base::problem::{LastChange, Problem, Result};
use crate::kernel::caller::permission::Scope;

/// Adds to a refusal when the item of a table was changed last, and by whom.
pub async fn told(write: &Write, (table, id): (&'static str, Uuid), problem: Problem) -> Problem {
    match last_change(write, table, id).await {
        Ok(Some(last)) => match serde_json::to_value(last) {
            Ok(last) => problem.member("last_change", last),
            Err(_) => problem,
        },
        // The refusal stands whether or not the log can be read.
        Ok(None) | Err(_) => problem,
    }
}

async fn last_change(write: &Write, table: &'static str, id: Uuid) -> Result<Option<LastChange>> {
    use change::Column;

    let mut last = Query::select();
    last.columns([Column::RowVersion, Column::At, Column::ActorPersonId].map(|column| (change::Entity, column)))
        .from(change::Entity)
        .and_where(Column::HubId.eq(write.caller().hub_id))
        .and_where(Column::Resource.eq(table))
        .and_where(Column::RowId.eq(id))
        .order_by_expr(Expr::col((change::Entity, Column::Number)), Order::Desc)
        .limit(1);
    let Some(row) = write.tx().query_one(&last).await? else { return Ok(None) };
    let person: Option<Uuid> = row.try_get_by_index(2)?;
    let by = name(write, person).await?;
    Ok(Some(LastChange { version: row.try_get_by_index(0)?, at: row.try_get_by_index(1)?, by }))
}

/// The name of a person, where the caller sees people.
async fn name(write: &Write, person: Option<Uuid>) -> Result<Option<String>> {
    let reader = write.caller().under(Scope::ReadPeople);
    let (Some(id), Some(reader)) = (person, reader) else { return Ok(None) };
    let mut named = reader.statement::<person::Entity>(false);
    named.column((person::Entity, person::Column::Name)).and_where(person::Column::Id.eq(id));
    let row = write.tx().query_one(&named).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}
