//! A target as a review found it. The row never changes.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::plans::progress_update::Opinion;
use crate::plans::target::{Comparator, TargetKind, TargetUnit};
use crate::plans::target_status::Status;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "review_target")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub review_id: Uuid,
    pub target_id: Uuid,
    pub objective_id: Uuid,
    /// Counts the targets of the review from 1, in the order of the plan.
    pub place: i32,
    pub objective_number: i32,
    pub objective_title: String,
    pub plan_year_label: String,
    pub statement: String,
    pub kind: TargetKind,
    pub baseline: Option<f64>,
    pub comparator: Option<Comparator>,
    /// The figure to reach.
    pub value: Option<f64>,
    pub unit: Option<TargetUnit>,
    pub last_due_on: Option<Date>,
    pub status: Status,
    /// The figure that was reached.
    pub reached: Option<f64>,
    pub reached_on: Option<Date>,
    pub numerator: Option<f64>,
    pub denominator: Option<f64>,
    pub scope: Option<String>,
    pub evidence_count: Option<i64>,
    /// Why a computed figure is not known.
    pub unknown: Option<String>,
    pub opinion: Option<Opinion>,
    pub pending_updates: i32,
}

row!(Visibility::HubOnly);
