//! The reply to a write: the item as it now is.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::row::Row;
use serde_json::Value;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::{Resource, RowOf};

/// 201 with the new item, its address and its ETag.
///
/// # Errors
/// 500 when the value is no JSON.
fn new_item<R: Resource>(row: &RowOf<R>) -> Result<Reply> {
    let reply = Reply::json(StatusCode::CREATED, &R::from(row))?;
    Ok(reply.with(LOCATION, R::location(row.id())).version(row.version()))
}

/// 200 with the item as it now is, and its ETag.
///
/// # Errors
/// 500 when the value is no JSON.
pub fn item<R: Resource>(row: &RowOf<R>) -> Result<Reply> {
    Ok(Reply::ok(&R::from(row))?.version(row.version()))
}

/// The reply to a write: the item, without what is withheld from the caller.
///
/// # Errors
/// 500 when the item is no JSON.
pub fn answer<R: Resource>(caller: &Caller, row: &RowOf<R>, created: bool) -> Result<Reply> {
    let mut reply = if created { new_item::<R>(row)? } else { item::<R>(row)? };
    if !R::hidden(caller).is_empty() {
        let item = withhold::<R>(caller, R::from(row))?;
        reply.body = Reply::ok(&item)?.body;
    }
    Ok(reply)
}

/// An item without what is withheld from the caller. A reply has the same fields for everybody: these are null.
fn withhold<R: Resource>(caller: &Caller, item: R) -> Result<Value> {
    let mut item = serde_json::to_value(item).map_err(Problem::internal)?;
    for name in <R as Resource>::hidden(caller) {
        if let Some(value) = item.get_mut(*name) {
            *value = Value::Null;
        }
    }
    Ok(item)
}
