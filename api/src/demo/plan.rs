//! The plan in force, and a draft of the next one to try things on.

use entity::plans::plan;
use serde_json::{Value, json};
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::kernel::problem::Result;
use crate::kernel::resource::Resource;
use crate::kernel::write::Write;
use crate::plans::approval::Approval;
use crate::plans::budget_line::BudgetLine;
use crate::plans::cohort::Cohort;
use crate::plans::cohort_member::CohortMember;
use crate::plans::lifecycle;
use crate::plans::milestone::Milestone;
use crate::plans::new_plan;
use crate::plans::objective::Objective;
use crate::plans::plan::Plan;
use crate::plans::plan_year::PlanYear;
use crate::plans::resource_line::ResourceLine;
use crate::plans::state::Transition;
use crate::plans::strand::Strand;
use crate::plans::target::Target;

/// Makes the plan and takes it from draft to active, as a hub does. `example` is the id that the
/// document's examples know.
///
/// # Errors
/// 422 with every fault of the plan.
pub async fn make(write: &mut Write, tree: Value, made: &Made, example: Option<Uuid>) -> Result<plan::Model> {
    if let Some(id) = example {
        draft(write, id, made).await?;
    }
    let tree = decode(write, tree)?;
    let draft = new_plan::plant(write, tree).await?;
    let proposed = lifecycle::take(write, draft, Transition::Propose).await?;
    write.give_id(example);
    let approval = json!({
        "plan_id": proposed.id,
        "body": "Governing Group",
        "approved_on": "2014-02-05",
        "minute_reference": "Governing Group, 5 February 2014, item 4",
    });
    let approval = decode(write, approval)?;
    write.create::<Approval>(approval).await?;
    write.give_id(None);
    write.because(Some("Approved by the Governing Group".to_owned()));
    let active = lifecycle::take(write, proposed, Transition::Activate).await?;
    write.because(None);
    Ok(active)
}

/// A draft with one node of each kind, under the id of the examples.
async fn draft(write: &mut Write, id: Uuid, made: &Made) -> Result<()> {
    let due = json!([{
        "first_day": "2016-10-01", "last_day": "2016-10-31", "precision": "month", "label": "Oct 2016",
    }]);
    write.give_id(Some(id));
    one::<Plan>(
        write,
        json!({
            "kind": "school_music_education_plan",
            "title": "Schools Music Education Plan 2016-2018 (draft to try things on)",
        }),
    )
    .await?;
    one::<PlanYear>(
        write,
        json!({
            "plan_id": id, "label": "2016/17", "first_day": "2016-04-01", "last_day": "2017-03-31",
        }),
    )
    .await?;
    one::<Objective>(
        write,
        json!({
            "plan_id": id,
            "title": "Share what works between schools",
            "leads": [{ "role_code": "DHoS" }],
            "monitors": [{ "role_code": "HoS" }],
        }),
    )
    .await?;
    one::<Strand>(
        write,
        json!({
            "objective_id": id, "label": "i", "text": "Collect good practice from visits",
        }),
    )
    .await?;
    one::<Cohort>(
        write,
        json!({
            "plan_id": id, "plan_year_id": id, "number": 1, "name": "First cohort of schools",
        }),
    )
    .await?;
    let school = made.schools.values().find(|school| **school != id);
    one::<CohortMember>(write, json!({ "cohort_id": id, "school_id": school })).await?;
    one::<Target>(
        write,
        json!({
            "objective_id": id,
            "plan_year_id": id,
            "strand_ids": [id],
            "kind": "measured",
            "statement": "Good practice is shared with 50 % of the first cohort",
            "baseline": 0,
            "comparator": "at_least",
            "value": 50,
            "unit": "percent",
            "cohort_id": id,
            "dues": due,
        }),
    )
    .await?;
    one::<Milestone>(
        write,
        json!({
            "objective_id": id,
            "plan_year_id": id,
            "strand_ids": [id],
            "statement": "Schools are asked what they would share",
            "dues": due,
        }),
    )
    .await?;
    one::<ResourceLine>(
        write,
        json!({
            "objective_id": id, "strand_id": id, "text": "Time of the development group",
        }),
    )
    .await?;
    one::<BudgetLine>(
        write,
        json!({
            "objective_id": id, "strand_id": id, "kind": "within_roles", "text": "Within existing roles",
        }),
    )
    .await?;
    write.give_id(None);
    Ok(())
}

async fn one<R: Resource>(write: &mut Write, form: Value) -> Result<()> {
    let form = decode(write, form)?;
    write.create::<R>(form).await.map(drop)
}
