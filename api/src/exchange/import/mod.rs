//! The taking in of files: jobs that read and plan first, and write then.

mod affects;
mod apply;
mod exams;
mod figures;
mod group_links;
mod item;
pub mod job;
mod known;
mod links;
pub mod plan;
mod reading;
pub mod record;
mod register;
pub mod rows;
mod source;
pub mod transition;

use std::fs::File;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use sea_orm::QueryFilter;
use utoipa::ToSchema;

use self::item::progress_of;
pub use self::item::{ColumnName, Import, ImportError};
use self::job::Job;
use self::plan::Tally;
use self::record::{Record, Wanted};
use self::transition::CANCEL;
use crate::kernel::base::request::RequestMeta;
use crate::kernel::caller::input::Upload;
use crate::kernel::prelude::*;
use crate::kernel::resource::job::{self as kernel_job, Kind};
use crate::kernel::resource::transition::{States, actions};

/// The job of an import. It has the import's id, and needs the file that one instance has.
pub const KIND: Kind = Kind {
    name: "import",
    interrupted: record::INTERRUPTED,
    attempts: 1,
    every: None,
    work: None,
    follow: Some(|state, tx| Box::pin(record::follow(state, tx))),
};

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
    /// The academic year, for files of results and figures that do not state it. What a file states comes first.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = json!(null))]
    pub academic_year: Option<String>,
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
/// `file`, as a workbook (`exam-sheet`, `measure-values`) comes. The service detects the encoding, regardless of the
/// media type.
///
/// Results of exams stand under the URN of the time: a result of a school that closed is taken for its successor, by
/// the links of the register, and the row says so. What is not about music, and follows from other figures, is counted
/// as `out_of_scope`.
///
/// Figures of schools (`measure-values`) come by the template of a collection, `GET /collections/{id}/template`. A row
/// without a figure and without a reason changes nothing. A total and its parts that contradict each other are rejected
/// together.
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
        academic_year: how.academic_year.clone(),
        bytes: upload.bytes,
    };
    let file = checked(&can, upload.file, how.source, how.academic_year).await?;
    let begun = Write::run_with_value(&can, async |write| {
        let record = begin(write, wanted.clone()).await?;
        Ok((accepted(&record.import)?, record))
    });
    let (reply, made) = begun.await?;
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
async fn checked(caller: &Caller, mut file: File, source: ImportSource, year: Option<String>) -> Result<File> {
    let today = caller.today();
    let checked = move || job::check(&mut file, source, today, year.as_deref()).map(|()| file);
    tokio::task::spawn_blocking(checked).await.map_err(Problem::internal)?
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
