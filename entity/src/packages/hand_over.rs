//! A batch of delivered orders that was handed over to finance.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hand_over")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    /// Counts the batches of the hub from 1.
    pub number: i32,
    pub made_on: Date,
    pub made_by_id: Option<Uuid>,
    pub orders: i32,
    pub total_pence: i64,
    pub finance_reference: Option<String>,
    pub note: Option<String>,
}

row!(Visibility::HubOnly);
