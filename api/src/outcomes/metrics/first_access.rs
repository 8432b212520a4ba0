//! First Access: the schools that have it, and the pupils whom it reaches.

use entity::outcomes::measure_value::{self, Column};
use entity::owned::{Fence, Owned};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query};
use sea_orm::{ExprTrait, IdenStatic};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope};
use crate::outcomes::store::{FIRST_ACCESS_COHORT, FIRST_ACCESS_PUPILS, first_access};
use crate::schools::store::reported::{self, ReportedSchools};
use crate::schools::store::successors::COUNTED;

/// A name under which figures of the year groups are read within a statement.
const COHORT: &str = "cohort";

/// Which First Access a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct FirstAccessCounted {
    /// The academic year whose figures count; the one in which the day lies if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl FirstAccessCounted {
    /// The year, its first day, and what keeps its figures away before it has begun.
    fn year(&self, as_at: Date) -> Result<(String, Date, Condition)> {
        let year = self.academic_year.clone().unwrap_or_else(|| academic_year(as_at));
        let (begins, _) = academic_year::expect_days("/academic_year", &year)?;
        let begun = Condition::all().add_option((begins > as_at).then(|| Expr::cust("1 = 0")));
        Ok((year, begins, begun))
    }
}

/// Schools with First Access.
pub struct FirstAccess;

impl Metric for FirstAccess {
    type Filter = FirstAccessCounted;

    const CODE: &'static str = "first_access";
    const MEANING: &'static str = "Schools with pupils in First Access in the academic year of the day, of the \
                                   schools in scope.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let (year, begins, begun) = filter.year(reading.as_at)?;
        let school = || Expr::col((Alias::new(COUNTED), Alias::new("id")));
        let source = Expr::col((measure_value::Entity, Column::SchoolId));
        let mut figures = first_access(reading.caller, [&year]);
        figures
            .cond_where(begun)
            .expr_as(school(), Alias::new("id"))
            .expr_as(Expr::val(begins), Alias::new("on_date"))
            .expr_as(school(), Alias::new("school_id"));
        let counted = reported::population_with_former(reading, over, filter.schools.as_ref()).await?;
        let schools = counted.figures(figures, source, |_| Vec::new());
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools, population))
    }
}

/// Pupils in First Access.
pub struct FirstAccessPupils;

impl Metric for FirstAccessPupils {
    type Filter = FirstAccessCounted;

    const CODE: &'static str = "first_access_pupils";
    const MEANING: &'static str = "Pupils in First Access in the academic year of the day, of the pupils of the \
                                   year groups that it is offered to, at schools that state both. Schools with \
                                   counts of 1 to 5 pupils are left out.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = "pupils of the year groups that First Access is offered to";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let (year, begins, begun) = filter.year(reading.as_at)?;
        let own = |column: Column| Expr::col((measure_value::Entity, column));
        let of = |column: Column| Expr::col((Alias::new(COHORT), Alias::new(column.as_str())));
        let fence = Fence { table: COHORT, ..measure_value::Entity::fence() };
        let mut cohort = Query::select();
        cohort
            .expr(of(Column::SchoolId))
            .expr(of(Column::Value))
            .from_as(measure_value::Entity, Alias::new(COHORT))
            .cond_where(reading.caller.sees(&fence))
            .and_where(of(Column::ArchivedAt).is_null())
            .and_where(of(Column::AcademicYear).eq(year.as_str()))
            .and_where(of(Column::DefinitionCode).eq(FIRST_ACCESS_COHORT))
            .and_where(of(Column::Breakdown).eq(""))
            .and_where(of(Column::Suppressed).eq(false))
            .and_where(of(Column::Value).gt(0));
        let pupils = |column: &'static str| Expr::col((Alias::new("whole"), Alias::new(column)));
        let school = || Expr::col((Alias::new(COUNTED), Alias::new("id")));
        let mut figures = reading.caller.statement::<measure_value::Entity>(false);
        figures
            .join_subquery(
                JoinType::InnerJoin,
                cohort,
                Alias::new("whole"),
                pupils("school_id").eq(own(Column::SchoolId)),
            )
            .expr_as(school(), Alias::new("id"))
            .expr_as(Expr::val(begins), Alias::new("on_date"))
            .expr_as(school(), Alias::new("school_id"))
            .expr_as(own(Column::Value), Alias::new("amount"))
            .expr_as(pupils("value"), Alias::new("whole"))
            .cond_where(
                Condition::all()
                    .add(Column::AcademicYear.eq(year.as_str()))
                    .add(Column::DefinitionCode.eq(FIRST_ACCESS_PUPILS))
                    .add(Column::Breakdown.eq(""))
                    .add(Column::Suppressed.eq(false))
                    .add(Column::Value.is_not_null())
                    .add(begun),
            );
        let counted = reported::population_with_former(reading, over, filter.schools.as_ref()).await?;
        let schools = counted.figures(figures, own(Column::SchoolId), |_| Vec::new());
        Ok(Counted::things(schools, &["school_id", "amount", "whole"]))
    }
}
