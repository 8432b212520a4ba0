//! What was spent of a budget line on a day.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_spending")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    /// The plan of the budget line.
    pub plan_id: Uuid,
    pub budget_line_id: Uuid,
    pub spent_on: Date,
    pub pence: Option<i64>,
    /// Days of work.
    pub days: Option<f64>,
    pub note: Option<String>,
}

row!(Visibility::HubOnly);
