//! What a school asks for and orders, from the quote to the hand-over to finance.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::package::PackageUnit;
use crate::external::ExternalIds;
use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "package_order")]
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
    pub academic_year: String,
    pub term: SchoolTerm,
    /// Counts terms: three times the first year, and 0 for autumn, 1 for spring, 2 for summer.
    pub term_number: i32,
    pub lines: OrderLines,
    pub subsidies: Subsidies,
    /// The last day on which the quote can be ordered.
    pub expires_on: Option<Date>,
    pub purchase_order_number: Option<String>,
    pub note: Option<String>,
    pub external_ids: ExternalIds,
    pub status: OrderStatus,
    /// Why it was cancelled, or delivered without all of its units.
    pub status_reason: Option<String>,
    pub quoted_on: Date,
    pub ordered_on: Option<Date>,
    pub confirmed_on: Option<Date>,
    pub delivered_on: Option<Date>,
    pub handed_over_on: Option<Date>,
    pub cancelled_on: Option<Date>,
    pub requested_by_id: Option<Uuid>,
    pub ordered_by_id: Option<Uuid>,
    /// The lines without subsidies.
    pub lines_pence: i64,
    /// The subsidies, negative.
    pub subsidy_pence: i64,
    /// What the school pays, net.
    pub total_pence: i64,
    pub evaluation_score: Option<i32>,
    pub evaluation_comment: Option<String>,
    pub evaluated_on: Option<Date>,
    pub hand_over_id: Option<Uuid>,
    /// The words that `q` searches.
    pub search_key: String,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderLine {
    /// The line's id, given by the service. Send it back with a change to keep the line's price; absent for a new line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub id: Option<Uuid>,
    /// The package.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub package_id: Uuid,
    /// How many units.
    #[schema(minimum = 1, maximum = 10_000, example = 2)]
    pub quantity: i32,
    /// The net price of one unit in pence. The service takes it from the package when the line is quoted, and keeps it.
    /// The hub may set another one, with a reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000_000, example = json!(null))]
    pub price_pence: Option<i64>,
    /// Why the price is not the package's, where the hub set it by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 500, example = json!(null))]
    pub price_reason: Option<String>,
    /// The partner that delivers it, if one does; set by the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub provider_id: Option<Uuid>,
    /// The package's code when the line was quoted, filled by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = json!(null))]
    pub code: Option<String>,
    /// The package's title when the line was quoted, filled by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, example = json!(null))]
    pub title: Option<String>,
    /// What is counted, filled by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub unit: Option<PackageUnit>,
    /// The VAT code when the line was quoted, filled by the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40, example = json!(null))]
    pub vat_code: Option<String>,
}

/// The lines of an order.
pub type OrderLines = List<OrderLine>;

/// A subsidy: a line of its own whose amount is negative.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderSubsidy {
    /// What it is, as the school and finance read it.
    #[schema(min_length = 1, max_length = 200, example = "Subsidy of the hub for small schools")]
    pub text: String,
    /// The amount in pence, below 0.
    #[schema(minimum = -100_000_000_000_i64, maximum = -1, example = -5_000)]
    pub subsidy_pence: i64,
    /// The package of the order that it is for; absent where it is for the order as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(null))]
    pub package_id: Option<Uuid>,
}

/// The subsidies of an order.
pub type Subsidies = List<OrderSubsidy>;

choice! {
    /// A term of an academic year.
    pub enum SchoolTerm {
        /// September to December.
        Autumn = "autumn",
        /// January to Easter.
        Spring = "spring",
        /// Easter to July.
        Summer = "summer",
    }
}

choice! {
    /// How far an order has come.
    pub enum OrderStatus {
        /// The school has a price.
        Quote = "quote",
        /// The school has ordered.
        Ordered = "ordered",
        /// The hub has confirmed the order.
        Confirmed = "confirmed",
        /// Everything has been delivered.
        Delivered = "delivered",
        /// Finance has the order.
        HandedOver = "handed_over",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// The states in which an order takes units of a package's capacity.
pub const COMMITTED: &[OrderStatus] =
    &[OrderStatus::Ordered, OrderStatus::Confirmed, OrderStatus::Delivered, OrderStatus::HandedOver];

/// The states in which something may still be delivered.
pub const OPEN: &[OrderStatus] = &[OrderStatus::Quote, OrderStatus::Ordered, OrderStatus::Confirmed];

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
