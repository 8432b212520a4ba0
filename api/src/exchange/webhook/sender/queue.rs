//! The short list of deliveries that a webhook has at a time: the next changes of the log that are for it.

use entity::exchange::webhook_delivery::{self, DeliveryState};
use entity::exchange::webhook_progress;
use entity::instant::Instant;
use entity::kernel::change;
use entity::row::Row;
use sea_orm::sea_query::{Alias, Expr, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, ExprTrait, Iterable, QueryFilter};

use super::super::delivery::fresh;
use super::super::event;
use super::record::held;
use super::run::{Current, Next, Run};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::operations::feed::{self, Change, Visible};
use crate::kernel::resource::write::Write;

/// How many deliveries of a webhook wait at once.
const MOST: u64 = 100;

/// How many numbers of the log are looked through at once.
const SPAN: i64 = 10_000;

/// Puts the next changes into the list, and remembers how far the log was looked through: both or neither.
pub async fn fill(run: &Run, current: &Current) -> Result<Next> {
    use change::Column;

    let Some(reader) = &current.reader else { return Ok(Next::End) };
    let before = current.progress.reached;
    let (epoch, last) = feed::position(run.state.db.read(), run.hub_id).await?;
    let upto = Ord::min(last, before + SPAN);
    if upto <= before {
        return Ok(Next::End);
    }
    let within = event::wanted(&current.webhook).add(Column::Number.gt(before)).add(Column::Number.lte(upto));
    let changes = match Visible::to(reader, &current.webhook.resources) {
        Some(visible) => visible.read(within, MOST).await?,
        None => Vec::new(),
    };
    let full = changes.len() as u64 == MOST;
    let reached = changes.last().filter(|_| full).map_or(upto, |change| change.number);
    let ids: Vec<_> = changes.iter().map(|change| event::message_id(epoch, &current.webhook, change.number)).collect();
    Write::value_of(&run.service(), async |write| {
        // Somebody may have taken the webhook back meanwhile: then it is looked at again.
        let moved = held(run, write.now())
            .col_expr(webhook_progress::Column::Reached, Expr::value(reached))
            .filter(webhook_progress::Column::Reached.eq(before));
        if moved.exec(write.tx()).await?.rows_affected == 1 && !changes.is_empty() {
            put(write, current, &changes, &ids).await?;
        }
        Ok(())
    })
    .await?;
    Ok(Next::On)
}

/// Inserts deliveries. One that is there already, since its change is sent again, waits again.
async fn put(write: &Write, current: &Current, changes: &[Change], ids: &[String]) -> Result<()> {
    use webhook_delivery::{Column, Entity};

    let mut insert = Query::insert();
    insert.into_table(Entity).columns(Column::iter());
    for (change, message_id) in changes.iter().zip(ids) {
        let row = webhook_delivery::Model {
            event_type: event::kind(change),
            number: Some(change.number),
            resource: Some(change.resource.clone()),
            item_id: Some(change.id),
            ..fresh(write, &current.webhook, message_id.clone())
        };
        insert.values(row.values().into_iter().map(Expr::val)).map_err(Problem::internal)?;
    }
    let version = Expr::col((Alias::new("webhook_delivery"), Column::Version)).add(1);
    insert.on_conflict(
        OnConflict::columns([Column::HubId, Column::WebhookId, Column::MessageId])
            .value(Column::Version, version)
            .value(Column::UpdatedAt, Expr::value(write.now()))
            .value(Column::State, Expr::value(DeliveryState::Pending.as_str()))
            .value(Column::Attempts, Expr::value(0))
            .value(Column::EndedAt, Expr::value(Option::<Instant>::None))
            .to_owned(),
    );
    write.tx().execute(&insert).await?;
    Ok(())
}
