//! A framework in one of its editions.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "framework")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: FrameworkKind,
    pub title: String,
    pub title_key: String,
    pub phases: Phases,
    pub description: Option<String>,
    pub source: Option<String>,
    pub status: FrameworkStatus,
    /// Counts the editions of one lineage from 1.
    pub edition: i32,
    /// The same for all editions: the id of the first.
    pub lineage_id: Uuid,
    /// The edition that this one was made from.
    pub previous_id: Option<Uuid>,
    pub piloted_at: Option<Instant>,
    pub published_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

choice! {
    /// What a framework is for.
    pub enum FrameworkKind {
        /// A school judges itself.
        SelfEvaluation = "self_evaluation",
        /// What is looked at before or on the first visit.
        VisitAudit = "visit_audit",
        /// A lesson is observed.
        LessonObservation = "lesson_observation",
        /// Another school's leader judges.
        PeerReview = "peer_review",
        /// A school applies for an award.
        Award = "award",
    }
}

choice! {
    /// How far a framework has come.
    pub enum FrameworkStatus {
        /// Being written.
        Draft = "draft",
        /// Tried out by a few schools.
        Pilot = "pilot",
        /// In use, and never changed again.
        Published = "published",
        /// No longer in use for anything new.
        Retired = "retired",
    }
}

choice! {
    /// Whom a framework fits.
    pub enum FrameworkPhase {
        /// The early years foundation stage.
        Eyfs = "eyfs",
        /// Key stage 1.
        Ks1 = "ks1",
        /// Key stage 2.
        Ks2 = "ks2",
        /// Key stage 3.
        Ks3 = "ks3",
        /// Key stage 4.
        Ks4 = "ks4",
        /// Pupils with disabilities and special educational needs.
        Dsen = "dsen",
    }
}

/// Phases, each once.
pub type Phases = List<FrameworkPhase>;

/// What everybody in the hub sees: what is in use, and what was used before.
pub const VISIBLE_TO_SCHOOLS: &[&str] = &[FrameworkStatus::Published.as_str(), FrameworkStatus::Retired.as_str()];

row!(Visibility::Published { column: Column::Status, values: VISIBLE_TO_SCHOOLS });
