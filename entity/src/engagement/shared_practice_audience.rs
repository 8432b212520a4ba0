//! With whom a piece of practice was shared, from when to when.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

/// A school, a group of schools, or, where both are empty, every school. Rows follow from the published practice.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shared_practice_audience")]
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
    pub school_id: Option<Uuid>,
    pub school_group_id: Option<Uuid>,
    pub from_on: Date,
    /// The last day; none while it is shared.
    pub to_on: Option<Date>,
}

row!(Visibility::HubOnly);
