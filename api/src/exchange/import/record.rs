//! The record of an import, which has the id of its job and is kept in step with it.
//!
//! The job says whether a run lives, which one it is, and whether it is to end; the record says what
//! was taken from the file. What both hold (how the import ended and when) is written in one transaction,
//! the job first. The record has no entries in the change log.
#![expect(clippy::disallowed_methods, reason = "a run keeps the record of its import, outside any write of the hub's")]

use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::instant::Instant;
use entity::kernel::job::{self, JobState};
use entity::list::List;
use entity::row::{Meta, Row as _};
use sea_orm::sea_query::{Expr, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::plan::{Tally, add};
use super::{KIND, progress_of};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::API;
use crate::kernel::resource::job::{self as kernel_job, End, SILENCE};
use crate::kernel::resource::write::Write;

/// Why an import whose run was silent for too long has ended.
pub const INTERRUPTED: &str = "the service was stopped while the import was under way: what is counted as written \
                               stands, the rest was not begun; run it again, which is safe";

/// What an import is to be.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What kind of file it is.
    pub source: ImportSource,
    /// What happens to good rows beside rejected ones.
    pub mode: ImportMode,
    /// True if only the report is asked for.
    pub dry_run: bool,
    /// The file's name at the sender's.
    pub file_name: Option<String>,
    /// The academic year of a file that does not state it.
    pub academic_year: Option<String>,
    /// Its length.
    pub bytes: u64,
}

/// The address of an import.
#[must_use]
pub fn location(id: Uuid) -> String {
    format!("{API}/imports/{id}")
}

/// An import that is about to run, with its job.
#[derive(Clone, Debug)]
pub struct Record {
    /// The import as it was made.
    pub import: import::Model,
    /// The job as it was made.
    pub job: job::Model,
}

/// Makes the record of an import that is about to run, with its job.
///
/// # Errors
/// 503 when the database is away.
pub async fn make(write: &Write, wanted: Wanted) -> Result<Record> {
    let import = fresh(write.meta(), write.caller().actor, wanted);
    let job = kernel_job::begin(write, &KIND, import.id).await?;
    write.insert_rows::<import::Entity>(&[&import]).await?;
    Ok(Record { import, job })
}

/// The record of an import that no run has begun yet.
#[must_use]
pub fn fresh(meta: Meta, actor: Actor, wanted: Wanted) -> import::Model {
    let Meta { hub_id, id, version, created_at, updated_at, archived_at } = meta;
    import::Model {
        hub_id,
        id,
        version,
        created_at,
        updated_at,
        archived_at,
        source: wanted.source,
        mode: wanted.mode,
        dry_run: wanted.dry_run,
        state: ImportState::Queued,
        file_name: wanted.file_name,
        academic_year: wanted.academic_year,
        bytes: i64::try_from(wanted.bytes).unwrap_or(i64::MAX),
        bytes_read: 0,
        encoding: None,
        missing_columns: List::default(),
        read: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        rejected: 0,
        out_of_area: 0,
        out_of_scope: 0,
        missing_from_source: 0,
        implied: 0,
        warned: 0,
        to_write: 0,
        written: 0,
        written_to: 0,
        note: None,
        error_code: None,
        error: None,
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        // Programs from before jobs judge by these two whether somebody works on it.
        owner: id,
        heartbeat_at: created_at,
        cancel_asked: false,
        started_at: None,
        read_at: None,
        finished_at: None,
    }
}

/// The job of an import, as the record of the import tells it.
#[must_use]
pub fn job_of(row: &import::Model) -> job::Model {
    let state = match row.state {
        ImportState::Queued => JobState::Queued,
        ImportState::Reading | ImportState::Applying => JobState::Running,
        ImportState::Finished => JobState::Finished,
        ImportState::Failed => JobState::Failed,
        ImportState::Cancelled => JobState::Cancelled,
    };
    job::Model {
        state,
        progress: serde_json::to_value(progress_of(row)).ok(),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        run: Some(row.owner),
        attempts: 1,
        heartbeat_at: Some(row.heartbeat_at),
        cancel_asked: row.cancel_asked,
        error_code: row.error_code.clone(),
        error: row.error.clone(),
        started_at: row.started_at,
        finished_at: row.finished_at,
        ..kernel_job::fresh(row.meta(), Actor::System, &KIND)
    }
}

/// Takes the import into its next state, and its job with it; none if the job is lost.
///
/// # Errors
/// 503 when the database is away.
pub async fn enter(caller: &Caller, record: &Record, tally: &Tally, state: ImportState) -> Result<Option<()>> {
    let now = caller.now();
    tally.state.set(Some(state));
    let tx = caller.db().begin_write().await?;
    let (begun, entered) = if state == ImportState::Reading {
        (import::Column::StartedAt, kernel_job::enter(&tx, &record.job, now).await?)
    } else {
        let heard = kernel_job::heartbeat(&tx, &record.job, &tally.progress(&record.import), now).await?;
        (import::Column::ReadAt, heard.map(drop))
    };
    let update = open(&record.import)
        .col_expr(import::Column::State, Expr::value(state.as_str()))
        .col_expr(import::Column::HeartbeatAt, Expr::value(now))
        .col_expr(import::Column::UpdatedAt, Expr::value(now))
        .col_expr(begun, Expr::value(now));
    let entered = if entered.is_some() { update.exec(&tx).await?.rows_affected == 1 } else { false };
    caller.db().commit(tx).await?;
    Ok(entered.then_some(()))
}

/// Says within the transaction that writes them how many staged rows are written, and up to which.
/// The last one to do so ends the import and its job. None if the job is lost: then nothing may be
/// written.
///
/// # Errors
/// 503 when the database is away.
pub async fn written(
    tx: &Transaction,
    record: &Record,
    tally: &Tally,
    (written, to, now): (i64, i64, Instant),
    last: bool,
) -> Result<Option<()>> {
    add(&tally.written, written);
    if last {
        tally.state.set(Some(ImportState::Finished));
    }
    if kernel_job::heartbeat(tx, &record.job, &tally.progress(&record.import), now).await?.is_none() {
        return Ok(None);
    }
    let mut update = counts(open(&record.import), tally, now)
        .col_expr(import::Column::Written, Expr::col(import::Column::Written).add(written))
        .col_expr(import::Column::WrittenTo, Expr::value(to));
    if last {
        kernel_job::end(tx, &KIND, &record.job, &End::of(JobState::Finished), now).await?;
        update = update
            .col_expr(import::Column::State, Expr::value(ImportState::Finished.as_str()))
            .col_expr(import::Column::FinishedAt, Expr::value(now));
    }
    Ok((update.exec(tx).await?.rows_affected == 1).then_some(()))
}

/// Brings the record up to date, in the transaction that does so for the job: its counts, whether it is
/// to be cancelled, and how it ended, if it did.
///
/// # Errors
/// 503 when the database is away.
pub async fn keep(
    tx: &Transaction,
    record: &Record,
    tally: &Tally,
    now: Instant,
    cancelled: bool,
    end: Option<&End>,
) -> Result<()> {
    let mut update = counts(open(&record.import), tally, now);
    if cancelled {
        update = update.col_expr(import::Column::CancelAsked, Expr::value(true));
    }
    if let Some(End { state, error }) = end {
        let state = match state {
            JobState::Finished => ImportState::Finished,
            JobState::Cancelled => ImportState::Cancelled,
            _ => ImportState::Failed,
        };
        update = ended(update, state, error.clone(), now);
        if tally.read.get() > 0 {
            let read_at = SimpleExpr::from(Expr::col(import::Column::ReadAt)).if_null(now);
            update = update.col_expr(import::Column::ReadAt, read_at);
        }
    }
    update.exec(tx).await?;
    Ok(())
}

fn ended(
    update: UpdateMany<import::Entity>,
    state: ImportState,
    error: Option<(String, String)>,
    now: Instant,
) -> UpdateMany<import::Entity> {
    let (code, message) = error.unzip();
    update
        .col_expr(import::Column::State, Expr::value(state.as_str()))
        .col_expr(import::Column::ErrorCode, Expr::value(code))
        .col_expr(import::Column::Error, Expr::value(message))
        .col_expr(import::Column::FinishedAt, Expr::value(now))
}

/// The import with its job, locked in the order in which a run locks them.
///
/// # Errors
/// 404 when the import is not there for the caller.
pub async fn locked(write: &Write, id: Uuid) -> Result<(import::Model, Option<job::Model>)> {
    let job = write.rows_archived::<job::Entity>(Condition::all().add(job::Column::Id.eq(id))).await?;
    Ok((write.row::<import::Entity>(id).await?, job.into_iter().next()))
}

/// Asks an import to end; its run hears so within a second.
///
/// # Errors
/// 503 when the database is away.
pub async fn ask_to_cancel(write: &Write, row: &import::Model, job: Option<&job::Model>) -> Result<import::Model> {
    let now = write.now();
    if let Some(job) = job {
        kernel_job::ask_to_cancel(write, None, job).await?;
    }
    let asked = open(row).col_expr(import::Column::CancelAsked, Expr::value(true));
    bump(asked, now).exec(write.tx()).await?;
    Ok(import::Model { cancel_asked: true, version: row.version + 1, updated_at: now, ..row.clone() })
}

/// Closes the records of imports, of whichever hub, whose jobs have ended without them, since nobody
/// worked on them any more. An import that a program from before jobs has begun has none, and is judged
/// by its own heartbeat.
///
/// # Errors
/// 503 when the database is away.
pub async fn follow(state: &State, tx: &Transaction) -> Result<()> {
    let now = state.clock.now();
    let same = |of_job, of_import| Expr::col((job::Entity, of_job)).equals((import::Entity, of_import));
    let mut with_job = Query::select();
    with_job
        .expr(Expr::val(1))
        .from(job::Entity)
        .and_where(same(job::Column::HubId, import::Column::HubId))
        .and_where(same(job::Column::Id, import::Column::Id));
    let mut with_open = with_job.clone();
    with_open.and_where(Expr::col((job::Entity, job::Column::State)).is_in(JobState::OPEN.map(JobState::as_str)));
    let silent = import::Column::HeartbeatAt.lt(now - SILENCE);
    let left = import::Entity::update_many()
        .filter(import::Column::State.is_in(ImportState::RUNNING))
        .filter(Expr::exists(with_open).not())
        .filter(Condition::any().add(silent).add(Expr::exists(with_job)));
    let error = Some((kernel_job::INTERRUPTED.to_owned(), INTERRUPTED.to_owned()));
    bump(ended(left, ImportState::Failed, error, now), now).exec(tx).await?;
    Ok(())
}

/// The record as long as the import is under way.
fn open(row: &import::Model) -> UpdateMany<import::Entity> {
    import::Entity::update_many()
        .filter(import::Column::HubId.eq(row.hub_id))
        .filter(import::Column::Id.eq(row.id))
        .filter(import::Column::State.is_in(ImportState::RUNNING))
}

fn bump(update: UpdateMany<import::Entity>, now: Instant) -> UpdateMany<import::Entity> {
    let next = SimpleExpr::from(Expr::col(import::Column::Version)).add(1);
    update.col_expr(import::Column::Version, next).col_expr(import::Column::UpdatedAt, Expr::value(now))
}

fn counts(update: UpdateMany<import::Entity>, tally: &Tally, now: Instant) -> UpdateMany<import::Entity> {
    let missing = List::from(tally.missing_columns.borrow().clone());
    bump(update, now)
        .col_expr(import::Column::HeartbeatAt, Expr::value(now))
        .col_expr(import::Column::BytesRead, Expr::value(i64::try_from(tally.bytes_read.get()).unwrap_or(i64::MAX)))
        .col_expr(import::Column::Encoding, Expr::value(tally.encoding.get().map(str::to_owned)))
        .col_expr(import::Column::MissingColumns, Expr::value(missing))
        .col_expr(import::Column::Read, Expr::value(tally.read.get()))
        .col_expr(import::Column::Created, Expr::value(tally.created.get()))
        .col_expr(import::Column::Updated, Expr::value(tally.updated.get()))
        .col_expr(import::Column::Unchanged, Expr::value(tally.unchanged.get()))
        .col_expr(import::Column::Rejected, Expr::value(tally.rejected.get()))
        .col_expr(import::Column::OutOfArea, Expr::value(tally.out_of_area.get()))
        .col_expr(import::Column::OutOfScope, Expr::value(tally.out_of_scope.get()))
        .col_expr(import::Column::MissingFromSource, Expr::value(tally.missing_from_source.get()))
        .col_expr(import::Column::Implied, Expr::value(tally.implied.get()))
        .col_expr(import::Column::Warned, Expr::value(tally.warned.get()))
        .col_expr(import::Column::ToWrite, Expr::value(tally.to_write.get()))
        .col_expr(import::Column::Note, Expr::value(tally.note.borrow().clone()))
}
