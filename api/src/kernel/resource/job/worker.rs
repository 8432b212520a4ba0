//! The worker of an instance: it takes jobs that wait, and looks for those that fell silent.
#![expect(clippy::disallowed_methods, reason = "the platform's own jobs")]

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

use entity::identity::hub;
use entity::kernel::job;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use tokio::sync::OwnedSemaphorePermit;

use super::record::{close_silent, take, wait};
use super::{Kind, Taken, run};
use crate::kernel::base::problem::{Code, Result};
use crate::kernel::base::task;
use crate::kernel::caller::permission::PLATFORM_HUB;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::write::Write;

/// How often a worker looks for jobs.
const LOOK: Duration = Duration::from_secs(10);

/// Works on jobs for as long as the instance runs.
pub async fn work_on(state: State) {
    let mut scheduled = false;
    while !state.stopping.load(Ordering::SeqCst) {
        let looked = async {
            scheduled = scheduled || schedule(&state).await?;
            look(&state).await
        };
        if let Err(problem) = looked.await {
            tracing::warn!(%problem, "jobs could not be looked for");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Looks for jobs at once, for one that was just made. Where that fails, a worker finds the job at its next look.
pub fn hurry(state: &State) {
    let state = state.clone();
    task::spawn(async move {
        if let Err(problem) = look(&state).await {
            tracing::warn!(%problem, "jobs could not be looked for");
        }
    });
}

/// Closes jobs that fell silent, and begins those that wait as long as there is a place.
///
/// # Errors
/// 503 when the database is away.
pub async fn look(state: &State) -> Result<()> {
    let tx = state.db.begin_write().await?;
    close_silent(state, &tx).await?;
    state.db.commit(tx).await?;
    while let Some(place) = state.jobs.free_place() {
        let Some(job) = next(state).await? else { break };
        start(state, job, place);
    }
    Ok(())
}

/// Takes the job that has waited longest.
async fn next(state: &State) -> Result<Option<job::Model>> {
    let kinds: Vec<_> = state.kinds().iter().filter(|kind| kind.work.is_some()).map(|kind| kind.name).collect();
    take(state, &kinds).await
}

/// Starts the run of a job that was taken. Others that wait follow it, so that its place is not empty until the next
/// look.
fn start(state: &State, job: job::Model, place: OwnedSemaphorePermit) {
    let own = state.clone();
    state.jobs.start(move || async move {
        let _place = place;
        let mut taken = Some(job);
        while let Some(job) = taken {
            if let Some(kind) = own.kind(&job.kind) {
                work_here(&own, kind, &job).await;
            }
            let waiting = if own.stopping.load(Ordering::SeqCst) { Ok(None) } else { next(&own).await };
            taken = waiting.unwrap_or_else(|problem| {
                tracing::warn!(%problem, "jobs could not be looked for");
                None
            });
        }
    });
}

/// Runs a job that this instance has taken, or made with [`super::begin`], by the work of its kind.
pub async fn work_here(state: &State, kind: &Kind, job: &job::Model) {
    let Some(work) = kind.work else { return };
    let task = Taken { state: state.clone(), job: job.clone(), done: Cell::new(0), of: Cell::new(None), work };
    Box::pin(run(state, kind, job, &task)).await;
}

/// Makes the one job of each kind that comes round again, where there is none. Returns whether the
/// platform's hub is there to hold them, which the first start makes.
async fn schedule(state: &State) -> Result<bool> {
    if missing(state, state.db.read()).await?.is_empty() {
        return Ok(true);
    }
    let platform = Caller::system(state.clone(), PLATFORM_HUB);
    let made = Write::value_of(&platform, async |write| {
        // Another instance waits here, and then finds them.
        write.hold::<hub::Entity>(PLATFORM_HUB).await?;
        for kind in missing(state, write.tx()).await? {
            wait(write, kind).await?;
        }
        Ok(())
    });
    match made.await {
        Err(problem) if problem.code() == Code::NotFound => Ok(false),
        made => made.map(|()| true),
    }
}

/// The kinds that come round again and have no job.
async fn missing<'a>(state: &'a State, db: &impl ConnectionTrait) -> Result<Vec<&'a Kind>> {
    let scheduled = || state.kinds().iter().filter(|kind| kind.every.is_some());
    let there = job::Entity::find()
        .filter(job::Column::HubId.eq(PLATFORM_HUB))
        .filter(job::Column::Kind.is_in(scheduled().map(|kind| kind.name)))
        .all(db)
        .await?;
    Ok(scheduled().filter(|kind| there.iter().all(|job| job.kind != kind.name)).collect())
}
