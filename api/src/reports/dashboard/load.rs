//! Reads what stands on the page for governors.

use entity::identity::hub;
use entity::plans::parts::Party;
use entity::plans::target::{TargetKind, TargetUnit};
use sea_orm::QueryFilter;
use time::Date;

use super::{OverdueItem, OverdueKind, PlanDashboard};
use crate::kernel::prelude::*;
use crate::plans::live::series::TargetSeries;
use crate::plans::progress::PlanProgress;
use crate::plans::progress::status::Status;
use crate::plans::store;
use crate::plans::tree::ObjectiveNode;
use crate::plans::tree::TargetNode;
use crate::plans::tree::Tree;
use crate::reports::rating_spread::{RatingSpread, Spread, SpreadQuery};
use crate::schools::store::reported::ReportedSchools;

/// How many targets are followed month by month.
const HEADLINES: usize = 2;

/// The metrics that governors ask for first.
const ASKED_FOR: [&str; 4] = ["schools_visited", "first_access", "practice_shared", "hub_engagement"];

/// How a plan stands on a day, with the plan's version.
///
/// # Errors
/// 404 when the plan is not there for the caller, 403 for who does not see progress.
pub async fn dashboard(caller: &Caller, plan_id: Uuid, as_at: Option<Date>) -> Result<(PlanDashboard, i64)> {
    let db = caller.db().snapshot().await?;
    let tree = store::tree(caller, &db, plan_id, as_at).await?;
    if !caller.sees_hub() {
        return Err(Problem::forbidden("progress is visible only to callers who reach the whole hub"));
    }
    let hub = Caller::system(caller.state().clone(), caller.hub_id);
    let hub = hub.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id)).one(&db).await?;
    db.rollback().await;
    let as_at = tree.as_at;
    let year = tree.years.iter().find(|year| year.first_day <= as_at && as_at <= year.last_day);
    let (year, year_id) = (year.map(|year| year.label.clone()), year.map(|year| year.id));
    let mut headlines = Vec::with_capacity(HEADLINES);
    for id in chosen(&tree, year_id) {
        let mut series = TargetSeries::of(caller, id).await?;
        series.points.retain(|point| point.as_at <= as_at);
        headlines.push(series);
    }
    let dashboard = PlanDashboard {
        hub_name: hub.map(|hub| hub.name).unwrap_or_default(),
        title: tree.plan.title.clone(),
        revision: tree.plan.revision,
        status: tree.plan.status,
        year,
        overdue: overdue(&tree),
        headlines,
        ratings: ratings(caller, as_at).await?,
        progress: PlanProgress::of(tree.clone()),
    };
    Ok((dashboard, tree.plan.version))
}

/// The targets that are followed month by month: of the year, live ones first, and of these the ones most asked for. A
/// figure with a filter is none of them: it is about something narrower.
fn chosen(tree: &Tree, year: Option<Uuid>) -> Vec<Uuid> {
    let mut measured: Vec<&TargetNode> = tree.objectives.iter().flat_map(|one| &one.targets).collect();
    measured.retain(|node| node.target.kind == TargetKind::Measured && node.target.value.is_some());
    let known = |node: &TargetNode| node.progress.as_ref().is_some_and(|latest| latest.last_value.is_some());
    let rank = |node: &TargetNode| {
        let metric = node.target.metric.as_deref().filter(|_| node.target.metric_filter.is_none());
        let place = ASKED_FOR.iter().position(|asked| metric == Some(*asked)).unwrap_or(ASKED_FOR.len());
        (
            !known(node),
            year.is_some_and(|year| node.target.plan_year_id != year),
            place,
            node.target.metric.is_none(),
            node.target.unit != Some(TargetUnit::Percent),
        )
    };
    // A stable sort: what is alike keeps the plan's order.
    measured.sort_by_key(|node| rank(node));
    measured.iter().filter(|node| known(node)).take(HEADLINES).map(|node| node.target.id).collect()
}

/// What was to be done by the day and was not, the longest overdue first.
fn overdue(tree: &Tree) -> Vec<OverdueItem> {
    let as_at = tree.as_at;
    let mut items: Vec<_> = tree.objectives.iter().flat_map(|node| overdue_of(node, as_at)).collect();
    items.sort_by_key(|item| (item.due_on, item.objective));
    items
}

fn overdue_of(node: &ObjectiveNode, as_at: Date) -> Vec<OverdueItem> {
    let objective = node.objective.number;
    let item = |kind, id, statement: &str, due_on: Date, leads: &[Party]| OverdueItem {
        kind,
        id,
        objective,
        statement: statement.to_owned(),
        due_on,
        days_late: as_at.to_julian_day() - due_on.to_julian_day(),
        leads: leads.iter().filter_map(|party| party.role_code.clone().or_else(|| party.text.clone())).collect(),
    };
    let missed = node.targets.iter().filter(|one| one.status == Some(Status::Missed));
    let missed = missed.filter_map(|one| {
        let target = &one.target;
        Some(item(OverdueKind::Target, target.id, &target.statement, target.last_due_on?, &one.effective_leads))
    });
    let undone = node.milestones.iter().filter_map(|one| {
        let milestone = &one.milestone;
        let done = |day: Option<Date>| day.is_some_and(|day| day <= as_at);
        let late = milestone.dues.iter().filter(|due| due.last_day < as_at && !done(due.done_on));
        let due_on = late.map(|due| due.last_day).min()?;
        Some(item(OverdueKind::Milestone, milestone.id, &milestone.statement, due_on, &one.effective_leads))
    });
    missed.chain(undone).collect()
}

/// How much support the schools in scope need, for a caller who sees ratings.
async fn ratings(caller: &Caller, as_at: Date) -> Result<Option<RatingSpread>> {
    let Some(reader) = caller.under(Scope::ReadRatings).filter(Caller::sees_hub) else { return Ok(None) };
    let db = reader.db().report_snapshot().await?;
    let query = And(SpreadQuery { by: None }, ReportedSchools::default());
    let figures = Spread::read(&ReportReading::new(&reader, as_at, &db), &query).await?;
    db.rollback().await?;
    Ok(figures.total)
}
