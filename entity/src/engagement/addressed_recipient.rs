//! A recipient of a message with its school and its person: the rows of a statement that joins them, of no table.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use super::communication_recipient::Outcome;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;
use crate::schools::school::SchoolPhase;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "addressed_recipient")]
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
    pub school_name: Option<String>,
    pub school_name_key: Option<String>,
    pub urn: Option<i32>,
    pub phase: Option<SchoolPhase>,
    pub area_id: Option<Uuid>,
    pub person_name: Option<String>,
    pub email: Option<String>,
    pub outcome: Outcome,
    pub reached_on: Option<Date>,
    pub reason: Option<String>,
}

// The statement narrows its rows to what the caller sees.
row!(Visibility::HubOnly);
