//! The running of an import: read, plan and stage; then apply, in chunks or all at once.
//!
//! While the file is read nothing is written but the plan. A service that is killed then leaves
//! the hub's records as they were. A run that has lost its job finds that out before it writes.

use std::cell::Cell;
use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::instant::Instant;
use sea_orm::{ColumnTrait, QueryFilter};
use tokio::sync::mpsc;

use super::exams::{Entries, Ks5, Results, Sheet, Statistics};
use super::figures::Figures;
use super::group_links::GroupLinks;
use super::links::Links;
use super::plan::{StagingWriter, Tally};
use super::reading::{Chunk, Counted, Opened, Rows};
use super::record::{self, Record};
use super::register::{self, Schools};
use super::source::Source;
use super::{KIND, apply};
use crate::exchange::extract::{Refused, Row};
use crate::kernel::base::academic_year;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::resource::job::{self as kernel_job, End, JobProgress, Stop, Task};

/// How many chunks may be read ahead of the plan.
const AHEAD: usize = 2;

/// An import that is to be run.
pub struct Job {
    /// Who asked for it.
    pub caller: Caller,
    /// Its record as it was made.
    pub record: Record,
    /// The file.
    pub file: File,
}

/// Runs an import to its end; the record says how it ended.
pub async fn run(job: Job, tally: &Tally) {
    let Job { caller, record, file } = job;
    let (state, job) = (caller.state().clone(), record.job.clone());
    let running = Running { caller, record, file: Cell::new(Some(file)), tally };
    Box::pin(kernel_job::run(&state, &KIND, &job, &running)).await;
}

/// An import under way.
struct Running<'a> {
    caller: Caller,
    record: Record,
    /// The file, until the work begins.
    file: Cell<Option<File>>,
    tally: &'a Tally,
}

impl Task for Running<'_> {
    async fn work(&self) -> Result<(), Stop> {
        let Self { caller, record, tally, .. } = self;
        let file = self.file.take().ok_or_else(|| Problem::internal("an import has its file once"))?;
        let _place = caller.state().jobs.place().await;
        tally.begun.set(true);
        record::enter(caller, record, tally, ImportState::Reading).await?.ok_or(Stop::Lost)?;
        let hub = register::hub(caller, caller.db().reports()).await?;
        match record.import.source {
            ImportSource::GiasRegister => through(Schools::new(caller, hub)?, caller, record, file, tally).await,
            ImportSource::GiasLinks => through(Links::default(), caller, record, file, tally).await,
            ImportSource::ExamEntries => {
                through(Results::<Entries>::new(caller).await?, caller, record, file, tally).await
            }
            ImportSource::ExamSheet => through(Results::<Sheet>::new(caller).await?, caller, record, file, tally).await,
            ImportSource::ExamKs5 => through(Results::<Ks5>::new(caller).await?, caller, record, file, tally).await,
            ImportSource::ExamStatistics => {
                let source = Statistics::new(hub.la_codes.into_iter().collect());
                through(source, caller, record, file, tally).await
            }
            ImportSource::MeasureValues => {
                let source = Figures::new(record.import.academic_year.clone());
                through(source, caller, record, file, tally).await
            }
            ImportSource::GiasGroupLinks => {
                let source = GroupLinks::new(caller, hub.la_codes.into_iter().collect()).await?;
                through(source, caller, record, file, tally).await
            }
        }
    }

    fn progress(&self) -> JobProgress {
        self.tally.progress(&self.record.import)
    }

    /// What has begun ends where it leaves whole chunks behind.
    fn cancel(&self) -> bool {
        self.tally.cancelled.set(true);
        !self.tally.begun.get()
    }

    async fn keep(&self, tx: &Transaction, now: Instant, cancelled: bool, end: Option<&End>) -> Result<()> {
        record::keep(tx, &self.record, self.tally, now, cancelled, end).await
    }
}

async fn through<S: Source>(
    mut source: S,
    caller: &Caller,
    record: &Record,
    file: File,
    tally: &Tally,
) -> Result<(), Stop> {
    let row = &record.import;
    let mut plan = StagingWriter::new(caller, row.id, tally);
    let bytes = Arc::new(AtomicU64::new(0));
    let (sender, mut chunks) = mpsc::channel(AHEAD);
    let academic_year = row.academic_year.clone();
    let opened = Opened { file: Counted::new(file, bytes.clone()), today: caller.today(), academic_year };
    let reading = tokio::task::spawn_blocking(move || {
        let mut rows = Rows::new(sender);
        S::read(opened, &mut rows)?;
        Ok::<_, Refused>(rows.end())
    });
    let mut whole = true;
    while let Some(chunk) = chunks.recv().await {
        let Chunk { rows, out_of_scope, encoding } = chunk;
        tally.bytes_read.set(bytes.load(Ordering::Relaxed));
        tally.encoding.set(encoding);
        tally.pass(out_of_scope);
        let cut = |row: &Row<S::Record>| {
            row.outcome.as_ref().err().is_some_and(|it| ["cut_short", "open_quote"].contains(&it.remark.code))
        };
        whole &= !rows.iter().any(cut);
        source.plan(rows, &mut plan).await?;
        if tally.cancelled.get() {
            // What is counted is listed.
            plan.finish().await?;
            return Err(Stop::Cancelled);
        }
    }
    let missing = reading.await.map_err(|error| Stop::Failed(Problem::internal(error)))??;
    tally.missing_columns.replace(missing);
    // A workbook is not read from its beginning to its end.
    let read = if [ImportSource::ExamSheet, ImportSource::MeasureValues].contains(&row.source) {
        row.bytes.unsigned_abs()
    } else {
        bytes.load(Ordering::Relaxed)
    };
    tally.bytes_read.set(read);
    source.end(whole, &mut plan).await?;
    let last = plan.last();
    plan.finish().await?;
    if row.mode == ImportMode::Atomic && tally.rejected.get() > 0 {
        let message = format!(
            "{} rows were rejected, and in the mode atomic all are taken or none: see the rows with the outcome \
             rejected, correct them, or use the mode each",
            tally.rejected.get()
        );
        return Err(Stop::Refused { code: "rejected_rows", message });
    }
    if row.dry_run || tally.to_write.get() == 0 {
        return Ok(());
    }
    record::enter(caller, record, tally, ImportState::Applying).await?.ok_or(Stop::Lost)?;
    match row.mode {
        ImportMode::Each => apply::each(&source, caller, record, tally, last).await,
        ImportMode::Atomic => apply::atomic(&source, caller, record, tally, last).await,
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unread(error) => Self::Failed(error.into()),
            Refused::Unfit(remark) => Self::Refused { code: remark.code, message: remark.message },
        }
    }
}

/// Refuses a file of another kind before a job is made of it.
///
/// # Errors
/// 422 that says what it is and what is needed.
pub fn check(file: &mut File, source: ImportSource, today: time::Date, year: Option<&str>) -> Result<()> {
    use std::io::{Seek, SeekFrom};

    use crate::exchange::exams::entries::{AreaEntry, SchoolEntry};
    use crate::exchange::exams::{ks5, sheet};
    use crate::exchange::extract::Extract;
    use crate::exchange::gias::{GroupLinks as GroupLinkFile, Links as LinkFile, Register};
    use crate::exchange::measures;

    year.map_or(Ok(()), expect_year)?;
    let opened = match source {
        ImportSource::GiasRegister => Register::open(&mut *file, today).map(drop),
        ImportSource::GiasLinks => LinkFile::open(&mut *file, today).map(drop),
        ImportSource::GiasGroupLinks => GroupLinkFile::open(&mut *file, today).map(drop),
        ImportSource::ExamEntries => Extract::<_, SchoolEntry>::open(&mut *file, today).map(drop),
        ImportSource::ExamStatistics => Extract::<_, AreaEntry>::open(&mut *file, today).map(drop),
        ImportSource::ExamKs5 => ks5::open(&mut *file, today, year).map(drop),
        ImportSource::ExamSheet => sheet::check(&mut *file),
        ImportSource::MeasureValues => measures::check(&mut *file, today),
    };
    match opened {
        Ok(()) => Ok(file.seek(SeekFrom::Start(0)).map(drop)?),
        Err(Refused::Unread(error)) => Err(error.into()),
        Err(Refused::Unfit(remark)) => Err(Problem::invalid("", remark.code, remark.message)),
    }
}

/// Refuses a year that is none.
fn expect_year(text: &str) -> Result<()> {
    if academic_year::days(text).is_some() {
        return Ok(());
    }
    let fix = "?academic_year: an academic year is a year and the last two digits of the next, such as 2022/23";
    Err(Problem::new(Code::BadParameter, fix).with(Fault::new("?academic_year", "order", fix)))
}

/// Refuses what must not happen while an import of the hub is under way, such as a second one, in a
/// transaction that holds the hub.
///
/// # Errors
/// 409 naming the one that runs.
pub async fn expect_none(caller: &Caller, tx: &Transaction) -> Result<()> {
    let running =
        caller.rows::<import::Entity>().filter(import::Column::State.is_in(ImportState::RUNNING)).one(tx).await?;
    running.map_or(Ok(()), |other| {
        let detail = format!("import {} of this hub is {}: wait for its end, or cancel it", other.id, other.state);
        Err(Problem::new(Code::Conflict, detail))
    })
}
