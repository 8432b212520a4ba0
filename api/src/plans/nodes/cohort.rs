//! Cohorts: sets of schools that targets count, fixed when their plan is activated.

use entity::plans::{cohort, plan, target};
use time::Date;

use super::plan_year::PlanYear;
use super::references::{Check, at};
use crate::kernel::prelude::*;

record! {
    /// A set of schools that targets of a plan count.
    Cohort from NewCohort in cohort {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// The year of the plan that it belongs to.
        #[schema(example = json!(null))]
        plan_year_id: Option<Uuid>,
        /// Its number, unique in the plan.
        #[schema(minimum = 1, maximum = 1000, example = 3)]
        number: i32,
        /// What it is called.
        #[schema(min_length = 1, max_length = 200, example = "Third cohort of schools")]
        name: String,
        /// Which schools are in it, in words.
        #[schema(min_length = 1, max_length = 1000, example = "Schools visited a second time")]
        description: Option<String>,
    }
    initial { search_key: None, frozen_on: None }
    computed {
        /// The day on which its schools were fixed: when the plan was activated.
        #[serde(with = "entity::date::option")]
        #[schema(example = "2014-02-10")]
        frozen_on: Option<Date>,
    }
}

impl Resource for Cohort {
    type Entity = cohort::Entity;
    type Form = NewCohort;
    type Filter = CohortFilter;

    const PATH: &'static str = "/cohorts";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, cohort::Column)] =
        &[("number", cohort::Column::Number), ("updated_at", cohort::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["name", "description"];
    const COUNTS: &'static [&'static str] = &["plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut cohort::Model) {
        row.search_key = Some(search_key(&row.name));
    }

    fn keys(row: &cohort::Model) -> Value {
        json!({ "plan_id": row.plan_id, "number": row.number })
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, cohort::Model>) -> Result<()> {
        children::open::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            let targets = target::Column::CohortId.eq(step.after.id);
            return Dependents::default().by::<target::Entity>(targets).refuse(write, "cohort").await;
        }
        let mut check = Check::of::<Self>(write, &step, Vec::new()).await?;
        let row = step.after;
        check.children::<PlanYear>(at("/plan_year_id", row.plan_year_id), row.plan_id).await?;
        let others = Condition::all().add(cohort::Column::PlanId.eq(row.plan_id)).add(cohort::Column::Id.ne(row.id));
        children::expect_room("cohorts", children::count::<cohort::Entity>(write, others.clone()).await?, 50)?;
        let same = others.add(cohort::Column::Number.eq(row.number));
        if children::count::<cohort::Entity>(write, same).await? > 0 {
            let message = "another cohort of the plan has this number";
            check.fault(Some(Fault::new("/number", "duplicate", message)));
        }
        check.done()
    }
}

impl Child for Cohort {
    type Root = plan::Entity;

    const ROOT: cohort::Column = cohort::Column::PlanId;
}

/// Narrows the list of cohorts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CohortFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this year of a plan.
    pub plan_year_id: Option<Uuid>,
    /// Words that the name contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "first")]
    pub q: Option<String>,
}

impl Filter<cohort::Entity> for CohortFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(cohort::Column::PlanId, self.plan_id))
            .add_option(is(cohort::Column::PlanYearId, self.plan_year_id))
            .add_option(contains(cohort::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_cohorts, count_cohorts, get_cohort;
    WritePlans: create_cohort, update_cohort, archive_cohort, restore_cohort;
    ReadPlans: list_cohort_history;
}

/// Lists the cohorts.
#[utoipa::path(get, path = "/cohorts", params(List<Cohort>), responses((status = 200, body = Page<Cohort>)))]
async fn list_cohorts(can: Can<ReadPlans>, list: List<Cohort>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the cohorts by one or two of their fields.
#[utoipa::path(get, path = "/cohorts/counts", params(CountBy<Cohort>), responses((status = 200, body = Counts)))]
async fn count_cohorts(can: Can<ReadPlans>, by: CountBy<Cohort>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a cohort.
#[utoipa::path(post, path = "/cohorts", responses((status = 201, body = Cohort)))]
async fn create_cohort(can: Can<WritePlans>, form: Json<NewCohort>) -> Result<Reply> {
    crud::create::<Cohort>(&can, form).await
}

/// Gets a cohort.
#[utoipa::path(get, path = "/cohorts/{id}", params(Show<Cohort>), responses((status = 200, body = Cohort)))]
async fn get_cohort(can: Can<ReadPlans>, id: Id, show: Show<Cohort>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a cohort.
#[utoipa::path(patch, path = "/cohorts/{id}", responses((status = 200, body = Cohort)))]
async fn update_cohort(can: Can<WritePlans>, id: Id, patch: Patch<NewCohort>) -> Result<Reply> {
    crud::update::<Cohort>(&can, id.0, patch).await
}

/// Archives a cohort.
#[utoipa::path(delete, path = "/cohorts/{id}", responses((status = 204)))]
async fn archive_cohort(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<Cohort>(&can, id.0).await
}

/// Restores an archived cohort.
#[utoipa::path(post, path = "/cohorts/{id}/restore", responses((status = 200, body = Cohort)))]
async fn restore_cohort(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<Cohort>(&can, id.0).await
}

/// Shows the history of a cohort.
#[utoipa::path(get, path = "/cohorts/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_cohort_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Cohort>(&can, id.0, &part).await
}
