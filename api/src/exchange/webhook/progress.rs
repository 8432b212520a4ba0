//! How far a webhook has come in the log.
#![expect(clippy::disallowed_methods, reason = "progress is kept beside the webhook, without a version or a log entry")]

use std::collections::HashMap;

use entity::exchange::webhook::{self, WebhookState};
use entity::exchange::webhook_delivery::{self, DeliveryState};
use entity::exchange::webhook_progress::{self, Column};
use entity::instant::Instant;
use entity::kernel::change;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{EntityTrait, ExprTrait, QueryFilter, QuerySelect, UpdateMany};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::operations::feed;
use crate::kernel::prelude::*;

/// How far a webhook has come.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookProgress {
    /// The number of the last change that was looked at: it has a delivery, or is not for this webhook.
    #[schema(minimum = 0, example = 36_905)]
    pub reached: i64,
    /// How many later changes the hub's log has, whether or not they are for this webhook.
    #[schema(minimum = 0, example = 0)]
    pub behind: i64,
    /// How many deliveries wait for their turn.
    #[schema(minimum = 0, example = 1)]
    pub pending: i64,
    /// When a request last succeeded.
    pub delivered_at: Option<Instant>,
    /// When the first of the requests failed that have failed in a row; absent where the last one succeeded. Five days
    /// later the webhook is disabled.
    pub failing_since: Option<Instant>,
    /// When the next request is sent, while requests fail.
    pub next_attempt_at: Option<Instant>,
}

/// The progress of webhooks, one value for each row.
///
/// # Errors
/// When the database is away.
pub async fn of(caller: &Caller, db: &impl ConnectionTrait, rows: &[webhook::Model]) -> Result<Vec<Value>> {
    use webhook_delivery::Column as Of;

    let ids = || rows.iter().map(|row| row.id);
    let known = caller.rows::<webhook_progress::Entity>().filter(Column::WebhookId.is_in(ids()));
    let known: HashMap<_, _> = known.all(db).await?.into_iter().map(|one| (one.webhook_id, one)).collect();
    let pending = caller.rows::<webhook_delivery::Entity>().select_only().column(Of::WebhookId);
    let pending = pending.column_as(Of::Id.count(), "pending").filter(Of::WebhookId.is_in(ids()));
    let pending = pending.filter(Of::State.eq(DeliveryState::Pending)).group_by(Of::WebhookId);
    let pending: HashMap<Uuid, i64> = pending.into_tuple().all(db).await?.into_iter().collect();
    let (_, last) = feed::position(db, caller.hub_id).await?;
    let shown = rows.iter().map(|row| {
        let Some(one) = known.get(&row.id) else { return Ok(Value::Null) };
        let retries = one.failing_since.is_some() && row.state == WebhookState::Active;
        let progress = WebhookProgress {
            reached: one.reached,
            behind: Ord::max(last - one.reached, 0),
            pending: pending.get(&row.id).copied().unwrap_or_default(),
            delivered_at: one.delivered_at,
            failing_since: one.failing_since,
            next_attempt_at: retries.then_some(one.due_at),
        };
        serde_json::to_value(progress).map_err(Problem::internal)
    });
    shown.collect()
}

/// Makes the progress of a new webhook, which begins with the changes that come after it.
///
/// # Errors
/// When the database is away.
pub async fn begin(write: &Write, webhook_id: Uuid) -> Result<()> {
    let (_, reached) = feed::position(write.tx(), write.caller().hub_id).await?;
    let meta = write.meta();
    let row = webhook_progress::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        webhook_id,
        reached,
        due_at: write.now(),
        run: None,
        run_until: None,
        failing_since: None,
        delivered_at: None,
    };
    write.insert_rows::<webhook_progress::Entity>(&[&row]).await
}

/// The progress of a webhook, to be changed.
pub(super) fn change_of(hub_id: Uuid, webhook_id: Uuid, now: Instant) -> UpdateMany<webhook_progress::Entity> {
    let next = SimpleExpr::from(Expr::col(Column::Version)).add(1);
    webhook_progress::Entity::update_many()
        .col_expr(Column::Version, next)
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::HubId.eq(hub_id))
        .filter(Column::WebhookId.eq(webhook_id))
}

fn own(write: &Write, webhook_id: Uuid) -> UpdateMany<webhook_progress::Entity> {
    change_of(write.caller().hub_id, webhook_id, write.now())
}

/// Lets a webhook send at once, as if nothing had failed.
///
/// # Errors
/// When the database is away.
pub async fn hurry(write: &Write, webhook_id: Uuid) -> Result<()> {
    let never = Expr::value(Option::<Instant>::None);
    let change = own(write, webhook_id).col_expr(Column::FailingSince, never);
    change.col_expr(Column::DueAt, Expr::value(write.now())).exec(write.tx()).await?;
    Ok(())
}

/// As [`hurry`], with three days for what waits already.
///
/// # Errors
/// When the database is away.
pub async fn begin_again(write: &Write, webhook_id: Uuid) -> Result<()> {
    use webhook_delivery::Column as Of;

    hurry(write, webhook_id).await?;
    let waiting = webhook_delivery::Entity::update_many().col_expr(Of::Attempts, Expr::value(0));
    let waiting = waiting.filter(Of::HubId.eq(write.caller().hub_id)).filter(Of::WebhookId.eq(webhook_id));
    waiting.filter(Of::State.eq(DeliveryState::Pending)).exec(write.tx()).await?;
    Ok(())
}

/// Takes a webhook back to the first change at or after a moment, so that it sends this one and all later ones again.
/// Deliveries of these that wait are removed, since they come again in their order.
///
/// # Errors
/// When the database is away.
pub async fn go_back(write: &Write, webhook_id: Uuid, since: Instant) -> Result<()> {
    use webhook_delivery::Column as Of;

    let hub_id = write.caller().hub_id;
    let first = change::Entity::find().select_only().column_as(change::Column::Number.min(), "first");
    let first = first.filter(change::Column::HubId.eq(hub_id)).filter(change::Column::At.gte(since));
    let first: Option<i64> = first.into_tuple::<Option<i64>>().one(write.tx()).await?.flatten();
    hurry(write, webhook_id).await?;
    let Some(first) = first else { return Ok(()) };
    let back = own(write, webhook_id).col_expr(Column::Reached, Expr::value(first - 1));
    back.filter(Column::Reached.gte(first)).exec(write.tx()).await?;
    let again = Condition::all()
        .add(Of::WebhookId.eq(webhook_id))
        .add(Of::State.eq(DeliveryState::Pending))
        .add(Of::Number.gte(first));
    write.delete_rows::<webhook_delivery::Entity>(again).await
}
