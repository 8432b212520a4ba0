//! The schools that no message has reached in a period.

use entity::engagement::communication::CommunicationKind;
use entity::engagement::communication_recipient::{self, Outcome};
use entity::schools::school;
use entity::schools::school::SchoolPhase;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, Order, Query as Select, SelectStatement};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::counted::column;
use super::reach::{self, Days};
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// How many lines there are unless it is asked otherwise.
const LIMIT: u64 = 200;

/// The report.
pub struct Unreached;

/// Which messages count, and how many lines there are.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UnreachedQuery {
    /// Only messages of any of these kinds count; all kinds if absent.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<CommunicationKind>,
    /// How many lines the list has at most; 200 if absent.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

/// A school in scope that no message of the period has reached by the day.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreachedSchool {
    /// The school.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub school_id: Uuid,
    /// The school's name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: String,
    /// Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Phase of education.
    pub phase: SchoolPhase,
    /// The area that it lies in.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
    /// The area's name.
    #[schema(max_length = 200, example = "North")]
    pub area_name: Option<String>,
    /// How many messages of the period were sent to it.
    #[schema(minimum = 0, example = 2)]
    pub messages: i64,
    /// The last day on which any message reached it.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-03-12")]
    pub last_reached_on: Option<Date>,
}

impl ReportSource for Unreached {
    const NAME: &'static str = "unreached-schools";
    type Query = And<UnreachedQuery, And<ReportedSchools, PeriodQuery>>;
    type Line = UnreachedSchool;

    async fn read(
        reading: &ReportReading<'_>,
        And(query, And(schools, period)): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let counted = reported::schools(reading, schools, None).await?;
        let mut list = list(reading, counted, query, Days::of(reading, &period));
        list.limit(query.limit.unwrap_or(LIMIT));
        let rows = reading.all(&list).await?;
        let found = rows.first().map(|row| row.try_get_by_index::<i64>(7)).transpose()?.unwrap_or_default();
        let areas = rows.iter().map(|row| row.try_get_by_index::<Option<Uuid>>(4));
        let areas = areas.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let areas = reported::areas(reading, areas).await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let area_id: Option<Uuid> = row.try_get_by_index(4)?;
            lines.push(UnreachedSchool {
                school_id: row.try_get_by_index(0)?,
                school_name: row.try_get_by_index(1)?,
                urn: row.try_get_by_index(2)?,
                phase: row.try_get_by_index(3)?,
                area_id,
                area_name: area_id.and_then(|id| areas.get(&id.to_string()).cloned()),
                messages: row.try_get_by_index(5)?,
                last_reached_on: row.try_get_by_index(6)?,
            });
        }
        let found = u64::try_from(found).unwrap_or_default();
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total: None, found })
    }
}

/// The schools, the ones that were never reached first, then the ones reached longest ago.
fn list(
    reading: &ReportReading<'_>,
    mut counted: SelectStatement,
    query: &UnreachedQuery,
    days: Days,
) -> SelectStatement {
    use communication_recipient::{Column, Entity};

    for name in [school::Column::Name, school::Column::NameKey, school::Column::Urn] {
        counted.column((school::Entity, name));
    }
    let school = || Expr::col((Entity, Column::SchoolId));
    let mut sent = reach::recipients(reading, &query.kind, days);
    sent.column((Entity, Column::SchoolId))
        .expr_as(school().count(), Alias::new("messages"))
        .expr_as(reach::reached(days).max(), Alias::new("reached"))
        .add_group_by([school()]);
    let mut ever = reading.caller.statement::<communication_recipient::Entity>(false);
    ever.column((Entity, Column::SchoolId))
        .expr_as(Expr::col((Entity, Column::ReachedOn)).max(), Alias::new("last"))
        .and_where(Column::Outcome.eq(Outcome::Reached))
        .and_where(Column::ReachedOn.lte(reading.as_at))
        .add_group_by([school()]);
    let mut rows = Select::select();
    for name in ["id", "name", "urn", "phase", "area_id"] {
        rows.expr(column("counted", name));
    }
    rows.expr(Expr::cust("COALESCE(\"sent\".\"messages\", 0)"))
        .expr(column("ever", "last"))
        .expr(Expr::cust("COUNT(*) OVER ()"))
        .from_subquery(counted, Alias::new("counted"));
    for (part, joined) in [("sent", sent), ("ever", ever)] {
        let same = column(part, "school_id").eq(column("counted", "id"));
        rows.join_subquery(JoinType::LeftJoin, joined, Alias::new(part), same);
    }
    rows.and_where(Expr::cust("COALESCE(\"sent\".\"reached\", 0) = 0"))
        .order_by_expr(column("ever", "last").is_not_null(), Order::Asc)
        .order_by_expr(column("ever", "last"), Order::Asc)
        .order_by_expr(column("counted", "name_key"), Order::Asc)
        .order_by_expr(column("counted", "id"), Order::Asc);
    rows
}

routes! { ReadReports: report_unreached_schools }

/// Lists the schools in scope that no message of a period has reached by a day.
///
/// The ones that were never reached come first, then the ones that were reached longest ago.
#[utoipa::path(
    get,
    path = "/reports/unreached-schools",
    params(Asked<Unreached>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<UnreachedSchool> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_unreached_schools(can: Can<ReadReports>, asked: Asked<Unreached>) -> Result<Reply> {
    report::run(&can, asked).await
}
