//! The record of a job: made, kept up to date by its run, and closed by whichever instance finds it silent.
//!
//! It has no entries in the change log. What a run writes is written only while the job is its own.
#![expect(clippy::disallowed_methods, reason = "a run keeps the record of its job, outside any write of a hub's")]

use actix_web::http::header::LOCATION;
use entity::instant::Instant;
use entity::kernel::job::{self, JobState};
use entity::row::Meta;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    Select, UpdateMany,
};
use uuid::Uuid;

use super::{INTERRUPTED, JobProgress, Kind, SILENCE};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::state::State;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::API;
use crate::kernel::resource::write::Write;

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The state it has from then on.
    pub state: JobState,
    /// The code and the message of why it failed.
    pub error: Option<(String, String)>,
}

impl End {
    /// An end without an error.
    #[must_use]
    pub const fn of(state: JobState) -> Self {
        Self { state, error: None }
    }

    /// The end of a job that failed.
    pub fn failed(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { state: JobState::Failed, error: Some((code.into(), message.into())) }
    }
}

/// Makes a job with an id, for [`super::run`] on this instance.
///
/// # Errors
/// 503 when the database is away.
pub async fn begin(write: &Write, kind: &Kind, id: Uuid) -> Result<job::Model> {
    let meta = Meta { id, ..write.meta() };
    let job = job::Model {
        run: Some(Uuid::now_v7()),
        attempts: 1,
        heartbeat_at: Some(write.now()),
        ..fresh(meta, write.caller().actor, kind)
    };
    write.insert_rows::<job::Entity>(&[&job]).await?;
    Ok(job)
}

/// Makes a job that waits until a worker takes it.
///
/// # Errors
/// 503 when the database is away.
pub async fn wait(write: &Write, kind: &Kind) -> Result<job::Model> {
    let job = fresh(write.meta(), write.caller().actor, kind);
    write.insert_rows::<job::Entity>(&[&job]).await?;
    Ok(job)
}

/// The record of a job that no run has begun yet.
#[must_use]
pub fn fresh(meta: Meta, actor: Actor, kind: &Kind) -> job::Model {
    let Meta { hub_id, id, version, created_at, updated_at, archived_at } = meta;
    job::Model {
        hub_id,
        id,
        version,
        created_at,
        updated_at,
        archived_at,
        kind: kind.name.to_owned(),
        state: JobState::Queued,
        progress: None,
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        due_at: created_at,
        run: None,
        attempts: 0,
        heartbeat_at: None,
        cancel_asked: false,
        error_code: None,
        error: None,
        started_at: None,
        finished_at: None,
    }
}

/// Says that the run lives and how far it has come. Returns whether the job is to be cancelled; none if
/// the job is lost: then its run may write nothing more.
///
/// # Errors
/// 503 when the database is away.
pub async fn heartbeat(
    db: &impl ConnectionTrait,
    job: &job::Model,
    progress: &JobProgress,
    now: Instant,
) -> Result<Option<bool>> {
    let progress = serde_json::to_value(progress).map_err(Problem::internal)?;
    let update = own(job, now)
        .col_expr(job::Column::HeartbeatAt, Expr::value(now))
        .col_expr(job::Column::Progress, Expr::value(progress));
    let returned = update.exec_with_returning(db).await?;
    Ok(returned.first().map(|job| job.cancel_asked))
}

/// The address of a job.
#[must_use]
pub fn href(id: Uuid) -> String {
    format!("{API}/jobs/{id}")
}

/// Refuses a second job of a kind while one of the hub has not ended, in a transaction that locks what both need.
///
/// # Errors
/// 409 with the detail and the address of the other.
pub async fn expect_none(write: &Write, kind: &Kind, detail: &str) -> Result<()> {
    let open = write.caller().rows::<job::Entity>().filter(job::Column::Kind.eq(kind.name));
    let open = open.filter(job::Column::State.is_in(JobState::OPEN)).one(write.tx()).await?;
    open.map_or(Ok(()), |open| Err(Problem::conflict(detail).header(LOCATION, href(open.id))))
}

/// Says that the work begins; none if the job is lost.
///
/// # Errors
/// 503 when the database is away.
pub async fn enter(db: &impl ConnectionTrait, job: &job::Model, now: Instant) -> Result<Option<()>> {
    let update = own(job, now)
        .col_expr(job::Column::State, Expr::value(JobState::Running.as_str()))
        .col_expr(job::Column::HeartbeatAt, Expr::value(now))
        .col_expr(job::Column::StartedAt, Expr::value(now));
    Ok((update.exec(db).await?.rows_affected == 1).then_some(()))
}

/// Ends a job. One that comes round again waits for its next time. None if the job is lost.
///
/// # Errors
/// 503 when the database is away.
pub async fn end(
    db: &impl ConnectionTrait,
    kind: &Kind,
    job: &job::Model,
    end: &End,
    now: Instant,
) -> Result<Option<()>> {
    let ended = ending(own(job, now), kind, end, now);
    Ok((ended.exec(db).await?.rows_affected == 1).then_some(()))
}

fn ending(update: UpdateMany<job::Entity>, kind: &Kind, end: &End, now: Instant) -> UpdateMany<job::Entity> {
    let (code, message) = end.error.clone().unzip();
    let update = update
        .col_expr(job::Column::ErrorCode, Expr::value(code))
        .col_expr(job::Column::Error, Expr::value(message))
        .col_expr(job::Column::FinishedAt, Expr::value(now));
    match kind.every {
        Some(every) => waiting(update, now + every)
            .col_expr(job::Column::Attempts, Expr::value(0))
            .col_expr(job::Column::CancelAsked, Expr::value(false)),
        None => update.col_expr(job::Column::State, Expr::value(end.state.as_str())),
    }
}

/// Gives the job to whichever worker takes it from a time on.
fn waiting(update: UpdateMany<job::Entity>, due_at: Instant) -> UpdateMany<job::Entity> {
    update
        .col_expr(job::Column::State, Expr::value(JobState::Queued.as_str()))
        .col_expr(job::Column::Run, Expr::value(Option::<Uuid>::None))
        .col_expr(job::Column::HeartbeatAt, Expr::value(Option::<Instant>::None))
        .col_expr(job::Column::DueAt, Expr::value(due_at))
}

/// Ends the run of a job, which is begun again where its kind allows it and nobody has cancelled it.
/// Returns how the job ended, if it did.
pub(super) async fn interrupt(
    db: &impl ConnectionTrait,
    kind: &Kind,
    job: &job::Model,
    now: Instant,
) -> Result<Option<End>> {
    let run = own(job, now);
    if job.attempts < kind.attempts && !job.cancel_asked {
        waiting(run, now).exec(db).await?;
        return Ok(None);
    }
    let end = End::failed(INTERRUPTED, kind.interrupted);
    ending(run, kind, &end, now).exec(db).await?;
    Ok(Some(end))
}

/// Cancels a job that waits, and asks the run of any other to end it, which hears so within a second.
///
/// # Errors
/// 503 when the database is away.
pub async fn ask_to_cancel(write: &Write, kind: Option<&Kind>, job: &job::Model) -> Result<()> {
    let now = write.now();
    let update = bump(one(job), now);
    let waits = job.state == JobState::Queued && job.run.is_none();
    let update = match kind.filter(|_| waits) {
        Some(kind) => ending(update, kind, &End::of(JobState::Cancelled), now),
        None => update.col_expr(job::Column::CancelAsked, Expr::value(true)),
    };
    update.exec(write.tx()).await?;
    Ok(())
}

/// Closes jobs, of whichever hub, whose runs have been silent for [`SILENCE`], or gives them to another
/// run. Kinds that only newer programs know are left to these.
///
/// # Errors
/// 503 when the database is away.
pub async fn close_silent(state: &State, tx: &Transaction) -> Result<()> {
    let now = state.clock.now();
    let kinds = state.kinds();
    let silent = Condition::all()
        .add(job::Column::State.is_in(JobState::OPEN))
        .add(job::Column::HeartbeatAt.lt(now - SILENCE))
        .add(job::Column::Kind.is_in(kinds.iter().map(|kind| kind.name)));
    let silent = job::Entity::find().filter(silent).order_by_asc(job::Column::Id);
    for job in unlocked(tx, silent).all(tx).await? {
        if let Some(kind) = state.kind(&job.kind) {
            interrupt(tx, kind, &job, now).await?;
        }
    }
    for follow in kinds.iter().filter_map(|kind| kind.follow) {
        follow(state, tx).await?;
    }
    Ok(())
}

/// Takes the job that has waited longest of those kinds, if one is due. Instances that look at the same
/// time take different ones.
pub(super) async fn take(state: &State, kinds: &[&'static str]) -> Result<Option<job::Model>> {
    let now = state.clock.now();
    let tx = state.db.begin_write().await?;
    let due = job::Entity::find()
        .filter(job::Column::State.eq(JobState::Queued))
        .filter(job::Column::Run.is_null())
        .filter(job::Column::DueAt.lte(now))
        .filter(job::Column::Kind.is_in(kinds.iter().copied()))
        .order_by_asc(job::Column::DueAt)
        .limit(1);
    let Some(job) = unlocked(&tx, due).one(&tx).await? else { return Ok(None) };
    let attempts = SimpleExpr::from(Expr::col(job::Column::Attempts)).add(1);
    let taken = bump(one(&job), now)
        .col_expr(job::Column::State, Expr::value(JobState::Running.as_str()))
        .col_expr(job::Column::Run, Expr::value(Uuid::now_v7()))
        .col_expr(job::Column::Attempts, attempts)
        .col_expr(job::Column::HeartbeatAt, Expr::value(now))
        .col_expr(job::Column::StartedAt, Expr::value(now))
        .exec_with_returning(&tx)
        .await?;
    state.db.commit(tx).await?;
    Ok(taken.into_iter().next())
}

/// Locks rows, without those that another instance has locked. SQLite has one writer, which this is.
fn unlocked(tx: &Transaction, rows: Select<job::Entity>) -> Select<job::Entity> {
    match tx.get_database_backend() {
        DbBackend::Postgres => rows.lock_with_behavior(LockType::NoKeyUpdate, LockBehavior::SkipLocked),
        _ => rows,
    }
}

/// The record of a job as long as it is open and the run's.
fn own(job: &job::Model, now: Instant) -> UpdateMany<job::Entity> {
    bump(one(job), now).filter(job::Column::Run.eq(job.run)).filter(job::Column::State.is_in(JobState::OPEN))
}

fn one(job: &job::Model) -> UpdateMany<job::Entity> {
    job::Entity::update_many().filter(job::Column::HubId.eq(job.hub_id)).filter(job::Column::Id.eq(job.id))
}

fn bump(update: UpdateMany<job::Entity>, now: Instant) -> UpdateMany<job::Entity> {
    let next = SimpleExpr::from(Expr::col(job::Column::Version)).add(1);
    update.col_expr(job::Column::Version, next).col_expr(job::Column::UpdatedAt, Expr::value(now))
}
