//! An import as callers read it.

use entity::cell::json;
use entity::exchange::import::{self, ImportMode, ImportSource, ImportState};
use entity::instant::Instant;
use entity::kernel::change::ActorKind;
use entity::list::Strings;
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::kernel::resource::field::column;
use crate::kernel::resource::job::JobProgress;
use crate::kernel::resource::transition::Action;

/// An import: a job that takes in a file.
///
/// Of the rows read each has one outcome: `read` is always the sum of `created`, `updated`,
/// `unchanged`, `rejected`, `out_of_area` and `out_of_scope`. While `state` is `reading`, and in a dry run, these
/// say what would be; from then on what was planned, of which `written` says how much stands. Of a file with several
/// figures in a line, each figure counts as a row.
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
    /// The academic year that the sender named, for a file that does not state it.
    #[schema(max_length = 7, example = json!(null))]
    pub academic_year: Option<String>,
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
    /// Rows about something else than the import takes, such as other subjects than music. They are counted, and are
    /// not among the rows of the import.
    #[schema(minimum = 0, example = 0)]
    pub out_of_scope: i64,
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
        column::<Option<String>>(&["academic_year"]),
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
        column::<i64>(&["out_of_scope"]),
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
            academic_year: row.academic_year.clone(),
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
            out_of_scope: row.out_of_scope,
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
pub(super) fn progress_of(row: &import::Model) -> JobProgress {
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
