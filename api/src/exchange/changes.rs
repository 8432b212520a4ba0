//! The change feed.

use actix_web::get;

use crate::kernel::feed::{self, Changes, FeedQuery};
use crate::kernel::openapi::query::Query;
use crate::kernel::permission::ReadExchange;
use crate::kernel::problem::Result;
use crate::kernel::reply::Reply;
use crate::kernel::tenancy::Can;

/// Follows the changes of the hub.
///
/// Changes come in the order of their commits, deletions included, each with the keys by which
/// partners know the item. Whoever asks again with `after` set to the last `next` misses nothing,
/// concurrent writers included. Each kind of item is shown under the caller's own scope and reach
/// for it.
///
/// Numbers hold within an epoch, which each reply names. After the database was restored from a
/// backup, numbers are given out a second time under another epoch. A follower that sends its `epoch`,
/// or an `after` beyond the last change, is then told with 410: it copies everything that it follows,
/// and goes on from the number in the problem.
#[utoipa::path(tag = "exchange", security(("token" = ["exchange:read"])), params(FeedQuery), responses((status = 200, body = Changes)))]
#[get("/changes")]
async fn list_changes(can: Can<ReadExchange>, part: Query<FeedQuery>) -> Result<Reply> {
    feed::changes(&can, &part).await
}
