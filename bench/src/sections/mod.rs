//! What is measured, one table or two each.

mod asked;
pub mod exams;
pub mod exports;
pub mod import;
pub mod reads;
pub mod reports;
pub mod token;
pub mod trade;
pub mod year;

use std::time::{Duration, Instant};

use crate::Outcome;
use crate::database::Database;
use crate::national::{self, HUBS, Made, SCHOOLS};
use crate::program::{Process, Program};
use crate::table::{count, figure, seconds};

/// How many schools the hub has that is larger than any.
pub const COUNTRY: usize = 50_000;

/// What every section stands on.
pub struct Bench<'a> {
    pub program: &'a Program,
    pub database: &'a Database,
    /// How long a round of requests lasts.
    pub round: Duration,
    /// The hubs of the national set, the largest first.
    pub hubs: Vec<Made>,
    /// A hub with twice as many schools as the national set.
    pub country: Made,
}

impl<'a> Bench<'a> {
    /// Fills an empty database.
    pub async fn prepare(program: &'a Program, database: &'a Database, round: Duration) -> Outcome<Self> {
        let began = Instant::now();
        let state = national::state(database.url()).await?;
        let mut hubs = Vec::with_capacity(HUBS);
        for hub in national::hubs() {
            hubs.push(hub.write(&state).await?);
        }
        let took = began.elapsed();
        let country = national::country(COUNTRY).write(&state).await?;
        state.db.close().await;
        database.settle().await?;
        println!(
            "Data: the national set of {HUBS} hubs and {} schools, written in {} s; one hub more with {} schools.",
            figure(count(SCHOOLS as u64), 0),
            seconds(took),
            figure(count(COUNTRY as u64), 0),
        );
        Ok(Self { program, database, round, hubs, country })
    }

    /// Starts a fresh service, so that its memory is used by this measurement alone.
    pub fn serve(&self) -> Outcome<Process> {
        self.program.serve(self.database.url(), self.database.folder())
    }
}
