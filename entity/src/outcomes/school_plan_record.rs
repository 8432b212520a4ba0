//! Music in a school's plans in one academic year.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "school_plan_record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub school_id: Uuid,
    pub academic_year: String,
    pub in_development_plan: Option<bool>,
    pub in_self_evaluation: Option<bool>,
    pub includes_first_access: Option<bool>,
    pub includes_continuation: Option<bool>,
    pub includes_singing: Option<bool>,
    pub includes_partnership: Option<bool>,
    /// Whether the school has a music development plan.
    pub has_plan: Option<bool>,
    pub summary_url: Option<String>,
    pub summary_published_on: Option<Date>,
    pub music_lead_id: Option<Uuid>,
    pub checked_on: Option<Date>,
    pub checked_by_id: Option<Uuid>,
    pub next_due_on: Option<Date>,
    pub note: Option<String>,
}

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
