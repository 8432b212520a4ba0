//! The sender: on each instance it looks for webhooks that have something to send, and gives each a run of its own.
//!
//! A webhook belongs to one run at a time, on whichever instance: the run writes its name into the progress of the
//! webhook, and until when it holds. A run that was killed leaves it to another after that time. Runs do not share the
//! places of jobs, so that receivers that are slow keep neither jobs nor requests waiting.

mod connection;
mod outcome;
mod post;
mod queue;
mod record;
mod run;

use std::sync::atomic::Ordering;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use uuid::Uuid;

pub use self::post::Post;
use self::run::Run;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::state::State;

/// How often an instance looks for webhooks that have something to send.
const LOOK: Duration = Duration::from_secs(1);

/// How long a webhook belongs to a run that is silent. A request takes half of it at most.
const HELD: Duration = Duration::from_secs(30);

/// The webhooks, of whichever hub, that have something to send at the moment `$1` and belong to no run: pings first of
/// all, and changes while the webhook is active. Statements on both databases.
const DUE: &str = "\
    SELECT p.hub_id, p.id FROM webhook_progress p \
    WHERE (p.run IS NULL OR p.run_until <= $1) AND ( \
        EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.hub_id = p.hub_id AND d.webhook_id = p.webhook_id \
            AND d.state = 'pending' AND d.number IS NULL) \
        OR p.due_at <= $1 \
        AND EXISTS (SELECT 1 FROM webhook w WHERE w.hub_id = p.hub_id AND w.id = p.webhook_id \
            AND w.state = 'active' AND w.archived_at IS NULL) \
        AND (p.reached < (SELECT c.last FROM change_counter c WHERE c.hub_id = p.hub_id) \
            OR EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.hub_id = p.hub_id AND d.webhook_id = p.webhook_id \
                AND d.state = 'pending')) \
    ) ORDER BY p.due_at LIMIT ";

/// Sends for as long as the instance runs.
pub async fn send_on(state: State) {
    while !state.stopping.load(Ordering::SeqCst) {
        if let Err(problem) = look(&state).await {
            tracing::warn!(%problem, "webhooks could not be looked for");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks for webhooks that have something to send, and lets each send beside the others. Returns how many there were.
///
/// # Errors
/// When the database is away.
pub async fn look(state: &State) -> Result<usize> {
    let free = state.registered::<Post>().free();
    if free == 0 || !any_due(state).await? {
        return Ok(0);
    }
    let taken = take(state, free).await?;
    let count = taken.len();
    for run in taken {
        let Some(place) = state.registered::<Post>().place() else { break };
        state.jobs.start(move || async move {
            let _place = place;
            run.go().await;
        });
    }
    Ok(count)
}

/// Asks without a lock, since most of the time nothing is due.
async fn any_due(state: &State) -> Result<bool> {
    let due = format!("{DUE}1");
    let due = Statement::from_sql_and_values(state.db.backend(), due, [state.clock.now().into()]);
    Ok(state.db.read().query_one_raw(due).await?.is_some())
}

/// Takes up to so many webhooks for runs of this instance.
async fn take(state: &State, most: usize) -> Result<Vec<Run>> {
    let (backend, now, run) = (state.db.backend(), state.clock.now(), Uuid::now_v7());
    let unlocked = if backend == DbBackend::Postgres { " FOR NO KEY UPDATE OF p SKIP LOCKED" } else { "" };
    let take = format!(
        "UPDATE webhook_progress SET run = $2, run_until = $3 WHERE (hub_id, id) IN ({DUE}{most}{unlocked}) \
         RETURNING hub_id, webhook_id"
    );
    let take = Statement::from_sql_and_values(backend, take, [now.into(), run.into(), (now + HELD).into()]);
    let tx = state.db.begin_write().await?;
    let taken = tx.query_all_raw(take).await?;
    state.db.commit(tx).await?;
    let runs = taken.iter().map(|row| {
        let (hub_id, webhook_id) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        Ok(Run { state: state.clone(), hub_id, webhook_id, place: run })
    });
    runs.collect()
}
