//! What every resource can do, once.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::instant::Instant;
use entity::owned::Owned;
use entity::row::{Meta, Row};
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryResult};
use serde_json::Value;
use uuid::Uuid;

pub use super::answer::{answer, changing, item};
pub use super::batch::run as batch;
pub use super::by_key::{get as get_by_key, put as put_by_key};
pub use super::counts::{run as counts, run_of as counts_over};
pub use super::export::{run as export, run_of as export_over};
pub use super::list::{page as list, page_of as list_over};

use super::show::{self, Embed, Show};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::input::{Json, Patch};
use crate::kernel::caller::refs::Refs;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::children::{self, Ordered};
use crate::kernel::resource::field::{self, Reading};
use crate::kernel::resource::lifecycle::{self, Lifecycle};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Form, Listed, Resource, RowOf};
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::{Sought, Write};

/// One item, with what `expand` embeds.
///
/// # Errors
/// 404 when it is not there for the caller.
pub fn get<L: Listed>(caller: &Caller, id: Uuid, show: Show<L>) -> impl Future<Output = Result<Reply>> {
    get_one(caller, L::Entity::id().eq(id).into(), show)
}

/// The one item that a condition finds, with what `expand` embeds.
///
/// # Errors
/// 404 when it is not there for the caller.
pub fn get_one<L: Listed>(caller: &Caller, which: Condition, show: Show<L>) -> impl Future<Output = Result<Reply>> {
    get_of(caller, caller.statement::<L::Entity>(false).cond_where(which).to_owned(), show)
}

/// The one item that a statement without a column finds, with what `expand` embeds.
///
/// # Errors
/// 404 when it finds none.
pub(super) fn get_of<L: Listed>(
    caller: &Caller,
    mut find: SelectStatement,
    show: Show<L>,
) -> impl Future<Output = Result<Reply>> {
    let reading = Reading::of::<L>(caller, show.fields());
    field::select(&mut find, L::Entity::table(), &["version"]);
    reading.select(&mut find, L::Entity::table());
    show.select(&mut find, &reading);
    let plain = show.is_plain() && reading.withholds_nothing();
    found(caller, find, reading, show.embedded().to_vec(), show::embed::<L>, plain)
}

async fn found(
    caller: &Caller,
    find: SelectStatement,
    reading: Reading,
    expands: Vec<&'static str>,
    embed: Embed,
    plain: bool,
) -> Result<Reply> {
    if expands.is_empty() {
        let rows = caller.db().read().query_all(&find).await?;
        return one_of(&rows, &reading, &[], plain);
    }
    let db = caller.db().snapshot().await?;
    let rows = db.query_all(&find).await?;
    let embedded = embed(caller, &db, &expands, &rows).await?;
    one_of(&rows, &reading, &embedded, false)
}

/// The reply with the one row found, which begins with its version.
fn one_of(
    rows: &[QueryResult],
    reading: &Reading,
    embedded: &[(&'static str, Vec<Value>)],
    plain: bool,
) -> Result<Reply> {
    let row = rows.first().ok_or_else(Problem::not_found)?;
    let version = row.try_get_by_index(0)?;
    let mut item = Vec::with_capacity(1024);
    reading.write(row, 1, show::of_row(embedded, 0), &mut item)?;
    let reply = Reply::written(item);
    Ok(if plain { reply.version(version) } else { reply.version_and_hash(version) })
}

/// Creates an item.
///
/// # Errors
/// 422 with every fault; 409 for a key that is taken, naming the row.
pub async fn create<R: Resource>(caller: &Caller, form: Json<R::Form>) -> Result<Reply> {
    let form = form.into_inner();
    let mut wanted = form.clone().into_row(Meta::unset());
    let done = Write::run(caller, async |write| {
        write.lock_above::<R>(None).await?;
        let row = write.create::<R>(form.clone()).await?;
        answer::<R>(caller, &row, true)
    });
    match done.await {
        Err(problem) if problem.code() == Code::Duplicate => {
            R::complete(&mut wanted);
            Err(name_duplicate::<R>(caller, problem, &wanted).await?)
        }
        done => done,
    }
}

/// Names the row that has the key already, where the caller sees it.
pub(super) async fn name_duplicate<R: Resource>(
    caller: &Caller,
    problem: Problem,
    wanted: &RowOf<R>,
) -> Result<Problem> {
    let Some(same) = R::same_key(wanted) else { return Ok(problem) };
    let mut rows = caller.statement::<R::Entity>(true);
    rows.cond_where(same);
    field::select(&mut rows, R::Entity::table(), &["id", "archived_at"]);
    named(caller, problem, &rows, R::location).await
}

async fn named(
    caller: &Caller,
    problem: Problem,
    rows: &SelectStatement,
    location: fn(Uuid) -> String,
) -> Result<Problem> {
    let Some(row) = caller.db().read().query_one(rows).await? else { return Ok(problem) };
    let (id, archived_at): (Uuid, Option<Instant>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let detail = match archived_at {
        Some(_) => format!("item {id} has this key and is archived: restore it"),
        None => format!("item {id} has this key: change that one"),
    };
    let named = Problem::new(Code::Duplicate, detail).header(LOCATION, location(id));
    Ok(problem.errors().iter().cloned().fold(named, Problem::with))
}

/// Changes an item by a merge patch.
///
/// # Errors
/// 404, 412, 428, 422 with every fault of the item as it would be.
pub async fn update<R: Resource>(caller: &Caller, id: Uuid, patch: Patch<R::Form>) -> Result<Reply> {
    changing::<R>(caller, async |write| {
        let before = write.row_to_change::<R>(id, Sought::Current).await?;
        match write.patched::<R>(&before, &patch.value)? {
            None => Ok(before),
            Some(form) => write.update::<R>(before, form).await,
        }
    })
    .await
}

/// Archives an item: gone from lists, kept in history.
///
/// # Errors
/// 404, 412, 428, and what the resource refuses.
pub async fn archive<R: Resource>(caller: &Caller, id: Uuid) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = write.row_to_change::<R>(id, Sought::Unreferenced).await?;
        let archived_at = Some(write.now());
        let row = set_archived::<R>(write, before, archived_at, Operation::Archive).await?;
        Ok(Reply::empty(StatusCode::NO_CONTENT).version(row.version()))
    })
    .await
}

/// Takes an item out of the archive.
///
/// # Errors
/// 404, 412, 428; 409 when it is not archived.
pub async fn restore<R: Resource>(caller: &Caller, id: Uuid) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = write.row_to_change::<R>(id, Sought::Any).await?;
        if before.archived_at().is_none() {
            return Err(Problem::conflict("cannot restore an item that is not archived"));
        }
        expect_there(write, R::refs(&R::Form::from(&before))).await?;
        let row = set_archived::<R>(write, before, None, Operation::Restore).await?;
        answer::<R>(caller, &row, false)
    })
    .await
}

async fn expect_there(write: &Write, refs: Refs) -> Result<()> {
    let gone = refs.faults(write.caller(), write.tx()).await?;
    if gone.is_empty() {
        return Ok(());
    }
    let problem = Problem::conflict("cannot restore an item that refers to an archived one: restore that first");
    Err(gone.into_iter().fold(problem, Problem::with))
}

async fn set_archived<R: Resource>(
    write: &mut Write,
    before: RowOf<R>,
    archived_at: Option<Instant>,
    operation: Operation,
) -> Result<RowOf<R>> {
    let mut after = before.clone();
    after.set_meta(Meta { archived_at, ..before.meta() });
    write.store::<R>(Some(before), after, operation).await
}

/// Takes an item to the state to which a verb leads, and logs the reason.
///
/// # Errors
/// 404, 412, 428; 409 if the item's state does not allow the verb; what the resource refuses.
pub async fn transition<R: Lifecycle>(caller: &Caller, id: Uuid, verb: &Verb, reason: Option<String>) -> Result<Reply> {
    changing::<R>(caller, async |write| lifecycle::transition::<R>(write, id, verb, reason.clone()).await).await
}

/// Moves an ordered child to another position, and to another parent where `parent_id` names one.
///
/// # Errors
/// 404, 412, 428; what [`children::Root::admit`] and the resource refuse.
pub async fn move_to<R: Ordered>(caller: &Caller, id: Uuid, position: i32, parent_id: Option<Uuid>) -> Result<Reply> {
    Write::run(caller, async |write| {
        let before = write.row_to_change::<R>(id, Sought::Current).await?;
        let row = children::moved::<R>(write, before, position, parent_id).await?;
        answer::<R>(caller, &row, false)
    })
    .await
}
