//! How a write is run: its attempts, the order of what a transaction does, and how it ends.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use actix_web::http::StatusCode;
use futures_util::future::LocalBoxFuture;

use super::{Write, stale};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::change;
use crate::kernel::resource::idempotency::{self, Admission};

/// How often a write is begun that loses a race against others.
const ATTEMPTS: u32 = 3;

/// How long it waits before it is begun again, so that the winner gets on.
const PAUSE: Duration = Duration::from_millis(20);

/// How a transaction is to end.
enum Outcome {
    /// It is committed.
    Kept(Reply),
    /// It leaves nothing.
    Left(Reply),
}

/// How a transaction ended.
struct Ended {
    done: Result<Reply>,
    /// True if it failed only since others did the same at the same time.
    lost_race: bool,
}

/// What is done within a transaction: the seam at which each handler's own code begins.
trait Work {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>>;

    /// Forgets the value of an attempt that was rolled back.
    fn forget(&mut self) {}
}

impl<F: AsyncFn(&mut Write) -> Result<Reply>> Work for F {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>> {
        Box::pin(self(write))
    }
}

/// Work that gives a value beside its reply.
struct WithValue<F, T> {
    work: F,
    value: Option<T>,
}

impl<T, F: AsyncFn(&mut Write) -> Result<(Reply, T)>> Work for WithValue<F, T> {
    fn go<'a>(&'a mut self, write: &'a mut Write) -> LocalBoxFuture<'a, Result<Reply>> {
        Box::pin(async {
            let (reply, value) = (self.work)(write).await?;
            self.value = Some(value);
            Ok(reply)
        })
    }

    fn forget(&mut self) {
        self.value = None;
    }
}

impl Write {
    /// Runs `work` in a transaction and commits it with its log; an error leaves nothing. Where
    /// PostgreSQL ends the transaction for the sake of another (a deadlock, an order that cannot be
    /// kept), the work is done again from the beginning, twice at most. So it changes nothing outside itself, not even
    /// a variable: what it finds out is given back, by [`Write::run_with_value`] or [`Write::value_of`].
    ///
    /// # Errors
    /// The errors of `work`; 409 or 422 for an `Idempotency-Key` in flight or used for another request.
    pub async fn run(caller: &Caller, mut work: impl AsyncFn(&mut Self) -> Result<Reply>) -> Result<Reply> {
        Self::attempts(caller, &mut work).await
    }

    /// Runs work as [`Write::run`] does, and returns the value that it gives beside its reply. There is none where the
    /// reply is that of an earlier request with the same `Idempotency-Key`.
    ///
    /// # Errors
    /// As [`Write::run`].
    pub async fn run_with_value<T>(
        caller: &Caller,
        work: impl AsyncFn(&mut Self) -> Result<(Reply, T)>,
    ) -> Result<(Reply, Option<T>)> {
        let mut with_value = WithValue { work, value: None };
        let reply = Self::attempts(caller, &mut with_value).await?;
        Ok((reply, with_value.value))
    }

    /// Runs work of the service, which has no reply, as [`Write::run`] does, and returns its value.
    ///
    /// # Errors
    /// The errors of `work`.
    pub async fn value_of<T>(caller: &Caller, work: impl AsyncFn(&mut Self) -> Result<T>) -> Result<T> {
        let replying = async |write: &mut Self| Ok((Reply::empty(StatusCode::NO_CONTENT), work(write).await?));
        let (_, value) = Self::run_with_value(caller, replying).await?;
        value.ok_or_else(|| Problem::internal("work of the service was taken for a request that was sent again"))
    }

    async fn attempts(caller: &Caller, work: &mut dyn Work) -> Result<Reply> {
        for attempt in 1..ATTEMPTS {
            let ended = Self::once(caller, work).await;
            if !ended.lost_race {
                return ended.done;
            }
            tracing::debug!(attempt, "a write lost a race and is begun again");
            work.forget();
            tokio::time::sleep(PAUSE * attempt).await;
        }
        Self::once(caller, work).await.done
    }

    async fn once(caller: &Caller, work: &mut dyn Work) -> Ended {
        let tx = match caller.db().begin_write_of(caller.hub_id).await {
            Ok(tx) => tx,
            Err(error) => return Ended { done: Err(error.into()), lost_race: false },
        };
        let mut write = Self {
            tx,
            caller: caller.clone(),
            now: caller.now(),
            reason: None,
            warnings: Vec::new(),
            example_ids: false,
            log: Vec::new(),
            elsewhere: BTreeMap::new(),
            staged: Vec::new(),
            stored: Vec::new(),
            undone: false,
            stale: OnceLock::new(),
        };
        let done = write.through(work).await;
        let lost_race = done.is_err() && write.tx.lost_race().await;
        let done = match done {
            Ok(Outcome::Kept(reply)) => caller.db().commit(write.tx).await.map(|()| reply).map_err(Problem::from),
            // Waited for, so that another attempt does not meet the locks of this one.
            Ok(Outcome::Left(reply)) => {
                write.tx.rollback().await;
                Ok(reply)
            }
            Err(problem) => {
                write.tx.rollback().await;
                caller.db().note(&problem);
                Err(problem)
            }
        };
        Ended { done, lost_race }
    }

    /// Goes through a transaction up to its end.
    async fn through(&mut self, work: &mut dyn Work) -> Result<Outcome> {
        let key = match idempotency::admit(&self.caller, &self.tx, self.now).await? {
            Admission::Replay(reply) => return Ok(Outcome::Left(reply)),
            Admission::Go(key) => key,
        };
        let reply = match work.go(self).await {
            Err(problem) if problem.code() == Code::StaleVersion => {
                return Err(match self.stale.get() {
                    Some(item) => stale::told(self, *item, problem).await,
                    None => problem,
                });
            }
            done => done?,
        };
        self.follow_up().await?;
        let warnings: Vec<_> = self.take_warnings().into_iter().map(|(_, warning)| warning).collect();
        let reply = if warnings.is_empty() { reply } else { reply.and_field("warnings", &warnings)? };
        if self.undone {
            return Ok(Outcome::Left(reply));
        }
        if let Some(key) = key {
            idempotency::record(key, &self.tx, &reply, self.now).await?;
        }
        // First the staged rows, so that a follower of the log reads causes before their effects.
        for part in &self.staged {
            change::append_staged(&self.caller, &self.tx, self.now, part).await?;
        }
        self.append_log().await?;
        Ok(Outcome::Kept(reply))
    }

    /// Appends the entries to the log of each hub, in the order of the hubs, so that two writes over the same hubs
    /// take their counters in one order. In the log of another hub the service itself is the one who acts.
    async fn append_log(&mut self) -> Result<()> {
        let mut logs = std::mem::take(&mut self.elsewhere);
        logs.entry(self.caller.hub_id).or_default().append(&mut self.log);
        for (hub_id, entries) in logs {
            if hub_id == self.caller.hub_id {
                change::append(&self.caller, &self.tx, self.now, entries).await?;
            } else {
                let service = Caller::system(self.caller.state().clone(), hub_id);
                change::append(&service, &self.tx, self.now, entries).await?;
            }
        }
        Ok(())
    }
}
