//! A section of a framework.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "framework_section")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub framework_id: Uuid,
    pub position: i32,
    pub title: String,
    pub guidance: Option<String>,
    /// The same in all editions of the framework: the id of the first.
    pub lineage_id: Uuid,
}

row!(super::of_seen_framework(Column::FrameworkId));
