//! How many schools apply for awards, and how many have one.

use std::collections::HashMap;

use entity::frameworks::award_application::{self, ApplicationStatus};
use entity::frameworks::award_scheme::AwardLevel;
use entity::plans::{cohort, cohort_member};
use sea_orm::sea_query::{Alias, Expr, Query as Select, SelectStatement};
use sea_orm::{ExprTrait, QueryFilter, QueryResult, QuerySelect, QueryTrait};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::base::problem::Code;
use crate::kernel::database::db::limit;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// The report.
pub struct Applications;

/// What the shares count of where a cohort is named.
const IN_COHORT: &str = "schools of the cohort";

/// The cohort and the scheme.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AwardReportQuery {
    /// A cohort of a plan: its schools are counted instead of all schools in scope, also the ones that are not in scope
    /// any more.
    pub cohort_id: Option<Uuid>,
    /// Any of these schemes; all if absent.
    #[serde(default)]
    #[param(max_items = 50)]
    pub scheme_id: Vec<Uuid>,
}

/// How many schools applied for a level of an award, and how many have it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AwardApplicationLine {
    /// The level; null for all levels together.
    #[schema(example = "bronze")]
    pub level: Option<AwardLevel>,
    /// Schools that applied in the period, up to the day.
    pub applied: Share,
    /// Schools that applied in the period and have been awarded by the day.
    pub awarded: Share,
    /// Schools whose award holds on the day, in any period.
    pub holding: Share,
}

impl ReportSource for Applications {
    const NAME: &'static str = "award-applications";
    type Query = And<AwardReportQuery, And<ReportedSchools, PeriodQuery>>;
    type Line = AwardApplicationLine;

    async fn read(
        reading: &ReportReading<'_>,
        And(asked, And(schools, period)): &Self::Query,
    ) -> Result<Figures<Self::Line>> {
        let period = period.period(reading).await?;
        let schools = counted(reading, schools, asked.cohort_id).await?;
        let scope = if asked.cohort_id.is_some() { IN_COHORT } else { reported::IN_SCOPE };
        let of = reading.one(&how_many(&schools)).await?.ok_or_else(|| Problem::internal("nothing was counted"))?;
        let of: i64 = of.try_get_by_index(0)?;
        let days = [period.from_on, Ord::min(period.to_on, reading.as_at)];
        let rows = reading.all(&by_level(applications(reading, &schools, asked, days))).await?;
        let mut found = HashMap::new();
        for row in &rows {
            let level: String = row.try_get_by_index(3)?;
            found.insert(level, counts(row)?);
        }
        let line = |level: Option<AwardLevel>, [applied, awarded, holding]: [i64; 3]| {
            let [applied, awarded, holding] = [applied, awarded, holding].map(|count| Share::of(count, of, scope));
            AwardApplicationLine { level, applied, awarded, holding }
        };
        let of_level = |level: &AwardLevel| found.get(level.as_str()).copied().unwrap_or_default();
        let lines: Vec<_> = AwardLevel::ALL.iter().map(|level| line(Some(*level), of_level(level))).collect();
        let all = reading.one(&applications(reading, &schools, asked, days)).await?;
        let total = all.as_ref().map(counts).transpose()?.map(|counts| line(None, counts));
        let found = lines.len() as u64;
        let scope = if asked.cohort_id.is_some() { IN_COHORT } else { reported::SCOPE };
        Ok(Figures { period: Some(period), scope, lines, total, found })
    }
}

/// The ids of the schools counted: the ones in scope, or the schools of a cohort, in scope or not.
async fn counted(
    reading: &ReportReading<'_>,
    narrowed: &ReportedSchools,
    cohort: Option<Uuid>,
) -> Result<SelectStatement> {
    let id = || Expr::col((Alias::new("counted"), Alias::new("id")));
    let ids_of = |schools| Select::select().expr(id()).from_subquery(schools, Alias::new("counted")).to_owned();
    let Some(cohort) = cohort else { return Ok(ids_of(reported::schools(reading, narrowed, None).await?)) };
    let unknown = || {
        let message = "there is no such cohort";
        let fault = Fault::new("?cohort_id", "unknown_reference", message);
        Problem::new(Code::BadParameter, format!("?cohort_id: {message}")).with(fault)
    };
    let caller = reading.caller.under(Scope::ReadPlans).ok_or_else(unknown)?;
    let found = caller.rows::<cohort::Entity>().filter(cohort::Column::Id.eq(cohort));
    limit::report(found.one(reading.db())).await?.ok_or_else(unknown)?;
    let members = caller.rows::<cohort_member::Entity>().filter(cohort_member::Column::CohortId.eq(cohort));
    let members = members.select_only().column(cohort_member::Column::SchoolId).into_query();
    let mut ids = ids_of(reported::all_schools(reading, narrowed, None));
    ids.and_where(id().in_subquery(members));
    Ok(ids)
}

fn how_many(schools: &SelectStatement) -> SelectStatement {
    let mut count = Select::select();
    count
        .expr(Expr::col((Alias::new("of"), Alias::new("id"))).count())
        .from_subquery(schools.clone(), Alias::new("of"));
    count
}

/// Counts schools, each once: that applied, that were awarded, that hold an award.
fn applications(
    reading: &ReportReading<'_>,
    schools: &SelectStatement,
    asked: &AwardReportQuery,
    [from_on, to_on]: [time::Date; 2],
) -> SelectStatement {
    use award_application::Column;

    let as_at = reading.as_at;
    let schools_where = |condition: Expr| {
        let school = Expr::case(condition, Expr::col((award_application::Entity, Column::SchoolId)));
        Expr::expr(school).count_distinct()
    };
    let applied = || Column::AppliedOn.gte(from_on).and(Column::AppliedOn.lte(to_on));
    let awarded = applied().and(Column::Status.eq(ApplicationStatus::Awarded)).and(Column::AwardedOn.lte(as_at));
    let holding = Column::AwardedOn.lte(as_at).and(Column::ValidUntil.gte(as_at));
    let caller = reading.caller;
    let mut found = caller.statement::<award_application::Entity>(false);
    found.expr(schools_where(applied())).expr(schools_where(awarded)).expr(schools_where(holding)).cond_where(
        Condition::all()
            .add(Column::SchoolId.in_subquery(schools.clone()))
            .add_option(any_of(Column::SchemeId, &asked.scheme_id)),
    );
    found
}

/// The same for each level, which stands at the end of a row.
fn by_level(mut found: SelectStatement) -> SelectStatement {
    let level = (award_application::Entity, award_application::Column::Level);
    found.column(level).add_group_by([Expr::col(level)]);
    found
}

/// The three counts at the beginning of a row.
fn counts(row: &QueryResult) -> Result<[i64; 3]> {
    Ok([row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?])
}

routes! { ReadReports: report_award_applications }

/// Reports which share of the schools in scope, or of a cohort, applied for an award, and which share has one.
///
/// A school counts once in each figure. An application counts on the day on which the school applied.
#[utoipa::path(
    get,
    path = "/reports/award-applications",
    params(Asked<Applications>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<AwardApplicationLine> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_award_applications(can: Can<ReadReports>, asked: Asked<Applications>) -> Result<Reply> {
    report::run(&can, asked).await
}
