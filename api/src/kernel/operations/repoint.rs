//! References to one row turned to another, in every table that has any: two rows turned out to be one.

use sea_orm::sea_query::{Alias, Expr, Func, LockType, Order, Query};
use sea_orm::{Condition, ConnectionTrait, ExprTrait};
use serde_json::Value;
use uuid::Uuid;

use crate::kernel::base::filter::anywhere;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::change::{Difference, Entry, latest};
use crate::kernel::resource::mentions::{Held, Mentions, Place};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::write::Write;

/// A row that refers to the one, and what each of its columns becomes.
struct Turned {
    id: Uuid,
    version: i64,
    columns: Vec<(Place, Difference)>,
}

/// The rows of a table in which a column holds an id, archived or not.
#[must_use]
pub fn referring(mentions: &Mentions, id: Uuid) -> Option<Condition> {
    let column = |name: &'static str| Expr::col((Alias::new(mentions.table), Alias::new(name)));
    let places = (mentions.refers)();
    let holds = |place: &Place| match place.held {
        Held::Json => Expr::expr(Func::lower(column(place.column).cast_as("text"))).like(anywhere(&id.to_string())),
        Held::Plain | Held::Folded => column(place.column).eq(id),
    };
    (!places.is_empty()).then(|| places.iter().map(holds).fold(Condition::any(), Condition::add))
}

/// Turns the references of a table from one row to another. Each row gets a new version and an entry in the log.
/// Returns how many rows that was.
///
/// # Errors
/// 409 where a row would then be there twice.
pub async fn repoint(
    write: &mut Write,
    mentions: &Mentions,
    (from, to): (Uuid, Uuid),
    operation: Operation,
) -> Result<u64> {
    let Some(condition) = referring(mentions, from) else { return Ok(0) };
    let rows = turned(write, mentions, condition, (from, to)).await?;
    let mut known = latest(write, mentions.table, rows.iter().map(|row| row.id).collect()).await?;
    for row in &rows {
        store(write, mentions.table, row).await?;
        let Some(last) = known.remove(&row.id) else { continue };
        let fields = row.columns.iter().map(|(place, difference)| (place.column.to_owned(), difference.clone()));
        write.log(Entry::over_columns(mentions.table, (row.id, row.version), last, operation, fields.collect()));
    }
    Ok(rows.len() as u64)
}

/// The rows as they will be, locked in the order of their ids.
async fn turned(
    write: &Write,
    mentions: &Mentions,
    condition: Condition,
    (from, to): (Uuid, Uuid),
) -> Result<Vec<Turned>> {
    let column = |name: &'static str| Expr::col((Alias::new(mentions.table), Alias::new(name)));
    let places = (mentions.refers)();
    let mut rows = Query::select();
    rows.from(Alias::new(mentions.table)).expr(column("id")).expr(column("version"));
    for place in &places {
        match place.held {
            Held::Json => rows.expr(column(place.column).cast_as("text")),
            Held::Plain | Held::Folded => rows.expr(column(place.column)),
        };
    }
    rows.and_where(column("hub_id").eq(write.caller().hub_id)).cond_where(condition);
    rows.order_by_expr(column("id"), Order::Asc).lock(LockType::NoKeyUpdate);
    let mut all = Vec::new();
    for row in write.tx().query_all(&rows).await? {
        let mut columns = Vec::new();
        for (place, at) in places.iter().zip(2..) {
            let before: Value = match place.held {
                Held::Json => {
                    let text: Option<String> = row.try_get_by_index(at)?;
                    text.map_or(Ok(Value::Null), |text| serde_json::from_str(&text)).map_err(Problem::internal)?
                }
                Held::Plain | Held::Folded => row.try_get_by_index::<Option<Uuid>>(at)?.map_or(Value::Null, id_in_json),
            };
            let mut after = before.clone();
            turn(&mut after, &id_in_json(from), &id_in_json(to));
            if before != after {
                columns.push((*place, Difference { before, after }));
            }
        }
        let version: i64 = row.try_get_by_index(1)?;
        all.push(Turned { id: row.try_get_by_index(0)?, version: version + 1, columns });
    }
    Ok(all)
}

fn id_in_json(id: Uuid) -> Value {
    id.to_string().into()
}

/// Puts one value in place of another, wherever it stands. What a list then has twice by that, it has once. Returns
/// true if it stood somewhere.
fn turn(value: &mut Value, from: &Value, to: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let all: Vec<(bool, Value)> = items.drain(..).map(|mut item| (turn(&mut item, from, to), item)).collect();
            for (turned, item) in &all {
                let there = all.iter().any(|(turned, other)| !turned && other == item) || items.contains(item);
                if !(*turned && there) {
                    items.push(item.clone());
                }
            }
            all.iter().any(|(turned, _)| *turned)
        }
        // All of them, wherever the first one is.
        Value::Object(fields) => {
            fields.values_mut().filter_map(|field| turn(field, from, to).then_some(())).count() > 0
        }
        value if value == from => {
            *value = to.clone();
            true
        }
        _ => false,
    }
}

async fn store(write: &Write, table: &'static str, row: &Turned) -> Result<()> {
    let mut update = Query::update();
    update
        .table(Alias::new(table))
        .value(Alias::new("version"), row.version)
        .value(Alias::new("updated_at"), write.now())
        .and_where(Expr::col(Alias::new("hub_id")).eq(write.caller().hub_id))
        .and_where(Expr::col(Alias::new("id")).eq(row.id));
    for (place, difference) in &row.columns {
        let after = &difference.after;
        match place.held {
            Held::Json => update.value(Alias::new(place.column), after.clone()),
            Held::Plain | Held::Folded => {
                let id = after.as_str().map(Uuid::parse_str).transpose().map_err(Problem::internal)?;
                update.value(Alias::new(place.column), id)
            }
        };
    }
    write.tx().execute(&update).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_turned_wherever_it_stands_and_other_items_stay_as_they_are() {
        let mut value = json!([{ "person_id": "a" }, "a", "b", "c", "c", { "person_id": "b" }]);
        assert!(turn(&mut value, &json!("a"), &json!("b")));
        assert_eq!(value, json!(["b", "c", "c", { "person_id": "b" }]));
        assert!(!turn(&mut value, &json!("a"), &json!("b")));
    }
}
