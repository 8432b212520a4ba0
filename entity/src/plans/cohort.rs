//! A set of schools that a target counts.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cohort")]
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
    pub plan_year_id: Option<Uuid>,
    pub number: i32,
    pub name: String,
    pub description: Option<String>,
    /// The day on which its members were fixed.
    pub frozen_on: Option<Date>,
    /// The words that `q` searches.
    pub search_key: Option<String>,
}

row!(Visibility::HubOnly);
