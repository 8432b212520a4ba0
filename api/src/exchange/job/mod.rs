//! The hub's jobs: how far long work is, and its end before its time.

pub mod transition;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::cell::json;
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use entity::kernel::job::{self, JobState};
use serde::Serialize;
use utoipa::ToSchema;

use self::transition::CANCEL;
use super::{import, sync};
use crate::kernel::document::openapi::API;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::{JobProgress, ask_to_cancel};
use crate::kernel::resource::transition::{Action, States, actions};
use crate::people::erasure::Erasure;
use crate::ratings::recomputation::RagRecomputation;

/// A job: work that goes on after its request was answered, or that comes round again.
///
/// A job survives the instance that runs it: the job is then interrupted, or begun again where its kind
/// allows that.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Job {
    /// The item's id: a UUIDv7, given by the service. An import has the id of its job.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What kind of work it is: `import`, `sync`, `recompute-ratings`, or what the platform does from time to time.
    #[schema(max_length = 60, example = "import")]
    pub kind: String,
    /// How far it has come.
    #[schema(example = "finished")]
    pub state: JobState,
    /// How much of the work is done, once a run has told.
    #[schema(value_type = Option<JobProgress>)]
    pub progress: Option<Value>,
    /// The address of the item that tells more of the work, if there is one.
    #[schema(max_length = 200, example = "/api/v1/imports/0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub href: Option<String>,
    /// How many runs have been begun. A kind that may be begun again has several after an interruption.
    #[schema(minimum = 0, maximum = 100, example = 1)]
    pub attempts: i32,
    /// True if somebody has asked for its end.
    #[schema(example = false)]
    pub cancel_asked: bool,
    /// Why it failed. Work that comes round again keeps the error of its last run.
    pub error: Option<JobError>,
    /// What kind of caller asked for it.
    pub actor_kind: ActorKind,
    /// The user or client who did.
    pub actor_id: Option<Uuid>,
    /// When it may begin. Work that comes round again begins again at this time.
    pub due_at: Instant,
    /// 1 when created, one more with each change; the number in its `ETag`.
    #[schema(minimum = 1, example = 4)]
    pub version: i64,
    /// When it was asked for.
    pub created_at: Instant,
    /// When its record last changed.
    pub updated_at: Instant,
    /// When the last run began.
    pub started_at: Option<Instant>,
    /// When the last run ended.
    pub finished_at: Option<Instant>,
    /// The transitions that the caller may make now, with `expand=actions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Action>, required = false, max_items = 10)]
    pub actions: Option<Value>,
}

/// Why a job failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct JobError {
    /// What it is about, for programs, such as `interrupted`.
    #[schema(max_length = 60, example = "interrupted")]
    pub code: String,
    /// What to do about it.
    #[schema(max_length = 1000, example = "run it again, which is safe")]
    pub message: String,
}

impl JobError {
    fn of(message: Option<String>, code: Option<String>) -> Option<Self> {
        message.zip(code).map(|(message, code)| Self { code, message })
    }
}

/// The address of what a job of a kind works on.
fn href(kind: &str, id: Uuid) -> Option<String> {
    match kind {
        _ if kind == import::KIND.name => Some(import::record::location(id)),
        _ if kind == sync::sync_run::record::KIND.name => Some(sync::sync_run::record::location(id)),
        _ if kind == RagRecomputation::KIND.name => Some(RagRecomputation::location(id)),
        _ if kind == Erasure::KIND.name => Some(Erasure::location(id)),
        _ => None,
    }
}

impl Fields for Job {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<String>(&["kind"]),
        column::<JobState>(&["state"]),
        column::<Option<Value>>(&["progress"]),
        Field {
            name: "href",
            columns: &["kind", "id"],
            write: |row, at, out| {
                let kind: String = row.try_get_by_index(at)?;
                json(&href(&kind, row.try_get_by_index(at + 1)?), out)
            },
        },
        column::<i32>(&["attempts"]),
        column::<bool>(&["cancel_asked"]),
        Field {
            name: "error",
            columns: &["error", "error_code"],
            write: |row, at, out| json(&JobError::of(row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?), out),
        },
        column::<ActorKind>(&["actor_kind"]),
        column::<Option<Uuid>>(&["actor_id"]),
        column::<Instant>(&["due_at"]),
        column::<i64>(&["version"]),
        column::<Instant>(&["created_at"]),
        column::<Instant>(&["updated_at"]),
        column::<Option<Instant>>(&["started_at"]),
        column::<Option<Instant>>(&["finished_at"]),
    ];
}

impl From<&job::Model> for Job {
    fn from(row: &job::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind.clone(),
            state: row.state,
            progress: row.progress.clone(),
            href: href(&row.kind, row.id),
            attempts: row.attempts,
            cancel_asked: row.cancel_asked,
            error: JobError::of(row.error.clone(), row.error_code.clone()),
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            due_at: row.due_at,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            actions: None,
        }
    }
}

impl Listed for Job {
    type Entity = job::Entity;
    type Filter = JobFilter;

    const SORTS: &'static [(&'static str, job::Column)] =
        &[("created_at", job::Column::CreatedAt), ("updated_at", job::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["state", "kind"];
    const EXPANDS: &'static [&'static str] = &["actions"];

    async fn expand<C: ConnectionTrait>(caller: &Caller, db: &C, _: &str, rows: &[job::Model]) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// Narrows the list of jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobFilter {
    /// What kind of work it is.
    #[param(min_length = 1, max_length = 60, example = "import")]
    pub kind: Option<String>,
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 5)]
    pub state: Vec<JobState>,
}

impl Filter<job::Entity> for JobFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(job::Column::Kind, self.kind.clone()))
            .add_option(any_of(job::Column::State, &self.state))
    }
}

routes! {
    ReadJobs: list_jobs, count_jobs, get_job;
    WriteJobs: cancel_job;
}

/// Lists the jobs of the hub.
#[utoipa::path(get, path = "/jobs", params(List<Job>), responses((status = 200, body = Page<Job>)))]
async fn list_jobs(can: Can<ReadJobs>, list: List<Job>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the jobs by one or two of their fields.
#[utoipa::path(get, path = "/jobs/counts", params(CountBy<Job>), responses((status = 200, body = Counts)))]
async fn count_jobs(can: Can<ReadJobs>, by: CountBy<Job>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a job.
#[utoipa::path(get, path = "/jobs/{id}", params(Show<Job>), responses((status = 200, body = Job)))]
async fn get_job(can: Can<ReadJobs>, id: Id, show: Show<Job>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Cancels a job.
///
/// A job that waits is cancelled at once. One that is worked on ends within seconds, where it leaves
/// whole what it has written. Work that comes round again begins again at its next time.
#[utoipa::path(
    post,
    path = "/jobs/{id}/cancel",
    responses((status = 202, description = "The job, which has ended or is about to end.", body = Job)),
)]
async fn cancel_job(can: Can<WriteJobs>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let row = write.row::<job::Entity>(id.0).await?;
        write.expect_sent_version(&row)?;
        Job::TABLE.next(&CANCEL, row.state.as_str())?;
        ask_to_cancel(write, can.state().kind(&row.kind), &row).await?;
        let row = write.row::<job::Entity>(id.0).await?;
        let reply = Reply::json(StatusCode::ACCEPTED, &Job::from(&row))?;
        Ok(reply.with(LOCATION, format!("{API}/jobs/{}", row.id)).version(row.version))
    })
    .await
}
