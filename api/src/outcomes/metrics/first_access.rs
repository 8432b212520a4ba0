//! First Access: the schools that have it, and the pupils whom it reaches.

use entity::outcomes::measure_value::{self, Column};
use sea_orm::sea_query::{Alias, Expr, JoinType, Query, SelectStatement};
use sea_orm::{ExprTrait, IdenStatic};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Caller, ColumnTrait, Deserialize, ReportReading, Result, Scope};
use crate::outcomes::store::{FIRST_ACCESS_COHORT, FIRST_ACCESS_PUPILS};
use crate::schools::store::reported::{self, ReportedSchools};
use crate::schools::store::successors::counts;

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

/// The year whose figures count.
struct Year {
    label: String,
    begins: Date,
    ends: Date,
    /// False before it has begun.
    begun: bool,
}

impl Year {
    fn of(filter: &FirstAccessCounted, as_at: Date) -> Result<Self> {
        let label = filter.academic_year.clone().unwrap_or_else(|| academic_year(as_at));
        let (begins, ends) = academic_year::expect_days("/academic_year", &label)?;
        Ok(Self { label, begins, ends, begun: begins <= as_at })
    }

    /// The totals of a measure, small ones included.
    fn totals(&self, caller: &Caller, code: &str) -> SelectStatement {
        let mut totals = caller.statement::<measure_value::Entity>(false);
        totals
            .and_where(Column::AcademicYear.eq(self.label.as_str()))
            .and_where(Column::DefinitionCode.eq(code))
            .and_where(Column::Breakdown.eq(""));
        if !self.begun {
            totals.and_where(Expr::cust("1 = 0"));
        }
        totals
    }

    /// The pupils in First Access at schools, each figure at the school under which it counts: its `id`, the `amount`
    /// and whether it is `suppressed`, and what `more` adds.
    async fn pupils(
        &self,
        reading: &ReportReading<'_>,
        over: &Over,
        schools: Option<&ReportedSchools>,
        more: impl FnOnce(&mut SelectStatement),
    ) -> Result<SelectStatement> {
        let own = |column: Column| Expr::col((measure_value::Entity, column));
        let counted = reported::population_with_former(reading, over, schools).await?;
        let mut pupils = self.totals(reading.caller, FIRST_ACCESS_PUPILS);
        pupils
            .expr_as(counts("id"), Alias::new("id"))
            .expr_as(own(Column::Value), Alias::new("amount"))
            .expr_as(own(Column::Suppressed), Alias::new("suppressed"));
        more(&mut pupils);
        let figures = counted.standing(pupils, own(Column::SchoolId), self.ends);
        let mut rows = Query::select();
        rows.expr_as(figure("id"), Alias::new("id"))
            .expr_as(Expr::val(self.begins), Alias::new("on_date"))
            .expr_as(figure("id"), Alias::new("school_id"))
            .from_subquery(figures, Alias::new(FIGURES))
            .and_where(figure("amount").is_not_null())
            .add_group_by([figure("id")]);
        Ok(rows)
    }
}

const FIGURES: &str = "figure";

fn figure(name: &'static str) -> Expr {
    Expr::col((Alias::new(FIGURES), Alias::new(name)))
}

/// Schools with First Access.
pub struct FirstAccess;

impl Metric for FirstAccess {
    type Filter = FirstAccessCounted;

    const CODE: &'static str = "first_access";
    const MEANING: &'static str = "Schools with pupils in First Access in the academic year of the day, of the \
                                   schools in scope. A closed school's figures count under the school that came \
                                   from it.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let year = Year::of(&filter, reading.as_at)?;
        let mut schools = year.pupils(reading, over, filter.schools.as_ref(), |_| ()).await?;
        schools.and_where(figure("amount").gt(0));
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
                                   counts of 1 to 5 pupils are left out. A closed school's figures count under the \
                                   school that came from it.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = "pupils of the year groups that First Access is offered to";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: FirstAccessCounted) -> Result<Counted> {
        let year = Year::of(&filter, reading.as_at)?;
        let of = |column: Column| Expr::col((Alias::new(COHORT), Alias::new(column.as_str())));
        let mut cohort = year.totals(reading.caller, FIRST_ACCESS_COHORT);
        cohort.columns([Column::SchoolId, Column::Value, Column::Suppressed].map(|it| (measure_value::Entity, it)));
        let with_cohort = |pupils: &mut SelectStatement| {
            let same = of(Column::SchoolId).equals((measure_value::Entity, Column::SchoolId));
            pupils
                .join_subquery(JoinType::InnerJoin, cohort, Alias::new(COHORT), same)
                .expr_as(of(Column::Value), Alias::new("whole"))
                .expr_as(of(Column::Suppressed), Alias::new("whole_suppressed"));
        };
        let mut schools = year.pupils(reading, over, filter.schools.as_ref(), with_cohort).await?;
        schools
            .and_where(figure("suppressed").eq(false))
            .and_where(figure("whole_suppressed").eq(false))
            .and_where(figure("whole").gt(0))
            .expr_as(figure("amount").sum(), Alias::new("amount"))
            .expr_as(figure("whole").sum(), Alias::new("whole"));
        Ok(Counted::things(schools, &["school_id", "amount", "whole"]))
    }
}
