//! Progress that was reported on the plan's targets, and what their monitors made of it.

use entity::plans::progress_update::Decision;
use entity::plans::{objective, plan, progress_update, target};
use sea_orm::{ColumnTrait, QueryFilter};

use super::hub::Made;
use super::records::Progress;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::resource::write::Write;
use crate::plans::progress::progress_update::ProgressUpdate;

/// Adds the reports as they stand. With `examples` the first that waits for a decision has the id that
/// examples name, so that it can be accepted.
///
/// # Errors
/// 500 when a report names no target of the plan.
pub async fn report(
    write: &mut Write,
    plan: &plan::Model,
    reports: &[Progress],
    made: &Made,
    examples: bool,
) -> Result<()> {
    let caller = write.caller();
    let objectives = caller.rows::<objective::Entity>();
    let objectives = objectives.filter(objective::Column::PlanId.eq(plan.id));
    let objectives = objectives.all(write.tx()).await?;
    let targets = caller.rows::<target::Entity>().filter(target::Column::PlanId.eq(plan.id));
    let targets = targets.all(write.tx()).await?;
    let mut rows = Vec::with_capacity(reports.len());
    let waiting = reports.iter().position(|report| report.decision == Decision::Pending);
    for (index, report) in reports.iter().enumerate() {
        let of = objectives.iter().find(|objective| objective.number == report.objective);
        let target = targets.iter().find(|target| {
            Some(target.objective_id) == of.map(|of| of.id) && target.statement.contains(&report.target)
        });
        let target = target.ok_or_else(|| Problem::internal(format!("no target says `{}`", report.target)))?;
        write.give_example_ids(examples && waiting == Some(index));
        rows.push(row(write, target, report, made));
    }
    write.give_example_ids(false);
    write.create_many::<ProgressUpdate>(rows).await
}

fn row(write: &Write, target: &target::Model, report: &Progress, made: &Made) -> progress_update::Model {
    let meta = write.meta_of::<progress_update::Entity>();
    let user = |login: &String| made.users.get(login).copied();
    progress_update::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        plan_id: target.plan_id,
        target_id: target.id,
        on_date: report.on,
        // What a metric computes nobody types in.
        value: report.value.filter(|_| target.metric.is_none()),
        dues_done: Vec::new().into(),
        opinion: report.opinion,
        narrative: report.narrative.clone(),
        evidence_links: Vec::new().into(),
        decision: report.decision,
        author_user_id: user(&report.author),
        author_person_id: made.people.get(&report.author).copied(),
        decided_by_user_id: report.decided_by.as_ref().and_then(user),
        decided_at: report.decided_on.map(|day| day.midnight().assume_utc().into()),
        decision_note: report.decision_note.clone(),
        search_key: None,
    }
}
