//! Who may write at once: writers get a share of PostgreSQL's connections, and one hub a share of
//! that, so that many who wait for one lock keep nobody else waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// The places of writers.
#[derive(Debug)]
pub(super) struct Shares {
    all: Arc<Semaphore>,
    each: usize,
    /// The places of hubs in which somebody writes or waits.
    hubs: Mutex<HashMap<Uuid, Weak<Semaphore>>>,
}

/// A place, which is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    _of_hub: OwnedSemaphorePermit,
    _of_all: OwnedSemaphorePermit,
}

impl Shares {
    /// Half of the connections for writers, and three quarters of that for one hub.
    pub fn of(connections: u32) -> Self {
        let all = (connections as usize / 2).max(1);
        Self { all: Arc::new(Semaphore::new(all)), each: (all * 3 / 4).max(1), hubs: Mutex::default() }
    }

    /// Waits for a place for a writer of the hub; none once the service has ended.
    pub async fn place(&self, hub_id: Uuid) -> Option<Place> {
        let of_hub = self.of_hub(hub_id).acquire_owned().await.ok()?;
        let of_all = self.all.clone().acquire_owned().await.ok()?;
        Some(Place { _of_hub: of_hub, _of_all: of_all })
    }

    fn of_hub(&self, hub_id: Uuid) -> Arc<Semaphore> {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = hubs.get(&hub_id).and_then(Weak::upgrade) {
            return places;
        }
        // A caller that writes or waits keeps the places of its hub alive.
        hubs.retain(|_, places| places.strong_count() > 0);
        let places = Arc::new(Semaphore::new(self.each));
        hubs.insert(hub_id, Arc::downgrade(&places));
        places
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[actix_web::test]
    async fn one_hub_leaves_places_to_others_and_is_forgotten_when_it_is_done() {
        let shares = Shares::of(8);
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        let mut held = Vec::new();
        while let Some(place) = shares.place(one).now_or_never() {
            held.push(place.unwrap());
        }
        assert_eq!(held.len(), 3);
        let last = shares.place(other).now_or_never().unwrap();
        assert!(shares.place(Uuid::now_v7()).now_or_never().is_none(), "readers have the rest");
        drop((held, last));
        assert!(shares.place(other).now_or_never().is_some());
        assert_eq!(shares.hubs.lock().unwrap().len(), 1);
    }
}
