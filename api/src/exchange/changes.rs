//! The change feed.

use crate::kernel::base::problem::Result;
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::ReadExchange;
use crate::kernel::caller::tenancy::Can;
use crate::kernel::document::openapi::query::Query;
use crate::kernel::operations::feed::{self, Changes, FeedPosition, FeedQuery};
use crate::routes;

routes! { ReadExchange: list_changes, get_change_position }

/// Follows the changes of the hub.
///
/// Changes come in the order of their commits, archived items included, each with the keys by which
/// partners know the item. A follower that asks again with `after` set to the last `next` misses
/// nothing, even with concurrent writers. Each kind of item is shown under the caller's own scope
/// and reach for it.
///
/// Numbers hold within an epoch, which each reply names. After the database was restored from a
/// backup, numbers are used a second time under another epoch. A follower that sends its `epoch`,
/// or an `after` beyond the last change, then gets 410: it must copy everything that it follows,
/// and continue from the number in the problem.
#[utoipa::path(get, path = "/changes", params(FeedQuery), responses((status = 200, body = Changes)))]
async fn list_changes(can: Can<ReadExchange>, part: Query<FeedQuery>) -> Result<Reply> {
    feed::changes(&can, &part).await
}

/// Says where the change feed ends.
///
/// Ask before a first copy: what changes while the lists are read has a higher number. A follower that
/// goes on with `GET /changes` from here, once the lists are read, misses nothing.
#[utoipa::path(get, path = "/changes/position", responses((status = 200, body = FeedPosition)))]
async fn get_change_position(can: Can<ReadExchange>) -> Result<Reply> {
    feed::end(&can).await
}
