//! What a run writes down: how each request ended, and what follows from it.

use std::time::Duration;

use entity::exchange::webhook::{self, DisabledReason, WebhookState};
use entity::exchange::webhook_delivery::{self, DeliveryAttempt, DeliveryState};
use entity::exchange::webhook_progress::{self, Column};
use entity::instant::Instant;
use entity::list::List;
use entity::row::Row;
use sea_orm::sea_query::{Expr, IntoCondition};
use sea_orm::{ColumnTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::super::{progress, transition};
use super::HELD;
use super::outcome::Outcome;
use super::post::Sent;
use super::run::{Current, Next, Run};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::write::Write;

/// How many attempts the log of a delivery has at most.
const LOGGED: usize = 20;

/// How a delivery ends for which nothing is sent.
#[derive(Clone, Copy, Debug)]
pub enum Given {
    /// The webhook sends nothing, for this reason.
    Up(&'static str),
    /// The partner system does not see the change.
    Withheld,
}

/// Records a request with what follows from it, in one transaction.
///
/// # Errors
/// When the database is away: the request is then sent again, under the same id.
pub async fn record(
    run: &Run,
    current: &mut Current,
    delivery: &webhook_delivery::Model,
    at: Instant,
    sent: &Sent,
) -> Result<Next> {
    let (now, chance) = (run.state.clock.now(), rand::random::<f64>());
    let outcome = match delivery.number {
        Some(_) => Outcome::of_change(&current.progress, delivery.attempts + 1, sent, now, chance),
        None => Outcome::of_ping(&current.progress, sent, now),
    };
    let goes_on = Write::value_of(&run.service(), async |write| {
        if outcome.disable.is_some() {
            // First of all, as by the steps that let it send at once.
            write.row_archived::<webhook::Entity>(run.webhook_id).await?;
        }
        let moved = shift(run, current, delivery, sent, &outcome).exec(write.tx()).await?.rows_affected == 1;
        // Another run that has the webhook records for itself.
        let kept = moved || held(run, now).exec(write.tx()).await?.rows_affected == 1;
        match outcome.disable {
            Some(reason) if moved || reason == DisabledReason::Gone => disable(run, write, reason).await?,
            _ => {}
        }
        if !kept {
            return Ok(false);
        }
        let state = note(write, delivery, &current.webhook.url, at, sent, outcome.state).await?;
        Ok(moved && outcome.disable.is_none() && state != DeliveryState::Pending)
    })
    .await?;
    current.progress.due_at = outcome.due_at;
    current.progress.failing_since = outcome.failing_since;
    current.progress.delivered_at = outcome.delivered_at;
    Ok(if goes_on { Next::On } else { Next::End })
}

/// What follows from a request for the progress. A failure is written down only where the progress is as it was when
/// the request was sent: where somebody has let the webhook send at once meanwhile, that holds.
fn shift(
    run: &Run,
    current: &Current,
    delivery: &webhook_delivery::Model,
    sent: &Sent,
    outcome: &Outcome,
) -> UpdateMany<webhook_progress::Entity> {
    let (before, now) = (&current.progress, run.state.clock.now());
    let shift = held(run, now).col_expr(Column::DeliveredAt, Expr::value(outcome.delivered_at));
    if delivery.number.is_none() {
        return shift;
    }
    let shift = shift
        .col_expr(Column::DueAt, Expr::value(outcome.due_at))
        .col_expr(Column::FailingSince, Expr::value(outcome.failing_since));
    if sent.is_taken() {
        return shift;
    }
    let since = before.failing_since.map(|since| Column::FailingSince.eq(since));
    shift.filter(Column::DueAt.eq(before.due_at)).filter(since.unwrap_or_else(|| Column::FailingSince.is_null()))
}

/// Disables the webhook where it still sends, and says so in the log of changes and in the log of the program.
async fn disable(run: &Run, write: &mut Write, reason: DisabledReason) -> Result<()> {
    let webhook = write.row_archived::<webhook::Entity>(run.webhook_id).await?;
    if webhook.state != WebhookState::Active {
        return Ok(());
    }
    write.because(Some(match reason {
        DisabledReason::Gone => "the receiver answered 410".to_owned(),
        DisabledReason::Failing => "no request has succeeded for five days".to_owned(),
    }));
    transition::disable(write, webhook, reason).await?;
    tracing::warn!(hub = %run.hub_id, webhook = %run.webhook_id, reason = reason.as_str(), "a webhook was disabled");
    Ok(())
}

/// Writes a request into the row of its delivery, where that is still there. Returns its state.
async fn note(
    write: &Write,
    delivery: &webhook_delivery::Model,
    url: &str,
    at: Instant,
    sent: &Sent,
    state: DeliveryState,
) -> Result<DeliveryState> {
    let Some(before) = row(write, delivery.id).await? else { return Ok(state) };
    let (reply_status, reply_body) = match &sent.reply {
        Ok((status, body)) => (Some(i32::from(*status)), Some(body.clone())),
        Err(_) => (None, None),
    };
    let (duration_ms, error) = (millis(sent.took), sent.error());
    let attempt = DeliveryAttempt { at, duration_ms, reply_status, error: error.clone() };
    let mut after = webhook_delivery::Model {
        attempts: before.attempts + 1,
        attempt_log: logged(&before.attempt_log, attempt),
        url: Some(url.to_owned()),
        sent_at: Some(at),
        request_bytes: i32::try_from(sent.bytes).ok(),
        duration_ms: Some(duration_ms),
        reply_status,
        reply_body,
        error,
        ..before.clone()
    };
    // What somebody gave up or put into the queue again meanwhile stays so, unless the receiver has taken it.
    let same = before.state == DeliveryState::Pending && before.attempts == delivery.attempts;
    if same || sent.is_taken() {
        after.state = state;
        after.ended_at = (state != DeliveryState::Pending).then(|| write.now());
    }
    after.set_meta(write.meta_after(&before));
    write.replace_row::<webhook_delivery::Entity>(&after).await?;
    Ok(after.state)
}

/// Ends a delivery for which nothing is sent.
///
/// # Errors
/// When the database is away.
pub async fn give_up(run: &Run, delivery: &webhook_delivery::Model, given: Given) -> Result<()> {
    Write::value_of(&run.service(), async |write| {
        let (state, error) = match given {
            Given::Up(why) => (DeliveryState::Failed, why),
            Given::Withheld => (DeliveryState::Withheld, "the partner system does not see the change"),
        };
        let kept = match given {
            Given::Up(_) => held(run, write.now()),
            // What failed until now is not sent any more.
            Given::Withheld => {
                held(run, write.now()).col_expr(Column::FailingSince, Expr::value(Option::<Instant>::None))
            }
        };
        if kept.exec(write.tx()).await?.rows_affected == 1
            && let Some(before) = row(write, delivery.id).await?
        {
            let (error, ended_at) = (Some(error.to_owned()), Some(write.now()));
            let mut after = webhook_delivery::Model { state, error, ended_at, ..before.clone() };
            after.set_meta(write.meta_after(&before));
            write.replace_row::<webhook_delivery::Entity>(&after).await?;
        }
        Ok(())
    })
    .await
}

/// The row of a delivery, locked; none where it was removed meanwhile, to be sent again in its order.
async fn row(write: &Write, id: Uuid) -> Result<Option<webhook_delivery::Model>> {
    let rows = write.rows_archived::<webhook_delivery::Entity>(webhook_delivery::Column::Id.eq(id).into_condition());
    Ok(rows.await?.into_iter().next())
}

fn logged(log: &[DeliveryAttempt], attempt: DeliveryAttempt) -> List<DeliveryAttempt> {
    let earlier = log.iter().skip((log.len() + 1).saturating_sub(LOGGED)).cloned();
    earlier.chain([attempt]).collect()
}

fn millis(took: Duration) -> i32 {
    i32::try_from(took.as_millis()).unwrap_or(i32::MAX)
}

/// The progress of the webhook as long as it belongs to the run, which holds it for another while.
pub(super) fn held(run: &Run, now: Instant) -> UpdateMany<webhook_progress::Entity> {
    progress::change_of(run.hub_id, run.webhook_id, now)
        .col_expr(Column::RunUntil, Expr::value(now + HELD))
        .filter(Column::Run.eq(run.place))
}

/// Lets the webhook wait before it is looked at again.
///
/// # Errors
/// When the database is away.
pub async fn wait(run: &Run, time: Duration) -> Result<()> {
    Write::value_of(&run.service(), async |write| {
        let due_at = write.now() + time;
        let wait = held(run, write.now()).col_expr(Column::DueAt, Expr::value(due_at));
        wait.filter(Column::DueAt.lt(due_at)).exec(write.tx()).await?;
        Ok(())
    })
    .await
}

/// Leaves the webhook to other runs.
///
/// # Errors
/// When the database is away.
pub async fn release(run: &Run) -> Result<()> {
    Write::value_of(&run.service(), async |write| {
        let free = progress::change_of(run.hub_id, run.webhook_id, write.now())
            .col_expr(Column::Run, Expr::value(Option::<Uuid>::None))
            .col_expr(Column::RunUntil, Expr::value(Option::<Instant>::None))
            .filter(Column::Run.eq(run.place));
        free.exec(write.tx()).await?;
        Ok(())
    })
    .await
}
