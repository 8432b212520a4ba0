//! What narrows the list of orders.

use entity::packages::package_order::{self, OrderStatus, SchoolTerm};
use time::Date;

use crate::kernel::prelude::*;
use crate::packages::store;
use crate::schools::store::of_schools;

/// Narrows the list of orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OrderFilter {
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
    /// Only orders with a line of this package.
    pub package_id: Option<Uuid>,
    /// Any of these states.
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
    /// Any of these people, as the one who ordered.
    #[serde(default)]
    #[param(max_items = 50)]
    pub ordered_by_id: Vec<Uuid>,
    /// Only orders of this batch for finance.
    pub hand_over_id: Option<Uuid>,
    /// Only orders quoted on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub quoted_from: Option<Date>,
    /// Only orders quoted on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub quoted_to: Option<Date>,
    /// Only orders placed on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub ordered_from: Option<Date>,
    /// Only orders placed on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub ordered_to: Option<Date>,
    /// Only quotes that hold no longer than this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-12-31")]
    pub expires_to: Option<Date>,
    /// Words of the purchase order number and of the packages, each whole or in part, in any order and without regard
    /// to case and accents.
    #[param(min_length = 1, max_length = 100, example = "leadership")]
    pub q: Option<String>,
}

impl Filter<package_order::Entity> for OrderFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use package_order::Column;

        let of_package = self.package_id.map(|id| Column::Id.in_subquery(store::orders_with(caller, id)));
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(of_package)
            .add_option(any_of(Column::Status, &self.status))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add_option(any_of(Column::Term, &self.term))
            .add_option(any_of(Column::OrderedById, &self.ordered_by_id))
            .add_option(is(Column::HandOverId, self.hand_over_id))
            .add(between(Column::QuotedOn, self.quoted_from, self.quoted_to))
            .add(between(Column::OrderedOn, self.ordered_from, self.ordered_to))
            .add_option(self.expires_to.map(|day| Column::ExpiresOn.lte(day)))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}
