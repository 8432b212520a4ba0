//! What each school bought.

use entity::packages::order_line::Column;
use entity::schools::school;
use sea_orm::sea_query::{Alias, Expr, Order};
use sea_orm::{ExprTrait, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::sold::{self, SoldPackages, of_line, orders, sum};
use crate::kernel::prelude::*;
use crate::schools::store::reported::ReportedSchools;

/// The report.
pub struct Purchases;

/// How many lines there are.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PurchasesQuery {
    /// Any of these schools; all if absent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// How many lines the report has at most; 1,000 if absent.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

/// What a school bought of a package.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseLine {
    /// The school; null in the total.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Option<Uuid>,
    /// The school's name; null in the total.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: Option<String>,
    /// Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// The package; null for subsidies of an order as a whole, and in the total.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub package_id: Option<Uuid>,
    /// The package's code; null where the caller does not see it.
    #[schema(max_length = 40, example = "LEAD-1")]
    pub package_code: Option<String>,
    /// The package's title; null where the caller does not see it.
    #[schema(max_length = 200, example = "Leadership support for heads of music")]
    pub package_title: Option<String>,
    /// How many orders there are.
    #[schema(minimum = 0, example = 2)]
    pub orders: i64,
    /// How many units were ordered.
    #[schema(minimum = 0, example = 5)]
    pub units: i64,
    /// What the school pays for them in pence, net and less subsidies.
    #[schema(example = 120_000)]
    pub amount_pence: i64,
    /// The last day on which the school placed such an order.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-11-03")]
    pub last_ordered_on: Option<time::Date>,
}

impl ReportSource for Purchases {
    const NAME: &'static str = "purchases";
    type Query = And<PurchasesQuery, And<SoldPackages, And<ReportedSchools, PeriodQuery>>>;
    type Line = PurchaseLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(asked, And(packages, And(schools, period))): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let mut all = sold::lines(reading, packages, schools, &period);
        all.cond_where(Condition::all().add_option(any_of(Column::SchoolId, &asked.school_id)));
        let ordered_on = Expr::col((Alias::new("package_order"), entity::packages::package_order::Column::OrderedOn));
        all.expr(orders())
            .expr(sum(of_line(Column::Quantity)))
            .expr(sum(of_line(Column::AmountPence)))
            .expr(ordered_on.max());
        let of_school = |column| Expr::col((school::Entity, column));
        let same = Condition::all()
            .add(of_school(school::Column::HubId).eq(of_line(Column::HubId)))
            .add(of_school(school::Column::Id).eq(of_line(Column::SchoolId)));
        let keys = [
            of_line(Column::SchoolId),
            of_school(school::Column::Name),
            of_school(school::Column::NameKey),
            of_school(school::Column::Urn),
            of_line(Column::PackageId),
        ];
        let mut rows = all.clone();
        rows.inner_join(school::Entity, same)
            .exprs(keys.clone())
            .add_group_by(keys)
            .order_by_expr(of_school(school::Column::NameKey), Order::Asc)
            .order_by_expr(of_line(Column::SchoolId), Order::Asc)
            .order_by_expr(of_line(Column::PackageId), Order::Asc);
        let rows = reading.all(&rows).await?;
        let mut lines = rows.iter().map(line).collect::<Result<Vec<_>>>()?;
        let found = lines.len() as u64;
        lines.truncate(usize::try_from(asked.limit.unwrap_or(1000)).unwrap_or(usize::MAX));
        let named = sold::packages(reading, lines.iter().filter_map(|line| line.package_id).collect()).await?;
        for line in &mut lines {
            let about = line.package_id.and_then(|id| named.get(&id)).cloned();
            (line.package_code, line.package_title) = about.unzip();
        }
        let total = reading.one(&all).await?.as_ref().map(figures).transpose()?;
        Ok(Figures { period: Some(period), scope: sold::SCOPE, lines, total, found })
    }
}

/// The figures, which stand first in a row.
fn figures(row: &QueryResult) -> Result<PurchaseLine> {
    let figure = |at: usize| Ok::<i64, Problem>(row.try_get_by_index::<Option<i64>>(at)?.unwrap_or_default());
    Ok(PurchaseLine {
        school_id: None,
        school_name: None,
        urn: None,
        package_id: None,
        package_code: None,
        package_title: None,
        orders: figure(0)?,
        units: figure(1)?,
        amount_pence: figure(2)?,
        last_ordered_on: row.try_get_by_index(3)?,
    })
}

fn line(row: &QueryResult) -> Result<PurchaseLine> {
    Ok(PurchaseLine {
        school_id: row.try_get_by_index(4)?,
        school_name: row.try_get_by_index(5)?,
        urn: row.try_get_by_index(7)?,
        package_id: row.try_get_by_index(8)?,
        ..figures(row)?
    })
}

routes! { ReadReports: report_purchases }

/// Reports what each school bought of each package.
///
/// An order counts on the day on which the school placed it, unless it was cancelled by the day of the report.
#[utoipa::path(
    get,
    path = "/reports/purchases",
    params(Asked<Purchases>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<PurchaseLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_purchases(can: Can<ReadReports>, asked: Asked<Purchases>) -> Result<Reply> {
    report::run(&can, asked).await
}
