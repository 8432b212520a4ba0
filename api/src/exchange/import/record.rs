//! The record of a job: made, kept up to date by its owner, and closed by the instance that finds it silent.
//!
//! It is no record of the hub's schools: it has no entries in the change log, and only who works
//! on the job writes it.
#![expect(clippy::disallowed_methods, reason = "a job keeps its own record, outside any write of the hub's")]

use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::instant::Instant;
use entity::list::List;
use entity::row::Meta;
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::job::SILENCE;
use super::plan::Tally;
use crate::kernel::db::Transaction;
use crate::kernel::identity::Actor;
use crate::kernel::problem::Result;
use crate::kernel::state::State;
use crate::kernel::tenancy::Caller;
use crate::kernel::write::Write;

/// Why a job that was silent for too long has ended.
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
    /// Its length.
    pub bytes: u64,
}

/// Makes the record of a job that is about to run.
pub async fn make(write: &Write, wanted: Wanted) -> Result<import::Model> {
    let row = fresh(write.meta(), write.caller().actor, wanted);
    write.insert_rows::<import::Entity>(vec![row.clone()]).await?;
    Ok(row)
}

/// The record of a job that nobody has worked on yet.
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
        owner: Uuid::now_v7(),
        heartbeat_at: created_at,
        cancel_asked: false,
        started_at: None,
        read_at: None,
        finished_at: None,
    }
}

/// Tells the job how far it has come. Gives whether it is to be cancelled; none if it is taken for
/// interrupted, or ended.
pub async fn heartbeat(caller: &Caller, row: &import::Model, tally: &Tally) -> Result<Option<bool>> {
    let now = caller.now();
    let mut update = counts(own(row), tally, now);
    update = update.filter(import::Column::State.is_in(ImportState::RUNNING));
    let returned = update.exec_with_returning(caller.db().write_pool()).await?;
    Ok(returned.first().map(|row| row.cancel_asked))
}

/// Takes the job into its next state; none if it was taken for interrupted.
pub async fn enter(caller: &Caller, row: &import::Model, state: ImportState) -> Result<Option<()>> {
    let now = caller.now();
    let begun = if state == ImportState::Reading { import::Column::StartedAt } else { import::Column::ReadAt };
    let update = own(row)
        .col_expr(import::Column::State, Expr::value(state.as_str()))
        .col_expr(import::Column::HeartbeatAt, Expr::value(now))
        .col_expr(import::Column::UpdatedAt, Expr::value(now))
        .col_expr(begun, Expr::value(now))
        .filter(import::Column::State.is_in(ImportState::RUNNING));
    let done = update.exec(caller.db().write_pool()).await?;
    Ok((done.rows_affected == 1).then_some(()))
}

/// Says within the transaction that writes them how many staged rows are written, and up to which.
/// The last one to do so ends the job. None if the job was taken for interrupted meanwhile: then
/// nothing may be written.
pub async fn written(
    tx: &Transaction,
    row: &import::Model,
    tally: &Tally,
    (written, to, now): (i64, i64, Instant),
    last: bool,
) -> Result<Option<()>> {
    let mut update = counts(own(row), tally, now)
        .col_expr(import::Column::Written, Expr::col(import::Column::Written).add(written))
        .col_expr(import::Column::WrittenTo, Expr::value(to))
        .filter(import::Column::State.eq(ImportState::Applying));
    if last {
        update = update
            .col_expr(import::Column::State, Expr::value(ImportState::Finished.as_str()))
            .col_expr(import::Column::FinishedAt, Expr::value(now));
    }
    Ok((update.exec(tx).await?.rows_affected == 1).then_some(()))
}

/// Closes the record of a job, unless it is closed.
pub async fn end(
    caller: &Caller,
    row: &import::Model,
    tally: &Tally,
    state: ImportState,
    error: Option<(&str, String)>,
) -> Result<()> {
    let now = caller.now();
    let (code, message) = error.map_or((None, None), |(code, message)| (Some(code.to_owned()), Some(message)));
    let mut update = counts(own(row), tally, now)
        .col_expr(import::Column::State, Expr::value(state.as_str()))
        .col_expr(import::Column::ErrorCode, Expr::value(code))
        .col_expr(import::Column::Error, Expr::value(message))
        .col_expr(import::Column::FinishedAt, Expr::value(now))
        .filter(import::Column::State.is_in(ImportState::RUNNING));
    if tally.read.get() > 0 {
        let read_at = SimpleExpr::from(Expr::col(import::Column::ReadAt)).if_null(now);
        update = update.col_expr(import::Column::ReadAt, read_at);
    }
    update.exec(caller.db().write_pool()).await?;
    Ok(())
}

/// Asks a job to end; its worker notices within a second.
pub async fn ask_to_cancel(write: &Write, row: &import::Model) -> Result<import::Model> {
    let now = write.now();
    let asked = own(row).col_expr(import::Column::CancelAsked, Expr::value(true));
    bump(asked, now).exec(write.tx()).await?;
    Ok(import::Model { cancel_asked: true, version: row.version + 1, updated_at: now, ..row.clone() })
}

/// Closes the records of jobs, of whichever hub, that nobody has worked on for [`SILENCE`].
pub async fn close_silent(state: &State, db: &impl ConnectionTrait) -> Result<()> {
    let now = state.clock.now();
    let silent = import::Entity::update_many()
        .col_expr(import::Column::State, Expr::value(ImportState::Failed.as_str()))
        .col_expr(import::Column::ErrorCode, Expr::value("interrupted"))
        .col_expr(import::Column::Error, Expr::value(INTERRUPTED))
        .col_expr(import::Column::FinishedAt, Expr::value(now))
        .filter(import::Column::State.is_in(ImportState::RUNNING))
        .filter(import::Column::HeartbeatAt.lt(now - SILENCE));
    bump(silent, now).exec(db).await?;
    Ok(())
}

/// The record as long as it is the owner's.
fn own(row: &import::Model) -> UpdateMany<import::Entity> {
    import::Entity::update_many()
        .filter(import::Column::HubId.eq(row.hub_id))
        .filter(import::Column::Id.eq(row.id))
        .filter(import::Column::Owner.eq(row.owner))
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
        .col_expr(import::Column::MissingFromSource, Expr::value(tally.missing_from_source.get()))
        .col_expr(import::Column::Implied, Expr::value(tally.implied.get()))
        .col_expr(import::Column::Warned, Expr::value(tally.warned.get()))
        .col_expr(import::Column::ToWrite, Expr::value(tally.to_write.get()))
        .col_expr(import::Column::Note, Expr::value(tally.note.borrow().clone()))
}
