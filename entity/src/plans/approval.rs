//! A plan's approval, given here or recorded from a meeting.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "approval")]
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
    /// The version of the plan that was approved.
    pub plan_version: i64,
    /// The body that approved it, such as the governing group.
    pub body: String,
    pub approved_on: Date,
    pub minute_reference: Option<String>,
    pub note: Option<String>,
    pub recorded_by_user_id: Option<Uuid>,
}

row!(Visibility::HubOnly);
