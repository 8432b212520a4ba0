//! What was delivered of a line of an order.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub order_line_id: Uuid,
    pub order_id: Uuid,
    pub school_id: Uuid,
    pub package_id: Option<Uuid>,
    pub delivered_on: Date,
    pub person_id: Option<Uuid>,
    pub provider_id: Option<Uuid>,
    pub hours: Option<f64>,
    pub units: i32,
    pub note: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

row!(Visibility::School(Column::SchoolId), partner: Column::ProviderId);
