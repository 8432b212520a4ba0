//! Long work: how far it is, and which run works on it.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::change::ActorKind;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: String,
    pub state: JobState,
    pub progress: Option<Json>,
    pub actor_kind: ActorKind,
    pub actor_id: Option<Uuid>,
    /// When it may begin.
    pub due_at: Instant,
    /// The run that works on it, or waits for a place to do so. A run that finds another here has
    /// lost the job. None while any instance may take it.
    pub run: Option<Uuid>,
    /// How many runs have been begun.
    pub attempts: i32,
    /// When the run last said that it lives.
    pub heartbeat_at: Option<Instant>,
    pub cancel_asked: bool,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub started_at: Option<Instant>,
    pub finished_at: Option<Instant>,
}

choice! {
    /// How far a job has come.
    pub enum JobState {
        /// It waits for its time, or for a place.
        Queued = "queued",
        /// It is being worked on.
        Running = "running",
        /// It has ended, and all that it was to do is done.
        Finished = "finished",
        /// It has ended early; `error` says why.
        Failed = "failed",
        /// Somebody ended it.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// The states of a job that has not ended.
    pub const OPEN: [Self; 2] = [Self::Queued, Self::Running];
}

row!(Visibility::HubOnly);
