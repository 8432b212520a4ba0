//! How long the log of deliveries is kept.
#![expect(clippy::disallowed_methods, reason = "the job looks for old deliveries in all hubs")]

use std::time::Duration;

use entity::exchange::webhook_delivery::{Column, Entity};
use entity::identity::hub;
use entity::instant::Instant;
use sea_orm::sea_query::{Expr, Query as Select};
use sea_orm::{EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::kernel::caller::state::State;
use crate::kernel::prelude::*;
use crate::kernel::resource::job::Kind;

/// How long a delivery is kept after its end.
const KEPT: Duration = Duration::from_hours(24 * 30);

/// So many deliveries are forgotten at once, that nobody who writes waits long.
const AT_ONCE: u64 = 2000;

/// The job that forgets old deliveries.
pub const FORGET: Kind = Kind::every("forget-webhook-deliveries", Duration::from_hours(1), |job| {
    Box::pin(async {
        let before = job.state.clock.now() - KEPT;
        for hub_id in hubs(&job.state, before).await? {
            job.count(forget(&job.state, hub_id, before).await?);
        }
        Ok(())
    })
});

/// The hubs with deliveries that ended before a moment, each found in the index of their ends.
async fn hubs(state: &State, before: Instant) -> Result<Vec<Uuid>> {
    let mut old = Select::select();
    old.expr(Expr::val(1))
        .from(Entity)
        .and_where(Expr::col((Entity, Column::HubId)).equals((hub::Entity, hub::Column::Id)))
        .and_where(Column::EndedAt.lt(before));
    let hubs = hub::Entity::find().filter(Expr::exists(old)).order_by_asc(hub::Column::Id);
    Ok(hubs.select_only().column(hub::Column::Id).into_tuple().all(state.db.read()).await?)
}

/// Forgets the deliveries of a hub that ended before a moment; returns how many there were.
async fn forget(state: &State, hub_id: Uuid, before: Instant) -> Result<u64> {
    let old = Condition::all().add(Column::HubId.eq(hub_id)).add(Column::EndedAt.lt(before));
    let mut some = Select::select();
    some.column(Column::Id).from(Entity).cond_where(old.clone()).limit(AT_ONCE);
    let mut forgotten = 0;
    loop {
        let forget = Entity::delete_many().filter(old.clone()).filter(Column::Id.in_subquery(some.clone()));
        let rows = forget.exec(state.db.write_pool()).await?.rows_affected;
        forgotten += rows;
        if rows < AT_ONCE {
            return Ok(forgotten);
        }
    }
}
