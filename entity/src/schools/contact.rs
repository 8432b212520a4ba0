//! A person's job at a school.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub person_id: Uuid,
    pub school_id: Uuid,
    pub job_role: String,
    pub is_primary: bool,
    pub from_on: Option<Date>,
    pub to_on: Option<Date>,
    pub checked_on: Option<Date>,
}

row!(Visibility::SchoolUntil { school: Column::SchoolId, to_on: Column::ToOn }, written_by_schools: true);
