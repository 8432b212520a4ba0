//! What a write of one hub does in the other hub of a link. Each function says what it reads or writes there.

use entity::engagement::hub_link::{self, LinkSide};
use entity::engagement::hub_share::{self, ShareStatus};
use entity::identity::hub;
use entity::owned::Owned;
use entity::row::Row;
use sea_orm::sea_query::{Expr, LockType, Order, Query, SelectStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::share::HubShare;
use crate::identity::rules::PLATFORM;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::change::Entry;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;

/// A hub as the other one comes to know it.
pub struct Partner {
    /// Its id, which no caller sees.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
    /// Its name.
    pub name: String,
}

/// The hub of a slug, if there is one. Who proposes a link does not learn whether there is.
///
/// # Errors
/// When the database is away.
pub async fn hub_of(write: &Write, slug: &str) -> Result<Option<Partner>> {
    if slug == PLATFORM {
        return Ok(None);
    }
    one_hub(write, hub::Column::Slug.eq(slug)).await
}

/// The caller's own hub.
///
/// # Errors
/// When the database is away.
pub async fn own_hub(write: &Write) -> Result<Partner> {
    let own = one_hub(write, hub::Column::Id.eq(write.caller().hub_id)).await?;
    own.ok_or_else(|| Problem::internal("the caller's hub is not there"))
}

async fn one_hub(write: &Write, which: Expr) -> Result<Option<Partner>> {
    let mut one = Query::select();
    one.columns([hub::Column::Id, hub::Column::Slug, hub::Column::Name])
        .from(hub::Entity)
        .and_where(which)
        .and_where(hub::Column::ArchivedAt.is_null());
    let Some(row) = write.tx().query_one(&one).await? else { return Ok(None) };
    Ok(Some(Partner { id: row.try_get_by_index(0)?, slug: row.try_get_by_index(1)?, name: row.try_get_by_index(2)? }))
}

/// Makes others wait who write links of the same hubs. Both hubs are locked in the order of their ids, so that two
/// hubs that act at once never cross.
///
/// # Errors
/// When the database is away.
pub async fn hold(write: &Write, hubs: [Uuid; 2]) -> Result<()> {
    let mut both = Query::select();
    both.column(hub::Column::Id).from(hub::Entity).and_where(hub::Column::Id.is_in(hubs));
    write.tx().query_all(&locked(both)).await?;
    Ok(())
}

/// The statement that locks the two hubs of a link, for [`Resource::LOCK`].
pub fn lock(caller: &Caller, id: Uuid) -> SelectStatement {
    let mut partner = Query::select();
    partner
        .column(hub_link::Column::PartnerHubId)
        .from(hub_link::Entity)
        .and_where(hub_link::Column::HubId.eq(caller.hub_id))
        .and_where(hub_link::Column::Id.eq(id));
    let mut both = Query::select();
    both.column(hub::Column::Id)
        .from(hub::Entity)
        .and_where(hub::Column::Id.eq(caller.hub_id).or(hub::Column::Id.in_subquery(partner)));
    locked(both)
}

fn locked(mut hubs: SelectStatement) -> SelectStatement {
    hubs.order_by(hub::Column::Id, Order::Asc).lock(LockType::NoKeyUpdate);
    hubs
}

/// The service as it acts in the other hub of a link.
fn there(write: &Write, hub_id: Uuid) -> Caller {
    Caller::system(write.caller().state().clone(), hub_id)
}

/// The link as the other hub has it, locked; none where the other hub has none.
///
/// # Errors
/// When the database is away.
pub async fn other_side(write: &Write, partner: Uuid, own_slug: &str) -> Result<Option<hub_link::Model>> {
    let links = there(write, partner).rows_archived::<hub_link::Entity>();
    let link = links.filter(hub_link::Column::PartnerSlug.eq(own_slug)).lock(LockType::NoKeyUpdate);
    Ok(link.one(write.tx()).await?)
}

/// Stores a row of either hub, and logs the step in the hub of the row. The reason is only given where both hubs are to
/// read it.
///
/// # Errors
/// When the database is away.
pub async fn store<R: Resource>(
    write: &mut Write,
    before: Option<&RowOf<R>>,
    mut after: RowOf<R>,
    (operation, reason): (Operation, Option<String>),
) -> Result<()> {
    if let Some(before) = before {
        let archived_at = after.archived_at();
        after.set_meta(entity::row::Meta { archived_at, ..write.meta_after(before) });
    }
    R::complete(&mut after);
    match before {
        Some(_) => write.replace_row::<R::Entity>(&after).await?,
        None => write.insert_rows::<R::Entity>(&[&after]).await?,
    }
    let entry = Entry::of::<R>(before, &after, operation, reason)?;
    write.log_in(after.hub_id(), entry);
    Ok(())
}

/// Ends every share by a link as one hub has it. `by` is the side of that hub.
///
/// # Errors
/// When the database is away.
pub async fn end_shares(write: &mut Write, link: &hub_link::Model, by: LinkSide) -> Result<()> {
    use hub_share::Column;

    let shares = there(write, link.hub_id).rows::<hub_share::Entity>().filter(Column::LinkId.eq(link.id));
    let shares = shares.filter(Column::Status.eq(ShareStatus::Active)).order_by_asc(hub_share::Entity::id());
    let before = shares.lock(LockType::NoKeyUpdate).all(write.tx()).await?;
    let after: Vec<_> = before.iter().map(|share| ended(write, share, by)).collect();
    write.replace_rows::<hub_share::Entity>(&after.iter().collect::<Vec<_>>()).await?;
    let reason = write.reason().map(str::to_owned);
    for (before, after) in before.iter().zip(&after) {
        let entry = Entry::of::<HubShare>(Some(before), after, Operation::Verb("end"), reason.clone())?;
        write.log_in(after.hub_id, entry);
    }
    Ok(())
}

/// A share as it is once a side has ended it, for the reason of the write.
pub fn ended(write: &Write, share: &hub_share::Model, by: LinkSide) -> hub_share::Model {
    let mut ended = hub_share::Model {
        status: ShareStatus::Ended,
        ended_at: Some(write.now()),
        ended_by: Some(by),
        end_reason: write.reason().map(str::to_owned),
        ..share.clone()
    };
    ended.set_meta(write.meta_after(share));
    ended
}

/// The share of another hub that a hub has received, locked to be ended.
///
/// # Errors
/// 404 where it is not active any more.
pub async fn share_of(write: &Write, hub_id: Uuid, id: Uuid) -> Result<hub_share::Model> {
    use hub_share::Column;

    let shares = there(write, hub_id).rows::<hub_share::Entity>().filter(Column::Id.eq(id));
    let shares = shares.filter(Column::PartnerHubId.eq(write.caller().hub_id));
    let share = shares.filter(Column::Status.eq(ShareStatus::Active)).lock(LockType::NoKeyUpdate);
    share.one(write.tx()).await?.ok_or_else(Problem::not_found)
}
