//! A day on which somebody of a school opened a piece of practice.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

/// A school has one row a day at most for each piece of practice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "practice_opening")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub shared_practice_id: Uuid,
    pub school_id: Uuid,
    pub opened_on: Date,
}

row!(Visibility::School(Column::SchoolId));
