//! The taking in of files: jobs that read and plan first, and write then.

mod affects;
mod apply;
mod group_links;
pub mod job;
mod known;
mod links;
pub mod plan;
pub mod record;
mod register;
pub mod rows;
mod source;
pub mod transition;

use std::fs::File;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::cell::json;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use entity::list::Strings;
use sea_orm::QueryFilter;
use serde::Serialize;
use utoipa::ToSchema;

use self::job::Job;
use self::plan::Tally;
use self::record::{Record, Wanted};
use self::transition::CANCEL;
use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::input::Upload;
use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::{self as kernel_job, JobProgress, Kind};
use crate::kernel::resource::transition::{Action, States, actions};

/// The job of an import. It has the import's id, and needs the file that one instance has.
pub const KIND: Kind = Kind {
    name: "import",
    interrupted: record::INTERRUPTED,
    attempts: 1,
    every: None,
    work: None,
    follow: Some(|state, tx| Box::pin(record::follow(state, tx))),
};

/// An import: a job that takes in a file.
///
/// Of the rows read each has one outcome: `read` is always the sum of `created`, `updated`,
/// `unchanged`, `rejected` and `out_of_area`. While `state` is `reading`, and in a dry run, these
/// say what would be; from then on what was planned, of which `written` says how much stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Import {
    /// The item's id: a UUIDv7, given by the service.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// What kind of file it is.
    #[schema(example = "gias-register")]
    pub source: ImportSource,
    /// What happens to the good rows when others are rejected.
    #[schema(example = "each")]
    pub mode: ImportMode,
    /// True if only the report was asked for: nothing is written.
    #[schema(example = true)]
    pub dry_run: bool,
    /// How far it has come.
    #[schema(example = "finished")]
    pub state: ImportState,
    /// How far it has come, per cent: the reading of the file up to 50, the writing from there; a
    /// dry run ends with the reading.
    #[schema(minimum = 0, maximum = 100, example = 100)]
    pub progress: i32,
    /// The file's name at the sender's.
    #[schema(max_length = 255, example = "edubasealldata20141101.csv")]
    pub file_name: Option<String>,
    /// The file's length, bytes.
    #[schema(minimum = 0, example = 62_000_000)]
    pub bytes: i64,
    /// How much of it has been read, bytes.
    #[schema(minimum = 0, example = 62_000_000)]
    pub bytes_read: i64,
    /// The encoding that it was found to be in: `utf-8`, `utf-8-bom`, `windows-1252`, or `mixed`
    /// for a file of both.
    #[schema(max_length = 20, example = "windows-1252")]
    pub encoding: Option<String>,
    /// Columns that would have been read and are not there: what they say of known schools stays.
    #[schema(value_type = Vec<ColumnName>, max_items = 100, example = json!([]))]
    pub missing_columns: Vec<String>,
    /// Rows read so far.
    #[schema(minimum = 0, example = 414)]
    pub read: i64,
    /// Rows of which something new is made.
    #[schema(minimum = 0, example = 3)]
    pub created: i64,
    /// Rows that change what is there.
    #[schema(minimum = 0, example = 12)]
    pub updated: i64,
    /// Rows that say what is known already, or may not change it.
    #[schema(minimum = 0, example = 398)]
    pub unchanged: i64,
    /// Rows that were not understood, or break a rule.
    #[schema(minimum = 0, example = 1)]
    pub rejected: i64,
    /// Rows of schools that are no concern of the hub's, by its `la_codes` and its register.
    #[schema(minimum = 0, example = 0)]
    pub out_of_area: i64,
    /// Schools of the hub's register that the file should have and has not. They are marked, never
    /// deleted.
    #[schema(minimum = 0, example = 2)]
    pub missing_from_source: i64,
    /// Items made or changed because a row needs them, such as the group of a membership.
    #[schema(minimum = 0, example = 0)]
    pub implied: i64,
    /// Rows in which something was not as it should be; they were taken all the same.
    #[schema(minimum = 0, example = 5)]
    pub warned: i64,
    /// Items to be made or changed.
    #[schema(minimum = 0, example = 17)]
    pub to_write: i64,
    /// Items that are written so far.
    #[schema(minimum = 0, example = 17)]
    pub written: i64,
    /// What else is to be known of it.
    #[schema(max_length = 500, example = json!(null))]
    pub note: Option<String>,
    /// Why it failed.
    pub error: Option<ImportError>,
    /// True if somebody has asked for its end.
    #[schema(example = false)]
    pub cancel_asked: bool,
    /// What kind of caller began it.
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
    /// When the reading began.
    pub started_at: Option<Instant>,
    /// When all rows were read and planned.
    pub read_at: Option<Instant>,
    /// When it ended.
    pub finished_at: Option<Instant>,
    /// The transitions that the caller may make now, with `expand=actions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Action>, required = false, max_items = 10)]
    pub actions: Option<Value>,
}

/// A column of a file, by its name.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 100, example = "PercentageFSM")]
pub struct ColumnName(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Why an import failed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImportError {
    /// What it is about, for programs: `rejected_rows`, `changed_meanwhile`, `interrupted`, or what
    /// is wrong with the file as a whole.
    #[schema(max_length = 60, example = "interrupted")]
    pub code: String,
    /// What to do about it.
    #[schema(max_length = 1000, example = "run it again, which is safe")]
    pub message: String,
}

impl ImportError {
    fn of(message: Option<String>, code: Option<String>) -> Option<Self> {
        message.zip(code).map(|(message, code)| Self { code, message })
    }
}

impl Fields for Import {
    const FIELDS: &'static [Field] = &[
        column::<Uuid>(&["id"]),
        column::<ImportSource>(&["source"]),
        column::<ImportMode>(&["mode"]),
        column::<bool>(&["dry_run"]),
        column::<ImportState>(&["state"]),
        Field {
            name: "progress",
            columns: &["state", "bytes_read", "bytes", "written", "to_write"],
            write: |row, at, out| {
                let state: ImportState = row.try_get_by_index(at)?;
                let (read, of) = (row.try_get_by_index(at + 1)?, row.try_get_by_index(at + 2)?);
                let (written, to_write) = (row.try_get_by_index(at + 3)?, row.try_get_by_index(at + 4)?);
                json(&progress(state, (read, of), (written, to_write)), out)
            },
        },
        column::<Option<String>>(&["file_name"]),
        column::<i64>(&["bytes"]),
        column::<i64>(&["bytes_read"]),
        column::<Option<String>>(&["encoding"]),
        column::<Strings>(&["missing_columns"]),
        column::<i64>(&["read"]),
        column::<i64>(&["created"]),
        column::<i64>(&["updated"]),
        column::<i64>(&["unchanged"]),
        column::<i64>(&["rejected"]),
        column::<i64>(&["out_of_area"]),
        column::<i64>(&["missing_from_source"]),
        column::<i64>(&["implied"]),
        column::<i64>(&["warned"]),
        column::<i64>(&["to_write"]),
        column::<i64>(&["written"]),
        column::<Option<String>>(&["note"]),
        Field {
            name: "error",
            columns: &["error", "error_code"],
            write: |row, at, out| json(&ImportError::of(row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?), out),
        },
        column::<bool>(&["cancel_asked"]),
        column::<ActorKind>(&["actor_kind"]),
        column::<Option<Uuid>>(&["actor_id"]),
        column::<i64>(&["version"]),
        column::<Instant>(&["created_at"]),
        column::<Instant>(&["updated_at"]),
        column::<Option<Instant>>(&["started_at"]),
        column::<Option<Instant>>(&["read_at"]),
        column::<Option<Instant>>(&["finished_at"]),
    ];
}

impl From<&import::Model> for Import {
    fn from(row: &import::Model) -> Self {
        Self {
            id: row.id,
            source: row.source,
            mode: row.mode,
            dry_run: row.dry_run,
            state: row.state,
            progress: progress(row.state, (row.bytes_read, row.bytes), (row.written, row.to_write)),
            file_name: row.file_name.clone(),
            bytes: row.bytes,
            bytes_read: row.bytes_read,
            encoding: row.encoding.clone(),
            missing_columns: row.missing_columns.to_vec(),
            read: row.read,
            created: row.created,
            updated: row.updated,
            unchanged: row.unchanged,
            rejected: row.rejected,
            out_of_area: row.out_of_area,
            missing_from_source: row.missing_from_source,
            implied: row.implied,
            warned: row.warned,
            to_write: row.to_write,
            written: row.written,
            note: row.note.clone(),
            error: ImportError::of(row.error.clone(), row.error_code.clone()),
            cancel_asked: row.cancel_asked,
            actor_kind: row.actor_kind,
            actor_id: row.actor_id,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
            started_at: row.started_at,
            read_at: row.read_at,
            finished_at: row.finished_at,
            actions: None,
        }
    }
}

/// How far the job of an import has come.
fn progress_of(row: &import::Model) -> JobProgress {
    let percent = progress(row.state, (row.bytes_read, row.bytes), (row.written, row.to_write));
    JobProgress { percent: Some(percent), done: row.written, of: Some(row.to_write) }
}

/// Half for the reading and half for the writing; all of it at the end.
fn progress(state: ImportState, read: (i64, i64), written: (i64, i64)) -> i32 {
    if state == ImportState::Finished {
        return 100;
    }
    let half = |(done, all): (i64, i64)| i32::try_from(done.clamp(0, all.max(0)) * 50 / all.max(1)).unwrap_or(0);
    if state == ImportState::Applying { 50 + half(written) } else { half(read) }
}

impl Listed for Import {
    type Entity = import::Entity;
    type Filter = ImportFilter;

    const SORTS: &'static [(&'static str, import::Column)] =
        &[("created_at", import::Column::CreatedAt), ("updated_at", import::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["state", "source", "mode"];
    const EXPANDS: &'static [&'static str] = &["actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[import::Model],
    ) -> Result<Vec<Value>> {
        actions::<Self>(caller, db, rows).await
    }
}

/// Narrows the list of imports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportFilter {
    /// What kind of file it is.
    #[param(inline)]
    pub source: Option<ImportSource>,
    /// Any of these states.
    #[serde(default)]
    #[param(inline, max_items = 6)]
    pub state: Vec<ImportState>,
    /// True if it is a dry run.
    pub dry_run: Option<bool>,
}

impl Filter<import::Entity> for ImportFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(import::Column::Source, self.source))
            .add_option(any_of(import::Column::State, &self.state))
            .add_option(is(import::Column::DryRun, self.dry_run))
    }
}

/// How a file is taken in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// What kind of file it is.
    #[param(inline, example = "gias-register")]
    pub source: ImportSource,
    /// `each`, which is meant if absent: good rows are taken, others rejected. `atomic`: all rows
    /// are taken, or none where one is rejected.
    #[param(inline)]
    pub mode: Option<ImportMode>,
    /// `true` for the report alone: nothing is written.
    #[serde(default)]
    pub dry_run: bool,
    /// The file's name, for people; a form tells it by itself.
    #[param(min_length = 1, max_length = 255, example = "edubasealldata20141101.csv")]
    pub file_name: Option<String>,
}

/// The columns that the register needs, and a school.
const FILE: &str = "URN,LA (code),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (name),\
                    EstablishmentStatus (name),PhaseOfEducation (name)\r\n\
                    120305,855,4003,Woodgate Vale Primary School,Academy converter,Open,Primary\r\n";

/// A file in a form.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it is the schema of a form")]
pub struct ImportForm {
    /// The file.
    #[schema(
        format = Binary,
        content_media_type = "text/csv",
        min_length = 1,
        max_length = 268_435_456,
        example = json!(FILE),
    )]
    file: String,
}

/// A file as it is: a table with its columns named in the first line, separated by commas, in
/// UTF-8 or Windows-1252.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 268_435_456, example = json!(FILE))]
pub struct ImportFile(#[expect(dead_code, reason = "it is the schema of a text")] String);

routes! {
    ReadExchange: list_imports, count_imports, get_import, rows::list_import_rows;
    WriteImports: create_import, cancel_import;
}

/// Lists the imports of the hub.
#[utoipa::path(get, path = "/imports", params(List<Import>), responses((status = 200, body = Page<Import>)))]
async fn list_imports(can: Can<ReadExchange>, list: List<Import>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the imports by one or two of their fields.
#[utoipa::path(get, path = "/imports/counts", params(CountBy<Import>), responses((status = 200, body = Counts)))]
async fn count_imports(can: Can<ReadExchange>, by: CountBy<Import>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Takes in a file.
///
/// The whole file is received first, then read, compared with the hub's records and planned row by
/// row, and only then written. The reply comes when the file has arrived, with the job at
/// `Location`. One import of a hub runs at a time (409). A file of another kind than `source` says
/// is refused at once (422). To send the same file again is safe: rows that match the records
/// change nothing. The body is the file as `text/csv`, or `multipart/form-data` with the field
/// `file`. The service detects the encoding, regardless of the media type.
#[utoipa::path(
    post,
    path = "/imports",
    params(ImportQuery),
    request_body(content((ImportFile = "text/csv"), (ImportForm = "multipart/form-data"))),
    responses((status = 202, description = "The job, which has begun or waits for others to end.", body = Import)),
)]
async fn create_import(can: Can<WriteImports>, how: Query<ImportQuery>, upload: Upload) -> Result<Reply> {
    let how = how.0;
    let file_name = how.file_name.or(upload.name).map(|name| name.chars().take(255).collect());
    let wanted = Wanted {
        source: how.source,
        mode: how.mode.unwrap_or(ImportMode::Each),
        dry_run: how.dry_run,
        file_name,
        bytes: upload.bytes,
    };
    let file = checked(&can, upload.file, how.source).await?;
    let mut made = None;
    let reply = Write::run(&can, async |write| {
        let record = begin(write, wanted.clone()).await?;
        let reply = accepted(&record.import)?;
        made = Some(record);
        Ok(reply)
    })
    .await?;
    if let Some(record) = made {
        start(&can, record, file)?;
    }
    Ok(reply)
}

fn accepted(row: &import::Model) -> Result<Reply> {
    let reply = Reply::json(StatusCode::ACCEPTED, &Import::from(row))?;
    Ok(reply.with(LOCATION, record::location(row.id)).version(row.version))
}

/// The file, once it is known to be of that kind. It is looked at on a thread that may wait for
/// the disk.
async fn checked(caller: &Caller, mut file: File, source: ImportSource) -> Result<File> {
    let today = caller.today();
    let checked = tokio::task::spawn_blocking(move || job::check(&mut file, source, today).map(|()| file));
    checked.await.map_err(Problem::internal)?
}

/// Makes the record of a job, if none of the hub is under way.
///
/// # Errors
/// 409 for one that is; 422 for a hub without local authorities.
pub async fn begin(write: &mut Write, wanted: Wanted) -> Result<Record> {
    let caller = write.caller().clone();
    register::hub(&caller, write.tx()).await?;
    // Another request that begins an import waits here, and then sees this one.
    write.hold::<entity::identity::hub::Entity>(caller.hub_id).await?;
    kernel_job::close_silent(caller.state(), write.tx()).await?;
    job::expect_none(&caller, write.tx()).await?;
    record::make(write, wanted).await
}

/// Starts a job as the one who asked for it, without the headers of the request: what it writes
/// comes under no `Idempotency-Key` of that.
fn start(can: &Caller, record: Record, file: File) -> Result<()> {
    let request = RequestMeta { id: can.request().id.clone(), ..RequestMeta::default() };
    let caller = Caller::new(can.identity().clone(), can.scope(), Arc::new(request), can.state().clone())?;
    can.state().jobs.start(move || async move { job::run(Job { caller, record, file }, &Tally::default()).await });
    Ok(())
}

/// Gets an import.
#[utoipa::path(get, path = "/imports/{id}", params(Show<Import>), responses((status = 200, body = Import)))]
async fn get_import(can: Can<ReadExchange>, id: Id, show: Show<Import>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// An import of the caller's.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn find(caller: &Caller, id: Uuid) -> Result<Import> {
    let row = caller.rows_archived::<import::Entity>().filter(import::Column::Id.eq(id));
    let row = row.one(caller.db().read()).await?;
    row.as_ref().map(Import::from).ok_or_else(Problem::not_found)
}

/// Cancels an import.
///
/// The import ends within seconds. Rows that are written by then stay written; `written` counts
/// them. An atomic import has written nothing, or everything if the request came too late.
#[utoipa::path(
    post,
    path = "/imports/{id}/cancel",
    responses((status = 202, description = "The job, which is about to end.", body = Import)),
)]
async fn cancel_import(can: Can<WriteImports>, id: Id) -> Result<Reply> {
    Write::run(&can, async |write| {
        let (row, job) = record::locked(write, id.0).await?;
        write.expect_sent_version(&row)?;
        Import::TABLE.next(&CANCEL, row.state.as_str())?;
        accepted(&record::ask_to_cancel(write, &row, job.as_ref()).await?)
    })
    .await
}
