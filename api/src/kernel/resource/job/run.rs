//! The running of a job, from its beginning to its end.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::Ordering;

use entity::instant::Instant;
use entity::kernel::job::{self, JobState};
use futures_util::FutureExt;

use super::record::{self, End};
use super::{HEARTBEAT, JobProgress, Kind};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::database::db::Transaction;

/// Why a job ends before its time.
#[derive(Debug)]
pub enum Stop {
    /// Somebody has cancelled it.
    Cancelled,
    /// The service is going down.
    Stopping,
    /// Its run was silent for too long, and the job is another's or has ended.
    Lost,
    /// What it works on does not allow it.
    Refused {
        /// What is wrong, for programs.
        code: &'static str,
        /// What is wrong and how to fix it.
        message: String,
    },
    /// What the database or the service could not do.
    Failed(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// The work of one job.
pub trait Task {
    /// Does the work. It may be dropped at any point where it waits.
    fn work(&self) -> impl Future<Output = Result<(), Stop>>;

    /// How far the work has come.
    fn progress(&self) -> JobProgress;

    /// Hears that the job is to be cancelled. True if the work may be dropped, false if it ends
    /// itself soon.
    fn cancel(&self) -> bool {
        true
    }

    /// Brings the kind's own record of the job up to date, in the transaction that does so for the
    /// job; `cancelled` tells whether the job is to be cancelled, `end` how it has ended.
    fn keep(
        &self,
        _tx: &Transaction,
        _now: Instant,
        _cancelled: bool,
        _end: Option<&End>,
    ) -> impl Future<Output = Result<()>> {
        async { Ok(()) }
    }
}

/// Runs a job to its end; the job's record says how it ended.
pub async fn run<T: Task>(state: &State, kind: &Kind, job: &job::Model, task: &T) {
    let ended = tokio::select! {
        ended = caught(task.work()) => ended,
        stop = live(state, job, task) => Err(stop),
    };
    let end = match ended {
        Err(Stop::Lost) => return,
        Ok(()) => Some(End::of(JobState::Finished)),
        Err(Stop::Cancelled) => Some(End::of(JobState::Cancelled)),
        Err(Stop::Refused { code, message }) => Some(End::failed(code, message)),
        Err(Stop::Failed(problem)) => {
            if problem.code().status().is_server_error() {
                tracing::error!(kind = kind.name, job = %job.id, %problem, "a job failed");
            }
            Some(End::failed(problem.code().slug(), problem.detail()))
        }
        // The instance that finds it may go on where its kind allows that.
        Err(Stop::Stopping) => None,
    };
    if let Err(problem) = close(state, kind, job, task, end).await {
        // It is found silent soon, and closed as interrupted.
        tracing::warn!(kind = kind.name, job = %job.id, %problem, "the end of a job could not be recorded");
    }
}

/// Work that panics has failed, and is recorded so.
async fn caught(work: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.unwrap_or_else(|_| Err(Stop::Failed(Problem::internal("the work of a job panicked"))))
}

/// Says every second that the job lives and how far it has come, until it is to end.
async fn live<T: Task>(state: &State, job: &job::Model, task: &T) -> Stop {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if state.stopping.load(Ordering::SeqCst) {
            return Stop::Stopping;
        }
        match beat(state, job, task).await {
            Ok(Some(true)) if task.cancel() => return Stop::Cancelled,
            Ok(Some(_)) => {}
            Ok(None) => return Stop::Lost,
            Err(problem) => tracing::warn!(job = %job.id, %problem, "a job could not say that it lives"),
        }
    }
}

/// Says that the job lives. Returns whether it is to be cancelled; none if it is lost.
async fn beat<T: Task>(state: &State, job: &job::Model, task: &T) -> Result<Option<bool>> {
    let now = state.clock.now();
    let tx = state.db.begin_write().await?;
    let heard = record::heartbeat(&tx, job, &task.progress(), now).await?;
    if let Some(cancelled) = heard {
        task.keep(&tx, now, cancelled, None).await?;
    }
    state.db.commit(tx).await?;
    Ok(heard)
}

/// Closes the record of a job, unless it is closed or another run has the job.
async fn close<T: Task>(state: &State, kind: &Kind, job: &job::Model, task: &T, end: Option<End>) -> Result<()> {
    let now = state.clock.now();
    let tx = state.db.begin_write().await?;
    let Some(cancelled) = record::heartbeat(&tx, job, &task.progress(), now).await? else { return Ok(()) };
    let end = match end {
        Some(end) => record::end(&tx, kind, job, &end, now).await?.map(|()| end),
        None => record::interrupt(&tx, kind, job, now).await?,
    };
    task.keep(&tx, now, cancelled, end.as_ref()).await?;
    if end.is_some()
        && let Some(follow) = kind.follow
    {
        follow(state, &tx).await?;
    }
    state.db.commit(tx).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::base::problem::Code;

    #[actix_web::test]
    async fn work_that_panics_has_failed() {
        let ended = caught(async { panic!("as broken work does") }).await;
        assert!(matches!(ended, Err(Stop::Failed(problem)) if problem.code() == Code::Internal));
        assert!(caught(async { Ok(()) }).await.is_ok());
    }
}
