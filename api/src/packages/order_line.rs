//! What was ordered, line by line: what a partner is to deliver, and what deliveries refer to.

use entity::packages::order_line;
use entity::packages::package_order::{OrderStatus, SchoolTerm};
use sea_orm::QueryFilter;
use serde::Serialize;
use utoipa::ToSchema;

use super::package::Package;
use super::store;
use crate::kernel::prelude::*;
use crate::schools::store::of_schools;

/// A line of a quote or an order, without its price.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderedLine {
    /// The line's id, which is also in the order.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The order.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub order_id: Uuid,
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The place among the lines of the order, from 1.
    #[schema(minimum = 1, example = 1)]
    pub place: i32,
    /// The package.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub package_id: Option<Uuid>,
    /// The title of the package when it was quoted.
    #[schema(max_length = 200, example = "Leadership support for heads of music")]
    pub title: String,
    /// The partner that delivers it, if one does; the partner sees the line once it is ordered.
    #[schema(example = json!(null))]
    pub provider_id: Option<Uuid>,
    /// The academic year in which it is delivered.
    #[schema(max_length = 7, example = "2014/15")]
    pub academic_year: String,
    /// The term in which it is delivered.
    #[schema(example = "spring")]
    pub term: SchoolTerm,
    /// How many units.
    #[schema(minimum = 0, example = 2)]
    pub quantity: i32,
    /// The package, when asked for with `expand=package`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Package, required = false)]
    pub package: Option<Value>,
}

impl Fields for OrderedLine {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        order_id: Uuid,
        school_id: Uuid,
        place: i32,
        package_id: Option<Uuid>,
        title: String,
        provider_id: Option<Uuid>,
        academic_year: String,
        term: SchoolTerm,
        quantity: i32,
    };
}

impl Listed for OrderedLine {
    type Entity = order_line::Entity;
    type Filter = OrderedLineFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("term", order_line::Column::TermNumber), ("created_at", order_line::Column::CreatedAt)];
    const COUNTS: &'static [&'static str] = &["package_id", "academic_year", "term", "provider_id"];
    const EXPANDS: &'static [&'static str] = &["package"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[order_line::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<Package>(caller, db, rows.iter().map(|row| row.package_id)).await
    }
}

/// Narrows the list of lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderedLineFilter {
    /// Any of these orders.
    #[serde(default)]
    #[param(max_items = 200)]
    pub order_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Any of these packages.
    #[serde(default)]
    #[param(max_items = 50)]
    pub package_id: Vec<Uuid>,
    /// Any of these partners, as the one that delivers.
    #[serde(default)]
    #[param(max_items = 50)]
    pub provider_id: Vec<Uuid>,
    /// Any of these states of the order.
    #[serde(default)]
    #[param(max_items = 6)]
    pub status: Vec<OrderStatus>,
    /// Any of these academic years of delivery.
    #[serde(default)]
    #[param(
        max_items = 20,
        min_length = 7,
        max_length = 7,
        pattern = "^[0-9]{4}/[0-9]{2}$",
        example = json!(["2014/15"]),
    )]
    pub academic_year: Vec<String>,
    /// Any of these terms of delivery.
    #[serde(default)]
    #[param(max_items = 3)]
    pub term: Vec<SchoolTerm>,
}

impl Filter<order_line::Entity> for OrderedLineFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use order_line::Column;

        let in_state =
            (!self.status.is_empty()).then(|| Column::OrderId.in_subquery(store::orders_in(caller, &self.status)));
        Condition::all()
            // A subsidy is no line to deliver.
            .add(Column::Quantity.gt(0))
            .add_option(any_of(Column::OrderId, &self.order_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(any_of(Column::PackageId, &self.package_id))
            .add_option(any_of(Column::ProviderId, &self.provider_id))
            .add_option(in_state)
            .add_option(store::placed(caller))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add_option(any_of(Column::Term, &self.term))
    }
}

routes! { ReadPackages: list_order_lines, count_order_lines, get_order_line }

/// Lists the lines of quotes and orders, without their prices.
///
/// A school sees its own. A partner sees the lines that it delivers, once they are ordered. Lines change with their
/// order.
#[utoipa::path(
    get,
    path = "/order-lines",
    params(List<OrderedLine>),
    responses((status = 200, body = Page<OrderedLine>)),
)]
async fn list_order_lines(can: Can<ReadPackages>, list: List<OrderedLine>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the lines by one or two of their fields.
#[utoipa::path(
    get,
    path = "/order-lines/counts",
    params(CountBy<OrderedLine>),
    responses((status = 200, body = Counts)),
)]
async fn count_order_lines(can: Can<ReadPackages>, by: CountBy<OrderedLine>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a line of a quote or an order.
#[utoipa::path(
    get,
    path = "/order-lines/{id}",
    params(Show<OrderedLine>),
    responses((status = 200, body = OrderedLine)),
)]
async fn get_order_line(can: Can<ReadPackages>, id: Id, show: Show<OrderedLine>) -> Result<Reply> {
    if let Some(placed) = store::placed(&can) {
        let db = can.db().snapshot().await?;
        let line = can.rows::<order_line::Entity>().filter(order_line::Column::Id.eq(id.0)).filter(placed);
        line.one(&db).await?.ok_or_else(Problem::not_found)?;
    }
    crud::get(&can, id.0, show).await
}
