//! What targets count of visits.

use entity::visits::visit::{self, VisitKind, VisitMode};
use sea_orm::sea_query::{Alias, Expr, SelectStatement};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<SchoolsVisited>()]
}

/// Which visits a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct VisitsCounted {
    /// Only visits of any of these kinds count.
    #[serde(default)]
    #[schema(max_items = 5)]
    kind: Vec<VisitKind>,
    /// Only visits in any of these modes count.
    #[serde(default)]
    #[schema(max_items = 4)]
    mode: Vec<VisitMode>,
    /// Visits count from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl VisitsCounted {
    /// The visits that were made in the days counted, and that the caller sees: a statement without a column.
    fn made(&self, reading: &ReportReading<'_>, over: &Over) -> SelectStatement {
        use visit::Column;

        let mut visits = reading.caller.statement::<visit::Entity>(false);
        visits.cond_where(
            Condition::all()
                .add(Column::CompletedOn.gte(self.from_on.unwrap_or(over.from_on)))
                .add(Column::CompletedOn.lte(reading.as_at))
                .add_option(any_of(Column::Kind, &self.kind))
                .add_option(any_of(Column::Mode, &self.mode)),
        );
        visits
    }
}

/// Schools with a visit.
struct SchoolsVisited;

impl Metric for SchoolsVisited {
    type Filter = VisitsCounted;

    const CODE: &'static str = "schools_visited";
    const MEANING: &'static str = "Schools to which a visit was made in the days counted, of the schools in scope.";
    const PART: &'static str = "visits";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadVisits;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: VisitsCounted) -> Result<Counted> {
        use visit::Column;

        let mut visited = filter.made(reading, over);
        let school = || Expr::col((visit::Entity, Column::SchoolId));
        visited
            .expr_as(school(), Alias::new("id"))
            .expr_as(Column::CompletedOn.min(), Alias::new("on_date"))
            .expr_as(school(), Alias::new("school_id"))
            .add_group_by([school()]);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(visited, population))
    }
}
