//! What goes on in the next revision: what was reported of the targets that it keeps, and what was done and spent until
//! it came into force.

use std::collections::HashMap;

use entity::plans::parts::{Due, Dues};
use entity::plans::{budget_line, budget_spending, milestone, progress_update, target};
use entity::row::Row;
use sea_orm::{QueryFilter, QueryOrder};

use crate::kernel::prelude::*;
use crate::kernel::resource::traits::RowOf;
use crate::kernel::resource::write::Decided;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::budget_spending::BudgetSpending;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::target::Target;
use crate::plans::progress::progress_update::ProgressUpdate;
use crate::plans::progress::store;

/// The operation by which nodes take over what happened in the revision before.
const CARRY: Operation = Operation::Verb("carry");

/// Carries what happened in a plan to its next revision, which is in force by now.
///
/// # Errors
/// When the database is away.
pub async fn carry(write: &mut Write, from: Uuid, to: Uuid) -> Result<()> {
    let old = nodes::<Target>(write, target::Column::PlanId, from).await?;
    let new = nodes::<Target>(write, target::Column::PlanId, to).await?;
    let kept = pairs(&old, &new, target::Model::lineage);
    let later = |before: &target::Model, old: &target::Model| target::Model {
        dues: done(&before.dues, &old.dues),
        ..before.clone()
    };
    store_changed::<Target>(write, &kept, later).await?;
    updates(write, from, to, &kept).await?;

    let old = nodes::<Milestone>(write, milestone::Column::PlanId, from).await?;
    let new = nodes::<Milestone>(write, milestone::Column::PlanId, to).await?;
    let kept = pairs(&old, &new, milestone::Model::lineage);
    let later = |before: &milestone::Model, old: &milestone::Model| milestone::Model {
        dues: done(&before.dues, &old.dues),
        ..before.clone()
    };
    store_changed::<Milestone>(write, &kept, later).await?;

    let old = nodes::<BudgetLine>(write, budget_line::Column::PlanId, from).await?;
    let new = nodes::<BudgetLine>(write, budget_line::Column::PlanId, to).await?;
    let kept = pairs(&old, &new, budget_line::Model::lineage);
    let later = |before: &budget_line::Model, old: &budget_line::Model| budget_line::Model {
        spent_pence: old.spent_pence.or(before.spent_pence),
        spent_days: old.spent_days.or(before.spent_days),
        ..before.clone()
    };
    store_changed::<BudgetLine>(write, &kept, later).await?;
    spending(write, from, to, &kept).await
}

async fn nodes<R: Resource>(
    write: &Write,
    plan: <R::Entity as sea_orm::EntityTrait>::Column,
    id: Uuid,
) -> Result<Vec<RowOf<R>>> {
    Ok(write.caller().rows::<R::Entity>().filter(plan.eq(id)).all(write.tx()).await?)
}

/// The rows of both revisions that are one.
fn pairs<'a, M>(old: &'a [M], new: &'a [M], lineage: impl Fn(&M) -> Uuid) -> Vec<(&'a M, &'a M)> {
    let by_lineage: HashMap<Uuid, &M> = old.iter().map(|row| (lineage(row), row)).collect();
    new.iter().filter_map(|row| Some((*by_lineage.get(&lineage(row))?, row))).collect()
}

/// The dues with the done dates of the ones in the revision before that are worded alike.
fn done(dues: &Dues, before: &Dues) -> Dues {
    let same = |due: &Due| {
        before.iter().find(|old| (old.first_day, old.last_day, &old.label) == (due.first_day, due.last_day, &due.label))
    };
    dues.iter().map(|due| Due { done_on: same(due).map_or(due.done_on, |old| old.done_on), ..due.clone() }).collect()
}

/// Stores the rows that something happened to.
async fn store_changed<R: Resource>(
    write: &mut Write,
    kept: &[(&RowOf<R>, &RowOf<R>)],
    later: impl Fn(&RowOf<R>, &RowOf<R>) -> RowOf<R>,
) -> Result<()>
where
    RowOf<R>: PartialEq,
{
    let mut changed = Vec::new();
    for (old, before) in kept {
        let mut after = later(before, old);
        if after != **before {
            after.set_meta(write.meta_after(*before));
            R::complete(&mut after);
            changed.push((*before, after));
        }
    }
    let steps = changed.iter().map(|(before, after)| Decided { before: Some(*before), after, operation: CARRY });
    write.store_many::<R>(&steps.collect::<Vec<_>>()).await
}

/// Copies the entries of spending, of which the sums of the lines are made. The revision before keeps its own.
async fn spending(
    write: &mut Write,
    from: Uuid,
    to: Uuid,
    kept: &[(&budget_line::Model, &budget_line::Model)],
) -> Result<()> {
    use budget_spending::Column;

    let lines: HashMap<Uuid, Uuid> = kept.iter().map(|(old, new)| (old.id, new.id)).collect();
    let entries = write.caller().rows::<budget_spending::Entity>().filter(Column::PlanId.eq(from));
    let mut rows = Vec::new();
    for entry in entries.order_by_asc(Column::Id).all(write.tx()).await? {
        let Some(budget_line_id) = lines.get(&entry.budget_line_id).copied() else { continue };
        let mut row = budget_spending::Model { budget_line_id, plan_id: to, ..entry };
        row.set_meta(write.meta());
        rows.push(row);
    }
    write.create_many::<BudgetSpending>(rows).await
}

/// Copies what was accepted last of each target: its value and its opinion.
async fn updates(write: &mut Write, from: Uuid, to: Uuid, kept: &[(&target::Model, &target::Model)]) -> Result<()> {
    let targets: HashMap<Uuid, Uuid> = kept.iter().map(|(old, new)| (old.id, new.id)).collect();
    let reports = Condition::all().add(progress_update::Column::PlanId.eq(from));
    let mut newest = store::newest(write.caller(), write.tx(), reports).await?;
    // In the order of time, so that the later of two of one day has the later id.
    newest.reverse();
    let mut rows = Vec::new();
    for update in newest {
        let Some(target_id) = targets.get(&update.target_id).copied() else { continue };
        let mut row = progress_update::Model { target_id, plan_id: to, ..update };
        row.set_meta(write.meta());
        rows.push(row);
    }
    write.create_many::<ProgressUpdate>(rows).await
}
