//! How much of each package's capacity is taken, term by term.

use std::collections::HashMap;

use entity::packages::package_order::SchoolTerm;
use entity::packages::{order_line, package};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa::ToSchema;

use super::sold::SoldPackages;
use crate::kernel::base::academic_year::academic_year;
use crate::kernel::base::problem::Code;
use crate::kernel::prelude::*;
use crate::packages::rules;
use crate::packages::store;

/// The report.
pub struct CapacityUsed;

/// The year whose terms are reported.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CapacityQuery {
    /// The academic year of delivery; the one in which the day lies if absent.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    pub academic_year: Option<String>,
}

/// How much of a package is taken in a term.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsedCapacityLine {
    /// The package.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub package_id: Uuid,
    /// The package's code.
    #[schema(max_length = 40, example = "LEAD-1")]
    pub package_code: String,
    /// The package's title.
    #[schema(max_length = 200, example = "Leadership support for heads of music")]
    pub package_title: String,
    /// The academic year.
    #[schema(max_length = 7, example = "2014/15")]
    pub academic_year: String,
    /// The term.
    #[schema(example = "spring")]
    pub term: SchoolTerm,
    /// The units that are ordered.
    #[schema(minimum = 0, example = 31)]
    pub used: i64,
    /// The units that can be delivered in a term, as the package says now; null where there is no limit, and for
    /// callers who do not reach the whole hub.
    #[schema(minimum = 0, example = 40)]
    pub capacity: Option<i64>,
    /// The units that are left: 0 where more are ordered than the package says now. Null where `capacity` is.
    #[schema(minimum = 0, example = 9)]
    pub left: Option<i64>,
}

/// What the figures count.
const SCOPE: &str = "units of orders placed by the day and not cancelled by then";

impl ReportSource for CapacityUsed {
    const NAME: &'static str = "capacity-used";
    type Query = And<CapacityQuery, SoldPackages>;
    type Line = UsedCapacityLine;

    async fn read(reading: &ReportReading<'_>, And(asked, packages): &Self::Query) -> Result<Figures<Self::Line>> {
        let year = asked.academic_year.clone().unwrap_or_else(|| academic_year(reading.as_at));
        let autumn = rules::term_number(&year, SchoolTerm::Autumn).ok_or_else(unknown_year)?;
        let summer = autumn + 2;
        let mut lines = store::lines(reading.caller);
        lines.cond_where(
            store::standing(reading.as_at)
                .add(order_line::Column::PackageId.is_not_null())
                .add(order_line::Column::TermNumber.between(autumn, summer))
                .add_option(any_of(order_line::Column::PackageId, &packages.package_id)),
        );
        let mut used: HashMap<(Uuid, i32), i64> = HashMap::new();
        for row in reading.all(&store::units_by_term(lines)).await? {
            used.insert((row.try_get_by_index(0)?, row.try_get_by_index(1)?), row.try_get_by_index(2)?);
        }
        let known = Condition::any()
            .add(package::Column::Id.is_in(used.keys().map(|(id, _)| *id)))
            .add(package::Column::Status.is_in(package::ON_SALE.iter().copied()));
        let rows = reading.caller.rows::<package::Entity>().filter(known);
        let rows = rows.filter(Condition::all().add_option(any_of(package::Column::Id, &packages.package_id)));
        let rows = rows.order_by_asc(package::Column::TitleKey).order_by_asc(package::Column::Id);
        let rows = rows.all(reading.db()).await?;
        // What is left follows from the orders of all schools.
        let whole = reading.caller.sees_hub();
        let line = |package: &package::Model, number: i32| {
            let (academic_year, term) = rules::term_of(number);
            let used = used.get(&(package.id, number)).copied().unwrap_or_default();
            let capacity = package.capacity_per_term.filter(|_| whole).map(i64::from);
            UsedCapacityLine {
                package_id: package.id,
                package_code: package.code.clone(),
                package_title: package.title.clone(),
                academic_year,
                term,
                used,
                capacity,
                left: capacity.map(|capacity| (capacity - used).max(0)),
            }
        };
        let lines = rows.iter().flat_map(|package| (autumn..=summer).map(move |number| (package, number)));
        let lines: Vec<_> = lines.map(|(package, number)| line(package, number)).collect();
        let found = lines.len() as u64;
        Ok(Figures { period: None, scope: SCOPE, lines, total: None, found })
    }
}

fn unknown_year() -> Problem {
    let message = "an academic year is a year and the last two digits of the next, such as 2014/15";
    let fault = Fault::new("?academic_year", "order", message);
    Problem::new(Code::BadParameter, format!("?academic_year: {message}")).with(fault)
}

routes! { ReadReports: report_capacity_used }

/// Reports how many units of each package are ordered in each term of a year, and how many are left.
///
/// Packages on sale or in pilot are listed, and others of which something is ordered.
#[utoipa::path(
    get,
    path = "/reports/capacity-used",
    params(Asked<CapacityUsed>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<UsedCapacityLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_capacity_used(can: Can<ReadReports>, asked: Asked<CapacityUsed>) -> Result<Reply> {
    report::run(&can, asked).await
}
