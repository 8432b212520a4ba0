//! The running of an import: read, plan and stage; then apply, in chunks or all at once.
//!
//! While the file is read nothing is written but the plan. A service that is killed then leaves
//! the hub's records as they were. A job says every second that it lives; one that is silent for
//! [`SILENCE`] is over, and its owner, should it come back, finds that out before it writes.

use std::fs::File;
use std::io::Read;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use futures_util::FutureExt;
use sea_orm::{ColumnTrait, QueryFilter};
use tokio::sync::mpsc;

use super::apply;
use super::group_links::GroupLinks;
use super::links::Links;
use super::plan::{AT_ONCE, Plan, Tally};
use super::record;
use super::register::{self, Schools};
use super::source::Source;
use crate::exchange::gias::{Extract, Refused, Row};
use crate::kernel::db::Transaction;
use crate::kernel::problem::{Code, Problem, Result};
use crate::kernel::tenancy::Caller;

/// How often a job says that it lives, and hears whether it is to end.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// How long it may be silent.
pub const SILENCE: Duration = Duration::from_secs(30);

/// How many chunks may be read ahead of the plan.
const AHEAD: usize = 2;

/// An import that is to be run.
pub struct Job {
    /// Who asked for it.
    pub caller: Caller,
    /// Its record as it was made.
    pub row: import::Model,
    /// The file.
    pub file: File,
}

/// Why a job ends before its time.
#[derive(Debug)]
pub enum Stop {
    /// Somebody wants it to end.
    Cancelled,
    /// The service is going down.
    Stopping,
    /// It was silent for too long, and is taken for interrupted.
    Lost,
    /// The file or its rows do not allow it.
    Refused { code: &'static str, message: String },
    /// What the database or the service could not do.
    Failed(Problem),
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<sea_orm::DbErr> for Stop {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Failed(error.into())
    }
}

/// Runs a job to its end; the record says how it ended.
pub async fn run(job: Job, tally: &Tally) {
    let (caller, row) = (job.caller.clone(), job.row.clone());
    let ended = tokio::select! {
        ended = caught(work(job, tally)) => ended,
        stop = live(&caller, &row, tally) => Err(stop),
    };
    let told = match ended {
        Ok(()) => record::end(&caller, &row, tally, ImportState::Finished, None).await,
        Err(Stop::Lost) => Ok(()),
        Err(Stop::Cancelled) => record::end(&caller, &row, tally, ImportState::Cancelled, None).await,
        Err(Stop::Refused { code, message }) => {
            record::end(&caller, &row, tally, ImportState::Failed, Some((code, message))).await
        }
        Err(Stop::Stopping) => {
            let error = Some(("interrupted", record::INTERRUPTED.to_owned()));
            record::end(&caller, &row, tally, ImportState::Failed, error).await
        }
        Err(Stop::Failed(problem)) => {
            if problem.code().status().is_server_error() {
                tracing::error!(import = %row.id, %problem, "an import failed");
            }
            let error = Some((problem.code().slug(), problem.detail().to_owned()));
            record::end(&caller, &row, tally, ImportState::Failed, error).await
        }
    };
    if let Err(problem) = told {
        // It is found silent soon, and marked as interrupted.
        tracing::warn!(import = %row.id, %problem, "the end of an import could not be recorded");
    }
}

/// Work that panics has failed, and is recorded so.
async fn caught(work: impl Future<Output = Result<(), Stop>>) -> Result<(), Stop> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.unwrap_or_else(|_| Err(Stop::Failed(Problem::internal("the work of an import panicked"))))
}

/// Says every second that the job lives and how far it has come, until it is to end.
async fn live(caller: &Caller, row: &import::Model, tally: &Tally) -> Stop {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        if caller.state().stopping.load(Ordering::SeqCst) {
            return Stop::Stopping;
        }
        match record::heartbeat(caller, row, tally).await {
            // What has begun ends where it leaves whole chunks behind.
            Ok(Some(true)) if !tally.begun.get() => return Stop::Cancelled,
            Ok(Some(cancelled)) => tally.cancelled.set(tally.cancelled.get() || cancelled),
            Ok(None) => return Stop::Lost,
            Err(problem) => tracing::warn!(import = %row.id, %problem, "an import could not say that it lives"),
        }
    }
}

async fn work(job: Job, tally: &Tally) -> Result<(), Stop> {
    let Job { caller, row, file } = job;
    let _place = caller.state().jobs.place().await;
    tally.begun.set(true);
    record::enter(&caller, &row, ImportState::Reading).await?.ok_or(Stop::Lost)?;
    let hub = register::hub(&caller, caller.db().reports()).await?;
    match row.source {
        ImportSource::GiasRegister => through(Schools::new(&caller, hub)?, &caller, &row, file, tally).await,
        ImportSource::GiasLinks => through(Links::default(), &caller, &row, file, tally).await,
        ImportSource::GiasGroupLinks => {
            let source = GroupLinks::new(&caller, hub.la_codes.into_iter().collect()).await?;
            through(source, &caller, &row, file, tally).await
        }
    }
}

async fn through<S: Source>(
    mut source: S,
    caller: &Caller,
    row: &import::Model,
    file: File,
    tally: &Tally,
) -> Result<(), Stop> {
    let mut plan = Plan::new(caller, row.id, tally);
    let bytes = Arc::new(AtomicU64::new(0));
    let (sender, mut chunks) = mpsc::channel(AHEAD);
    let (counted, today) = (Counted { file, bytes: bytes.clone() }, caller.today());
    let reading = tokio::task::spawn_blocking(move || read::<S>(counted, today, &sender));
    let mut whole = true;
    while let Some(chunk) = chunks.recv().await {
        let Chunk { rows, encoding } = chunk;
        tally.bytes_read.set(bytes.load(Ordering::Relaxed));
        tally.encoding.set(Some(encoding));
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
    tally.bytes_read.set(bytes.load(Ordering::Relaxed));
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
    record::enter(caller, row, ImportState::Applying).await?.ok_or(Stop::Lost)?;
    match row.mode {
        ImportMode::Each => apply::each::<S>(caller, row, tally, last).await,
        ImportMode::Atomic => apply::atomic::<S>(caller, row, tally, last).await,
    }
}

/// Some rows of the file, with the encoding of what was read so far.
struct Chunk<T> {
    rows: Vec<Row<T>>,
    encoding: &'static str,
}

/// Reads the file on a thread that may wait for the disk, and gives the names of columns that it
/// lacks. It ends early when nobody wants more.
fn read<S: Source>(
    file: Counted,
    today: time::Date,
    chunks: &mpsc::Sender<Chunk<S::Record>>,
) -> Result<Vec<String>, Stop> {
    let mut extract = Extract::<_, S::Record>::open(file, today)?;
    let missing = extract.header().missing().iter().map(|name| (*name).to_owned()).collect();
    loop {
        let mut rows = Vec::with_capacity(AT_ONCE);
        while rows.len() < AT_ONCE {
            match extract.next() {
                Some(Ok(row)) => rows.push(row),
                Some(Err(error)) => return Err(Stop::Failed(error.into())),
                None => break,
            }
        }
        let ended = rows.len() < AT_ONCE;
        let chunk = Chunk { rows, encoding: extract.encoding().as_str() };
        if chunks.blocking_send(chunk).is_err() || ended {
            return Ok(missing);
        }
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

/// A file that tells how far it has been read.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Refuses a file of another kind before a job is made of it.
///
/// # Errors
/// 422 that says what it is and what is needed.
pub fn check(file: &mut File, source: ImportSource, today: time::Date) -> Result<()> {
    use std::io::{Seek, SeekFrom};

    use crate::exchange::gias::{GroupLinks as GroupLinkFile, Links as LinkFile, Register};

    let opened = match source {
        ImportSource::GiasRegister => Register::open(&mut *file, today).map(drop),
        ImportSource::GiasLinks => LinkFile::open(&mut *file, today).map(drop),
        ImportSource::GiasGroupLinks => GroupLinkFile::open(&mut *file, today).map(drop),
    };
    match opened {
        Ok(()) => Ok(file.seek(SeekFrom::Start(0)).map(drop)?),
        Err(Refused::Unread(error)) => Err(error.into()),
        Err(Refused::Unfit(remark)) => Err(Problem::invalid("", remark.code, remark.message)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn an_import_that_panics_has_failed() {
        let ended = caught(async { panic!("as broken work does") }).await;
        assert!(matches!(ended, Err(Stop::Failed(problem)) if problem.code() == Code::Internal));
        assert!(caught(async { Ok(()) }).await.is_ok());
    }
}
