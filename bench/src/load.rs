//! Loading a service: as fast as it answers, or at a steady pace.

use std::cell::Cell;
use std::time::Duration;

use futures_util::future::try_join_all;
use hdrhistogram::Histogram;
use tokio::time::Instant;

use crate::Outcome;
use crate::http::{Connection, Reply};
use crate::program::Process;

/// Connections that ask at once.
pub const CONNECTIONS: usize = 32;

/// No reply takes longer than this, or it counts as this: ten minutes, in microseconds.
const LONGEST: u64 = 600_000_000;

/// What one connection asks, request after request.
pub trait Asker {
    /// The next request.
    fn ask(&mut self) -> &[u8];

    /// Told of the reply to it.
    fn answered(&mut self, _: &Reply) {}
}

/// What each of several connections asks.
pub type Askers<'a> = Vec<Box<dyn Asker + 'a>>;

/// Asks the same few requests in turn.
pub struct InTurn {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl InTurn {
    pub const fn new(requests: Vec<Vec<u8>>) -> Self {
        Self { requests, next: 0 }
    }
}

impl Asker for InTurn {
    fn ask(&mut self) -> &[u8] {
        let now = self.next % self.requests.len();
        self.next = now + 1;
        &self.requests[now]
    }
}

/// How long replies took, in microseconds.
pub fn latencies() -> Outcome<Histogram<u64>> {
    Histogram::new_with_bounds(1, LONGEST, 3).map_err(|error| error.to_string())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(LONGEST)
}

/// A round of requests.
pub struct Round {
    pub requests: u64,
    pub elapsed: Duration,
    pub latencies: Histogram<u64>,
    /// What the process used of the processors meanwhile.
    pub processor_time: Duration,
}

/// Asks as fast as the service answers, each connection its next request as soon as it has the
/// reply to the last one. Any reply but 200 ends it.
pub async fn round(process: &Process, askers: &mut Askers<'_>, length: Duration) -> Outcome<Round> {
    let mut connections = Vec::with_capacity(askers.len());
    for _ in 0..askers.len() {
        connections.push(process.connect().await?);
    }
    let used = process.processor_time();
    let began = Instant::now();
    let asking = askers.iter_mut().zip(connections).map(|(asker, connection)| {
        let end = began + length;
        async move { keep_asking(connection, asker.as_mut(), end).await }
    });
    let each = try_join_all(asking).await?;
    let elapsed = began.elapsed();
    let processor_time = process.processor_time().saturating_sub(used);
    let mut all = latencies()?;
    for one in each {
        all.add(one).map_err(|error| error.to_string())?;
    }
    Ok(Round { requests: all.len(), elapsed, latencies: all, processor_time })
}

async fn keep_asking(mut connection: Connection, asker: &mut dyn Asker, end: Instant) -> Outcome<Histogram<u64>> {
    let mut taken = latencies()?;
    let mut reply = Reply::default();
    while Instant::now() < end {
        let began = Instant::now();
        connection.exchange(asker.ask(), &mut reply).await?;
        taken.saturating_record(micros(began.elapsed()));
        reply.expect(200)?;
        asker.answered(&reply);
    }
    Ok(taken)
}

/// A steady stream of requests.
pub struct Stream {
    pub latencies: Histogram<u64>,
    /// Replies with an error.
    pub refused: u64,
    /// The first of them.
    pub first_refusal: Option<String>,
}

/// Asks `per_second` times a second until `over`. A request that has to wait for the one before
/// counts from when it was due, so that no wait is left out, those at the end neither.
pub async fn stream(
    process: &Process,
    asker: &mut dyn Asker,
    per_second: u32,
    over: &Cell<Option<Instant>>,
) -> Outcome<Stream> {
    let mut connection = process.connect().await?;
    let mut told = Stream { latencies: latencies()?, refused: 0, first_refusal: None };
    let mut reply = Reply::default();
    let pace = Duration::from_secs(1) / per_second;
    let mut due = Instant::now();
    while over.get().is_none_or(|end| due < end) {
        let late = Instant::now() > due;
        tokio::time::sleep_until(due).await;
        // A timer is a little late by itself.
        let began = if late { due } else { Instant::now() };
        connection.exchange(asker.ask(), &mut reply).await?;
        told.latencies.saturating_record(micros(began.elapsed()));
        if reply.status == 200 {
            asker.answered(&reply);
        } else {
            told.refused += 1;
            told.first_refusal.get_or_insert_with(|| reply.told());
        }
        due += pace;
    }
    Ok(told)
}
