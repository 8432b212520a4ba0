//! A run of the sync: what its steps work with, and the one way in which they write.
//!
//! A run reads the whole source first, lets it go, and then goes through its steps ([`super::step::STEPS`]). A step
//! looks up what it needs for all rows at once, decides, and writes in chunks. A chunk is one transaction with its rows
//! of the report, what is remembered of the source's rows, and the counts: a run that is interrupted leaves whole
//! chunks, and the next attempt finds what they left. A dry run decides in the same way and writes its report alone.

pub mod job;
pub mod link;
pub mod merge;
pub mod report;
pub mod resolution;
pub mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use entity::exchange::sync_row::{self, SyncSection};
use entity::exchange::sync_run::{self, SyncStep};
use entity::exchange::sync_source;
use entity::identity::hub;
use entity::row::Row;
use time::Date;

pub use self::link::{Link, gone};
pub use self::merge::{Merge, Merged};
pub use self::report::Reported;
pub use self::resolution::{Place, Resolution};
pub use self::tables::{Read, Tables};
use super::digest::Salt;
use super::mapping::Mapping;
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::job::{Stop, Taken};
use crate::kernel::resource::write::Write;

/// How many items are written in one transaction.
pub const AT_ONCE: usize = 200;

/// A run under way.
pub struct Run<'a> {
    /// The service itself in the hub.
    pub caller: Caller,
    /// The hub.
    pub hub: hub::Model,
    /// The source.
    pub source: sync_source::Model,
    /// The record of the run as it began.
    pub record: sync_run::Model,
    /// How the source is read.
    pub mapping: Arc<Mapping>,
    /// The day of the run.
    pub today: Date,
    /// What was read. A step takes what it works on.
    pub tables: Tables,
    /// Where the source's contacts lead, once the first step has found it out.
    pub schools: Resolution,
    taken: &'a Taken,
    report: report::Report,
    step: SyncStep,
    waiting: Vec<sync_row::Model>,
}

/// What is written in one transaction: the rows of the report, and what is remembered of the source's rows.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The rows of the report.
    pub rows: Vec<Reported>,
    /// The links to be made or replaced.
    pub links: Vec<Link>,
}

/// An item that a step has decided to write.
pub trait Planned {
    /// The rows of the report, once it is written.
    fn told(&self) -> Vec<Reported>;

    /// The rows of the report, if it could not be written.
    fn refused(&self) -> Vec<Reported> {
        self.told()
    }

    /// What is to be remembered then.
    fn links(&self) -> Vec<Link>;
}

impl Run<'_> {
    /// Returns true if nothing is written but the report.
    #[must_use]
    pub const fn is_dry(&self) -> bool {
        self.record.dry_run
    }

    /// Makes digests of what this source says.
    #[must_use]
    pub const fn salt(&self) -> Salt {
        Salt::of(self.source.id)
    }

    /// The links of a section, by the keys at the source. One statement.
    ///
    /// # Errors
    /// 503 when the database is away.
    pub async fn links(&self, section: SyncSection) -> Result<HashMap<String, Link>> {
        link::of_section(&self.caller, self.source.id, section).await
    }

    /// The link of a row that the source did not have before.
    #[must_use]
    pub fn new_link(&self, section: SyncSection, key: &str) -> Link {
        Link::new(&self.caller, self.source.id, section, key)
    }

    /// Says how far the step has come.
    pub fn progress(&self, done: usize, of: usize) {
        let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
        self.taken.begin(count(done), count(of));
    }

    /// Begins a step.
    ///
    /// # Errors
    /// When the job is lost or cancelled; when the database is away.
    pub(super) async fn enter(&mut self, step: SyncStep) -> Result<(), Stop> {
        self.flush().await?;
        self.step = step;
        self.progress(0, 0);
        self.commit(&Chunk::default(), Vec::new(), self.report.clone(), async |_| Ok(())).await
    }

    /// Adds rows of the report that stand for nothing written.
    ///
    /// # Errors
    /// When the job is lost or cancelled; when the database is away.
    pub async fn tell(&mut self, rows: impl IntoIterator<Item = Reported>) -> Result<(), Stop> {
        let kept = self.report.take(&self.caller, self.record.id, rows, false);
        self.waiting.extend(kept);
        if self.waiting.len() < AT_ONCE { Ok(()) } else { self.flush().await }
    }

    /// Stores the rows of the report that wait.
    async fn flush(&mut self) -> Result<(), Stop> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.waiting);
        self.commit(&Chunk::default(), rows, self.report.clone(), async |_| Ok(())).await
    }

    /// Writes a chunk in one transaction: `work`, then the links, the rows of the report and the counts. `work` may be
    /// begun again. In a dry run no work is done, and the rows of the report stand for what would be.
    ///
    /// # Errors
    /// When the job is lost or cancelled; what `work` refuses, which leaves nothing of the chunk.
    pub async fn chunk(&mut self, chunk: Chunk, work: impl AsyncFn(&mut Write) -> Result<()>) -> Result<(), Stop> {
        if self.is_dry() {
            return self.tell(chunk.rows).await;
        }
        let mut report = self.report.clone();
        let rows = report.take(&self.caller, self.record.id, chunk.rows.iter().cloned(), true);
        self.commit(&chunk, rows, report, work).await
    }

    /// Writes items in chunks. Where a chunk is refused, its items are written one by one, and those that are refused
    /// are reported as rejected: they wait for the next run.
    ///
    /// # Errors
    /// When the job is lost or cancelled; when the database is away.
    pub async fn store<T: Planned>(
        &mut self,
        items: &[T],
        work: impl AsyncFn(&mut Write, &[&T]) -> Result<()>,
    ) -> Result<(), Stop> {
        let mut done = 0;
        for some in items.chunks(AT_ONCE) {
            match self.store_some(&some.iter().collect::<Vec<_>>(), &work).await {
                Err(Stop::Failed(problem)) if !problem.code().status().is_server_error() => {
                    for one in some {
                        self.store_one(one, &work).await?;
                    }
                }
                done => done?,
            }
            done += some.len();
            self.progress(done, items.len());
        }
        Ok(())
    }

    async fn store_some<T: Planned>(
        &mut self,
        items: &[&T],
        work: &impl AsyncFn(&mut Write, &[&T]) -> Result<()>,
    ) -> Result<(), Stop> {
        let rows = items.iter().flat_map(|item| item.told()).collect();
        let links = items.iter().flat_map(|item| item.links()).collect();
        self.chunk(Chunk { rows, links }, async |write| work(write, items).await).await
    }

    async fn store_one<T: Planned>(
        &mut self,
        item: &T,
        work: &impl AsyncFn(&mut Write, &[&T]) -> Result<()>,
    ) -> Result<(), Stop> {
        match self.store_some(&[item], work).await {
            Err(Stop::Failed(problem)) if !problem.code().status().is_server_error() => {
                let (code, message) = refusal(&problem);
                let rows: Vec<_> = item.refused().into_iter().map(|row| row.rejected(&code, &message)).collect();
                self.tell(rows).await
            }
            done => done,
        }
    }

    /// Commits what is written in one transaction, with the record of the run.
    async fn commit(
        &mut self,
        chunk: &Chunk,
        rows: Vec<sync_row::Model>,
        report: report::Report,
        work: impl AsyncFn(&mut Write) -> Result<()>,
    ) -> Result<(), Stop> {
        let (step, id) = (self.step, self.record.id);
        let (done, of) = (self.taken.done.get(), self.taken.of.get().unwrap_or_default());
        let counts = report.counts();
        let watermarks = self.tables.watermarks();
        let stored = self.taken.step(&self.caller, async |write| {
            work(write).await?;
            link::put(write, &chunk.links).await?;
            write.insert_rows::<sync_row::Entity>(&rows).await?;
            let before = write.row::<sync_run::Entity>(id).await?;
            let mut after = sync_run::Model {
                step: Some(step),
                done,
                of,
                written: report.written(),
                counts: counts.clone(),
                watermarks: watermarks.clone(),
                ..before.clone()
            };
            after.set_meta(write.meta_after(&before));
            write.replace_row::<sync_run::Entity>(&after).await
        });
        stored.await?;
        self.report = report;
        Ok(())
    }
}

/// Why something was not written, for the report.
fn refusal(problem: &Problem) -> (String, String) {
    let fault = problem.errors().first();
    let message = fault.map_or_else(|| problem.detail().to_owned(), |it| format!("{}: {}", it.pointer, it.message));
    (problem.code().slug().to_owned(), message)
}

/// Refuses to write over what others have changed since it was decided on: the next run decides again.
///
/// # Errors
/// 409.
pub fn expect_unchanged(same: bool) -> Result<()> {
    let fix = "somebody changed the item while the run was under way: the next run takes the row";
    if same { Ok(()) } else { Err(Problem::new(Code::Conflict, fix)) }
}
