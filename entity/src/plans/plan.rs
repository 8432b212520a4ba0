//! A plan of the hub and the state it is in.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{Ids, Strings};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "plan")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: PlanKind,
    pub title: String,
    pub title_key: String,
    pub motto: Option<String>,
    pub lead_group: Option<String>,
    /// Names of people and groups who support the plan.
    pub supporters: Strings,
    pub acknowledgement: Option<String>,
    pub status: PlanStatus,
    pub revision: i32,
    pub copied_from_id: Option<Uuid>,
    pub proposed_at: Option<Instant>,
    pub activated_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    /// The persons who wrote or proposed it, who therefore cannot approve it.
    pub author_ids: Ids,
    /// The revision that this one takes the place of, once it is in force.
    pub supersedes_id: Option<Uuid>,
}

choice! {
    /// What the plan is for.
    pub enum PlanKind {
        /// How the hub leads music education in every school of its area.
        SchoolMusicEducationPlan = "school_music_education_plan",
        /// The hub's plan for local music education as a whole.
        LocalPlan = "local_plan",
        /// How everyone is included.
        Inclusion = "inclusion",
        /// How young musicians move on.
        Progression = "progression",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// How far the plan has come.
    pub enum PlanStatus {
        /// Being written.
        Draft = "draft",
        /// Put to its approvers.
        Proposed = "proposed",
        /// In force; its schools see it.
        Active = "active",
        /// Over.
        Closed = "closed",
    }
}

/// What schools see: the plan in force.
pub const IN_FORCE: &[&str] = &[PlanStatus::Active.as_str()];

row!(Visibility::Published { column: Column::Status, values: IN_FORCE });
