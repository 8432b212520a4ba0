//! What follows from visits: reports that reach their schools in time, and actions that are done.

use entity::owned::Owned;
use entity::visits::action::{self, ActionSource, ActionStatus};
use entity::visits::visit::{self, VisitKind, VisitMode};
use entity::visits::visit_report;
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType, SelectStatement};
use time::{Date, Duration};
use utoipa::ToSchema;

use super::visited::made;
use crate::kernel::base::wall_day;
use crate::kernel::operations::metric::{Counted, Metric, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};
use crate::visits::rules::REPORT_IN_DAYS;

/// Which actions a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ActionsCounted {
    /// Only actions from any of these sources count.
    #[serde(default)]
    #[schema(max_items = 4)]
    source_kind: Vec<ActionSource>,
    /// Only actions that any of these people see to count.
    #[serde(default)]
    #[schema(max_items = 50)]
    owner_id: Vec<Uuid>,
    /// Only actions at these schools count.
    schools: Option<ReportedSchools>,
}

/// Actions whose day is over.
pub struct ActionsOverdue;

impl Metric for ActionsOverdue {
    type Filter = ActionsCounted;

    const CODE: &'static str = "actions_overdue";
    const MEANING: &'static str = "Actions that were due before the day, and neither done nor dropped by it.";
    const PART: &'static str = "visits";
    const MEASURE: MetricMeasure = MetricMeasure::Count;
    const UNIT: MetricUnit = MetricUnit::Count;
    const THINGS: &'static str = "actions";
    const READ: Scope = Scope::ReadVisits;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: ActionsCounted) -> Result<Counted> {
        use action::Column;

        let of = |column| Expr::col((action::Entity, column));
        let ended_later = Column::DoneOn.gt(reading.as_at).or(Column::DroppedOn.gt(reading.as_at));
        let mut actions = reading.caller.statement::<action::Entity>(false);
        actions
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(of(Column::DueOn), Alias::new("on_date"))
            .expr_as(of(Column::SchoolId), Alias::new("school_id"))
            .expr_as(of(Column::Text), Alias::new("label"))
            .and_where(Column::DueOn.lt(reading.as_at))
            .and_where(Column::Status.eq(ActionStatus::Open).or(ended_later))
            .cond_where(
                Condition::all()
                    .add_option(any_of(Column::SourceKind, &filter.source_kind))
                    .add_option(any_of(Column::OwnerId, &filter.owner_id)),
            );
        if let Some(schools) = &filter.schools {
            let schools = reported::population(reading, over, Some(schools)).await?;
            actions.and_where(Column::SchoolId.in_subquery(schools));
        }
        Ok(Counted::things(actions, &["school_id", "label"]))
    }
}

/// Which visits need a report, and how soon.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ReportsCounted {
    /// A report is in time so many days after the visit; 14 if absent.
    #[schema(minimum = 0, maximum = 365)]
    within_days: Option<i32>,
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
    /// Visits count until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

/// Visits whose report reached the school in time.
pub struct ReportsOnTime;

impl Metric for ReportsOnTime {
    type Filter = ReportsCounted;

    const CODE: &'static str = "reports_on_time";
    const MEANING: &'static str = "Visits made in the days counted whose report was shared with the school in time, \
                                   of the visits whose report is shared or late.";
    const PART: &'static str = "visits";
    const MEASURE: MetricMeasure = MetricMeasure::Share;
    const UNIT: MetricUnit = MetricUnit::Percent;
    const THINGS: &'static str = "visits";
    const SCOPE: &'static str = "visits with a report that is shared or late";
    const READ: Scope = Scope::ReadVisits;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: ReportsCounted) -> Result<Counted> {
        use visit::Column;

        let within = filter.within_days.unwrap_or(REPORT_IN_DAYS);
        let days = over.days(filter.from_on, filter.to_on, reading.as_at);
        let visits = || made(reading.caller, &filter.kind, &filter.mode, days);
        let of = |column| Expr::col((visit::Entity, column));
        let mut in_time = visits();
        let shared_on = shared_on(reading, days[0]);
        with_reports(reading, &mut in_time);
        in_time
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(shared_on.clone().min(), Alias::new("on_date"))
            .expr_as(of(Column::SchoolId), Alias::new("school_id"))
            .and_where(shared_on.lte(wall_day::days_later(
                reading.caller.db().backend(),
                of(Column::CompletedOn),
                within,
            )))
            .add_group_by([of(Column::Id), of(Column::SchoolId)]);
        let due_before = reading.as_at.checked_sub(Duration::days(within.into())).unwrap_or(Date::MIN);
        let mut all = visits();
        let mut shared = visits();
        with_reports(reading, &mut shared);
        shared.expr(of(Column::Id));
        all.expr_as(of(Column::Id), Alias::new("id"))
            .and_where(Column::CompletedOn.lt(due_before).or(Column::Id.in_subquery(shared)));
        Ok(Counted { things: in_time, columns: &["school_id"], population: Some(all) })
    }
}

/// Joins visits with the versions of their reports that were shared by the day.
fn with_reports(reading: &ReportReading<'_>, visits: &mut SelectStatement) {
    use visit_report::Column;

    let of = |column| Expr::col((visit_report::Entity, column));
    let same = of(Column::HubId)
        .equals((visit::Entity, visit::Column::HubId))
        .and(of(Column::VisitId).equals((visit::Entity, visit::Entity::id())));
    visits
        .join(JoinType::InnerJoin, visit_report::Entity, same)
        .and_where(Column::ArchivedAt.is_null())
        .cond_where(wall_day::by_end_of(Column::SharedAt, reading.as_at));
}

/// The day on which a version of a report was shared, for visits since a day.
fn shared_on(reading: &ReportReading<'_>, since: Date) -> Expr {
    let shared_at = Expr::col((visit_report::Entity, visit_report::Column::SharedAt));
    wall_day::day(reading.caller.db().backend(), shared_at, [since, reading.as_at])
}
