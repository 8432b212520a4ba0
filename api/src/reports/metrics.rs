//! What targets count over several parts: schools that have to do with the hub.

use entity::frameworks::{evaluation, evaluation_submission as submission};
use entity::outcomes::measure_value;
use entity::packages::package_order;
use entity::training::attendance::{self, AttendanceStatus};
use entity::visits::visit;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, CaseStatement, Expr, JoinType, Query, SelectStatement, UnionType};
use time::Date;
use utoipa::ToSchema;

use super::counted::column;
use crate::kernel::base::academic_year;
use crate::kernel::base::wall_day;
use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{Caller, ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope};
use crate::outcomes::store as outcomes;
use crate::packages::store;
use crate::schools::store::reported::{self, ReportedSchools};

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<HubEngagement>()]
}

/// Figures of no more years than these count.
const MOST_YEARS: usize = 20;

entity::choice! {
    /// What a school has to do with the hub.
    #[example = "visit"]
    pub enum EngagedBy {
        /// A visit was made to it.
        Visit = "visit",
        /// It ordered a package.
        Order = "order",
        /// It sent an evaluation.
        Evaluation = "evaluation",
        /// Somebody of the school came to training.
        Training = "training",
        /// It has pupils in First Access, in an academic year with a day among the ones counted.
        FirstAccess = "first_access",
    }
}

/// Which schools a metric counts as engaged.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct EngagementCounted {
    /// Only these count; all of them if absent.
    #[serde(default)]
    #[schema(max_items = 5)]
    by: Vec<EngagedBy>,
    /// What happened on this day or later counts, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// What happened until this day counts, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
    /// Only these schools count.
    schools: Option<ReportedSchools>,
}

impl EngagedBy {
    /// The schools with something of the kind in some days, each with the first of them.
    fn schools(self, reading: &ReportReading<'_>, days: [Date; 2]) -> SelectStatement {
        let caller = reading.caller;
        match self {
            Self::Visit => visits(caller, days),
            Self::Order => orders(caller, reading.as_at, days),
            Self::Evaluation => evaluations(caller, days),
            Self::Training => attendances(caller, days),
            Self::FirstAccess => with_first_access(caller, days),
        }
    }
}

/// Gives a statement over rows of schools its columns: the school, and the first day.
fn first(mut rows: SelectStatement, school: Expr, day: Expr) -> SelectStatement {
    rows.expr_as(school.clone(), Alias::new("id")).expr_as(day, Alias::new("on_date")).add_group_by([school]);
    rows
}

fn visits(caller: &Caller, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use visit::{Column, Entity};

    let mut rows = caller.statement::<Entity>(false);
    rows.and_where(Column::CompletedOn.between(from_on, to_on));
    first(rows, Expr::col((Entity, Column::SchoolId)), Column::CompletedOn.min())
}

fn orders(caller: &Caller, as_at: Date, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use package_order::{Column, Entity};

    let mut rows = caller.statement::<Entity>(false);
    rows.and_where(Column::OrderedOn.between(from_on, to_on)).cond_where(store::standing(as_at));
    first(rows, Expr::col((Entity, Column::SchoolId)), Column::OrderedOn.min())
}

fn evaluations(caller: &Caller, days: [Date; 2]) -> SelectStatement {
    use submission::{Column, Entity};

    let of = |column| Expr::col((Entity, column));
    let same = of(Column::HubId)
        .equals((evaluation::Entity, evaluation::Column::HubId))
        .and(of(Column::EvaluationId).equals((evaluation::Entity, evaluation::Column::Id)));
    let mut rows = caller.statement::<Entity>(false);
    rows.join(JoinType::InnerJoin, evaluation::Entity, same)
        .and_where(evaluation::Column::ArchivedAt.is_null())
        .cond_where(wall_day::within(Column::CreatedAt, days));
    let day = wall_day::day(caller.db().backend(), of(Column::CreatedAt).min(), days);
    first(rows, Expr::col((evaluation::Entity, evaluation::Column::SchoolId)), day)
}

fn attendances(caller: &Caller, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use attendance::{Column, Entity};

    let mut rows = caller.statement::<Entity>(false);
    rows.cond_where(
        Condition::all()
            .add(Column::Status.eq(AttendanceStatus::Attended))
            .add(Column::AttendedOn.between(from_on, to_on))
            .add(Column::SchoolId.is_not_null()),
    );
    first(rows, Expr::col((Entity, Column::SchoolId)), Column::AttendedOn.min())
}

/// The schools with First Access in the academic years of the days. The figures of a year count from its first day.
fn with_first_access(caller: &Caller, [from_on, to_on]: [Date; 2]) -> SelectStatement {
    use measure_value::{Column, Entity};

    let mut years = Vec::new();
    let mut day = from_on;
    while let Some((begins, ends)) = academic_year::days(&academic_year::academic_year(day)).filter(|_| day <= to_on) {
        years.push((academic_year::academic_year(day), Ord::max(begins, from_on)));
        let Some(next) = ends.next_day().filter(|_| years.len() < MOST_YEARS) else { break };
        day = next;
    }
    let begins = years.iter().fold(None::<CaseStatement>, |case, (year, begins)| {
        let case = case.unwrap_or_default();
        Some(case.case(Column::AcademicYear.eq(year.as_str()), *begins))
    });
    let begins = begins.map_or_else(|| Expr::val(from_on), |case| case.finally(from_on).into());
    let rows = outcomes::first_access(caller, years.iter().map(|(year, _)| year));
    first(rows, Expr::col((Entity, Column::SchoolId)), begins.min())
}

/// Schools that have to do with the hub.
pub struct HubEngagement;

impl Metric for HubEngagement {
    type Filter = EngagementCounted;

    const CODE: &'static str = "hub_engagement";
    const MEANING: &'static str = "Schools with a visit, an order, an evaluation that they sent, somebody at \
                                   training, or First Access in the days counted, of the schools in scope.";
    const PART: &'static str = "reports";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "schools";
    const SCOPE: &'static str = reported::IN_SCOPE;
    const READ: Scope = Scope::ReadReports;
    const OF_SCHOOLS: bool = true;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: EngagementCounted) -> Result<Counted> {
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let by = if filter.by.is_empty() { EngagedBy::ALL } else { &filter.by };
        let mut kinds = by.iter().map(|by| by.schools(reading, days));
        let mut all = kinds.next().unwrap_or_else(|| visits(reading.caller, days));
        for kind in kinds {
            all.union(UnionType::All, kind);
        }
        let id = || column("engaged", "id");
        let mut schools = Query::select();
        schools
            .expr_as(id(), Alias::new("id"))
            .expr_as(column("engaged", "on_date").min(), Alias::new("on_date"))
            .expr_as(id(), Alias::new("school_id"))
            .from_subquery(all, Alias::new("engaged"))
            .add_group_by([id()]);
        let population = reported::population(reading, over, filter.schools.as_ref()).await?;
        Ok(Counted::share(schools, population))
    }
}
