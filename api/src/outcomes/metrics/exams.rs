//! Results of exams: entries, and the share of grades that are good.

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::exam_result::{self, Column};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::academic_year::{self, academic_year};
use crate::kernel::base::period::months_later;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, Problem, ReportReading, Result, Scope};
use crate::outcomes::exams::grades;
use crate::outcomes::exams::store::Published;
use crate::schools::store::reported::{self, ReportedSchools};

/// Which entries a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct EntriesCounted {
    /// The qualification; GCSE if absent.
    qualification: Option<ExamQualification>,
    /// The subject; music if absent.
    subject: Option<ExamSubject>,
    /// The academic year; the last one that was over by the day if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Which grades a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct GradesCounted {
    /// The grade, of which and of better ones the share is counted; 4 of a GCSE, C of an A level, a pass of others if
    /// absent.
    #[schema(min_length = 1, max_length = 10, example = "4")]
    grade: Option<String>,
    /// The qualification; GCSE if absent.
    qualification: Option<ExamQualification>,
    /// The subject; music if absent.
    subject: Option<ExamSubject>,
    /// The academic year; the last one that was over by the day if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// The results of a year that are asked for.
struct Results {
    qualification: ExamQualification,
    subject: ExamSubject,
    year: String,
    /// The last day of the year.
    ends: Date,
}

impl Results {
    fn of(
        as_at: Date,
        qualification: Option<ExamQualification>,
        subject: Option<ExamSubject>,
        year: Option<String>,
    ) -> Result<Self> {
        let year = year.unwrap_or_else(|| academic_year(months_later(as_at, -12)));
        let (_, ends) = academic_year::expect_days("/academic_year", &year)?;
        Ok(Self {
            qualification: qualification.unwrap_or(ExamQualification::Gcse),
            subject: subject.unwrap_or(ExamSubject::Music),
            year,
            ends,
        })
    }

    /// The schools with results of all grades, of which no figure is missing or small: a statement with what things
    /// have, and by which the figures of each school can be added up. `good` lists the
    /// grades that count as good.
    async fn schools(
        &self,
        reading: &ReportReading<'_>,
        over: &Over,
        schools: Option<&ReportedSchools>,
        good: &[String],
    ) -> Result<SelectStatement> {
        let of = |column: Column| Expr::col((exam_result::Entity, column));
        let sum_if =
            |condition: Expr| -> Expr { Expr::expr(Expr::case(condition, of(Column::Pupils)).finally(0)).sum() };
        let hidden = Column::Suppressed.eq(true).or(Column::Pupils.is_null());
        let hidden: Expr = Expr::case(hidden, 1).finally(0).into();
        let is_good = Column::Kind.eq(ExamFigureKind::Grade).and(Column::Grade.is_in(good.iter().cloned()));
        let mut series = reading.caller.statement::<exam_result::Entity>(false);
        for (key, name) in [(Column::SchoolId, "source_id"), (Column::AcademicYear, "year"), (Column::Series, "series")]
        {
            series.expr_as(of(key), Alias::new(name)).add_group_by([of(key)]);
        }
        series
            .expr_as(sum_if(Column::Kind.eq(ExamFigureKind::Total)), Alias::new("total"))
            .expr_as(sum_if(is_good), Alias::new("good"))
            .expr_as(hidden.max(), Alias::new("hidden"))
            .cond_where(
                Condition::all()
                    .add(Column::AcademicYear.eq(self.year.as_str()))
                    // Before the year is over there are no results of it.
                    .add_option((self.ends >= reading.as_at).then(|| Expr::cust("1 = 0")))
                    .add(Column::Qualification.eq(self.qualification))
                    .add(Column::Subject.eq(self.subject))
                    .add(Column::Basis.eq(ExamBasis::Entries)),
            );
        let published =
            Published { qualification: self.qualification, subject: self.subject, basis: ExamBasis::Entries };
        let counted = reported::population_with_former(reading, over, schools).await?;
        let figures = published.once(series, &["total", "good", "hidden"], counted, None);
        let mut rows = Query::select();
        rows.expr_as(figure("school_id"), Alias::new("id"))
            .expr_as(Expr::val(self.ends), Alias::new("on_date"))
            .expr_as(figure("school_id"), Alias::new("school_id"))
            .from_subquery(figures, Alias::new(FIGURES))
            .add_group_by([figure("school_id")])
            .and_having(figure("hidden").max().eq(0))
            .and_having(figure("total").sum().gt(0));
        Ok(rows)
    }
}

const FIGURES: &str = "figure";

fn figure(name: &'static str) -> Expr {
    Expr::col((Alias::new(FIGURES), Alias::new(name)))
}

/// Entries for an exam.
pub struct ExamEntries;

impl Metric for ExamEntries {
    type Filter = EntriesCounted;

    const CODE: &'static str = "exam_entries";
    const MEANING: &'static str = "Entries for an exam in an academic year, at schools in scope with results of \
                                   which no figure is missing, and none counts 1 to 5 pupils. A closed school's \
                                   results count under the school that came from it.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Sum;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "schools";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;
    const NONE_IS_UNKNOWN: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: EntriesCounted) -> Result<Counted> {
        let results = Results::of(reading.as_at, filter.qualification, filter.subject, filter.academic_year)?;
        let mut schools = results.schools(reading, over, filter.schools.as_ref(), &[]).await?;
        schools.expr_as(figure("total").sum(), Alias::new("amount"));
        Ok(Counted::things(schools, &["school_id", "amount"]))
    }
}

/// The share of good grades.
pub struct ExamGrades;

impl Metric for ExamGrades {
    type Filter = GradesCounted;

    const CODE: &'static str = "exam_grades";
    const MEANING: &'static str = "Entries that reached a grade or a better one in an academic year, at schools in \
                                   scope with results of which no figure is missing, and none counts 1 to 5 \
                                   pupils. A closed school's results count under the school that came from it.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = "entries";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: GradesCounted) -> Result<Counted> {
        let results = Results::of(reading.as_at, filter.qualification, filter.subject, filter.academic_year)?;
        let grade = filter.grade.unwrap_or_else(|| grades::usual(results.qualification).to_owned());
        let good = grades::at_least(results.qualification, &grade).ok_or_else(|| {
            let known = grades::thresholds(results.qualification).join(", ");
            Problem::invalid("/grade", "unknown_value", format!("the qualification has no such grade: choose {known}"))
        })?;
        let mut schools = results.schools(reading, over, filter.schools.as_ref(), &good).await?;
        schools.expr_as(figure("good").sum(), Alias::new("amount")).expr_as(figure("total").sum(), Alias::new("whole"));
        Ok(Counted::things(schools, &["school_id", "amount", "whole"]))
    }
}
