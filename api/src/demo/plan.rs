//! The plan in force, and a draft of the next one to try things on.

use std::collections::BTreeMap;

use entity::instant::Instant;
use entity::plans::{budget_line, cohort, plan};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::{Value, json};
use time::macros::datetime;

use super::hub::{Made, decode, one};
use super::progress;
use super::records::{Spending, Strategy};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::write::Write;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::budget_spending::BudgetSpending;
use crate::plans::nodes::cohort::Cohort;
use crate::plans::nodes::cohort_member::CohortMember;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::objective::Objective;
use crate::plans::nodes::plan_year::PlanYear;
use crate::plans::nodes::resource_line::ResourceLine;
use crate::plans::nodes::strand::Strand;
use crate::plans::nodes::target::Target;
use crate::plans::plan::Plan;
use crate::plans::plan::approval::{Approval, NewApproval};
use crate::plans::plan::transition::{ACTIVATE, PROPOSE};
use crate::plans::tree::create;

/// Makes the plan and takes it from draft to active, as a hub does. With `examples` there is a draft
/// too, whose parts have the ids that the document's examples name.
///
/// # Errors
/// 422 with every fault of the plan.
pub async fn make(
    write: &mut Write,
    tree: Value,
    cohorts: &BTreeMap<i32, Vec<i32>>,
    made: &Made,
    examples: bool,
) -> Result<plan::Model> {
    if examples {
        draft(write, made).await?;
    }
    // As in 2014, so that the meeting that approved it comes after.
    let approved = Approved {
        proposed_at: datetime!(2014-01-29 16:00 UTC).into(),
        body: "Governing Group",
        approved_on: "2014-02-05",
        minute_reference: "Governing Group, 5 February 2014, item 4",
    };
    let tree = decode(write, tree)?;
    let draft = create::plant(write, tree).await?;
    fill_cohorts(write, &draft, cohorts, made).await?;
    // Each school gave the plan another version.
    let draft = write.row::<plan::Entity>(draft.id).await?;
    bring_into_force(write, draft, &approved, examples).await
}

/// How a plan was approved.
#[expect(clippy::struct_field_names, reason = "as the form of an approval has it")]
struct Approved {
    proposed_at: Instant,
    body: &'static str,
    approved_on: &'static str,
    minute_reference: &'static str,
}

/// Makes the strategy for singing, with what was reported of it.
///
/// # Errors
/// 422 with every fault of the plan.
pub async fn singing(write: &mut Write, strategy: &Strategy, made: &Made) -> Result<()> {
    let approved = Approved {
        proposed_at: datetime!(2014-03-03 16:00 UTC).into(),
        body: "Executive Group",
        approved_on: "2014-03-19",
        minute_reference: "Executive Group, 19 March 2014, item 3",
    };
    let tree = decode(write, strategy.plan.clone())?;
    let draft = create::plant(write, tree).await?;
    let plan = bring_into_force(write, draft, &approved, false).await?;
    progress::report(write, &plan, &strategy.progress, made, false).await
}

/// Proposes a draft, records its approval and activates it.
async fn bring_into_force(
    write: &mut Write,
    draft: plan::Model,
    approved: &Approved,
    examples: bool,
) -> Result<plan::Model> {
    let proposed = lifecycle::enter::<Plan>(write, draft, &PROPOSE).await?;
    let proposed = plan::Model { proposed_at: Some(approved.proposed_at), ..proposed };
    write.replace_row::<plan::Entity>(&proposed).await?;
    write.give_example_ids(examples);
    let approval = json!({
        "plan_id": proposed.id,
        "body": approved.body,
        "approved_on": approved.approved_on,
        "minute_reference": approved.minute_reference,
    });
    let approval = decode::<NewApproval>(write, approval)?;
    write.create::<Approval>(approval.into()).await?;
    write.give_example_ids(false);
    write.because(Some(format!("Approved by the {}", approved.body)));
    let active = lifecycle::enter::<Plan>(write, proposed, &ACTIVATE).await?;
    write.because(None);
    Ok(active)
}

/// Puts the schools into the cohorts of a draft.
async fn fill_cohorts(
    write: &mut Write,
    plan: &plan::Model,
    schools: &BTreeMap<i32, Vec<i32>>,
    made: &Made,
) -> Result<()> {
    let cohorts = write.caller().rows::<cohort::Entity>().filter(cohort::Column::PlanId.eq(plan.id));
    for cohort in cohorts.all(write.tx()).await? {
        for urn in schools.get(&cohort.number).into_iter().flatten() {
            let form = json!({ "cohort_id": cohort.id, "school_id": made.schools.get(urn) });
            one::<CohortMember>(write, form).await?;
        }
    }
    Ok(())
}

/// Records what was spent of the plan's budget lines.
///
/// # Errors
/// 500 when an entry names no budget line.
pub async fn spend(write: &mut Write, plan: &plan::Model, spending: &[Spending]) -> Result<()> {
    let lines = write.caller().rows::<budget_line::Entity>().filter(budget_line::Column::PlanId.eq(plan.id));
    let lines = lines.all(write.tx()).await?;
    for entry in spending {
        let line = lines.iter().find(|line| line.source.as_ref() == Some(&entry.source));
        let line = line.ok_or_else(|| Problem::internal(format!("no budget line names `{}`", entry.source)))?;
        let mut form = entry.form.clone();
        form.insert("budget_line_id".to_owned(), json!(line.id));
        one::<BudgetSpending>(write, Value::Object(form)).await?;
    }
    Ok(())
}

/// A draft with one node of each kind, under the ids of the examples.
async fn draft(write: &mut Write, made: &Made) -> Result<()> {
    let [plan, year, objective, strand, cohort, school] =
        ["plan", "plan_year", "objective", "strand", "cohort", "school"].map(example_id);
    let due = json!([{
        "first_day": "2016-10-01", "last_day": "2016-10-31", "precision": "month", "label": "Oct 2016",
    }]);
    write.give_example_ids(true);
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
            "plan_id": plan, "label": "2016/17", "first_day": "2016-04-01", "last_day": "2017-03-31",
        }),
    )
    .await?;
    one::<Objective>(
        write,
        json!({
            "plan_id": plan,
            "title": "Share what works between schools",
            "leads": [{ "role_code": "DHoS" }],
            "monitors": [{ "role_code": "HoS" }],
        }),
    )
    .await?;
    one::<Strand>(
        write,
        json!({
            "objective_id": objective, "label": "i", "text": "Collect good practice from visits",
        }),
    )
    .await?;
    one::<Cohort>(
        write,
        json!({
            "plan_id": plan, "plan_year_id": year, "number": 1, "name": "First cohort of schools",
        }),
    )
    .await?;
    let another = made.schools.values().find(|id| **id != school);
    one::<CohortMember>(write, json!({ "cohort_id": cohort, "school_id": another })).await?;
    one::<Target>(
        write,
        json!({
            "objective_id": objective,
            "plan_year_id": year,
            "strand_ids": [strand],
            "kind": "measured",
            "statement": "Good practice is shared with 50 % of the first cohort",
            "baseline": 0,
            "comparator": "at_least",
            "value": 50,
            "unit": "percent",
            "cohort_id": cohort,
            "dues": due,
        }),
    )
    .await?;
    one::<Milestone>(
        write,
        json!({
            "objective_id": objective,
            "plan_year_id": year,
            "strand_ids": [strand],
            "statement": "Schools are asked what they would share",
            "dues": due,
        }),
    )
    .await?;
    one::<ResourceLine>(
        write,
        json!({
            "objective_id": objective, "strand_id": strand, "text": "Time of the development group",
        }),
    )
    .await?;
    one::<BudgetLine>(
        write,
        json!({
            "objective_id": objective, "strand_id": strand, "kind": "within_roles", "text": "Within existing roles",
        }),
    )
    .await?;
    one::<BudgetSpending>(
        write,
        json!({ "budget_line_id": example_id("budget_line"), "spent_on": "2015-10-16", "pence": 525_000 }),
    )
    .await?;
    write.give_example_ids(false);
    Ok(())
}
