//! Editions: what is in use never changes, and the next edition of it is written beside it.

use actix_web::http::header::LOCATION;
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::lifecycle::{self, Lifecycle};
use super::traits::{Resource, RowOf};
use super::transition::Verb;
use super::write::Write;
use crate::kernel::base::problem::{Problem, Result};

/// The columns of a resource.
type ColumnOf<R> = <<R as Resource>::Entity as EntityTrait>::Column;

/// A resource of which there are editions, of one lineage each.
pub trait Editions: Resource {
    /// The column of what all editions of a lineage have in common.
    const LINEAGE: ColumnOf<Self>;

    /// The column that counts the editions of a lineage.
    const EDITION: ColumnOf<Self>;

    /// The column of the state.
    const STATUS: ColumnOf<Self>;

    /// The state in which an edition is written.
    const DRAFT: &'static str;

    /// The lineage of a row, and the number of its edition.
    fn edition(row: &RowOf<Self>) -> (Uuid, i32);
}

/// Refuses a second draft of one lineage: two would become editions of which neither has what the other changed.
///
/// # Errors
/// 409, which names the draft.
pub async fn expect_no_draft<R: Editions>(write: &Write, of: &RowOf<R>) -> Result<()> {
    let (lineage, _) = R::edition(of);
    let drafts = write.caller().rows::<R::Entity>().filter(R::LINEAGE.eq(lineage));
    let drafts = drafts.filter(R::STATUS.eq(R::DRAFT)).filter(R::Entity::id().ne(of.id()));
    let Some(draft) = drafts.one(write.tx()).await? else { return Ok(()) };
    let (id, (_, edition)) = (draft.id(), R::edition(&draft));
    let detail = format!("cannot have another draft: edition {edition} is being written, change that one ({id})");
    Err(Problem::conflict(detail).header(LOCATION, R::location(id)))
}

/// The number of the last edition, archived ones included.
///
/// # Errors
/// When the database is away.
pub async fn last_edition<R: Editions>(write: &Write, of: &RowOf<R>) -> Result<i32> {
    let (lineage, edition) = R::edition(of);
    let all = write.caller().rows_archived::<R::Entity>().filter(R::LINEAGE.eq(lineage));
    let last = all.select_only().column_as(R::EDITION.max(), "last").into_tuple::<Option<i32>>();
    Ok(last.one(write.tx()).await?.flatten().unwrap_or(edition))
}

/// Retires the edition in use, since another one comes into use by a verb.
///
/// # Errors
/// 409 if a newer edition has been in use.
pub async fn retire_before<R: Editions + Lifecycle>(
    write: &mut Write,
    of: &RowOf<R>,
    verb: &Verb,
    retire: &Verb,
) -> Result<()> {
    let (lineage, edition) = R::edition(of);
    let others = write.caller().rows::<<R as Resource>::Entity>().filter(R::LINEAGE.eq(lineage));
    let others = others.filter(R::STATUS.is_in([verb.to, retire.to])).order_by_desc(R::EDITION);
    for other in others.all(write.tx()).await? {
        let (id, (_, newer)) = (other.id(), R::edition(&other));
        if newer > edition {
            let detail =
                format!("cannot {} edition {edition}: edition {newer} came into use after it ({id})", verb.name);
            return Err(Problem::conflict(detail).header(LOCATION, R::location(id)));
        }
        if R::state(&other) == verb.to {
            let other = write.row::<<R as Resource>::Entity>(id).await?;
            // To retire one edition retires no other: it ends here.
            Box::pin(lifecycle::enter::<R>(write, other, retire)).await?;
        }
    }
    Ok(())
}
