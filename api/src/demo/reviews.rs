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
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::traits::{Resource, RowOf};
use crate::kernel::resource::write::Write;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::target::Target;
use crate::plans::plan::Plan;
use crate::plans::plan::approval::{Approval, NewApproval};
use crate::plans::plan::transition::PROPOSE;
use crate::plans::review::transition::{ADOPT, BEGIN_REFLECTION, BEGIN_REVISION};
use crate::plans::review::{self as reviews, OpenReview, Review, reflection::ReviewReflection};
use crate::reports::tabled::{self, NewTabledReport};

/// The last day of the first year.
const FIRST_YEAR: Date = date!(2015 - 03 - 31);
/// The day on which the reviews were opened.
const OPENED: Date = date!(2015 - 04 - 02);

/// Reviews the first year of both plans in force, and tables reports at meetings.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(state: &State, hub: Uuid) -> Result<()> {
    let caller = Caller::system(state.clone(), hub);
    let done = Write::run(&caller, async |write| {
        let [main, singing] = plans(write).await?;
        write.give_example_ids(true);
        let review = open(write, &main, "Review of the first year").await?;
        lifecycle::transition::<Review>(write, review, &BEGIN_REFLECTION, None).await?;
        reflect(write, &main, review).await?;
        write.give_example_ids(false);
        revise(write, &singing).await?;
        Ok(nothing())
    });
    done.await?;
    put_before_meetings(&caller).await
}

fn nothing() -> Reply {
    Reply::empty(actix_web::http::StatusCode::NO_CONTENT)
}

/// The plans in force, by their titles.
async fn plans(write: &Write) -> Result<[plan::Model; 2]> {
    let plans = write.caller().rows::<plan::Entity>().filter(plan::Column::Status.eq(PlanStatus::Active));
    let plans = plans.order_by_asc(plan::Column::TitleKey).all(write.tx()).await?;
    plans.try_into().map_err(|_| Problem::internal("the demo has two plans in force"))
}

/// Opens a review of a plan's first year, as on its last day.
async fn open(write: &mut Write, plan: &plan::Model, title: &str) -> Result<Uuid> {
    let years = write.caller().rows::<plan_year::Entity>().filter(plan_year::Column::PlanId.eq(plan.id));
    let year = years.filter(plan_year::Column::LastDay.eq(FIRST_YEAR)).one(write.tx()).await?;
    let form = json!({
        "plan_id": plan.id, "plan_year_id": year.map(|year| year.id), "title": title, "as_at": FIRST_YEAR.to_string(),
    });
    let form: OpenReview = decode(write, form)?;
    let opened = reviews::open(write, &form).await?;
    let row = review::Model { opened_on: OPENED, ..opened };
    write.replace_row::<review::Entity>(&row).await?;
    Ok(row.id)
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
        write.give_example_ids(false);
    }
    Ok(())
}

/// Reviews the singing strategy, and brings its second revision into force.
async fn revise(write: &mut Write, plan: &plan::Model) -> Result<()> {
    let review = open(write, plan, "Review of the first year of singing").await?;
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
        let done = Write::run(caller, async |write| {
            write.give_example_ids(at == 0);
            let tabled = tabled::table(write, &form, &report).await?;
            let row = tabled_report::Model { tabled_on: date!(2015 - 03 - 18), ..tabled };
            write.replace_row::<tabled_report::Entity>(&row).await?;
            Ok(nothing())
        });
        done.await?;
    }
    Ok(())
}
