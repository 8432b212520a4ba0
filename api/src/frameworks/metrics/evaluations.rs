//! Schools that sent an evaluation, and schools with an agreed one.

use entity::frameworks::evaluation::{self, Column, EvaluationStatus};
use entity::frameworks::evaluation_submission::{self as submission, SubmissionDecision};
use entity::frameworks::framework::FrameworkKind;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::base::clock::day_begins;
use crate::kernel::base::wall_day;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, Uuid, any_of, is};
use crate::schools::store::reported::{self, ReportedSchools};

/// Which evaluations a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct EvaluationsCounted {
    /// Only evaluations of this kind count; self-evaluations if absent.
    kind: Option<FrameworkKind>,
    /// Only evaluations by any of these frameworks count.
    #[serde(default)]
    #[schema(max_items = 50)]
    framework_id: Vec<Uuid>,
    /// Only evaluations of this academic year count.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2014/15")]
    academic_year: Option<String>,
    /// What was sent or agreed counts from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// What was sent or agreed counts until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl EvaluationsCounted {
    fn condition(&self) -> Condition {
        Condition::all()
            .add(Column::Kind.eq(self.kind.unwrap_or(FrameworkKind::SelfEvaluation)))
            .add_option(any_of(Column::FrameworkId, &self.framework_id))
            .add_option(is(Column::AcademicYear, self.academic_year.as_deref()))
    }
}

/// The schools of evaluations, each from the first of the days that belong to the moments.
fn schools(reading: &ReportReading<'_>, mut rows: SelectStatement, moment: Expr, days: [Date; 2]) -> SelectStatement {
    let school = || Expr::col((evaluation::Entity, Column::SchoolId));
    let day = wall_day::day(reading.caller.db().backend(), moment.min(), days);
    rows.expr_as(school(), Alias::new("id"))
        .expr_as(day, Alias::new("on_date"))
        .expr_as(school(), Alias::new("school_id"))
        .add_group_by([school()]);
    rows
}

/// Schools that sent an evaluation.
pub struct EvaluationsSubmitted;

impl Metric for EvaluationsSubmitted {
    type Filter = EvaluationsCounted;

    const CODE: &'static str = "evaluations_submitted";
    const MEANING: &'static str = "Schools that sent a self-evaluation in the days counted and had not taken it \
                                   back by the day, of the schools in scope.";
    const PART: &'static str = "frameworks";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadFrameworks;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: EvaluationsCounted) -> Result<Counted> {
        use submission::Column as Sent;

        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column: Sent| Expr::col((submission::Entity, column));
        let same = of(Sent::HubId)
            .equals((evaluation::Entity, Column::HubId))
            .and(of(Sent::EvaluationId).equals((evaluation::Entity, Column::Id)));
        let after = reading.as_at.next_day().unwrap_or(reading.as_at);
        let stands = Condition::any()
            .add(Sent::Decision.is_null())
            .add(Sent::Decision.ne(SubmissionDecision::Withdrawn))
            .add(Sent::DecidedAt.gte(day_begins(after)));
        let mut sent = reading.caller.statement::<submission::Entity>(false);
        sent.join(JoinType::InnerJoin, evaluation::Entity, same)
            .and_where(Column::ArchivedAt.is_null())
            .cond_where(filter.condition())
            .cond_where(wall_day::within(Sent::CreatedAt, days))
            .cond_where(stands);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools(reading, sent, of(Sent::CreatedAt), days), population))
    }
}

/// Schools with an agreed evaluation.
pub struct EvaluationsAgreed;

impl Metric for EvaluationsAgreed {
    type Filter = EvaluationsCounted;

    const CODE: &'static str = "evaluations_agreed";
    const MEANING: &'static str =
        "Schools whose self-evaluation was agreed in the days counted, of the schools in scope.";
    const PART: &'static str = "frameworks";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadFrameworks;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: EvaluationsCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let mut agreed = reading.caller.statement::<evaluation::Entity>(false);
        agreed
            .and_where(Column::Status.eq(EvaluationStatus::Agreed))
            .cond_where(filter.condition())
            .cond_where(wall_day::within(Column::DecidedAt, days));
        let decided_at = Expr::col((evaluation::Entity, Column::DecidedAt));
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools(reading, agreed, decided_at, days), population))
    }
}
