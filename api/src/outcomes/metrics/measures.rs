//! What targets count of measures: schools that a measure reaches, and pupils.

use entity::outcomes::measure_value::{self, Column};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
use utoipa::ToSchema;

use super::running_and_ended;
use crate::kernel::base::academic_year::days;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// The measures of the pupils whom First Access reaches, and of all pupils of their year groups.
const PUPILS: &str = "first_access_pupils";
const COHORT: &str = "first_access_cohort";

/// Which year and which schools count.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct FirstAccessCounted {
    /// The academic year; that of the day if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Which measure, which year and which schools count.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct MeasureCounted {
    /// The code of the measure; `singing_strategy` if absent.
    #[schema(min_length = 1, max_length = 60)]
    definition_code: Option<String>,
    /// The academic year; that of the day if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Schools with First Access.
pub struct FirstAccess;

impl Metric for FirstAccess {
    type Filter = FirstAccessCounted;

    const CODE: &'static str = "first_access";
    const MEANING: &'static str = "Schools with pupils in First Access in the academic year, of the schools in scope.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let reached = reached(reading, PUPILS, filter.academic_year);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(reached, population))
    }
}

/// Schools that any measure reaches.
pub struct MeasureReached;

impl Metric for MeasureReached {
    type Filter = MeasureCounted;

    const CODE: &'static str = "measure_reached";
    const MEANING: &'static str = "Schools with a figure above 0, or a yes, of a measure in the academic year, of the \
                                   schools in scope.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: MeasureCounted) -> Result<Counted> {
        let code = filter.definition_code.as_deref().unwrap_or("singing_strategy");
        let reached = reached(reading, code, filter.academic_year);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(reached, population))
    }
}

/// Pupils of the year groups whom First Access reaches.
pub struct FirstAccessPupils;

impl Metric for FirstAccessPupils {
    type Filter = FirstAccessCounted;

    const CODE: &'static str = "first_access_pupils";
    const MEANING: &'static str = "Pupils in First Access in the academic year, of the pupils of their year groups, in \
                                   schools with both figures.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = "pupils of the year groups";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;
    const SMALL: Option<Scope> = Some(Scope::WriteOutcomes);

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let year = filter.academic_year.unwrap_or_else(|| running_and_ended(reading.as_at).0);
        let of = |name: &'static str| Expr::col((Alias::new("cohort"), Alias::new(name)));
        let own = |column: Column| Expr::col((measure_value::Entity, column));
        let mut cohort = totals(reading, COHORT, &year);
        cohort
            .expr_as(own(Column::SchoolId), Alias::new("school_id"))
            .expr_as(own(Column::Value), Alias::new("pupils"))
            .and_where(Column::Value.gt(0));
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        let mut rows = totals(reading, PUPILS, &year);
        rows.expr_as(own(Column::SchoolId), Alias::new("id"))
            .expr_as(first_day(reading, &year), Alias::new("on_date"))
            .expr_as(own(Column::SchoolId), Alias::new("school_id"))
            .expr_as(own(Column::Value), Alias::new("amount"))
            .expr_as(of("pupils"), Alias::new("whole"))
            .join_subquery(
                JoinType::InnerJoin,
                cohort,
                Alias::new("cohort"),
                of("school_id").eq(own(Column::SchoolId)),
            )
            .and_where(Column::SchoolId.in_subquery(population));
        Ok(Counted::things(rows, &["school_id", "amount", "whole"]))
    }
}

/// Schools with a total of a measure above 0.
fn reached(reading: &ReportReading<'_>, code: &str, year: Option<String>) -> SelectStatement {
    let year = year.unwrap_or_else(|| running_and_ended(reading.as_at).0);
    let school = || Expr::col((measure_value::Entity, Column::SchoolId));
    let mut rows = totals(reading, code, &year);
    rows.expr_as(school(), Alias::new("id"))
        .expr_as(first_day(reading, &year), Alias::new("on_date"))
        .expr_as(school(), Alias::new("school_id"))
        .and_where(Column::Value.gt(0));
    rows
}

/// The totals of a measure in a year that are known: a statement without a column.
fn totals(reading: &ReportReading<'_>, code: &str, year: &str) -> SelectStatement {
    let mut rows = reading.caller.statement::<measure_value::Entity>(false);
    rows.and_where(Column::AcademicYear.eq(year))
        .and_where(Column::DefinitionCode.eq(code))
        .and_where(Column::Breakdown.eq(""))
        .and_where(Column::Value.is_not_null());
    rows
}

/// The day from which a figure of a year counts: figures of measures are of whole years.
fn first_day(reading: &ReportReading<'_>, year: &str) -> Expr {
    let day = days(year).map_or(reading.as_at, |(first_day, _)| first_day);
    Expr::val(day).cast_as(Alias::new("date"))
}
