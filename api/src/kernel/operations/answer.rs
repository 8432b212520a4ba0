//! The reply to a write: the item as it now is.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::row::Row;
use serde_json::Value;

use super::show::known;
use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query;
use crate::kernel::resource::change;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;

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

/// Changes an item by `work`, and answers as [`answer`] with what `expand` of the request asks for, read in the same
/// transaction.
///
/// # Errors
/// 400 for a name that the resource does not embed, before anything is read; the errors of `work`.
pub async fn changing<R: Resource>(
    caller: &Caller,
    work: impl AsyncFn(&mut Write) -> Result<RowOf<R>>,
) -> Result<Reply> {
    let names = asked(&caller.request().expand, R::EXPANDS)?;
    Write::run(caller, async |write| {
        let row = work(write).await?;
        changed::<R>(write, &row, &names).await
    })
    .await
}

async fn changed<R: Resource>(write: &Write, row: &RowOf<R>, names: &[&'static str]) -> Result<Reply> {
    let caller = write.caller();
    if names.is_empty() {
        return answer::<R>(caller, row, false);
    }
    let reader = caller.under(R::READ).unwrap_or_else(|| caller.clone());
    let mut item = change::seen::<R>(caller, row)?;
    for &name in names {
        let embedded = R::expand(&reader, write.tx(), name, std::slice::from_ref(row)).await?.pop();
        if let (Some(embedded), Some(item)) = (embedded.filter(|it| !it.is_null()), item.as_object_mut()) {
            item.insert(name.to_owned(), embedded);
        }
    }
    Ok(Reply::ok(&item)?.version_and_hash(row.version()))
}

/// The names asked for, each once, of the ones that a resource embeds. One that embeds nothing is not asked.
fn asked(names: &[String], expands: &[&'static str]) -> Result<Vec<&'static str>> {
    match names.iter().find(|name| !expands.contains(&name.as_str())) {
        Some(unknown) if !expands.is_empty() => Err(query::unknown_value("expand", unknown, expands)),
        _ => Ok(known(expands, names)),
    }
}

fn reply(item: &Value, version: i64, location: Option<String>) -> Result<Reply> {
    let reply = Reply::ok(item)?.version(version);
    Ok(match location {
        Some(location) => Reply { status: StatusCode::CREATED, ..reply }.with(LOCATION, location),
        None => reply,
    })
}
