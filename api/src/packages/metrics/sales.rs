//! What schools order, and how much of the packages' capacity that takes.

use entity::packages::package_order::SchoolTerm;
use entity::packages::{order_line, package, package_order};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{
    ColumnTrait, Condition, Deserialize, Problem, ReportReading, Result, Scope, Uuid, any_of,
};
use crate::packages::{rules, store};

/// Which orders a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct OrdersCounted {
    /// Only what was ordered of any of these packages counts.
    #[serde(default)]
    #[schema(max_items = 50)]
    package_id: Vec<Uuid>,
    /// Orders count that were confirmed on this day or later, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Orders count that were confirmed until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

/// What confirmed orders are worth.
pub struct OrdersValue;

impl Metric for OrdersValue {
    type Filter = OrdersCounted;

    const CODE: &'static str = "orders_value";
    const MEANING: &'static str = "What orders are worth, less subsidies, that were confirmed in the days counted \
                                   and not cancelled by the day.";
    const PART: &'static str = "packages";
    const MEASURE: MetricMeasure = MetricMeasure::Sum;
    const UNIT: MetricUnit = MetricUnit::Pence;
    const THINGS: &'static str = "orders";
    const READ: Scope = Scope::ReadPackages;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: OrdersCounted) -> Result<Counted> {
        use package_order::Column;

        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column| Expr::col((package_order::Entity, column));
        let keys = [of(Column::Id), of(Column::ConfirmedOn), of(Column::SchoolId)];
        let amount = Expr::col((order_line::Entity, order_line::Column::AmountPence));
        let mut orders = store::lines(reading.caller);
        orders
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(of(Column::ConfirmedOn), Alias::new("on_date"))
            .expr_as(of(Column::SchoolId), Alias::new("school_id"))
            .expr_as(amount.sum(), Alias::new("amount"))
            .cond_where(
                store::standing(reading.as_at)
                    .add(Column::ConfirmedOn.gte(first))
                    .add(Column::ConfirmedOn.lte(last))
                    .add_option(any_of(order_line::Column::PackageId, &filter.package_id)),
            )
            .add_group_by(keys);
        Ok(Counted::things(orders, &["school_id", "amount"]))
    }
}

/// Which capacity a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CapacityCounted {
    /// Only these packages count.
    #[serde(default)]
    #[schema(max_items = 50)]
    package_id: Vec<Uuid>,
    /// The academic year of delivery; the one in which the day lies if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    academic_year: Option<String>,
    /// Only this term counts.
    term: Option<SchoolTerm>,
}

/// How much of the packages' capacity is ordered.
pub struct CapacityUsed;

impl Metric for CapacityUsed {
    type Filter = CapacityCounted;

    const CODE: &'static str = "capacity_used";
    const MEANING: &'static str = "Units that are ordered for the terms of a year, by orders placed by the day and \
                                   not cancelled by then, of what the packages in pilot or on sale can deliver.";
    const PART: &'static str = "packages";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "packages";
    const SCOPE: &'static str = "units that can be delivered, as packages say now";
    const READ: Scope = Scope::ReadPackages;

    async fn counted(reading: &ReportReading<'_>, _: &Over, filter: CapacityCounted) -> Result<Counted> {
        use package::Column;

        let year = filter.academic_year.unwrap_or_else(|| academic_year(reading.as_at));
        let days = academic_year::days(&year).zip(rules::term_number(&year, SchoolTerm::Autumn));
        let message = "an academic year is a year and the last two digits of the next, such as 2014/15";
        let ((begins, _), autumn) = days.ok_or_else(|| Problem::invalid("/academic_year", "order", message))?;
        let term = filter.term.and_then(|term| rules::term_number(&year, term));
        let (from, to) = term.map_or((autumn, autumn + 2), |term| (term, term));
        let of = |column| Expr::col((package::Entity, column));
        let mut used = store::lines(reading.caller);
        used.expr(Expr::col((order_line::Entity, order_line::Column::Quantity)).sum()).cond_where(
            store::standing(reading.as_at).add(order_line::Column::TermNumber.between(from, to)).add(
                Expr::col((order_line::Entity, order_line::Column::PackageId)).equals((package::Entity, Column::Id)),
            ),
        );
        let mut packages = reading.caller.statement::<package::Entity>(false);
        packages
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(Expr::val(begins), Alias::new("on_date"))
            .expr_as(of(Column::Title), Alias::new("label"))
            .expr_as(Expr::expr(used).if_null(0), Alias::new("amount"))
            .expr_as(of(Column::CapacityPerTerm).mul(to - from + 1), Alias::new("whole"))
            .cond_where(
                Condition::all()
                    .add(Column::CapacityPerTerm.is_not_null())
                    .add(Column::Status.is_in(package::ON_SALE.iter().copied()))
                    .add_option(any_of(Column::Id, &filter.package_id)),
            );
        Ok(Counted::things(packages, &["label", "amount", "whole"]))
    }
}
