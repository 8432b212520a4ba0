//! Reading a plan and its tree, each in a fixed number of statements.

use std::collections::HashMap;

use entity::plans::{cohort_member, plan};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect};
use time::Date;
use uuid::Uuid;

use super::live;
use super::plan::Plan;
use super::progress::as_at::AsAtDay;
use super::progress::store::{latest, reported};
use super::tree::Tree;
use super::tree::plan_rows::Rows;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::transition;

/// A plan by itself, with the transitions that the caller may make if `actions` asks for them.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn show_plan(caller: &Caller, id: Uuid, actions: bool) -> Result<Reply> {
    let plan = caller.rows::<plan::Entity>().filter(plan::Column::Id.eq(id));
    if !actions {
        let plan = plan.one(caller.db().read()).await?.ok_or_else(Problem::not_found)?;
        return crud::item::<Plan>(&plan);
    }
    let db = caller.db().snapshot().await?;
    let row = plan.one(&db).await?.ok_or_else(Problem::not_found)?;
    let mut plan = Plan::from(&row);
    plan.actions = transition::actions::<Plan>(caller, &db, &[row]).await?.pop();
    Ok(Reply::ok(&plan)?.version_and_hash(plan.version))
}

/// A plan with its tree, as on a day, with the transitions that the caller may make if `actions` asks for them.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn show_tree(caller: &Caller, id: Uuid, as_at: Option<Date>, actions: bool) -> Result<Reply> {
    let db = caller.db().snapshot().await?;
    let rows = Rows::load(caller, &db, id).await?;
    let row = rows.plan.clone();
    let mut tree = tree_of(caller, &db, rows, as_at).await?;
    if actions {
        tree.plan.actions = transition::actions::<Plan>(caller, &db, &[row]).await?.pop();
    }
    Ok(Reply::ok(&tree)?.version_and_hash(tree.plan.version))
}

/// A plan with its tree, as the caller sees it, with the status of its targets on the day asked
/// for, or else on the day that [`AsAtDay`] takes.
///
/// # Errors
/// 404 when it is not there for the caller.
pub async fn tree(caller: &Caller, db: &impl ConnectionTrait, plan_id: Uuid, asked: Option<Date>) -> Result<Tree> {
    tree_of(caller, db, Rows::load(caller, db, plan_id).await?, asked).await
}

async fn tree_of(caller: &Caller, db: &impl ConnectionTrait, rows: Rows, asked: Option<Date>) -> Result<Tree> {
    let plan_id = rows.plan.id;
    let day = AsAtDay::of(asked, &rows.years, caller.today());
    let members = members(caller, db, plan_id).await?;
    let mut progress = None;
    if caller.sees_hub() {
        let mut known = latest(caller, db, reported(plan_id, day.as_at)).await?;
        live::fill(caller, rows.on_day(day.as_at), &mut known).await?;
        progress = Some(known);
    }
    Ok(Tree::of(rows, &members, progress.as_ref(), day))
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
