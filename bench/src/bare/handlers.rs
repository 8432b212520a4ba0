//! What is served, once for each database: sqlx's types differ, the code does not.

use actix_web::HttpResponse;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::ETAG;
use api::kernel::base::encoding::{base64url, from_base64url};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::school::School;

#[derive(Deserialize)]
struct Paging {
    limit: i64,
    cursor: Option<String>,
}

#[derive(Serialize)]
struct Page {
    items: Vec<School>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Patch {
    note: Option<String>,
}

/// Where a page ends, neither signed nor bound to anything.
fn seal(last: &School) -> String {
    base64url(&[last.id.as_bytes(), last.name_key.as_bytes()].concat())
}

fn open(cursor: &str) -> Option<(Uuid, String)> {
    let bytes = from_base64url(cursor)?;
    let (id, key) = bytes.split_at_checked(16)?;
    Some((Uuid::from_slice(id).ok()?, String::from_utf8(key.to_vec()).ok()?))
}

fn page(mut items: Vec<School>, limit: i64) -> actix_web::Result<HttpResponse> {
    let limit = usize::try_from(limit).map_err(ErrorInternalServerError)?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(seal);
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}

fn item(school: &School) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", school.version))).json(school)
}

macro_rules! handlers {
    ($module:ident, $database:ty, $begin:literal, $school:ident, $hub:ident) => {
        pub mod $module {
            use actix_web::error::ErrorInternalServerError;
            use actix_web::http::header::IF_MATCH;
            use actix_web::web::{Data, Json, Path, Query, ServiceConfig};
            use actix_web::{HttpRequest, HttpResponse, Result, get, patch};
            use serde_json::{Value, json};
            use sqlx::{Pool, Row};
            use time::OffsetDateTime;
            use uuid::Uuid;

            use super::super::school::School;
            use super::super::sql::STATEMENTS;
            use super::{Paging, Patch, item, open, page};

            pub struct Pools {
                pub read: Pool<$database>,
                pub write: Pool<$database>,
            }

            pub fn routes(config: &mut ServiceConfig) {
                config.service(get_school).service(list_schools).service(update_school);
            }

            #[get("/hubs/{hub}/schools/{id}")]
            async fn get_school(pools: Data<Pools>, path: Path<(Uuid, Uuid)>) -> Result<HttpResponse> {
                let (hub, id) = path.into_inner();
                let find = sqlx::query_as::<_, School>(STATEMENTS.get.as_str()).bind(hub).bind(id).bind(1_i64);
                let found = find.fetch_optional(&pools.read).await.map_err(ErrorInternalServerError)?;
                Ok(found.map_or_else(|| HttpResponse::NotFound().finish(), |school| item(&school)))
            }

            #[get("/hubs/{hub}/schools")]
            async fn list_schools(pools: Data<Pools>, hub: Path<Uuid>, query: Query<Paging>) -> Result<HttpResponse> {
                let limit = query.limit;
                let find = match query.cursor.as_deref().and_then(open) {
                    None => sqlx::query_as::<_, School>(STATEMENTS.first_page.as_str()).bind(*hub),
                    Some((id, key)) => sqlx::query_as(STATEMENTS.next_page.as_str()).bind(*hub).bind(key).bind(id),
                };
                let found = find.bind(limit + 1).fetch_all(&pools.read).await;
                page(found.map_err(ErrorInternalServerError)?, limit)
            }

            #[patch("/hubs/{hub}/schools/{id}")]
            async fn update_school(
                pools: Data<Pools>,
                path: Path<(Uuid, Uuid)>,
                request: HttpRequest,
                patch: Json<Patch>,
            ) -> Result<HttpResponse> {
                let (hub, id) = path.into_inner();
                let if_match = request.headers().get(IF_MATCH).and_then(|sent| sent.to_str().ok());
                let changed = change(&pools, hub, id, if_match, patch.into_inner()).await;
                changed.map_err(ErrorInternalServerError)
            }

            async fn change(
                pools: &Pools,
                hub: Uuid,
                id: Uuid,
                if_match: Option<&str>,
                patch: Patch,
            ) -> sqlx::Result<HttpResponse> {
                let mut tx = pools.write.begin_with($begin).await?;
                let find = sqlx::query_as::<_, School>(STATEMENTS.$school.as_str()).bind(hub).bind(id).bind(1_i64);
                let Some(before) = find.fetch_optional(&mut *tx).await? else {
                    return Ok(HttpResponse::NotFound().finish());
                };
                if if_match != Some(&format!("\"{}\"", before.version)) {
                    return Ok(HttpResponse::PreconditionFailed().finish());
                }
                let counted = sqlx::query(STATEMENTS.$hub.as_str()).bind(hub).bind(1_i64).fetch_one(&mut *tx).await?;
                let counted: Value = counted.try_get("kinds_in_scope")?;
                let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000;
                let now = i64::try_from(now).unwrap_or(i64::MAX);
                let mut after = before.clone();
                after.note = patch.note;
                after.version += 1;
                after.updated_at = now;
                let kinds = counted.as_array().map_or(&[][..], Vec::as_slice);
                after.in_scope = after.status == "open" && kinds.iter().any(|kind| *kind == after.kind);
                after.bind(sqlx::query(STATEMENTS.update.as_str())).execute(&mut *tx).await?;
                let take = sqlx::query_scalar(STATEMENTS.take_number.as_str()).bind(hub).bind(1_i64).bind(1_i64);
                let number: i64 = take.fetch_one(&mut *tx).await?;
                let keys = json!({
                    "urn": after.urn,
                    "dfe_number": after.dfe_number,
                    "external_ids": after.external_ids,
                });
                sqlx::query(STATEMENTS.log.as_str())
                    .bind(hub)
                    .bind(number)
                    .bind("school")
                    .bind(id)
                    .bind(after.version)
                    .bind(keys)
                    .bind(id)
                    .bind("update")
                    .bind(now)
                    .bind("client")
                    .bind(id)
                    .bind(None::<Uuid>)
                    .bind(None::<&str>)
                    .bind(json!({ "note": { "before": before.note, "after": after.note } }))
                    .bind(Uuid::now_v7().to_string())
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok(item(&after))
            }
        }
    };
}

handlers!(sqlite, sqlx::Sqlite, "BEGIN IMMEDIATE", get, hub);
handlers!(postgres, sqlx::Postgres, "BEGIN", get_locked, hub_held);
