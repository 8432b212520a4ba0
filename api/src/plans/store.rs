//! Reading a plan's tree, and how far its targets are, each in a fixed number of statements.

use std::collections::HashMap;

use entity::plans::progress_update::{self, Decision};
use entity::plans::{cohort_member, plan, plan_year, target};
use entity::row::Row;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OverStatement, Query, WindowStatement};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, Order, QueryFilter, QuerySelect, QueryTrait};
use serde_json::Value;
use time::Date;
use uuid::Uuid;

use super::plan::Plan;
use super::rows::Rows;
use super::status::{TargetFacts, status};
use super::tree::{Latest, Tree};
use crate::kernel::problem::{Problem, Result};
use crate::kernel::reply::Reply;
use crate::kernel::tenancy::Caller;

/// A plan by itself.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn show_plan(caller: &Caller, id: Uuid) -> Result<Reply> {
    let plan = caller.rows::<plan::Entity>().filter(plan::Column::Id.eq(id));
    let plan = plan.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
    Reply::item::<Plan>(&plan)
}

/// A plan with its tree, as on a day.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn show_tree(caller: &Caller, id: Uuid, as_at: Option<Date>) -> Result<Reply> {
    let db = caller.db().snapshot().await?;
    let tree = tree(caller, &db, id, as_at.unwrap_or_else(|| caller.today())).await?;
    Ok(Reply::ok(&tree)?.version_and_hash(tree.plan.version))
}

/// A plan with its tree, as the caller sees it, with the status of its targets on a day.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn tree(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid, as_at: Date) -> Result<Tree> {
    let rows = Rows::load(caller, db, plan_id).await?;
    let members = members(caller, db, plan_id).await?;
    let progress = if caller.sees_hub() {
        let of_plan = progress_update::Column::PlanId.eq(plan_id);
        Some(latest(caller, db, of_plan, as_at).await?)
    } else {
        None
    };
    Ok(Tree::of(rows, &members, progress.as_ref(), as_at))
}

/// How many schools each cohort has.
async fn members(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid) -> Result<HashMap<Uuid, u64>> {
    let rows = caller.rows::<cohort_member::Entity>();
    let rows = rows.filter(cohort_member::Column::PlanId.eq(plan_id)).select_only();
    let rows = rows.column(cohort_member::Column::CohortId);
    let rows = rows.column_as(cohort_member::Column::Id.count(), "members");
    let counts = rows.group_by(cohort_member::Column::CohortId).into_tuple::<(Uuid, i64)>();
    Ok(counts.all(db).await?.into_iter().map(|(id, count)| (id, count.unsigned_abs())).collect())
}

/// What was accepted of each target by a day, and what still waits.
pub async fn latest(
    caller: &Caller,
    db: &impl ConnectionTrait,
    targets: impl Into<sea_orm::Condition>,
    as_at: Date,
) -> Result<HashMap<Uuid, Latest>> {
    let targets = targets.into();
    let mut found: HashMap<Uuid, Latest> = HashMap::new();
    for row in newest(caller, db, targets.clone(), as_at).await? {
        let latest = found.entry(row.target_id).or_default();
        if row.value.is_some() && latest.last_value.is_none() {
            latest.last_value = row.value;
            latest.last_value_on = Some(row.on_date);
        }
        latest.last_opinion = latest.last_opinion.or(row.opinion);
    }
    let pending = caller.rows::<progress_update::Entity>().filter(targets);
    let pending = pending.filter(progress_update::Column::Decision.eq(Decision::Pending));
    let pending = pending.filter(progress_update::Column::OnDate.lte(as_at)).select_only();
    let pending = pending.column(progress_update::Column::TargetId);
    let pending = pending.column_as(progress_update::Column::Id.count(), "pending");
    let pending = pending.group_by(progress_update::Column::TargetId).into_tuple::<(Uuid, i64)>();
    for (target_id, count) in pending.all(db).await? {
        found.entry(target_id).or_default().pending_updates = count.unsigned_abs();
    }
    Ok(found)
}

/// The newest accepted updates of each target: among those with and without a value, with and
/// without an opinion, one each, the newest first.
async fn newest(
    caller: &Caller,
    db: &impl ConnectionTrait,
    targets: sea_orm::Condition,
    as_at: Date,
) -> Result<Vec<progress_update::Model>> {
    use progress_update::Column;
    let accepted = caller.rows::<progress_update::Entity>().filter(targets);
    let accepted = accepted.filter(Column::Decision.eq(Decision::Accepted));
    let mut accepted = accepted.filter(Column::OnDate.lte(as_at)).into_query();
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

/// What `expand=status` and `expand=progress` embed in targets; null for schools.
///
/// # Errors
/// Those of the database.
pub async fn standings(
    caller: &Caller,
    db: &impl ConnectionTrait,
    name: &str,
    rows: &[target::Model],
) -> Result<Vec<Value>> {
    if !caller.sees_hub() || rows.is_empty() {
        return Ok(vec![Value::Null; rows.len()]);
    }
    let today = caller.today();
    let ids = rows.iter().map(Row::id);
    let of_targets = progress_update::Column::TargetId.is_in(ids);
    let mut latest = latest(caller, db, of_targets, today).await?;
    if name == "progress" {
        let values = rows.iter().map(|row| latest.remove(&row.id).unwrap_or_default());
        return values.map(|it| serde_json::to_value(it).map_err(Problem::internal)).collect();
    }
    let years = caller.rows_archived::<plan_year::Entity>();
    let years = years.filter(plan_year::Column::Id.is_in(rows.iter().map(|row| row.plan_year_id)));
    let years = years.all(db).await?;
    let first_day: HashMap<Uuid, Date> = years.into_iter().map(|year| (year.id, year.first_day)).collect();
    rows.iter()
        .map(|row| {
            let begins = first_day.get(&row.plan_year_id).copied().unwrap_or(today);
            let value = latest.get(&row.id).and_then(|latest| latest.last_value);
            let status = status(&TargetFacts::of(row, begins, value, today), today);
            serde_json::to_value(status).map_err(Problem::internal)
        })
        .collect()
}
