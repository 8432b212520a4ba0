//! A school as everyone in the hub may see it: the same table, without most of its columns.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::school::{SchoolPhase, SchoolStatus};
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub urn: Option<i32>,
    pub name: String,
    pub name_key: String,
    pub phase: SchoolPhase,
    pub status: SchoolStatus,
    pub town: Option<String>,
}

row!(Visibility::HubWide);
