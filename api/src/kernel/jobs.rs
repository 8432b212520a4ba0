//! Long work that goes on after its request was answered, on a thread of its own so that no
//! request waits for it.

use std::sync::OnceLock;

use actix_rt::Arbiter;
use tokio::sync::{Semaphore, SemaphorePermit};

/// How many jobs an instance works on at once; others wait for a place.
const AT_ONCE: usize = 2;

/// Where jobs run. The thread begins with the first of them and stays, since connections of the
/// database's pools that are opened on it belong to it.
#[derive(Debug)]
pub struct Jobs {
    thread: OnceLock<Arbiter>,
    places: Semaphore,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { thread: OnceLock::new(), places: Semaphore::new(AT_ONCE) }
    }
}

impl Jobs {
    /// Starts a job. It keeps its own record of how far it has come, and whoever finds the record
    /// silent takes it for interrupted: no word is lost if the thread is gone.
    pub fn start<F: Future<Output = ()> + 'static>(&self, job: impl FnOnce() -> F + Send + 'static) {
        let started = self.thread.get_or_init(Arbiter::new).spawn_fn(move || {
            actix_web::rt::spawn(job());
        });
        if !started {
            tracing::error!("the thread of jobs is gone");
        }
    }

    /// Waits for a place, which is held until it is dropped.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }
}
