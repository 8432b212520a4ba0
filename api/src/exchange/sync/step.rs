//! The steps of a run, in their order. Each decides about what was read of the source, and writes what follows in
//! chunks.

use entity::exchange::sync_run::SyncStep;
use futures_util::future::LocalBoxFuture;

use super::inbound::{contracts, figures, people, schools};
use super::outbound;
use super::run::Run;
use crate::kernel::resource::job::Stop;

/// A step of a run.
pub struct Step {
    /// Its name in the record of the run.
    pub name: SyncStep,
    /// The work.
    pub run: for<'a> fn(&'a mut Run<'_>) -> LocalBoxFuture<'a, Result<(), Stop>>,
}

/// The steps after the source was read.
pub const STEPS: &[Step] = &[
    Step { name: SyncStep::Schools, run: |run| Box::pin(schools::lead(run)) },
    Step { name: SyncStep::People, run: |run| Box::pin(people::take(run)) },
    Step { name: SyncStep::Figures, run: |run| Box::pin(figures::take(run)) },
    Step { name: SyncStep::Contracts, run: |run| Box::pin(contracts::take(run)) },
    Step { name: SyncStep::WritingBack, run: |run| Box::pin(outbound::write_back(run)) },
];
