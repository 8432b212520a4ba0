//! A run of the sync with a source: a job with its counts.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exchange::sync_row::{SyncDirection, SyncOutcome, SyncSection};
use crate::instant::Instant;
use crate::kernel::change::ActorKind;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub source_id: Uuid,
    pub dry_run: bool,
    pub started_by: SyncStart,
    pub state: SyncState,
    pub step: Option<SyncStep>,
    /// How many items of the step are done, and how many there are.
    pub done: i64,
    pub of: i64,
    /// How many rows of the report stand for something that was written.
    pub written: i64,
    pub counts: SyncCounts,
    pub watermarks: SyncWatermarks,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub cancel_asked: bool,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

/// How many rows of a table had an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct SyncCount {
    /// Whether the rows came from the source or went to it.
    pub direction: SyncDirection,
    /// The table.
    pub section: SyncSection,
    /// The outcome.
    pub outcome: SyncOutcome,
    /// How many rows had it.
    #[schema(minimum = 1, example = 412)]
    pub rows: i64,
}

/// How many rows had which outcome, table by table.
pub type SyncCounts = List<SyncCount>;

/// How far the source's own clock has come in one of its tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct SyncWatermark {
    /// The table.
    pub section: SyncSection,
    /// The latest time of a change that its rows had, without times in the future.
    pub modified_at: Instant,
}

/// How far the source's own clock has come, table by table.
pub type SyncWatermarks = List<SyncWatermark>;

choice! {
    /// What began a run.
    pub enum SyncStart {
        /// A person or a partner system, by `POST /sync-runs`.
        Person = "person",
        /// The schedule of the source.
        Schedule = "schedule",
        /// The command `smep sync`.
        Command = "command",
    }
}

choice! {
    /// How far a run has come.
    pub enum SyncState {
        /// It waits for its turn.
        Queued = "queued",
        /// It is being worked on.
        Running = "running",
        /// It has ended, and all that it was to do is done.
        Succeeded = "succeeded",
        /// It has ended early; `error` says why, and `written` how much of it stands.
        Failed = "failed",
        /// Somebody ended it; `written` says how much of it stands.
        Cancelled = "cancelled",
    }
}

impl SyncState {
    /// The states of a run that has not ended.
    pub const OPEN: [Self; 2] = [Self::Queued, Self::Running];
}

choice! {
    /// What a run is at.
    pub enum SyncStep {
        /// The source is read. Nothing is written until all of it has been read.
        Reading = "reading",
        /// The source's contacts are led to schools.
        Schools = "schools",
        /// People, and who is who at a school.
        People = "people",
        /// Activities and their counts, as figures of schools.
        Figures = "figures",
        /// Members of ensembles, as figures of schools.
        Ensembles = "ensembles",
        /// Contracts.
        Contracts = "contracts",
        /// Values of user-defined fields are written to the source.
        WritingBack = "writing_back",
    }
}

row!(Visibility::HubOnly);
