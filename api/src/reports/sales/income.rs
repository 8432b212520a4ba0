//! What the hub earns by its packages.

use std::collections::BTreeMap;

use entity::packages::order_line::Column;
use entity::packages::package_order;
use entity::schools::school;
use sea_orm::sea_query::{Expr, Order, SelectStatement};
use sea_orm::{ExprTrait, QueryFilter, QueryResult, QuerySelect};
use serde::Serialize;
use utoipa::ToSchema;

use super::sold::{self, SoldPackages, amount_if, of_line, orders, sum};
use crate::kernel::prelude::*;
use crate::packages::rules;
use crate::reports::counted::column;
use crate::schools::store::reported::{self, ReportGroup, ReportedSchools};

/// The report.
pub struct Income;

entity::choice! {
    /// By what the lines of income are grouped.
    #[example = "package"]
    pub enum IncomeGrouping {
        /// The package; subsidies of an order as a whole stand apart.
        Package = "package",
        /// The term of delivery.
        Term = "term",
        /// The area that the school lies in.
        Area = "area",
        /// The school.
        School = "school",
    }
}

/// How income is grouped.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IncomeQuery {
    /// By what the lines are grouped; by package if absent.
    #[param(inline, example = "package")]
    pub by: Option<IncomeGrouping>,
    /// How many lines the report has at most; 200 if absent.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

/// What was earned of some orders, net and in pence.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncomeLine {
    /// What the orders have in common.
    pub group: ReportGroup,
    /// How many orders there are; one with several packages counts for each.
    #[schema(minimum = 0, example = 12)]
    pub orders: i64,
    /// How many units were ordered.
    #[schema(minimum = 0, example = 30)]
    pub units: i64,
    /// The price of what was ordered, without subsidies.
    #[schema(minimum = 0, example = 750_000)]
    pub ordered_pence: i64,
    /// The subsidies: negative or 0.
    #[schema(maximum = 0, example = -40_000)]
    pub subsidy_pence: i64,
    /// What the schools pay.
    #[schema(example = 710_000)]
    pub income_pence: i64,
    /// The part of that which was delivered by the day.
    #[schema(example = 500_000)]
    pub delivered_pence: i64,
    /// The part of that which finance had by the day.
    #[schema(example = 410_000)]
    pub handed_over_pence: i64,
}

impl ReportSource for Income {
    const NAME: &'static str = "income";
    type Query = And<IncomeQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>;
    type Line = IncomeLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(asked, And(packages, And(schools, period))): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let by = asked.by.unwrap_or(IncomeGrouping::Package);
        let lines = figures(reading, sold::lines(reading, packages, schools, &period));
        let key = by.column();
        let mut grouped = lines.clone();
        grouped.expr(key.clone()).add_group_by([key.clone()]).order_by_expr(key, Order::Asc);
        let rows = reading.all(&grouped).await?;
        let values = rows.iter().map(|row| by.value(row)).collect::<Result<Vec<_>>>()?;
        let groups = by.groups(reading, values).await?;
        let found = rows.len() as u64;
        let mut written = Vec::with_capacity(rows.len());
        for (row, group) in rows.iter().zip(groups) {
            written.push(line(row, group)?);
        }
        // Terms stand in their order already, all else by name.
        if by != IncomeGrouping::Term {
            written.sort_by(|one, two| {
                let named = |line: &IncomeLine| (line.group.label.is_none(), line.group.label.clone());
                (named(one), &one.group.value).cmp(&(named(two), &two.group.value))
            });
        }
        written.truncate(usize::try_from(asked.limit.unwrap_or(200)).unwrap_or(usize::MAX));
        let total = reading.one(&lines).await?.map(|row| line(&row, ReportGroup::all())).transpose()?;
        Ok(Figures { period: Some(period), scope: sold::SCOPE, lines: written, total, found })
    }
}

/// Adds the figures of lines, which stand first in a row.
fn figures(reading: &ReportReading<'_>, mut lines: SelectStatement) -> SelectStatement {
    use package_order::Column as OfOrder;

    lines
        .expr(orders())
        .expr(sum(of_line(Column::Quantity)))
        .expr(amount_if(of_line(Column::Quantity).gt(0)))
        .expr(amount_if(of_line(Column::Quantity).eq(0)))
        .expr(sum(of_line(Column::AmountPence)))
        .expr(amount_if(OfOrder::DeliveredOn.lte(reading.as_at)))
        .expr(amount_if(OfOrder::HandedOverOn.lte(reading.as_at)));
    lines
}

fn line(row: &QueryResult, group: ReportGroup) -> Result<IncomeLine> {
    // A sum of nothing is null.
    let figure = |at: usize| Ok::<i64, Problem>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
    Ok(IncomeLine {
        group,
        orders: figure(0)?,
        units: figure(1)?,
        ordered_pence: figure(2)?,
        subsidy_pence: figure(3)?,
        income_pence: figure(4)?,
        delivered_pence: figure(5)?,
        handed_over_pence: figure(6)?,
    })
}

/// The place of the group's value in a row.
const GROUP: usize = 7;

impl IncomeGrouping {
    fn column(self) -> Expr {
        match self {
            Self::Package => of_line(Column::PackageId),
            Self::Term => of_line(Column::TermNumber),
            Self::Area => column("counted", "area_id"),
            Self::School => of_line(Column::SchoolId),
        }
    }

    fn value(self, row: &QueryResult) -> Result<Option<String>> {
        Ok(match self {
            Self::Term => Some(row.try_get_by_index::<i32>(GROUP)?.to_string()),
            _ => row.try_get_by_index::<Option<Uuid>>(GROUP)?.map(|id| id.to_string()),
        })
    }

    async fn groups(self, reading: &ReportReading<'_>, values: Vec<Option<String>>) -> Result<Vec<ReportGroup>> {
        let ids: Vec<Uuid> = values.iter().flatten().filter_map(|value| value.parse().ok()).collect();
        if self == Self::Term {
            let number = |value: &Option<String>| value.as_ref().and_then(|value| value.parse::<i32>().ok());
            let named = values.iter().filter_map(number).map(|number| {
                let (year, term) = rules::term_of(number);
                let name = format!("{year} {term}");
                ReportGroup { value: Some(name.clone()), label: Some(name) }
            });
            return Ok(named.collect());
        }
        let names: BTreeMap<String, String> = match self {
            Self::Package => {
                let packages = sold::packages(reading, ids).await?;
                packages.into_iter().map(|(id, (code, title))| (id.to_string(), format!("{code}: {title}"))).collect()
            }
            Self::School => schools(reading, ids).await?,
            _ => reported::areas(reading, ids).await?,
        };
        let named = |value: Option<String>| {
            let label = value.as_ref().and_then(|value| names.get(value).cloned());
            ReportGroup { value, label }
        };
        Ok(values.into_iter().map(named).collect())
    }
}

/// The names of schools by their ids, as the caller sees them.
async fn schools(reading: &ReportReading<'_>, ids: Vec<Uuid>) -> Result<BTreeMap<String, String>> {
    let rows = reading.caller.rows_archived::<school::Entity>().filter(school::Column::Id.is_in(ids)).select_only();
    let rows = rows.columns([school::Column::Id, school::Column::Name]);
    let found: Vec<(Uuid, String)> = rows.into_tuple().all(reading.db()).await?;
    Ok(found.into_iter().map(|(id, name)| (id.to_string(), name)).collect())
}

routes! { ReadReports: report_income }

/// Reports what the hub earns by its packages: by package, term of delivery, area or school.
///
/// An order counts on the day on which the school placed it, unless it was cancelled by the day of the report. Amounts
/// are net and in pence.
#[utoipa::path(
    get,
    path = "/reports/income",
    params(Asked<Income>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<IncomeLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_income(can: Can<ReadReports>, asked: Asked<Income>) -> Result<Reply> {
    report::run(&can, asked).await
}
