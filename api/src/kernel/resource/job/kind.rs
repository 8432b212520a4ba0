//! What a part states about a kind of job.

use std::cell::Cell;
use std::time::Duration;

use entity::kernel::job;
use futures_util::future::{BoxFuture, LocalBoxFuture};

use super::{JobProgress, Stop, Task, heartbeat};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::write::Write;

impl State {
    /// The kinds of jobs that the parts registered.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        self.registered::<Vec<Kind>>()
    }

    /// The kind of job of that name, if this program knows it.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds().iter().find(|kind| kind.name == name)
    }
}

/// A kind of job.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name in the table and in the API.
    pub name: &'static str,
    /// What callers read of a job that was interrupted.
    pub interrupted: &'static str,
    /// How many runs a job may have before it counts as interrupted. A kind with more than one does
    /// its work again from the beginning, which must be safe.
    pub attempts: i32,
    /// How often the work comes round again, for all instances together. The platform then has one job
    /// of the kind.
    pub every: Option<Duration>,
    /// The work, where any instance may take it.
    pub work: Option<Work>,
    /// What the kind's own records need when a job has ended, or jobs have been closed as silent.
    pub follow: Option<Follow>,
}

/// The work of a job that any instance may take.
pub type Work = for<'a> fn(&'a Taken) -> LocalBoxFuture<'a, Result<(), Stop>>;

/// Brings the records of a kind in step with jobs that have ended, in the transaction that ended them.
pub type Follow = for<'a> fn(&'a State, &'a Transaction) -> BoxFuture<'a, Result<()>>;

impl Kind {
    /// A kind that comes round again, and is worked on by whichever instance is first.
    #[must_use]
    pub const fn every(name: &'static str, every: Duration, work: Work) -> Self {
        let interrupted = "the service was stopped while the job ran: it runs again at its next time";
        Self { name, interrupted, attempts: 3, every: Some(every), work: Some(work), follow: None }
    }
}

/// A job that a worker has taken.
#[derive(Debug)]
pub struct Taken {
    /// The service.
    pub state: State,
    /// The job as it was when it was taken.
    pub job: job::Model,
    /// How many items are done.
    pub done: Cell<i64>,
    /// How many items there are to do, where the work has said so.
    pub of: Cell<Option<i64>>,
    pub(super) work: Work,
}

impl Taken {
    /// Says how many items are done already, and how many there are.
    pub fn begin(&self, done: i64, of: i64) {
        self.done.set(done);
        self.of.set(Some(of));
    }

    /// Does a step of the work in a transaction of its own, if the job is still this run's and nobody has cancelled it.
    ///
    /// # Errors
    /// Why the work ends: the job is lost or cancelled, or what the step itself could not do.
    pub async fn step<T>(&self, caller: &Caller, work: impl AsyncFn(&mut Write) -> Result<T>) -> Result<T, Stop> {
        let stored = Write::value_of(caller, async |write| {
            match heartbeat(write.tx(), &self.job, &self.progress(), write.now()).await? {
                None => Ok(Err(Stop::Lost)),
                // A whole job may take less time than passes between two heartbeats.
                Some(true) => Ok(Err(Stop::Cancelled)),
                Some(false) => work(write).await.map(Ok),
            }
        });
        stored.await?
    }

    /// Counts items that are done.
    pub fn count(&self, items: u64) {
        self.done.set(self.done.get().saturating_add_unsigned(items));
    }
}

impl Task for Taken {
    async fn work(&self) -> Result<(), Stop> {
        (self.work)(self).await
    }

    fn progress(&self) -> JobProgress {
        let (done, of) = (self.done.get(), self.of.get());
        let percent = of.filter(|of| *of > 0).and_then(|of| i32::try_from(done.saturating_mul(100) / of).ok());
        JobProgress { percent: percent.map(|percent| percent.min(100)), done, of }
    }
}
