//! The names and addresses of somebody erased from everything that a hub keeps: rows, files, the log, and what was kept
//! of requests and imports.
//!
//! Nothing else edits what was approved, published or superseded. Structure, references and figures stay.

mod files;
mod sweep;

use entity::kernel::{change, idempotency};
use sea_orm::sea_query::{Alias, Expr, LockType, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait};
use serde_json::{Value, json};
use uuid::Uuid;

pub use self::files::{Searched, search};
pub use self::sweep::{Swept, Texts, chunk};
use crate::kernel::base::filter::anywhere;
use crate::kernel::base::problem::Result;
use crate::kernel::base::spellings::ERASED;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::Write;

/// Texts are erased.
pub const ERASE: Operation = Operation::Verb("erase");

/// Everything with texts that a hub keeps, in the order in which it is gone through. The log comes last, so that what
/// was written meanwhile is gone through as well.
#[must_use]
pub fn everything(state: &State) -> Vec<Texts> {
    let resources = state.followed().iter().filter_map(|one| Texts::of(&one.mentions));
    resources.chain(state.registered::<Vec<Texts>>().clone()).chain(Texts::beside()).collect()
}

/// Every text that the log has of some fields of rows, each with its row.
///
/// # Errors
/// When the database is away.
pub async fn past_texts(write: &Write, resource: &str, ids: &[Uuid], fields: &[&str]) -> Result<Vec<(Uuid, String)>> {
    let mut rows = Query::select();
    rows.columns([change::Column::RowId, change::Column::Fields])
        .from(change::Entity)
        .and_where(change::Column::HubId.eq(write.caller().hub_id))
        .and_where(change::Column::Resource.eq(resource))
        .and_where(change::Column::RowId.is_in(ids.iter().copied()));
    let mut texts = Vec::new();
    for row in write.tx().query_all(&rows).await? {
        let (id, logged): (Uuid, Value) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let differences = fields.iter().filter_map(|field| logged.get(field));
        let sides = differences.flat_map(|one| [one.get("before"), one.get("after")]);
        texts.extend(sides.flatten().filter_map(Value::as_str).map(|text| (id, text.to_owned())));
    }
    Ok(texts)
}

/// Forgets the replies kept for repeated requests in which an item stands: a repetition is then a new request.
///
/// # Errors
/// When the database is away.
pub async fn forget_replies(write: &Write, id: Uuid) -> Result<()> {
    let column = Expr::col((Alias::new("idempotency"), idempotency::Column::Body));
    let replies = Query::delete()
        .from_table(idempotency::Entity)
        .and_where(idempotency::Column::HubId.eq(write.caller().hub_id))
        .and_where(column.like(anywhere(&id.to_string())))
        .to_owned();
    write.tx().execute(&replies).await?;
    Ok(())
}

/// Replaces what the log has of some fields of rows, and empties their keys there.
///
/// # Errors
/// When the database is away.
pub async fn forget_fields(caller: &Caller, resource: &str, ids: &[Uuid], fields: &[&str]) -> Result<()> {
    use change::Column;

    if ids.is_empty() {
        return Ok(());
    }
    let mut rows = Query::select();
    rows.columns([Column::Number, Column::Fields])
        .from(change::Entity)
        .and_where(Column::HubId.eq(caller.hub_id))
        .and_where(Column::Resource.eq(resource))
        .and_where(Column::RowId.is_in(ids.iter().copied()))
        .lock(LockType::NoKeyUpdate);
    Write::value_of(caller, async |write| {
        // A person has few entries of their own.
        for row in write.tx().query_all(&rows).await? {
            let number: i64 = row.try_get_by_index(0)?;
            let mut logged: Value = row.try_get_by_index(1)?;
            for field in fields {
                if let Some(difference) = logged.get_mut(*field) {
                    *difference = json!({ "before": ERASED, "after": ERASED });
                }
            }
            let mut update = Query::update();
            update
                .table(change::Entity)
                .value(Column::Fields, logged)
                .value(Column::Keys, json!({}))
                .and_where(Column::HubId.eq(caller.hub_id))
                .and_where(Column::Number.eq(number));
            write.tx().execute(&update).await?;
        }
        Ok(())
    })
    .await
}
