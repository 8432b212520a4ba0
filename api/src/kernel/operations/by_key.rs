//! An item by a key that people or partner systems know it by: read, created or changed.

use actix_web::http::header::ETAG;
use entity::row::{Meta, Row};
use serde_json::json;
use utoipa::ToSchema;

use super::answer::answer;
use super::crud;
use super::show::Show;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::input::{ByKey, Patch};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::key;
use crate::kernel::resource::traits::{Form, Resource, RowOf};
use crate::kernel::resource::write::Write;

/// The item that has the key of the address, with what `expand` embeds.
///
/// # Errors
/// 404 when it is not there for the caller, or for a system that gives these items no keys; 400 for
/// what is no key.
pub async fn get<R: Resource>(caller: &Caller, address: &ByKey, show: Show<R>) -> Result<Reply> {
    expect_known::<R>(caller, address)?;
    let which = key::condition::<R>(caller, &key::of_address::<R>(address)).ok_or_else(Problem::not_found)?;
    crud::get_one(caller, which, show).await
}

/// Creates the item that has the key of the address, or lays the form over it: a field left out
/// keeps its value, `null` clears it, an archived item is restored.
///
/// # Errors
/// 404 for a system that gives these items no keys; 403 for another system than the caller's; 400
/// for what is no key; 412 for `If-None-Match` where the item is there, or for `If-Match` where it
/// is not, or another version; 422 with every fault of the whole form as it would be; 409 where
/// another item has another of its keys.
pub async fn put<R: Resource>(caller: &Caller, address: &ByKey, form: &Patch<R::Form>) -> Result<Reply> {
    expect_known::<R>(caller, address)?;
    key::expect_own_address::<R>(caller, &address.system)?;
    let once = || put_once::<R>(caller, address, form);
    match once().await {
        // Somebody may have made it meanwhile: then it is there now, to be changed.
        Err(problem) if problem.code() == Code::Duplicate => match once().await {
            Err(problem) if problem.code() == Code::Duplicate => {
                let decoded = caller.state().document.decode::<R::Form>(form.value.clone());
                let Ok(decoded) = decoded else { return Err(problem) };
                let mut wanted = decoded.into_row(Meta::unset());
                R::complete(&mut wanted);
                Err(crud::name_duplicate::<R>(caller, problem, &wanted).await?)
            }
            done => done,
        },
        done => done,
    }
}

/// Refuses a system that gives these items no keys, and what is no value of the field that is a key
/// of its own.
fn expect_known<R: Resource>(caller: &Caller, address: &ByKey) -> Result<()> {
    let ByKey { system, id } = address;
    let document = &caller.state().document;
    if let Some(key) = R::KEY.filter(|key| key.field() == system) {
        let faults = document.check(&R::Form::name(), &json!({ system: key.in_form(id) }))?.into_iter();
        let mut faults = faults.filter(|fault| fault.pointer == format!("/{system}")).peekable();
        return if faults.peek().is_none() { Ok(()) } else { Err(ByKey::refused(faults, |_| "{id}")) };
    }
    if document.has_field(&R::Form::name(), key::EXTERNAL_IDS) {
        return Ok(());
    }
    let known = R::KEY.map_or("none", |key| key.field());
    Err(Problem::new(Code::NotFound, format!("`{system}` gives these items no keys; known is: {known}")))
}

async fn put_once<R: Resource>(caller: &Caller, address: &ByKey, form: &Patch<R::Form>) -> Result<Reply> {
    Write::run(caller, async |write| {
        write.lock_above::<R>(None).await?;
        let key = key::of_address::<R>(address);
        let found = key::rows::<R>(write, std::iter::once(&key)).await?.pop();
        let mut value = form.value.clone();
        if let Some(fields) = value.as_object_mut() {
            key::put::<R>(address, fields, found.is_none())?;
        }
        let Some(before) = found else {
            if caller.request().if_match.is_some() {
                let detail = "nothing has this key yet, and so no version; leave `If-Match` out";
                return Err(Problem::new(Code::StaleVersion, detail));
            }
            let form = caller.state().document.decode::<R::Form>(value)?;
            let row = write.create::<R>(form).await?;
            return answer::<R>(caller, &row, true);
        };
        expect_asked_for::<R>(caller, &before)?;
        write.expect_sent_version(&before)?;
        let row = match write.patched::<R>(&before, &value)? {
            Some(form) => write.update::<R>(before, form).await?,
            None if before.archived_at().is_some() => {
                let form = R::Form::from(&before);
                write.update::<R>(before, form).await?
            }
            None => before,
        };
        answer::<R>(caller, &row, false)
    })
    .await
}

/// Refuses to change what `If-None-Match` says must not be there.
fn expect_asked_for<R: Resource>(caller: &Caller, row: &RowOf<R>) -> Result<()> {
    let version = row.version();
    let Some(sent) = &caller.request().if_none_match else { return Ok(()) };
    if !sent.names_version(version) {
        return Ok(());
    }
    let archived = if row.archived_at().is_some() { ", archived" } else { "" };
    let detail = format!("item {} has this key{archived}", row.id());
    Err(Problem::new(Code::AlreadyThere, detail).header(ETAG, format!("\"{version}\"")))
}
