//! A named specialist leader given to a school for a period.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
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
    pub role: AssignmentRole,
    pub from_on: Date,
    pub to_on: Option<Date>,
    pub reason: Option<String>,
}

choice! {
    /// The part the person has in the school's support.
    pub enum AssignmentRole {
        /// The one who leads; never two at once.
        Lead = "lead",
        /// One who helps.
        Support = "support",
    }
}

row!(Visibility::SchoolUntil { school: Column::SchoolId, to_on: Column::ToOn });
