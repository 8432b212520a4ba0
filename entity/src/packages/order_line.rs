//! The lines and subsidies of orders, one row each: what is counted by package, and what a delivery is of.
//!
//! The rows follow from the lists in the order. They change only with the order.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::package_order;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub order_id: Uuid,
    pub school_id: Uuid,
    /// The place among the lines of the order, from 1; subsidies come last.
    pub place: i32,
    /// The package; none for a subsidy of the order as a whole.
    pub package_id: Option<Uuid>,
    /// The title of the package when it was quoted, or what a subsidy is.
    pub title: String,
    pub provider_id: Option<Uuid>,
    pub academic_year: String,
    pub term: package_order::SchoolTerm,
    pub term_number: i32,
    /// The units; 0 for a subsidy.
    pub quantity: i32,
    /// The units times the price of one, or a subsidy, which is negative.
    pub amount_pence: i64,
}

row!(
    Visibility::Through { column: Column::OrderId, parent: package_order::Entity::fence },
    partner: Column::ProviderId
);
