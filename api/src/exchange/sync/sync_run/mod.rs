//! Runs of the sync: each a job that reads a source and brings the hub in step with it.

pub mod record;
pub mod row;
pub mod transition;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::cell::json as write_json;
use entity::exchange::sync_run::{
    self, SyncCount, SyncCounts, SyncStart, SyncState, SyncStep, SyncWatermark, SyncWatermarks,
};
use entity::exchange::sync_source;
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use sea_orm::sea_query::Expr;
use sea_orm::{ExprTrait, QueryFilter, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use self::transition::CANCEL;
use super::sync_source::SyncSource;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job as kernel_job;
use crate::kernel::resource::transition::{Action, States, actions};

/// A run of the sync with a source.
///
/// It reads the whole source, and then goes through its steps. Nothing is written before all is read. What a step
/// writes, it writes in parts, each whole by itself: `written` says how much stands while the run goes on, and after a
/// run that ended early. A dry run reports what would be and writes nothing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncRun {
    /// The item's id: a UUIDv7, given by the service. It is also the id of the job.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The source.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub source_id: Uuid,
    /// True if only the report was asked for: nothing is written.
    #[schema(example = false)]
    pub dry_run: bool,
    /// What began it.
    #[schema(example = "person")]
    pub started_by: SyncStart,
    /// How far it has come.
    #[schema(example = "succeeded")]
    pub state: SyncState,
    /// What it is at, or was at when it ended.
    #[schema(example = "people")]
    pub step: Option<SyncStep>,
    /// How much of the step is done, per cent; of reading nobody knows.
    #[schema(minimum = 0, maximum = 100, example = 100)]
    pub progress: Option<i32>,
    /// The address of the job.
    #[schema(max_length = 200, example = "/api/v1/jobs/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub job_href: String,
    /// How many rows of the report stand for something that was written.
    #[schema(minimum = 0, example = 431)]
    pub written: i64,
    /// How many rows of the source had which outcome, table by table.
    #[schema(value_type = Vec<SyncCount>, max_items = 200)]
    pub counts: SyncCounts,
    /// How far the source's own clock had come, table by table. Nothing was left out because of it.
    #[schema(value_type = Vec<SyncWatermark>, max_items = 20)]
    pub watermarks: SyncWatermarks,
    /// Why it failed.
    pub error: Option<SyncError>,
    /// True if somebody has asked for its end.
    #[schema(example = false)]
    pub cancel_asked: bool,
    /// What kind of caller asked for it.
    pub actor_kind: ActorKind,
    /// The user or client who did.
    pub actor_id: Option<Uuid>,
    /// 1 when created, one more with each change; the number in its `ETag`.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// When its record last changed.
    pub updated_at: Instant,
    /// When its first attempt began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// The source, when asked for with `expand=source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SyncSource, required = false, no_recursion)]
    pub source: Option<Value>,
    /// The transitions that the caller may make now, with `expand=actions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Action>, required = false, max_items = 10)]
    pub actions: Option<Value>,
}

/// Why a run failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SyncError {
    /// What it is about, for programs: `connection`, `credentials`, `permission`, `missing`, `timeout`,
    /// `too_many_rows`, `busy`, `empty_table`, `no_mapping`, `interrupted`, or another.
    #[schema(max_length = 60, example = "connection")]
    pub code: String,
    /// What is wrong and how to fix it.
    #[schema(max_length = 2000, example = "the source cannot be reached: begin another run when it is there again")]
    pub message: String,
}

impl SyncError {
    fn of(message: Option<String>, code: Option<String>) -> Option<Self> {
        message.zip(code).map(|(message, code)| Self { code, message })
    }
}

impl Fields for SyncRun {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<Uuid>(&["source_id"]),
        column::<bool>(&["dry_run"]),
        column::<SyncStart>(&["started_by"]),
        column::<SyncState>(&["state"]),
        column::<Option<SyncStep>>(&["step"]),
        Field {
            name: "progress",
            columns: &["state", "done", "of"],
            write: |row, at, out| {
                let state: SyncState = row.try_get_by_index(at)?;
                write_json(&progress(state, row.try_get_by_index(at + 1)?, row.try_get_by_index(at + 2)?), out)
            },
        },
        Field {
            name: "job_href",
            columns: &["id"],
            write: |row, at, out| write_json(&kernel_job::href(row.try_get_by_index(at)?), out),
        },
        column::<i64>(&["written"]),
        column::<SyncCounts>(&["counts"]),
        column::<SyncWatermarks>(&["watermarks"]),
        Field {
            name: "error",
            columns: &["error", "error_code"],
            write: |row, at, out| {
                write_json(&SyncError::of(row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?), out)
            },
        },
        column::<bool>(&["cancel_asked"]),
        column::<ActorKind>(&["actor_kind"]),
        column::<Option<Uuid>>(&["actor_id"]),
        column::<i64>(&["version"]),
        column::<Instant>(&["created_at"]),
        column::<Instant>(&["updated_at"]),
        column::<Option<Instant>>(&["started_at"]),
        column::<Option<Instant>>(&["finished_at"]),
    ];
}

impl From<&sync_run::Model> for SyncRun {
    fn from(row: &sync_run::Model) -> Self {
        Self {
            id: row.id,
            source_id: row.source_id,
            dry_run: row.dry_run,
            started_by: row.started_by,
            state: row.state,
            step: row.step,
            progress: progress(row.state, row.done, row.of),
            job_href: kernel_job::href(row.id),
            written: row.written,
            counts: row.counts.clone(),
            watermarks: row.watermarks.clone(),
            error: SyncError::of(row.error.clone(), row.error_code.clone()),
            cancel_asked: row.cancel_asked,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            source: None,
            actions: None,
        }
    }
}

/// How much of a step is done; all of it at the end.
fn progress(state: SyncState, done: i64, of: i64) -> Option<i32> {
    if state == SyncState::Succeeded {
        return Some(100);
    }
    let percent = (of > 0).then(|| done.clamp(0, of) * 100 / of)?;
    i32::try_from(percent).ok()
}

impl Listed for SyncRun {
    type Entity = sync_run::Entity;
    type Filter = SyncRunFilter;

    const SORTS: &'static [(&'static str, sync_run::Column)] =
        &[("created_at", sync_run::Column::CreatedAt), ("updated_at", sync_run::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["state", "source_id", "dry_run", "started_by"];
    const EXPANDS: &'static [&'static str] = &["source", "actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[sync_run::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "source" => expand::one::<SyncSource>(caller, db, rows.iter().map(|row| row.source_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SyncRunFilter {
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 50)]
    pub source_id: Vec<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 5)]
    pub state: Vec<SyncState>,
    /// True if it is a dry run.
    pub dry_run: Option<bool>,
    /// Any of these beginnings.
    #[serde(default)]
    #[param(inline, max_items = 3)]
    pub started_by: Vec<SyncStart>,
    /// Only runs that were asked for at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub created_from: Option<Instant>,
    /// Only runs that were asked for at this moment or earlier.
    #[param(example = "2014-09-30T23:59:59Z")]
    pub created_to: Option<Instant>,
}

impl Filter<sync_run::Entity> for SyncRunFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use sync_run::Column;

        Condition::all()
            .add_option(any_of(Column::SourceId, &self.source_id))
            .add_option(any_of(Column::State, &self.state))
            .add_option(is(Column::DryRun, self.dry_run))
            .add_option(any_of(Column::StartedBy, &self.started_by))
            .add(between(Column::CreatedAt, self.created_from, self.created_to))
    }
}

/// What to run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSyncRun {
    /// The source.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub source_id: Uuid,
    /// True for the report alone.
    #[serde(default)]
    #[schema(example = true)]
    pub dry_run: bool,
}

routes! {
    ReadSync: list_sync_runs, count_sync_runs, get_sync_run, row::list_sync_rows, row::count_sync_rows;
    RunSync: create_sync_run, cancel_sync_run;
}

/// Lists the runs of the sync.
#[utoipa::path(get, path = "/sync-runs", params(List<SyncRun>), responses((status = 200, body = Page<SyncRun>)))]
async fn list_sync_runs(can: Can<ReadSync>, list: List<SyncRun>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the runs by one or two of their fields.
#[utoipa::path(get, path = "/sync-runs/counts", params(CountBy<SyncRun>), responses((status = 200, body = Counts)))]
async fn count_sync_runs(can: Can<ReadSync>, by: CountBy<SyncRun>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Begins a run of a source.
///
/// The reply comes at once, with the run at `Location`; a job does the work. One run of a source is under way at a time
/// (409). To run it again is safe: what is as the source has it changes nothing.
#[utoipa::path(
    post,
    path = "/sync-runs",
    request_body = NewSyncRun,
    responses((status = 202, description = "The run, which waits for its turn.", body = SyncRun)),
)]
async fn create_sync_run(can: Can<RunSync>, form: Json<NewSyncRun>) -> Result<Reply> {
    let NewSyncRun { source_id, dry_run } = form.into_inner();
    let reply = Write::run(&can, async |write| {
        let source = children::parent::<sync_source::Entity>(write, "/source_id", source_id).await?;
        // Another request waits here, and then finds this run.
        let source = write.row::<sync_source::Entity>(source.id).await?;
        let (record, _) = record::begin(write, &source, dry_run, SyncStart::Person).await?;
        accepted(&record)
    })
    .await?;
    kernel_job::hurry(can.state());
    Ok(reply)
}

fn accepted(row: &sync_run::Model) -> Result<Reply> {
    let reply = Reply::json(StatusCode::ACCEPTED, &SyncRun::from(row))?;
    Ok(reply.with(LOCATION, record::location(row.id)).version(row.version))
}

/// Gets a run.
#[utoipa::path(get, path = "/sync-runs/{id}", params(Show<SyncRun>), responses((status = 200, body = SyncRun)))]
async fn get_sync_run(can: Can<ReadSync>, id: Id, show: Show<SyncRun>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Cancels a run.
///
/// A run that waits ends at once, any other within seconds. What is written by then stays written, and is whole.
#[utoipa::path(
    post,
    path = "/sync-runs/{id}/cancel",
    responses((status = 202, description = "The run, which has ended or is about to end.", body = SyncRun)),
)]
async fn cancel_sync_run(can: Can<RunSync>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let row = record::cancel(write, id.0, |row| {
            write.expect_sent_version(row)?;
            SyncRun::TABLE.next(&CANCEL, row.state.as_str()).map(drop)
        });
        accepted(&row.await?)
    })
    .await
}

/// A run of the caller's hub.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn find(caller: &Caller, id: Uuid) -> Result<SyncRun> {
    let row = caller.rows::<sync_run::Entity>().filter(sync_run::Column::Id.eq(id));
    let row = row.one(caller.db().read()).await?;
    row.as_ref().map(SyncRun::from).ok_or_else(Problem::not_found)
}

/// The last run of each source, in one statement.
///
/// # Errors
/// 503 when the database is away.
pub(super) async fn last_of<C: ConnectionTrait>(
    caller: &Caller,
    db: &C,
    sources: &[sync_source::Model],
) -> Result<Vec<Value>> {
    use sync_run::Column;

    // An id is greater than those that were given before.
    let last = caller
        .rows::<sync_run::Entity>()
        .filter(Column::SourceId.is_in(sources.iter().map(|it| it.id)))
        .select_only()
        .column_as(Expr::col(Column::CreatedAt).max(), "created_at")
        .column(Column::SourceId)
        .group_by(Column::SourceId);
    let last: Vec<(Instant, Uuid)> = last.into_tuple().all(db).await?;
    if last.is_empty() {
        return Ok(vec![Value::Null; sources.len()]);
    }
    let runs = last.into_iter().fold(Condition::any(), |any, (at, source)| {
        any.add(Condition::all().add(Column::SourceId.eq(source)).add(Column::CreatedAt.eq(at)))
    });
    let found = caller.rows::<sync_run::Entity>().filter(runs).all(db).await?;
    let mut by_source: HashMap<Uuid, &sync_run::Model> = HashMap::new();
    for run in &found {
        let known = by_source.entry(run.source_id).or_insert(run);
        if known.id < run.id {
            *known = run;
        }
    }
    let value = |source: &sync_source::Model| match by_source.get(&source.id) {
        Some(run) => serde_json::to_value(SyncRun::from(*run)).map_err(Problem::internal),
        None => Ok(Value::Null),
    };
    sources.iter().map(value).collect()
}
