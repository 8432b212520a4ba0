//! Reading how far targets are, in a fixed number of statements.

use std::collections::HashMap;

use entity::plans::progress_update::{self, Decision};
use entity::plans::target;
use entity::row::Row;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OverStatement, Query, WindowStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, FromQueryResult, Order, QueryFilter, QuerySelect, QueryTrait, Select,
};
use serde_json::{Value, json};
use time::Date;
use uuid::Uuid;

use super::as_at::Days;
use super::status::{Status, TargetFacts, status};
use crate::kernel::base::problem::{Code, Problem, Result};
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::report::ReportReading;
use crate::plans::live;
use crate::plans::tree::Latest;

/// Selects the progress updates of a plan that are dated on or before a day.
pub fn reported(plan_id: Uuid, as_at: Date) -> Condition {
    Condition::all().add(progress_update::Column::PlanId.eq(plan_id)).add(progress_update::Column::OnDate.lte(as_at))
}

/// Reads the latest accepted value and opinion of each target, and counts its pending updates, among the updates that
/// meet a condition.
pub async fn latest(caller: &Caller, db: &impl ConnectionTrait, reports: Condition) -> Result<HashMap<Uuid, Latest>> {
    let mut found: HashMap<Uuid, Latest> = HashMap::new();
    for row in newest(caller, db, reports.clone()).await? {
        let latest = found.entry(row.target_id).or_default();
        if row.value.is_some() && latest.last_value.is_none() {
            latest.last_value = row.value;
            latest.last_value_on = Some(row.on_date);
        }
        latest.last_opinion = latest.last_opinion.or(row.opinion);
    }
    let pending = caller.rows::<progress_update::Entity>().filter(reports);
    let pending = pending.filter(progress_update::Column::Decision.eq(Decision::Pending)).select_only();
    let pending = pending.column(progress_update::Column::TargetId);
    let pending = pending.column_as(progress_update::Column::Id.count(), "pending");
    let pending = pending.group_by(progress_update::Column::TargetId).into_tuple::<(Uuid, i64)>();
    for (target_id, count) in pending.all(db).await? {
        found.entry(target_id).or_default().pending_updates = count.unsigned_abs();
    }
    Ok(found)
}

/// Reads the newest accepted updates of each target: one for each combination of with or without a value and with or
/// without an opinion, so at most four. The result is sorted by day, newest first.
pub async fn newest(
    caller: &Caller,
    db: &impl ConnectionTrait,
    reports: Condition,
) -> Result<Vec<progress_update::Model>> {
    use progress_update::Column;
    let accepted = caller.rows::<progress_update::Entity>().filter(reports);
    let mut accepted = accepted.filter(Column::Decision.eq(Decision::Accepted)).into_query();
    let mut window = WindowStatement::partition_by(Column::TargetId);
    window
        .add_partition_by(Expr::col(Column::Value).is_null())
        .add_partition_by(Expr::col(Column::Opinion).is_null())
        .order_by(Column::OnDate, Order::Desc)
        .order_by(Column::Id, Order::Desc);
    accepted.expr_window_as(Func::cust("ROW_NUMBER"), window, "nth");
    let mut newest = Query::select();
    newest
        .column(sea_orm::sea_query::Asterisk)
        .from_subquery(accepted, "accepted")
        .and_where(Expr::col("nth").eq(1))
        .order_by("on_date", Order::Desc)
        .order_by("id", Order::Desc);
    let rows = db.query_all(&newest).await?;
    let rows = rows.iter().map(|row| progress_update::Model::from_query_result(row, ""));
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns what `expand` embeds in each target for the day that the caller asks for: `name` is `status`, `progress`,
/// `as_at` or `live`. Every value is null for a caller who does not see the whole hub.
///
/// # Errors
/// When the database is away.
pub async fn standings(
    caller: &Caller,
    db: &impl ConnectionTrait,
    name: &str,
    rows: &[target::Model],
) -> Result<Vec<Value>> {
    if !caller.sees_hub() || rows.is_empty() {
        return Ok(vec![Value::Null; rows.len()]);
    }
    let days = Days::load(caller, db, rows.iter().map(|row| row.plan_id), caller.as_at()).await?;
    let day = |row: &target::Model| days.by_plan.get(&row.plan_id).map(|day| json!(day)).unwrap_or_default();
    if name == "as_at" {
        return Ok(rows.iter().map(day).collect());
    }
    let mut latest = latest(caller, db, of_targets(rows, &days)).await?;
    live::fill(caller, days.of(rows), &mut latest).await?;
    if name == "live" {
        return live::value::embedded(rows, &days, latest);
    }
    if name == "progress" {
        let values = rows.iter().map(|row| latest.remove(&row.id).unwrap_or_default());
        return values.map(|it| serde_json::to_value(it).map_err(Problem::internal)).collect();
    }
    Ok(rows.iter().map(|row| json!(standing(row, &days, &latest))).collect())
}

/// Computes the status of each target on the day of a report, in the report's snapshot, in the order of `rows`.
///
/// # Errors
/// When the database is away.
pub async fn statuses(reading: &ReportReading<'_>, rows: &[target::Model]) -> Result<Vec<Status>> {
    let (caller, db, as_at) = (reading.caller, reading.db(), reading.as_at);
    let days = Days::load(caller, db, rows.iter().map(|row| row.plan_id), Some(as_at)).await?;
    let mut latest = latest(caller, db, of_targets(rows, &days)).await?;
    live::fill_in(reading, days.of(rows), &mut latest).await?;
    Ok(rows.iter().map(|row| standing(row, &days, &latest).unwrap_or(Status::NotStarted)).collect())
}

/// Selects the progress updates of targets, each up to the day for which its plan is shown.
fn of_targets(rows: &[target::Model], days: &Days) -> Condition {
    let mut by_day = Condition::any();
    for (plan_id, day) in &days.by_plan {
        by_day = by_day.add(reported(*plan_id, day.as_at));
    }
    Condition::all().add(progress_update::Column::TargetId.is_in(rows.iter().map(Row::id))).add(by_day)
}

fn standing(row: &target::Model, days: &Days, latest: &HashMap<Uuid, Latest>) -> Option<Status> {
    let as_at = days.by_plan.get(&row.plan_id)?.as_at;
    let begins = days.years.get(&row.plan_year_id).map_or(as_at, |year| year.first_day);
    let value = latest.get(&row.id).and_then(|latest| latest.last_value);
    Some(status(&TargetFacts::of(row, begins, value, as_at), as_at))
}

/// The maximum number of targets that a list filters by status. A status is computed, not stored, so that the filter
/// must read every target of the list.
const MAX_TARGETS: u64 = 2000;

/// The targets among `rows` that have one of the statuses on the day that the caller asks for.
///
/// # Errors
/// 403 for schools, which do not see progress; 400 when there are too many to look at.
pub async fn of_status(caller: &Caller, rows: Select<target::Entity>, wanted: &[Status]) -> Result<Vec<Uuid>> {
    if !caller.sees_hub() {
        return Err(Problem::forbidden("the status of targets is visible only to callers who reach the whole hub"));
    }
    let db = caller.db().snapshot().await?;
    let rows = rows.limit(MAX_TARGETS + 1).all(&db).await?;
    if rows.len() as u64 > MAX_TARGETS {
        let detail = format!(
            "?status: cannot filter more than {MAX_TARGETS} targets: narrow the list by plan_id, objective_id or year"
        );
        return Err(Problem::new(Code::BadParameter, detail));
    }
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let days = Days::load(caller, &db, rows.iter().map(|row| row.plan_id), caller.as_at()).await?;
    let mut latest = latest(caller, &db, of_targets(&rows, &days)).await?;
    live::fill(caller, days.of(&rows), &mut latest).await?;
    let has = |row: &&target::Model| standing(row, &days, &latest).is_some_and(|status| wanted.contains(&status));
    Ok(rows.iter().filter(has).map(Row::id).collect())
}
