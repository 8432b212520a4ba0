//! Reviews of the demo's plans, and what was put before meetings. They are made once the rest is stored, since they
//! freeze what the rest adds up to.

use entity::engagement::meeting::{self, MeetingKind};
use entity::plans::plan::{self, PlanStatus};
use entity::plans::review;
use entity::plans::{budget_line, objective, plan_year, target};
use entity::reports::tabled_report;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use time::Date;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::hub::{decode, one};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::resource_line::ResourceLine;
use crate::plans::nodes::target::Target;
use crate::plans::plan::Plan;
use crate::plans::plan::approval::{Approval, NewApproval};
use crate::plans::plan::transition::PROPOSE;
use crate::plans::review::transition::{ADOPT, BEGIN_REFLECTION, BEGIN_REVISION};
use crate::plans::review::{self as reviews, OpenReview, Review, reflection::ReviewReflection};
use crate::reports::tabled::{self, NewTabledReport};

/// The last day of the first year, and the day on which its reviews were opened.
const FIRST_YEAR: [Date; 2] = [date!(2015 - 03 - 31), date!(2015 - 04 - 02)];
/// The same of the autumn term of the second year.
const AUTUMN: [Date; 2] = [date!(2015 - 12 - 18), date!(2016 - 01 - 06)];

/// Reviews the first year of both plans in force, and tables reports at meetings. The second revision of the plan is a
/// draft, so that the plan stays in force. The one of the strategy for singing is in force, and is reviewed in turn.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(state: &State, hub: Uuid) -> Result<()> {
    let caller = Caller::system(state.clone(), hub);
    let done = Write::value_of(&caller, async |write| {
        let [main, singing] = plans(write).await?;
        review_first_year(write, &main).await?;
        let singing = revise(write, &singing).await?;
        reflect_on_autumn(write, &singing).await
    });
    done.await?;
    put_before_meetings(&caller).await
}

/// The plans in force, by their titles.
async fn plans(write: &Write) -> Result<[plan::Model; 2]> {
    let plans = write.caller().rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active));
    let plans = plans.order_by_asc(plan::Column::TitleKey).all(write.tx()).await?;
    plans.try_into().map_err(|_| Problem::internal("the demo has two plans in force"))
}

/// Opens a review of the year of a plan in which a day lies, as on that day.
async fn open(write: &mut Write, plan: &plan::Model, title: &str, [as_at, opened_on]: [Date; 2]) -> Result<Uuid> {
    let years = write.caller().rows::<plan_year::Entity>().filter(plan_year::Column::PlanId.eq(plan.id));
    let years = years.filter(plan_year::Column::FirstDay.lte(as_at)).filter(plan_year::Column::LastDay.gte(as_at));
    let year = years.one(write.tx()).await?;
    let form = json!({
        "plan_id": plan.id, "plan_year_id": year.map(|year| year.id), "title": title, "as_at": as_at.to_string(),
    });
    let form: OpenReview = decode(write, form)?;
    let opened = reviews::open(write, &form).await?;
    let row = review::Model { opened_on, ..opened };
    write.replace_row::<review::Entity>(&row).await?;
    Ok(row.id)
}

/// Reviews the first year of the plan, and makes the draft of its second revision.
async fn review_first_year(write: &mut Write, plan: &plan::Model) -> Result<()> {
    let review = open(write, plan, "Review of the first year", FIRST_YEAR).await?;
    lifecycle::transition::<Review>(write, review, &BEGIN_REFLECTION, None).await?;
    reflect(write, plan, review).await?;
    let revising = lifecycle::transition::<Review>(write, review, &BEGIN_REVISION, None).await?;
    let revision = revising.revision_id.ok_or_else(|| Problem::internal("a review without its revision"))?;
    draft_changes(write, revision).await
}

/// What was learnt in the first year of the plan.
async fn reflect(write: &mut Write, plan: &plan::Model, review: Uuid) -> Result<()> {
    let objectives = write.caller().rows::<objective::Entity>().filter(objective::Column::PlanId.eq(plan.id));
    let objectives = objectives.order_by_asc(objective::Column::Number).all(write.tx()).await?;
    let of = |number: i32| objectives.iter().find(|one| one.number == number).map(|one| one.id);
    let lessons = [
        (
            Some(1),
            "Heads answer when another head has asked them.",
            "Briefings at the meetings of heads, instead of letters",
            "Letters sent in July",
        ),
        (
            Some(5),
            "Schools that were visited early asked for a second visit by themselves.",
            "Visits in pairs of a specialist and a music leader",
            "Visits in the weeks of examinations",
        ),
        (
            None,
            "Targets that the service measures by itself are discussed, not disputed.",
            "One page for each meeting of the governors",
            "Targets without a figure",
        ),
    ];
    for (number, lessons, worked, did_not_work) in lessons {
        let form = json!({
            "review_id": review,
            "objective_id": number.and_then(of),
            "lessons": lessons,
            "worked": worked,
            "did_not_work": did_not_work,
        });
        one::<ReviewReflection>(write, form).await?;
    }
    Ok(())
}

/// What the draft of the plan's second revision changes, as the lessons say: a figure for what had none, heads who tell
/// other heads, and visits in pairs.
async fn draft_changes(write: &mut Write, revision: Uuid) -> Result<()> {
    let targets = write.caller().rows::<target::Entity>().filter(target::Column::PlanId.eq(revision));
    let targets = targets.all(write.tx()).await?;
    let saying = |words: &str| {
        let found = targets.iter().find(|target| target.statement.contains(words)).cloned();
        found.ok_or_else(|| Problem::internal(format!("no target of the revision says `{words}`")))
    };
    let repeated = saying("Consultation is repeated")?;
    let told = json!({
        "objective_id": repeated.objective_id,
        "plan_year_id": repeated.plan_year_id,
        "statement": "Heads of schools that were visited early tell their neighbours what followed",
        "dues": [{ "first_day": "2015-10-01", "last_day": "2015-10-31", "precision": "month", "label": "Oct 2015" }],
    });
    one::<Milestone>(write, told).await?;
    let pairs = json!({
        "objective_id": saying("The other 40 % of schools")?.objective_id,
        "text": "Visits in pairs of a specialist leader and a music leader",
    });
    one::<ResourceLine>(write, pairs).await?;
    let opened = json!({
        "kind": "measured",
        "statement": "Best practice is opened by 70 % of schools",
        "baseline": 50,
        "comparator": "at_least",
        "value": 70,
        "unit": "percent",
        "metric": "practice_shared",
        "metric_filter": { "opened": true },
        "population": "all schools in scope",
    });
    patch::<Target>(write, saying("Best practice is shared")?, &opened).await
}

/// Reviews the singing strategy, and brings its second revision into force.
async fn revise(write: &mut Write, plan: &plan::Model) -> Result<plan::Model> {
    let review = open(write, plan, "Review of the first year of singing", FIRST_YEAR).await?;
    lifecycle::transition::<Review>(write, review, &BEGIN_REFLECTION, None).await?;
    let form = json!({
        "review_id": review,
        "lessons": "A choir needs a hall before it needs singers.",
        "worked": "Singing assemblies led by teachers who had sung in a choir of the hub",
    });
    one::<ReviewReflection>(write, form).await?;
    let revising = lifecycle::transition::<Review>(write, review, &BEGIN_REVISION, None).await?;
    let revision = revising.revision_id.ok_or_else(|| Problem::internal("a review without its revision"))?;
    change(write, revision).await?;
    let draft = write.row::<plan::Entity>(revision).await?;
    let proposed = lifecycle::enter::<Plan>(write, draft, &PROPOSE).await?;
    let proposed = plan::Model { proposed_at: Some(datetime!(2015-04-13 15:00 UTC).into()), ..proposed };
    write.replace_row::<plan::Entity>(&proposed).await?;
    let approval = json!({
        "plan_id": revision,
        "body": "Executive Group",
        "approved_on": "2015-04-29",
        "minute_reference": "Executive Group, 29 April 2015, item 2",
    });
    let approval: NewApproval = decode(write, approval)?;
    write.create::<Approval>(approval.into()).await?;
    lifecycle::transition::<Review>(write, review, &ADOPT, None).await?;
    write.row::<plan::Entity>(revision).await
}

/// Reviews the autumn term of the revised strategy, with the ids that examples name: in this review lessons are written
/// down, and a revision can follow.
async fn reflect_on_autumn(write: &mut Write, plan: &plan::Model) -> Result<()> {
    write.give_example_ids(true);
    let review = open(write, plan, "Review of singing in the autumn term", AUTUMN).await?;
    lifecycle::transition::<Review>(write, review, &BEGIN_REFLECTION, None).await?;
    let form = json!({
        "review_id": review,
        "lessons": "Teachers sing with their classes once they have heard another class.",
        "worked": "Assemblies of two schools",
        "did_not_work": "Halls that are booked by the week",
    });
    one::<ReviewReflection>(write, form).await?;
    write.give_example_ids(false);
    Ok(())
}

/// What the second revision changes: a target that is lower, halls for choirs, and other books.
async fn change(write: &mut Write, revision: Uuid) -> Result<()> {
    let targets = write.caller().rows::<target::Entity>().filter(target::Column::PlanId.eq(revision));
    let choirs = targets.filter(target::Column::Statement.contains("area choirs")).one(write.tx()).await?;
    let choirs = choirs.ok_or_else(|| Problem::internal("the strategy has a target for choirs"))?;
    let halls = json!({
        "objective_id": choirs.objective_id,
        "plan_year_id": choirs.plan_year_id,
        "statement": "Halls are found for all choirs",
        "dues": [{ "first_day": "2015-09-01", "last_day": "2015-09-30", "precision": "month", "label": "Sep 2015" }],
    });
    one::<Milestone>(write, halls).await?;
    let fewer = json!({ "value": 7, "statement": "7 area choirs rehearse each week, each in a hall of its own" });
    patch::<Target>(write, choirs, &fewer).await?;
    let budget = write.caller().rows::<budget_line::Entity>().filter(budget_line::Column::PlanId.eq(revision));
    let Some(printing) = budget.one(write.tx()).await? else { return Ok(()) };
    let books = json!({ "text": "Song books for schools that begin to sing", "amount_pence": 60_000 });
    patch::<BudgetLine>(write, printing, &books).await
}

async fn patch<R: Resource>(write: &mut Write, before: RowOf<R>, patch: &Value) -> Result<()> {
    let Some(form) = write.patched::<R>(&before, patch)? else { return Ok(()) };
    write.update::<R>(before, form).await.map(drop)
}

/// What was put before the area group and the governors.
async fn put_before_meetings(caller: &Caller) -> Result<()> {
    let governors = caller.rows::<meeting::Entity>().filter(meeting::Column::Kind.eq(MeetingKind::Governance));
    let governors = governors.one(caller.db().read()).await?;
    let governors = governors.ok_or_else(|| Problem::internal("the governors of the demo meet"))?;
    let plan = caller.rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active));
    let plan = plan.order_by_asc(plan::Column::TitleKey).one(caller.db().read()).await?;
    let plan = plan.map(|plan| plan.id);
    let coverage = "as_at=2015-03-31&from_on=2014-04-01&to_on=2015-03-31&by=area";
    let papers = [
        (example_id("meeting"), "Visits by area in the first year", "visit-coverage", None, Some(coverage), "csv"),
        (governors.id, "The plan on one page", "plan-dashboard", plan, Some("as_at=2015-03-18"), "html"),
        (governors.id, "The plan as a workbook", "plan-document", plan, Some("as_at=2015-03-18"), "xlsx"),
    ];
    for (at, (meeting, title, report, item, query, format)) in papers.into_iter().enumerate() {
        let form: Value = json!({
            "meeting_id": meeting, "title": title, "report": report, "item_id": item, "query": query, "format": format,
        });
        let form: NewTabledReport = caller.state().document.decode(form)?;
        let report = tabled::made(caller, &form).await?;
        let done = Write::value_of(caller, async |write| {
            write.give_example_ids(at == 0);
            let tabled = tabled::table(write, &form, &report).await?;
            let row = tabled_report::Model { tabled_on: date!(2015 - 03 - 18), ..tabled };
            write.replace_row::<tabled_report::Entity>(&row).await
        });
        done.await?;
    }
    Ok(())
}
