//! The epoch of the change feed: numbers mean the same only within one, and a restored database
//! begins another.

use sea_orm::{ConnectionTrait, Statement};
use uuid::Uuid;

use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;

/// Returns the epoch, and the number of the hub's last change, if a follower may go on after a number.
///
/// # Errors
/// 410 for a follower of another epoch, or with a number that this hub has not given out: it has to
/// copy what it follows, and then goes on from the number that the problem names.
pub(super) async fn admit(caller: &Caller, sent: Option<Uuid>, after: i64) -> Result<(Uuid, i64)> {
    let (epoch, last) = position(caller.db().read(), caller.hub_id).await?;
    if sent.is_none_or(|sent| sent == epoch) && after <= last {
        return Ok((epoch, last));
    }
    let detail = format!(
        "the database was restored to an earlier state since you last asked: copy everything that you follow, then \
         go on with `epoch={epoch}` and `after={last}`"
    );
    let problem = Problem::new(Code::FeedRestarted, detail);
    Err(problem.member("epoch", epoch.to_string()).member("after", last))
}

/// Returns the epoch, and the number of a hub's last change.
///
/// # Errors
/// When the database is away.
pub async fn position(db: &impl ConnectionTrait, hub_id: Uuid) -> Result<(Uuid, i64)> {
    let ask = "SELECT epoch, (SELECT last FROM change_counter WHERE hub_id = $1) FROM feed_epoch";
    let ask = Statement::from_sql_and_values(db.get_database_backend(), ask, [hub_id.into()]);
    let row = db.query_one_raw(ask).await?;
    let row = row.ok_or_else(|| Problem::internal("the row of `feed_epoch` is missing"))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index::<Option<i64>>(1)?.unwrap_or(0)))
}
