//! Schools that apply for awards, and schools that hold one.

use entity::frameworks::award_application::{self, Column};
use entity::frameworks::award_scheme::AwardLevel;
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, Uuid, any_of};
use crate::schools::store::reported::{self, ReportedSchools};

/// Which applications a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ApplicationsCounted {
    /// Only applications for any of these levels count.
    #[serde(default)]
    #[schema(max_items = 4)]
    level: Vec<AwardLevel>,
    /// Only applications by any of these schemes count.
    #[serde(default)]
    #[schema(max_items = 50)]
    scheme_id: Vec<Uuid>,
    /// Applications count from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Applications count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Which awards a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct AwardsCounted {
    /// Only awards of any of these levels count.
    #[serde(default)]
    #[schema(max_items = 4)]
    level: Vec<AwardLevel>,
    /// Only awards by any of these schemes count.
    #[serde(default)]
    #[schema(max_items = 50)]
    scheme_id: Vec<Uuid>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

fn of_kind(level: &[AwardLevel], scheme_id: &[Uuid]) -> Condition {
    Condition::all().add_option(any_of(Column::Level, level)).add_option(any_of(Column::SchemeId, scheme_id))
}

/// The schools of applications, each from the first of their days.
fn schools(mut applications: SelectStatement, day: Column) -> SelectStatement {
    let school = || Expr::col((award_application::Entity, Column::SchoolId));
    applications
        .expr_as(school(), Alias::new("id"))
        .expr_as(day.min(), Alias::new("on_date"))
        .expr_as(school(), Alias::new("school_id"))
        .add_group_by([school()]);
    applications
}

/// Schools that applied.
pub struct AwardApplications;

impl Metric for AwardApplications {
    type Filter = ApplicationsCounted;

    const CODE: &'static str = "award_applications";
    const MEANING: &'static str = "Schools that applied for an award in the days counted, of the schools in scope.";
    const PART: &'static str = "frameworks";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadFrameworks;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: ApplicationsCounted) -> Result<Counted> {
        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let mut applications = reading.caller.statement::<award_application::Entity>(false);
        applications
            .and_where(Column::AppliedOn.gte(first))
            .and_where(Column::AppliedOn.lte(last))
            .cond_where(of_kind(&filter.level, &filter.scheme_id));
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools(applications, Column::AppliedOn), population))
    }
}

/// Schools with an award.
pub struct AwardsHeld;

impl Metric for AwardsHeld {
    type Filter = AwardsCounted;

    const CODE: &'static str = "awards_held";
    const MEANING: &'static str = "Schools with an award that holds on the day, each once.";
    const PART: &'static str = "frameworks";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Schools;
    const THINGS: &'static str = "schools";
    const READ: Scope = Scope::ReadFrameworks;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: AwardsCounted) -> Result<Counted> {
        let mut awards = reading.caller.statement::<award_application::Entity>(false);
        awards
            .and_where(Column::AwardedOn.lte(reading.as_at))
            .and_where(Column::ValidUntil.gte(reading.as_at))
            .cond_where(of_kind(&filter.level, &filter.scheme_id));
        if let Some(narrowed) = &filter.schools {
            let narrowed = reported::population(reading, over, Some(narrowed)).await?;
            awards.and_where(Column::SchoolId.in_subquery(narrowed));
        }
        Ok(Counted::things(schools(awards, Column::AwardedOn), &["school_id"]))
    }
}
