//! Schools that were visited, and visited again.

use entity::owned::{Fence, Owned};
use entity::visits::visit::{self, Column, VisitKind, VisitMode};
use sea_orm::sea_query::{Alias, Expr, Query, SelectStatement};
use sea_orm::{ExprTrait, IdenStatic};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Caller, ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, any_of};
use crate::schools::store::reported::{self, ReportedSchools};

/// A name under which visits are read within another statement.
const EARLIER: &str = "earlier";

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
    /// True if only the first visit of a school counts, before which none was made on an earlier day.
    first: Option<bool>,
    /// Visits count from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Visits count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// Which visits count as a second one.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RevisitsCounted {
    /// Only visits of any of these kinds count; targeted support if absent.
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
    /// Visits count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

/// The visits that were made in some days, and that the caller sees: a statement without a column.
pub(super) fn made(
    caller: &Caller,
    kind: &[VisitKind],
    mode: &[VisitMode],
    [first, last]: [Date; 2],
) -> SelectStatement {
    let mut visits = caller.statement::<visit::Entity>(false);
    visits.cond_where(
        Condition::all()
            .add(Column::CompletedOn.gte(first))
            .add(Column::CompletedOn.lte(last))
            .add_option(any_of(Column::Kind, kind))
            .add_option(any_of(Column::Mode, mode)),
    );
    visits
}

/// The schools of visits, each from the day of its first one.
fn schools(mut visits: SelectStatement) -> SelectStatement {
    let school = || Expr::col((visit::Entity, Column::SchoolId));
    visits
        .expr_as(school(), Alias::new("id"))
        .expr_as(Column::CompletedOn.min(), Alias::new("on_date"))
        .expr_as(school(), Alias::new("school_id"))
        .add_group_by([school()]);
    visits
}

/// A visit was made to the school of a visit on an earlier day.
fn is_second(caller: &Caller) -> Expr {
    let of = |column: Column| Expr::col((Alias::new(EARLIER), Alias::new(column.as_str())));
    let fence = Fence { table: EARLIER, ..visit::Entity::fence() };
    let mut rows = Query::select();
    rows.expr(Expr::val(1))
        .from_as(visit::Entity, Alias::new(EARLIER))
        .cond_where(caller.sees(&fence))
        .and_where(of(Column::ArchivedAt).is_null())
        .and_where(of(Column::SchoolId).equals((visit::Entity, Column::SchoolId)))
        .and_where(of(Column::CompletedOn).lt(Expr::col((visit::Entity, Column::CompletedOn))));
    Expr::exists(rows)
}

/// Schools with a visit.
pub struct SchoolsVisited;

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
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let mut visits = made(reading.caller, &filter.kind, &filter.mode, days);
        if filter.first == Some(true) {
            visits.and_where(is_second(reading.caller).not());
        }
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools(visits), population))
    }
}

/// Schools with a second visit.
pub struct SchoolsRevisited;

impl Metric for SchoolsRevisited {
    type Filter = RevisitsCounted;

    const CODE: &'static str = "schools_revisited";
    const MEANING: &'static str = "Schools to which a targeted visit was made in the days counted, after another \
                                   visit on an earlier day, of the schools in scope.";
    const PART: &'static str = "visits";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadVisits;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: RevisitsCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let targeted = [VisitKind::TargetedSupport];
        let kinds = if filter.kind.is_empty() { &targeted[..] } else { &filter.kind };
        let mut visits = made(reading.caller, kinds, &filter.mode, days);
        visits.and_where(is_second(reading.caller));
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools(visits), population))
    }
}
