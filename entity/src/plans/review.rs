//! A review of a plan: what was found on a day, what follows from it, and the revision that it makes.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub plan_id: Uuid,
    /// The year of the plan that is over; none where the plan as a whole is reviewed.
    pub plan_year_id: Option<Uuid>,
    pub title: String,
    pub title_key: String,
    pub summary: Option<String>,
    /// The day for which the targets were frozen.
    pub as_at: Date,
    pub opened_on: Date,
    pub opened_by_id: Option<Uuid>,
    pub status: ReviewStatus,
    pub status_reason: Option<String>,
    /// The revision of the plan that it makes.
    pub revision_id: Option<Uuid>,
    pub approval_id: Option<Uuid>,
    pub approved_at: Option<Instant>,
    /// How many targets were frozen.
    pub targets: i32,
}

choice! {
    /// How far a review has come.
    #[example = "review"]
    pub enum ReviewStatus {
        /// The evidence is frozen, and is looked at.
        Review = "review",
        /// Lessons are written down.
        Reflect = "reflect",
        /// The next revision of the plan is written.
        Revise = "revise",
        /// The next revision is in force.
        Approved = "approved",
        /// It led to nothing.
        Cancelled = "cancelled",
    }
}

row!(Visibility::HubOnly);
