//! What targets count of results in music.

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::exam_result::{self, Column};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use utoipa::ToSchema;

use super::running_and_ended;
use crate::kernel::base::academic_year::days;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::*;
use crate::outcomes::exams::rules;
use crate::schools::store::reported::{self, ReportedSchools};

/// Which results count.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ResultsCounted {
    /// The qualification; GCSE if absent.
    qualification: Option<ExamQualification>,
    /// The subject; music if absent.
    subject: Option<ExamSubject>,
    /// The lowest grade that counts as good: 4 of a GCSE, C of an A or AS level, P of any other if absent. It is for
    /// shares of grades alone.
    #[schema(min_length = 1, max_length = 2)]
    grade: Option<String>,
    /// The academic year; the last one that had ended by the day if absent.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$")]
    academic_year: Option<String>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl ResultsCounted {
    fn qualification(&self) -> ExamQualification {
        self.qualification.unwrap_or(ExamQualification::Gcse)
    }

    /// The entries that count, by school: `id`, `on_date` and `school_id`.
    async fn entries(
        &self,
        reading: &ReportReading<'_>,
        over: &Over,
        kind: ExamFigureKind,
    ) -> Result<SelectStatement> {
        let year = self.academic_year.clone().unwrap_or_else(|| running_and_ended(reading.as_at).1);
        let last_day = days(&year).map_or(reading.as_at, |(_, last_day)| last_day);
        let school = || Expr::col((exam_result::Entity, Column::SchoolId));
        let population = reported::population(reading, over, self.schools.as_ref()).await?;
        let mut rows = reading.caller.statement::<exam_result::Entity>(false);
        rows.expr_as(school(), Alias::new("id"))
            .expr_as(Expr::val(last_day).cast_as(Alias::new("date")), Alias::new("on_date"))
            .expr_as(school(), Alias::new("school_id"))
            .and_where(Column::AcademicYear.eq(year))
            .and_where(Column::Qualification.eq(self.qualification()))
            .and_where(Column::Subject.eq(self.subject.unwrap_or(ExamSubject::Music)))
            .and_where(Column::Basis.eq(ExamBasis::Entries))
            .and_where(Column::Kind.eq(kind))
            .and_where(Column::Pupils.is_not_null())
            .and_where(Column::SchoolId.in_subquery(population))
            .add_group_by([school()]);
        Ok(rows)
    }
}

/// Entries.
pub struct ExamEntries;

impl Metric for ExamEntries {
    type Filter = ResultsCounted;

    const CODE: &'static str = "exam_entries";
    const MEANING: &'static str = "Entries for a qualification in music in the last academic year that had ended by the \
                                   day, by the totals that are known.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Sum;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "schools";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;
    const SMALL: Option<Scope> = Some(Scope::WriteOutcomes);

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: ResultsCounted) -> Result<Counted> {
        let mut rows = filter.entries(reading, over, ExamFigureKind::Total).await?;
        rows.expr_as(Column::Pupils.sum(), Alias::new("amount"));
        Ok(Counted::things(rows, &["school_id", "amount"]))
    }
}

/// Entries with a good grade.
pub struct ExamGrades;

impl Metric for ExamGrades {
    type Filter = ResultsCounted;

    const CODE: &'static str = "exam_grades";
    const MEANING: &'static str = "Entries with a grade or a better one, of the entries with known grades, in the last \
                                   academic year that had ended by the day.";
    const PART: &'static str = "outcomes";
    const MEASURE: MetricMeasure = MetricMeasure::Ratio;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = "entries with known grades";
    const READ: Scope = Scope::ReadOutcomes;
    const OF_SCHOOLS: bool = true;
    const SMALL: Option<Scope> = Some(Scope::WriteOutcomes);

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: ResultsCounted) -> Result<Counted> {
        let qualification = filter.qualification();
        let grade = filter.grade.as_deref().unwrap_or_else(|| rules::usual(qualification));
        let good = rules::at_least(qualification, grade).ok_or_else(|| {
            let known = rules::thresholds(qualification).join(", ");
            Problem::invalid("/grade", "unknown", format!("{qualification} has the grades {known}"))
        })?;
        let mut rows = filter.entries(reading, over, ExamFigureKind::Grade).await?;
        let pupils = || Expr::col((exam_result::Entity, Column::Pupils));
        let counting: Expr = Expr::case(Column::Grade.is_in(good), pupils()).finally(0).into();
        rows.expr_as(counting.sum(), Alias::new("amount")).expr_as(pupils().sum(), Alias::new("whole"));
        Ok(Counted::things(rows, &["school_id", "amount", "whole"]))
    }
}
