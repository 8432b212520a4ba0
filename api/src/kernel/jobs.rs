//! Long work that goes on after its request was answered, on a thread of its own so that no
//! request waits for it.

use std::sync::OnceLock;

use actix_rt::Arbiter;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

/// How many jobs an instance works on at once; others wait for a place.
const AT_ONCE: usize = 2;

/// Where jobs run. The thread begins with the first of them and stays, since connections of the
/// database's pools that are opened on it belong to it.
#[derive(Debug)]
pub struct Jobs {
    thread: OnceLock<Arbiter>,
    places: Semaphore,
    /// How many have not ended.
    running: watch::Sender<usize>,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { thread: OnceLock::new(), places: Semaphore::new(AT_ONCE), running: watch::Sender::new(0) }
    }
}

impl Jobs {
    /// Starts a job. It keeps its own record of how far it has come, and whoever finds the record
    /// silent takes it for interrupted: no word is lost if the thread is gone.
    pub fn start<F: Future<Output = ()> + 'static>(&self, job: impl FnOnce() -> F + Send + 'static) {
        let running = self.running.clone();
        running.send_modify(|count| *count += 1);
        let started = self.thread.get_or_init(Arbiter::new).spawn_fn(move || {
            actix_web::rt::spawn(async move {
                job().await;
                running.send_modify(|count| *count -= 1);
            });
        });
        if !started {
            tracing::error!("the thread of jobs is gone");
        }
    }

    /// Waits until all that were started have ended, for which they are told by other means.
    pub async fn ended(&self) {
        // The sender is ours: it does not go away.
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Waits for a place, which is held until it is dropped.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }
}
