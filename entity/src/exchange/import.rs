//! The taking in of a file: a job with its counts.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::kernel::change::ActorKind;
use crate::list::Strings;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub source: ImportSource,
    pub mode: ImportMode,
    pub dry_run: bool,
    pub state: ImportState,
    pub file_name: Option<String>,
    /// The year that the sender named, for a file that does not state it.
    pub academic_year: Option<String>,
    pub bytes: i64,
    pub bytes_read: i64,
    pub encoding: Option<String>,
    pub missing_columns: Strings,
    pub read: i64,
    pub created: i64,
    pub updated: i64,
    pub unchanged: i64,
    pub rejected: i64,
    pub out_of_area: i64,
    /// Rows about something else than the import takes, such as other subjects than music.
    pub out_of_scope: i64,
    pub missing_from_source: i64,
    pub implied: i64,
    pub warned: i64,
    /// Staged rows that make or change something, and how many of them are in the tables.
    pub to_write: i64,
    pub written: i64,
    /// The number of the last staged row that is.
    pub written_to: i64,
    pub note: Option<String>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    /// The run that works on it: a run that finds another here has lost it.
    pub owner: Uuid,
    pub heartbeat_at: Instant,
    pub cancel_asked: bool,
    pub started_at: Option<Instant>,
    pub read_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

choice! {
    /// What kind of file it is.
    pub enum ImportSource {
        /// The register of schools (`edubasealldata`).
        GiasRegister = "gias-register",
        /// Which school came from which (`links_edubasealldata`).
        GiasLinks = "gias-links",
        /// Which school is in which trust or federation (`grouplinks_edubaseallacademiesandfree`).
        GiasGroupLinks = "gias-group-links",
        /// Subject entries and grades of schools, one figure a row (CSV of the Department for Education, key stage 4 or
        /// 16 to 18). Rows of music, music technology, performing arts, musical theatre and all subjects are taken.
        ExamEntries = "exam-entries",
        /// Results of institutions, a row each with a column for each grade (XLSX).
        ExamSheet = "exam-sheet",
        /// The 16 to 18 performance table (`england_ks5final`). It has no subjects: pupils with A levels, applied
        /// general and technical qualifications and at level 3 are taken as totals of all subjects.
        ExamKs5 = "exam-ks5",
        /// Subject entries and grades of local authorities, regions and England, one figure a row (CSV).
        ExamStatistics = "exam-statistics",
        /// Figures of schools by the template of a collection, a figure in each row (CSV or XLSX).
        MeasureValues = "measure-values",
    }
}

choice! {
    /// What happens to the good rows of a file when others are rejected.
    pub enum ImportMode {
        /// Good rows are taken, others rejected.
        Each = "each",
        /// All rows are taken, or none is.
        Atomic = "atomic",
    }
}

choice! {
    /// How far an import has come.
    pub enum ImportState {
        /// It waits for others to end.
        Queued = "queued",
        /// The file is read and compared with the hub's records; nothing is written yet.
        Reading = "reading",
        /// What was planned is being written.
        Applying = "applying",
        /// It has ended, and all that it was to do is done.
        Finished = "finished",
        /// It has ended early; `error` says why, and `written` how much of it stands.
        Failed = "failed",
        /// Somebody ended it; `written` says how much of it stands.
        Cancelled = "cancelled",
    }
}

impl ImportState {
    /// Those in which a job is under way.
    pub const RUNNING: [Self; 3] = [Self::Queued, Self::Reading, Self::Applying];
}

row!(Visibility::HubOnly);
