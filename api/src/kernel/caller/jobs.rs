//! Long work that goes on after its request was answered, on a thread of its own so that no
//! request waits for it.

use std::sync::{Arc, OnceLock};

use actix_rt::Arbiter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::kernel::base::task;

/// How many jobs an instance works on at once; others wait for a place.
const AT_ONCE: usize = 2;

/// Where jobs run. The thread begins with [`Jobs::prepare`] or the first job and stays, since
/// connections of the database's pools that are opened on it belong to it.
#[derive(Debug)]
pub struct Jobs {
    thread: OnceLock<Arbiter>,
    places: Arc<Semaphore>,
    /// How many have not ended.
    running: watch::Sender<usize>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { thread: OnceLock::new(), places: Arc::new(Semaphore::new(AT_ONCE)), running: watch::Sender::new(0) }
    }
}

impl Jobs {
    /// Starts the thread of the jobs. The thread needs files of its own, which a service may no longer
    /// have free when its first job comes.
    pub fn prepare(&self) {
        self.thread();
    }

    fn thread(&self) -> &Arbiter {
        self.thread.get_or_init(Arbiter::new)
    }

    /// Starts a job. It keeps its own record of how far it has come, and an instance that finds
    /// the record silent takes the job for interrupted: nothing is lost if the thread is gone.
    pub fn start<F: Future<Output = ()> + 'static>(&self, job: impl FnOnce() -> F + Send + 'static) {
        let running = Running::begin(self.running.clone());
        let started = self.thread().spawn_fn(move || {
            task::spawn(async move {
                let _running = running;
                job().await;
            });
        });
        if !started {
            tracing::error!("the thread of jobs is gone");
        }
    }

    /// Waits until all started jobs have ended. They are asked to end by other means.
    pub async fn ended(&self) {
        // The sender is ours: it does not go away.
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Waits for a place, which is held until it is dropped.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// A place, if one is free.
    pub fn free_place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }
}

/// A job that has not ended. It ends however the job does, by a panic too.
struct Running(watch::Sender<usize>);

impl Running {
    fn begin(count: watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_job_that_panics_leaves_its_place_to_others() {
        let jobs = Arc::new(Jobs::default());
        for _ in 0..=AT_ONCE {
            let own = jobs.clone();
            jobs.start(move || async move {
                let _place = own.place().await;
                panic!("as broken work does");
            });
        }
        jobs.ended().await;
        assert_eq!(jobs.places.available_permits(), AT_ONCE);
    }
}
