//! Everything that a hub keeps about one person, as one JSON file, which may be large.

use std::pin::pin;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use entity::instant::Instant;
use entity::kernel::change::{self, Column};
use futures_util::TryStreamExt;
use sea_orm::sea_query::{Alias, Expr, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, ExprTrait, QueryResult, StreamTrait};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::attachment::Download;
use super::repoint::referring;
use super::spool::Spool;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::permission::Reach;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::limit;
use crate::kernel::resource::field::Reading;

/// How much is collected before it is written.
const CHUNK: usize = 1 << 16;

/// How many steps of the person's own the file has: the newest ones.
const MOST: u64 = 100_000;

/// A step that the person took.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepTaken {
    /// Its number in the change log.
    #[schema(minimum = 1, example = 36905)]
    pub number: i64,
    /// When.
    pub at: Instant,
    /// The kind of the item, as the change feed names it.
    #[schema(max_length = 60, example = "visit")]
    pub resource: String,
    /// The item.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What was done to it.
    #[schema(max_length = 60, example = "update")]
    pub operation: String,
}

/// The items of a kind that refer to the person.
#[derive(Debug, Serialize, ToSchema)]
pub struct ItemsAbout {
    /// The kind, as the change feed names it.
    #[schema(max_length = 60, example = "visit")]
    pub resource: String,
    /// The items, archived ones among them, as the API shows them.
    #[schema(value_type = Vec<Object>, max_items = 100_000)]
    pub items: Vec<serde_json::Value>,
}

/// Writes the file: `person` is the item itself, as JSON.
///
/// # Errors
/// As [`Spool::write`]; when the database is away.
pub async fn file(caller: &Caller, id: Uuid, person: &impl Serialize, how: Download) -> Result<HttpResponse> {
    let mut reply = HttpResponse::Ok();
    reply
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"person-{}.json\"", caller.today())));
    if how.head_only {
        return Ok(reply.body(BoxBody::new(Spool::new(caller)?.body(how.line).await?)));
    }
    let db = caller.db().report_snapshot().await?;
    let mut text = Text { spool: Spool::new(caller)?, bytes: Vec::new() };
    text.add(format!("{{\"made_at\":{},\"person\":", json(&caller.now())?).as_bytes()).await?;
    text.add(json(person)?.as_bytes()).await?;
    text.add(b",\"items\":[").await?;
    let mut withheld = Vec::new();
    let mut first = true;
    for followed in caller.state().followed() {
        let mentions = &followed.mentions;
        let Some(condition) = referring(mentions, id) else { continue };
        if !caller.reach(followed.read).has(Reach::HUB) {
            withheld.push(mentions.table);
            continue;
        }
        let column = |name: &'static str| Expr::col((Alias::new(mentions.table), Alias::new(name)));
        let reading = Reading::whole(mentions.fields);
        let mut rows = Query::select();
        reading.select(rows.from(Alias::new(mentions.table)), mentions.table);
        rows.and_where(column("hub_id").eq(caller.hub_id)).cond_where(condition);
        rows.order_by_expr(column("id"), Order::Asc);
        text.add(if first { b"" } else { b"," }).await?;
        text.add(format!("{{\"resource\":\"{}\",\"items\":[", mentions.table).as_bytes()).await?;
        text.rows(&db, &rows, |row, out| reading.write(row, 0, [], out)).await?;
        text.add(b"]}").await?;
        first = false;
    }
    text.add(format!("],\"withheld\":{},\"steps\":[", json(&withheld)?).as_bytes()).await?;
    text.rows(&db, &steps(caller, id), |row, out| {
        let step = StepTaken {
            number: row.try_get_by_index(0)?,
            at: row.try_get_by_index(1)?,
            resource: row.try_get_by_index(2)?,
            id: row.try_get_by_index(3)?,
            operation: row.try_get_by_index(4)?,
        };
        serde_json::to_writer(out, &step).map_err(Problem::internal)
    })
    .await?;
    text.add(b"]}").await?;
    db.rollback().await?;
    Ok(reply.body(BoxBody::new(text.end().await?.body(how.line).await?)))
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Problem::internal)
}

fn steps(caller: &Caller, person: Uuid) -> SelectStatement {
    let mut steps = Query::select();
    steps
        .columns([Column::Number, Column::At, Column::Resource, Column::RowId, Column::Operation])
        .from(change::Entity)
        .and_where(Column::HubId.eq(caller.hub_id))
        .and_where(Column::ActorPersonId.eq(person))
        .order_by(Column::Number, Order::Desc)
        .limit(MOST);
    steps
}

/// Text on its way into the file.
struct Text {
    spool: Spool,
    bytes: Vec<u8>,
}

impl Text {
    async fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() < CHUNK {
            return Ok(());
        }
        self.spool.write(&std::mem::take(&mut self.bytes)).await
    }

    /// Adds each row, separated by commas.
    async fn rows(
        &mut self,
        db: &DatabaseTransaction,
        rows: &SelectStatement,
        write: impl Fn(&QueryResult, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        let statement = ConnectionTrait::get_database_backend(db).build(rows);
        let mut rows = pin!(db.stream_raw(statement).await?);
        let mut first = true;
        while let Some(row) = limit::report(rows.try_next()).await? {
            if !first {
                self.bytes.push(b',');
            }
            first = false;
            write(&row, &mut self.bytes)?;
            self.add(b"").await?;
        }
        Ok(())
    }

    async fn end(mut self) -> Result<Spool> {
        self.spool.write(&self.bytes).await?;
        Ok(self.spool)
    }
}
