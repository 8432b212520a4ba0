//! The targets of a plan as they are on a day, as rows that never change.

use std::collections::HashMap;

use entity::plans::{plan, review_target};
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::write::Write;
use crate::plans::live;
use crate::plans::progress::as_at::{AsAtDay, AsAtReason};
use crate::plans::progress::store::{latest, reported};
use crate::plans::progress::{ObjectiveProgress, PlanProgress, TargetProgress};
use crate::plans::tree::Tree;
use crate::plans::tree::plan_rows::Rows;

/// Makes the rows of a review, one for each target in the order of the plan.
///
/// # Errors
/// When the database is away.
pub async fn targets(
    write: &Write,
    plan: &plan::Model,
    review_id: Uuid,
    as_at: Date,
) -> Result<Vec<review_target::Model>> {
    let (caller, db) = (write.caller(), write.tx());
    let rows = Rows::load_targets(caller, db, plan.id).await?;
    let mut latest = latest(caller, db, reported(plan.id, as_at)).await?;
    live::fill(caller, rows.on_day(as_at), &mut latest).await?;
    let labels: HashMap<Uuid, String> = rows.years.iter().map(|year| (year.id, year.label.clone())).collect();
    let day = AsAtDay { as_at, as_at_reason: AsAtReason::Asked };
    let progress = PlanProgress::of(Tree::of(rows, &HashMap::new(), Some(&latest), day));
    let of = progress.objectives.iter().flat_map(|one| one.targets.iter().map(move |target| (one, target)));
    let row = |(place, (objective, target)): (i32, (&ObjectiveProgress, &TargetProgress))| {
        row(write, review_id, place, objective, target, &labels)
    };
    (1..).zip(of).map(row).collect()
}

fn row(
    write: &Write,
    review_id: Uuid,
    place: i32,
    objective: &ObjectiveProgress,
    target: &TargetProgress,
    labels: &HashMap<Uuid, String>,
) -> Result<review_target::Model> {
    let latest = &target.latest;
    let live = latest.live.as_ref();
    // One row has the id that examples name, where such ids are given.
    let meta = if place == 1 { write.meta_of::<review_target::Entity>() } else { write.meta() };
    Ok(review_target::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        review_id,
        target_id: target.target_id,
        objective_id: objective.objective_id,
        place,
        objective_number: objective.number,
        objective_title: objective.title.clone(),
        plan_year_label: labels.get(&target.plan_year_id).cloned().unwrap_or_default(),
        statement: target.statement.clone(),
        kind: target.kind,
        baseline: target.baseline,
        comparator: target.comparator,
        value: target.value,
        unit: target.unit,
        last_due_on: target.last_due_on,
        status: target.status,
        reached: latest.last_value,
        reached_on: latest.last_value_on,
        numerator: live.and_then(|live| live.numerator),
        denominator: live.and_then(|live| live.denominator),
        scope: live.and_then(|live| live.scope).map(str::to_owned),
        evidence_count: live.map(|live| live.evidence),
        unknown: live.and_then(|live| live.unknown).map(|unknown| unknown.as_str().to_owned()),
        opinion: latest.last_opinion,
        pending_updates: i32::try_from(latest.pending_updates).map_err(Problem::internal)?,
    })
}
