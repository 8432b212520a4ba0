//! Files added to items and removed from them, each with its entry in the item's history.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::kernel::attachment::{self, AttachmentStore};
use entity::kernel::attachment_part;
use entity::owned::Owned;
use entity::row::{Meta, Row};
use sea_orm::sea_query::{Expr, IntoCondition, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult};
use serde_json::{Value, json};
use uuid::Uuid;

use super::form::Attachment;
use super::inspect::Inspected;
use super::{Attached, count, expect_written, files_of, one_of};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::input::{FormFile, Upload};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::change::{Difference, Entry, latest};
use crate::kernel::resource::field;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::RowOf;
use crate::kernel::resource::write::Write;

/// A file is added.
const ATTACH: Operation = Operation::Verb("attach");
/// A file is removed.
const DETACH: Operation = Operation::Verb("detach");

/// The name under which the log has a file.
const FIELD: &str = "attachment";

/// The content stands in the database in parts of so many bytes, and no more of it is in memory at once.
const PART: u64 = 1 << 20;

/// Attaches a file to an item. The file is read only once the caller is known to be allowed to write the item.
///
/// # Errors
/// 404 or 403 outside the caller's reach; 413 for a file that is too large, 415 for a type that is not taken; 409 where
/// the item has as many files as it may have, or its state keeps them as they are.
pub async fn attach<R: Attached>(caller: &Caller, id: Uuid, file: FormFile) -> Result<Reply> {
    expect_written::<R>(caller, caller.db().read(), id).await?;
    let state = caller.state();
    let file = Inspected::of(state.files(), file.read(state.settings.attachment_limit).await?).await?;
    let file_id = Uuid::now_v7();
    state.files().keep(caller.hub_id, file_id, &file.file).await?;
    let done = Write::run_with_value(caller, async |write| {
        let row = attached::<R>(write, id, file_id, &file).await?;
        let reply = Reply::json(StatusCode::CREATED, &Attachment::from(&row))?.version(row.version);
        Ok((reply.with(LOCATION, Attachment::location(R::PATH, id, row.id)), ()))
    });
    let done = done.await;
    let unused = match &done {
        // A repetition got the first reply.
        Ok((_, added)) => added.is_none(),
        // What was refused is not kept. After an error of the server the outcome is unknown, so that the file stays.
        Err(problem) => problem.code().status().is_client_error(),
    };
    if unused {
        state.files().remove(caller.hub_id, file_id).await;
    }
    done.map(|(reply, _)| reply)
}

/// Attaches content to an item as a file with that name, within a write.
///
/// # Errors
/// As [`attach`].
pub async fn attach_content<R: Attached>(write: &mut Write, id: Uuid, name: &str, content: &[u8]) -> Result<()> {
    let state = write.caller().state().clone();
    let file = Inspected::of(state.files(), Upload::of(name, content)?).await?;
    let file_id = write.meta_of::<attachment::Entity>().id;
    state.files().keep(write.caller().hub_id, file_id, &file.file).await?;
    attached::<R>(write, id, file_id, &file).await.map(drop)
}

/// Removes a file from an item: its content for good, while the history of the item still names it.
///
/// # Errors
/// 404 or 403 outside the caller's reach; 412 for a stale version; 409 where the item's state keeps its files.
pub async fn detach<R: Attached>(caller: &Caller, id: Uuid, file: Uuid) -> Result<Reply> {
    let done = Write::run_with_value(caller, async |write| {
        let item = open::<R>(write, id).await?;
        let mut find = one_of(files_of::<R>(caller, id, false), file);
        field::select(&mut find, attachment::Entity::table(), &attachment::Entity::columns());
        let row = write.tx().query_one(&find).await?.ok_or_else(Problem::not_found)?;
        let row = attachment::Model::from_query_result(&row, "")?;
        write.expect_sent_version(&row)?;
        let version = remove(write, &row).await?;
        write.log(told::<R>(&item, DETACH, Some(&row), None));
        Ok((Reply::empty(StatusCode::NO_CONTENT).version(version), row.stored_in))
    });
    let (reply, stored_in) = done.await?;
    if stored_in == Some(AttachmentStore::Folder) {
        caller.state().files().remove(caller.hub_id, file).await;
    }
    Ok(reply)
}

/// Removes a file for the sake of somebody whom it names, in every state of its item. The item's log has the removal
/// without the file's name.
///
/// # Errors
/// When the database fails.
pub(in crate::kernel::operations) async fn withdraw(caller: &Caller, file: &attachment::Model) -> Result<()> {
    let resource = caller.state().followed().iter().map(|one| one.resource).find(|name| *name == file.collection);
    Write::value_of(caller, async |write| {
        // Somebody may have removed it meanwhile.
        let rows =
            write.rows_archived::<attachment::Entity>(attachment::Column::Id.eq(file.id).into_condition()).await?;
        let Some(row) = rows.into_iter().find(|row| row.archived_at.is_none()) else {
            return Ok(());
        };
        remove(write, &row).await?;
        let last = latest(write, &row.collection, vec![row.item_id]).await?.remove(&row.item_id);
        if let (Some(resource), Some(last)) = (resource, last) {
            let difference = Difference { before: json!({ "id": row.id }), after: Value::Null };
            let fields = vec![(FIELD.to_owned(), difference)];
            write.log(Entry::over_columns(resource, (row.item_id, last.version), last, DETACH, fields));
        }
        Ok(())
    })
    .await?;
    if file.stored_in == AttachmentStore::Folder {
        caller.state().files().remove(caller.hub_id, file.id).await;
    }
    Ok(())
}

/// Attaches a file whose content the folder has already, if there is one.
async fn attached<R: Attached>(
    write: &mut Write,
    id: Uuid,
    file_id: Uuid,
    file: &Inspected,
) -> Result<attachment::Model> {
    let item = open::<R>(write, id).await?;
    let row = row_of(write, R::Entity::table(), id, file_id, file);
    add(write, &row, file).await?;
    write.log(told::<R>(&item, ATTACH, None, Some(&row)));
    Ok(row)
}

/// The item, locked, once its files may change.
async fn open<R: Attached>(write: &Write, id: Uuid) -> Result<RowOf<R>> {
    write.lock_above::<R>(Some(id)).await?;
    let item = write.row::<R::Entity>(id).await?;
    expect_written::<R>(write.caller(), write.tx(), id).await?;
    R::admit_files(write, &item).await?;
    Ok(item)
}

fn row_of(write: &Write, table: &str, item: Uuid, id: Uuid, file: &Inspected) -> attachment::Model {
    let caller = write.caller();
    let meta = Meta::first(caller.hub_id, id, write.now());
    let folder = caller.state().files().folder().is_some();
    attachment::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        collection: table.to_owned(),
        item_id: item,
        file_name: file.file_name.clone(),
        media_type: file.media_type,
        size_bytes: file.size_bytes,
        sha256: file.sha256.clone(),
        stored_in: if folder { AttachmentStore::Folder } else { AttachmentStore::Database },
        actor_kind: caller.actor.kind(),
        actor_id: caller.actor.id(),
        added_by_id: caller.actor.person_id(),
    }
}

/// Adds a file to an item that has room for it, with its content where the database keeps that.
async fn add(write: &Write, row: &attachment::Model, file: &Inspected) -> Result<()> {
    let caller = write.caller();
    let most = caller.state().settings.attachments_per_item;
    if count(caller, write.tx(), &row.collection, row.item_id).await? >= most {
        return Err(Problem::conflict(format!("limit reached: an item has at most {most} files; remove one first")));
    }
    write.insert_rows::<attachment::Entity>(std::slice::from_ref(row)).await?;
    if row.stored_in == AttachmentStore::Folder {
        return Ok(());
    }
    for number in 1.. {
        let content = file.part(number == 1, PART).await?;
        if content.is_empty() {
            break;
        }
        let mut part = Query::insert();
        part.into_table(attachment_part::Entity)
            .columns([
                attachment_part::Column::HubId,
                attachment_part::Column::AttachmentId,
                attachment_part::Column::Number,
                attachment_part::Column::Content,
            ])
            .values([row.hub_id.into(), row.id.into(), number.into(), content.into()].map(Expr::val::<sea_orm::Value>))
            .map_err(Problem::internal)?;
        write.tx().execute(&part).await?;
    }
    Ok(())
}

/// Archives a file's row and deletes its content. Returns the version of the row.
async fn remove(write: &Write, row: &attachment::Model) -> Result<i64> {
    let mut after = row.clone();
    after.set_meta(Meta { archived_at: Some(write.now()), ..write.meta_after(row) });
    write.replace_row::<attachment::Entity>(&after).await?;
    let mut parts = Query::delete();
    parts
        .from_table(attachment_part::Entity)
        .and_where(attachment_part::Column::HubId.eq(row.hub_id))
        .and_where(attachment_part::Column::AttachmentId.eq(row.id));
    write.tx().execute(&parts).await?;
    Ok(after.version)
}

/// The entry of the item's log about a file.
fn told<R: Attached>(
    item: &RowOf<R>,
    operation: Operation,
    before: Option<&attachment::Model>,
    after: Option<&attachment::Model>,
) -> Entry {
    let difference = Difference { before: in_log(before), after: in_log(after) };
    Entry::beside::<R>(item, operation, FIELD, difference)
}

fn in_log(row: Option<&attachment::Model>) -> Value {
    row.map_or(Value::Null, |row| {
        json!({
            "id": row.id,
            "file_name": row.file_name,
            "media_type": row.media_type,
            "size_bytes": row.size_bytes,
            "sha256": row.sha256,
        })
    })
}
