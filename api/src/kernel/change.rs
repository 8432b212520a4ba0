//! The log of all changes: audit trail, feed and the source of what is sent to partners.
#![expect(clippy::disallowed_methods, reason = "the log is written here alone")]

use entity::instant::Instant;
use entity::kernel::{change, change_counter};
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{ActiveValue, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::problem::{Problem, Result};
use super::resource::{Resource, RowOf};
use super::tenancy::Caller;

/// What follows a row in any case and says nothing of its own.
const BOOKKEEPING: [&str; 5] = ["id", "version", "created_at", "updated_at", "archived_at"];

/// A change that waits for its number.
#[derive(Debug)]
pub struct Entry {
    resource: &'static str,
    row_id: Uuid,
    row_version: i64,
    keys: Value,
    school_id: Option<Uuid>,
    operation: String,
    reason: Option<String>,
    fields: Value,
}

impl Entry {
    /// The difference that a step made to a row.
    ///
    /// # Errors
    /// 500 when the row is no JSON.
    pub fn of<R: Resource>(
        before: Option<&RowOf<R>>,
        after: &RowOf<R>,
        operation: &str,
        reason: Option<String>,
    ) -> Result<Self> {
        let shown = |row: &RowOf<R>| serde_json::to_value(R::from(row)).map_err(Problem::internal);
        let before = before.map(shown).transpose()?;
        Ok(Self {
            resource: R::Entity::table(),
            row_id: after.id(),
            row_version: after.version(),
            keys: R::keys(after),
            school_id: R::school(after),
            operation: operation.to_owned(),
            reason,
            fields: difference(before.as_ref(), &shown(after)?),
        })
    }

    /// Whether it tells of a change of this field.
    pub(super) fn changes(&self, resource: &str, field: &str) -> bool {
        self.resource == resource && self.fields.get(field).is_some()
    }
}

/// The fields that differ, each with its value before and after.
fn difference(before: Option<&Value>, after: &Value) -> Value {
    let mut fields = Map::new();
    for (name, now) in after.as_object().into_iter().flatten() {
        let was = before.and_then(|before| before.get(name)).unwrap_or(&Value::Null);
        if was != now && !BOOKKEEPING.contains(&name.as_str()) {
            fields.insert(name.clone(), json!({ "before": was, "after": now }));
        }
    }
    Value::Object(fields)
}

/// Appends entries as the last step of a transaction. The numbers are taken under a row lock, so
/// that they follow commits and a follower of the log never sees a later one first.
pub(super) async fn append(caller: &Caller, tx: &DatabaseTransaction, at: Instant, entries: Vec<Entry>) -> Result<()> {
    let Ok(count @ 1..) = i64::try_from(entries.len()) else { return Ok(()) };
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
    let last: i64 = tx
        .query_one(&take)
        .await?
        .ok_or_else(|| Problem::internal("the counter gave no number"))?
        .try_get_by_index(0)?;
    let request_id = Some(caller.request().id.clone()).filter(|id| !id.is_empty());
    let rows: Vec<_> = entries
        .into_iter()
        .zip(last - count + 1..)
        .map(|(entry, number)| change::ActiveModel {
            hub_id: ActiveValue::Set(caller.hub_id),
            number: ActiveValue::Set(number),
            resource: ActiveValue::Set(entry.resource.to_owned()),
            row_id: ActiveValue::Set(entry.row_id),
            row_version: ActiveValue::Set(entry.row_version),
            keys: ActiveValue::Set(entry.keys),
            school_id: ActiveValue::Set(entry.school_id),
            operation: ActiveValue::Set(entry.operation),
            at: ActiveValue::Set(at),
            actor_kind: ActiveValue::Set(caller.actor.kind()),
            actor_id: ActiveValue::Set(caller.actor.id()),
            actor_person_id: ActiveValue::Set(caller.actor.person_id()),
            reason: ActiveValue::Set(entry.reason),
            fields: ActiveValue::Set(entry.fields),
            request_id: ActiveValue::Set(request_id.clone()),
        })
        .collect();
    for some in rows.chunks(500) {
        change::Entity::insert_many(some.iter().cloned()).exec_without_returning(tx).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_logged_and_no_bookkeeping() {
        let before = json!({ "name": "A", "pupils": 3, "version": 1 });
        let after = json!({ "name": "A", "pupils": null, "version": 2 });
        assert_eq!(difference(Some(&before), &after), json!({ "pupils": { "before": 3, "after": null } }));
        assert_eq!(difference(None, &after), json!({ "name": { "before": null, "after": "A" } }));
    }
}
