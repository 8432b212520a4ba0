//! The plan's own years, which are not academic years.

use entity::plans::{cohort, milestone, plan, plan_year, target};
use sea_orm::QueryFilter;
use time::Date;

use super::references::Check;
use crate::kernel::prelude::*;
use crate::plans::rules;

record! {
    /// One of a plan's own years, to which its targets and milestones belong.
    PlanYear from NewPlanYear in plan_year {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// As the plan calls it, unique in the plan.
        #[schema(min_length = 1, max_length = 40, example = "2017/18")]
        label: String,
        /// Its first day. No two years of a plan share a day.
        #[serde(with = "entity::date")]
        #[schema(example = "2017-04-01")]
        first_day: Date,
        /// Its last day.
        #[serde(with = "entity::date")]
        #[schema(example = "2018-03-31")]
        last_day: Date,
    }
}

impl Resource for PlanYear {
    type Entity = plan_year::Entity;
    type Form = NewPlanYear;
    type Filter = PlanYearFilter;

    const PATH: &'static str = "/plan-years";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, plan_year::Column)] =
        &[("first_day", plan_year::Column::FirstDay), ("updated_at", plan_year::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["label"];
    const COUNTS: &'static [&'static str] = &["plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn keys(row: &plan_year::Model) -> Value {
        json!({ "plan_id": row.plan_id, "label": row.label })
    }

    fn same_key(row: &plan_year::Model) -> Option<Condition> {
        let label = plan_year::Column::Label.eq(&row.label);
        Some(Condition::all().add(plan_year::Column::PlanId.eq(row.plan_id)).add(label))
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, plan_year::Model>) -> Result<()> {
        children::open::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            let id = step.after.id;
            let dependents = Dependents::default()
                .by::<target::Entity>(target::Column::PlanYearId.eq(id))
                .by::<milestone::Entity>(milestone::Column::PlanYearId.eq(id))
                .by::<cohort::Entity>(cohort::Column::PlanYearId.eq(id));
            return dependents.refuse(write, "year").await;
        }
        let mut check = Check::of::<Self>(write, &step, rules::year("", step.after)).await?;
        let row = step.after;
        let years = write.caller().rows::<plan_year::Entity>();
        let years = years.filter(plan_year::Column::PlanId.eq(row.plan_id)).all(write.tx()).await?;
        check.fault(rules::overlap("", row, &years));
        let others = years.iter().filter(|year| year.id != row.id).count();
        children::expect_room("years", others as u64, 10)?;
        check.done()
    }
}

impl Child for PlanYear {
    type Root = plan::Entity;

    const ROOT: plan_year::Column = plan_year::Column::PlanId;
}

/// Narrows the list of plan years.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanYearFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Those that hold this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub on: Option<Date>,
}

impl Filter<plan_year::Entity> for PlanYearFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(plan_year::Column::PlanId, self.plan_id))
            .add_option(self.on.map(|day| plan_year::Column::FirstDay.lte(day)))
            .add_option(self.on.map(|day| plan_year::Column::LastDay.gte(day)))
    }
}

routes! {
    ReadPlans: list_plan_years, count_plan_years, get_plan_year;
    WritePlans: create_plan_year, update_plan_year, archive_plan_year, restore_plan_year;
    ReadPlans: list_plan_year_history;
}

/// Lists the years of plans.
#[utoipa::path(get, path = "/plan-years", params(List<PlanYear>), responses((status = 200, body = Page<PlanYear>)))]
async fn list_plan_years(can: Can<ReadPlans>, list: List<PlanYear>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the plan years by one or two of their fields.
#[utoipa::path(get, path = "/plan-years/counts", params(CountBy<PlanYear>), responses((status = 200, body = Counts)))]
async fn count_plan_years(can: Can<ReadPlans>, by: CountBy<PlanYear>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a year of a plan.
#[utoipa::path(post, path = "/plan-years", responses((status = 201, body = PlanYear)))]
async fn create_plan_year(can: Can<WritePlans>, form: Json<NewPlanYear>) -> Result<Reply> {
    crud::create::<PlanYear>(&can, form).await
}

/// Gets a year of a plan.
#[utoipa::path(get, path = "/plan-years/{id}", params(Show<PlanYear>), responses((status = 200, body = PlanYear)))]
async fn get_plan_year(can: Can<ReadPlans>, id: Id, show: Show<PlanYear>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a year of a plan.
#[utoipa::path(patch, path = "/plan-years/{id}", responses((status = 200, body = PlanYear)))]
async fn update_plan_year(can: Can<WritePlans>, id: Id, patch: Patch<NewPlanYear>) -> Result<Reply> {
    crud::update::<PlanYear>(&can, id.0, patch).await
}

/// Archives a year of a plan.
#[utoipa::path(delete, path = "/plan-years/{id}", responses((status = 204)))]
async fn archive_plan_year(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<PlanYear>(&can, id.0).await
}

/// Restores an archived year of a plan.
#[utoipa::path(post, path = "/plan-years/{id}/restore", responses((status = 200, body = PlanYear)))]
async fn restore_plan_year(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<PlanYear>(&can, id.0).await
}

/// Shows the history of a year of a plan.
#[utoipa::path(get, path = "/plan-years/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_plan_year_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<PlanYear>(&can, id.0, &part).await
}
