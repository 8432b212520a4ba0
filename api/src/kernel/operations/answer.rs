//! The reply to a write: the item as it now is.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::row::Row;
use serde_json::Value;

use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::change;
use crate::kernel::resource::traits::{Resource, RowOf};

/// 200 with the item as it now is, and its ETag.
///
/// # Errors
/// 500 when the value is no JSON.
pub fn item<R: Resource>(row: &RowOf<R>) -> Result<Reply> {
    reply(&change::item::<R>(row)?, row.version(), None)
}

/// The reply to a write: the item, without what is withheld from the caller; for a new one with its address. A reply
/// has the same fields for everybody: those that are withheld are null.
///
/// # Errors
/// 500 when the item is no JSON.
pub fn answer<R: Resource>(caller: &Caller, row: &RowOf<R>, created: bool) -> Result<Reply> {
    reply(&change::seen::<R>(caller, row)?, row.version(), created.then(|| R::location(row.id())))
}

fn reply(item: &Value, version: i64, location: Option<String>) -> Result<Reply> {
    let reply = Reply::ok(item)?.version(version);
    Ok(match location {
        Some(location) => Reply { status: StatusCode::CREATED, ..reply }.with(LOCATION, location),
        None => reply,
    })
}
