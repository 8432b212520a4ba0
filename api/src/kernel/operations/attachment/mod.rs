//! Files attached to items: added, listed, fetched and removed under the reach of the item itself.
//!
//! A resource gains them by implementing [`Attached`] and declaring the routes. A file belongs to the table and the id
//! of its item. It is found only together with the item, so that the item's own rule decides who sees it; who may write
//! the item adds and removes files. The item's history and the feed tell of a file without its content.

mod content;
mod folder;
mod form;
mod inspect;
mod orphans;
mod write;

use std::collections::HashSet;

use entity::kernel::attachment::{self, Column};
use entity::owned::{Fence, Owned};
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait};
use uuid::Uuid;

pub(super) use self::content::whole;
pub use self::content::{AttachmentContent, Download, content};
pub use self::folder::Files;
pub use self::form::{Attachment, AttachmentForm, AttachmentId};
pub use self::orphans::{REMOVE_ORPHANS, remove_orphans};
pub(super) use self::write::withdraw;
pub use self::write::{attach, attach_content, detach};
use super::crud;
use super::list::{self, List};
use super::show::Show;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Reach;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::field;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;

/// A resource whose items have files.
pub trait Attached: Resource {
    /// Decides whether the files of an item may change, by its state for instance.
    fn admit_files(_write: &Write, _item: &RowOf<Self>) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }
}

/// Lists the files of an item.
///
/// # Errors
/// 404 when the item is not there for the caller.
pub async fn list<R: Attached>(caller: &Caller, id: Uuid, list: List<Attachment>) -> Result<Reply> {
    expect_seen(caller.db().read(), item::<R>(caller, id)).await?;
    let rows = files_of::<R>(caller, id, list.archived());
    list::page_of(caller, list, rows).await
}

/// Gets what is known of a file.
///
/// # Errors
/// 404 when the item or the file is not there for the caller.
pub async fn get<R: Attached>(caller: &Caller, id: Uuid, file: Uuid, show: Show<Attachment>) -> Result<Reply> {
    crud::get_of(caller, one_of(files_of::<R>(caller, id, false), file), show).await
}

/// The item as the caller sees it: a statement with its id alone.
fn item<R: Resource>(caller: &Caller, id: Uuid) -> SelectStatement {
    let mut item = caller.statement::<R::Entity>(false);
    field::select(&mut item, R::Entity::table(), &["id"]);
    item.and_where(R::Entity::id().eq(id));
    item
}

/// The files of an item that is there for the caller: a statement without a column. Files that were removed are among
/// them only where they are asked for, and the caller sees the past of the item.
fn files_of<R: Resource>(caller: &Caller, id: Uuid, removed: bool) -> SelectStatement {
    let removed = removed && caller.sees_past(&R::Entity::fence());
    files_in(caller, R::Entity::table(), item::<R>(caller, id), removed)
}

fn files_in(caller: &Caller, table: &str, item: SelectStatement, removed: bool) -> SelectStatement {
    let mut files = Query::select();
    files
        .from(attachment::Entity)
        .and_where(Column::HubId.eq(caller.hub_id))
        .and_where(Column::Collection.eq(table))
        .and_where(Column::ItemId.in_subquery(item));
    if !removed {
        files.and_where(Column::ArchivedAt.is_null());
    }
    files
}

/// The one of these files with an id.
fn one_of(mut files: SelectStatement, id: Uuid) -> SelectStatement {
    files.and_where(Column::Id.eq(id));
    files
}

async fn expect_seen(db: &impl ConnectionTrait, item: SelectStatement) -> Result<()> {
    db.query_one(&item).await?.map(drop).ok_or_else(Problem::not_found)
}

/// Refuses a caller who may not write the item: 404 where it is not even seen, else 403.
async fn expect_written<R: Resource>(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<()> {
    let item = item::<R>(caller, id);
    expect_seen(db, item.clone()).await?;
    expect_reach(caller, db, item, &R::Entity::fence()).await
}

async fn expect_reach(
    caller: &Caller,
    db: &impl ConnectionTrait,
    mut item: SelectStatement,
    fence: &Fence,
) -> Result<()> {
    if caller.reach(caller.scope()).has(Reach::HUB) {
        return Ok(());
    }
    item.cond_where(caller.writes(fence));
    db.query_one(&item).await?.map(drop).ok_or_else(|| caller.beyond_reach("this item"))
}

/// How many files an item has.
async fn count(caller: &Caller, db: &impl ConnectionTrait, table: &str, id: Uuid) -> Result<u64> {
    let item = Query::select().expr(Expr::val(id)).to_owned();
    let mut files = files_in(caller, table, item, false);
    files.expr(Expr::col((Alias::new("attachment"), Column::Id)).count());
    let row = db.query_one(&files).await?.ok_or_else(|| Problem::internal("nothing was counted"))?;
    let count: i64 = row.try_get_by_index(0)?;
    Ok(count.unsigned_abs())
}

/// The files of an item that is there for the caller.
///
/// # Errors
/// When the database is away.
pub async fn ids_of<R: Attached>(caller: &Caller, db: &impl ConnectionTrait, id: Uuid) -> Result<HashSet<Uuid>> {
    let mut files = files_of::<R>(caller, id, false);
    field::select(&mut files, attachment::Entity::table(), &["id"]);
    let found = db.query_all(&files).await?;
    Ok(found.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}
