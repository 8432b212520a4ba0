//! The record of a run, which has the id of its job and is kept in step with it. It has no entries in the change log.
//!
//! The run writes its counts with each chunk. How it ended is the job's to say: the record follows in the transaction
//! that ends the job, whichever way that comes about.
#![expect(clippy::disallowed_methods, reason = "the record follows its job, outside any write of the hub's")]

use entity::exchange::sync_run::{self, SyncCounts, SyncStart, SyncState, SyncWatermarks};
use entity::exchange::sync_source;
use entity::kernel::job::{self, JobState};
use entity::row::{Meta, Row};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::identity::Actor;
use crate::kernel::caller::state::State;
use crate::kernel::database::db::Transaction;
use crate::kernel::document::openapi::API;
use crate::kernel::resource::job::{self as kernel_job, Kind};
use crate::kernel::resource::write::Write;

/// The job of a run. An attempt that is interrupted is followed by another, which goes on with what is left.
pub const KIND: Kind = Kind {
    name: "sync",
    interrupted: "the service was stopped too often while the run was under way: what is counted as written stands; \
                  begin another run, which goes on from there",
    attempts: 5,
    every: None,
    work: Some(|job| Box::pin(crate::exchange::sync::run::job::all(job))),
    follow: Some(|state, tx| Box::pin(follow(state, tx))),
};

/// The address of a run.
#[must_use]
pub fn location(id: Uuid) -> String {
    format!("{API}/sync-runs/{id}")
}

/// Makes a run of a source, which is locked, with its job. The job waits until a worker takes it.
///
/// # Errors
/// 409 while another run of the source has not ended, or while the source has no runs.
pub async fn begin(
    write: &Write,
    source: &sync_source::Model,
    dry_run: bool,
    started_by: SyncStart,
) -> Result<(sync_run::Model, job::Model)> {
    expect_free(write, source).await?;
    let actor = write.caller().actor;
    let record = fresh(write.meta(), actor, source.id, (dry_run, started_by));
    let job = kernel_job::fresh(record.meta(), actor, &KIND);
    write.insert_rows::<job::Entity>(&[&job]).await?;
    write.insert_rows::<sync_run::Entity>(&[&record]).await?;
    Ok((record, job))
}

/// As [`begin`], for a run on this instance.
///
/// # Errors
/// As [`begin`].
pub async fn begin_here(
    write: &Write,
    source: &sync_source::Model,
    dry_run: bool,
    meta: Meta,
) -> Result<(sync_run::Model, job::Model)> {
    expect_free(write, source).await?;
    let record = fresh(meta, write.caller().actor, source.id, (dry_run, SyncStart::Command));
    let job = kernel_job::begin(write, &KIND, record.id).await?;
    write.insert_rows::<sync_run::Entity>(&[&record]).await?;
    Ok((record, job))
}

/// Refuses a run while another one of the source has not ended, and of a source that has none.
async fn expect_free(write: &Write, source: &sync_source::Model) -> Result<()> {
    let name = &source.name;
    if source.absent_since.is_some() {
        let fix = format!("no mapping file names the source {name} any more: see the setting SMEP_SYNC of the service");
        return Err(Problem::conflict(fix));
    }
    if !source.enabled {
        return Err(Problem::conflict(format!(
            "the source {name} is switched off: switch it on by PATCH of `enabled`"
        )));
    }
    let open = write.caller().rows::<sync_run::Entity>().filter(sync_run::Column::SourceId.eq(source.id));
    let open = open.filter(sync_run::Column::State.is_in(SyncState::OPEN)).one(write.tx()).await?;
    open.map_or(Ok(()), |other| {
        let detail = format!("run {} of this source is {}: wait for its end, or cancel it", other.id, other.state);
        Err(Problem::conflict(detail).header(actix_web::http::header::LOCATION, location(other.id)))
    })
}

/// The record of a run that nobody works on yet.
#[must_use]
pub fn fresh(meta: Meta, actor: Actor, source_id: Uuid, (dry_run, started_by): (bool, SyncStart)) -> sync_run::Model {
    sync_run::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: meta.archived_at,
        source_id,
        dry_run,
        started_by,
        state: SyncState::Queued,
        step: None,
        done: 0,
        of: 0,
        written: 0,
        counts: SyncCounts::default(),
        watermarks: SyncWatermarks::default(),
        error_code: None,
        error: None,
        cancel_asked: false,
        actor_kind: actor.kind(),
        actor_id: actor.id(),
        started_at: None,
        finished_at: None,
    }
}

/// Cancels a run that waits, and asks any other to end. The job is locked before the record, as a run locks them.
///
/// # Errors
/// 404; 409 if the run has ended; 412 if it changed.
pub async fn cancel(
    write: &Write,
    id: Uuid,
    check: impl FnOnce(&sync_run::Model) -> Result<()>,
) -> Result<sync_run::Model> {
    let waiting = write.rows_archived::<job::Entity>(job::Column::Id.eq(id).into()).await?.into_iter().next();
    let before = write.row::<sync_run::Entity>(id).await?;
    check(&before)?;
    let mut after = sync_run::Model { cancel_asked: true, ..before.clone() };
    match &waiting {
        Some(job) if JobState::OPEN.contains(&job.state) => {
            kernel_job::ask_to_cancel(write, Some(&KIND), job).await?;
            if job.run.is_none() {
                (after.state, after.finished_at) = (SyncState::Cancelled, Some(write.now()));
            }
        }
        _ => (after.state, after.finished_at) = (SyncState::Cancelled, Some(write.now())),
    }
    after.set_meta(write.meta_after(&before));
    write.replace_row::<sync_run::Entity>(&after).await?;
    Ok(after)
}

/// Ends the records of runs whose jobs have ended, as these did.
///
/// # Errors
/// When the database is away.
pub async fn follow(state: &State, tx: &Transaction) -> Result<()> {
    let open = sync_run::Entity::find()
        .filter(sync_run::Column::State.is_in(SyncState::OPEN))
        .select_only()
        .column(sync_run::Column::Id);
    let ended = job::Entity::find()
        .filter(job::Column::Kind.eq(KIND.name))
        .filter(job::Column::State.is_not_in(JobState::OPEN))
        .filter(job::Column::Id.in_subquery(open.into_query()));
    for job in ended.all(tx).await? {
        let ended = match job.state {
            JobState::Finished => SyncState::Succeeded,
            JobState::Cancelled => SyncState::Cancelled,
            _ => SyncState::Failed,
        };
        let now = state.clock.now();
        let next = SimpleExpr::from(Expr::col(sync_run::Column::Version)).add(1);
        sync_run::Entity::update_many()
            .col_expr(sync_run::Column::State, Expr::value(ended.as_str()))
            .col_expr(sync_run::Column::ErrorCode, Expr::value(job.error_code))
            .col_expr(sync_run::Column::Error, Expr::value(job.error))
            .col_expr(sync_run::Column::FinishedAt, Expr::value(job.finished_at))
            .col_expr(sync_run::Column::Version, next)
            .col_expr(sync_run::Column::UpdatedAt, Expr::value(now))
            .filter(sync_run::Column::HubId.eq(job.hub_id))
            .filter(sync_run::Column::Id.eq(job.id))
            .filter(sync_run::Column::State.is_in(SyncState::OPEN))
            .exec(tx)
            .await?;
    }
    Ok(())
}
