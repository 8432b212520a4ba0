//! The schools of a cohort.

use entity::plans::{cohort, cohort_member, plan};
use entity::schools::school;
use sea_orm::QueryFilter;

use super::cohort::Cohort;
use super::references::{Check, at};
use crate::kernel::prelude::*;
use crate::plans::plan::state::EditKind;
use crate::schools::school::School;

record! {
    /// A school in a cohort.
    CohortMember from NewCohortMember in cohort_member {
        /// The cohort.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        cohort_id: Uuid,
        /// The school; once in a cohort.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
    }
    initial { plan_id: Uuid::nil() }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
    }
    embedded {
        /// The cohort, when asked for with `expand=cohort`.
        cohort: Cohort,
        /// The school, when asked for with `expand=school`.
        school: School,
    }
}

impl Resource for CohortMember {
    type Entity = cohort_member::Entity;
    type Form = NewCohortMember;
    type Filter = CohortMemberFilter;

    const PATH: &'static str = "/cohort-members";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, cohort_member::Column)] =
        &[("created_at", cohort_member::Column::CreatedAt), ("updated_at", cohort_member::Column::UpdatedAt)];
    const COUNTS: &'static [&'static str] = &["cohort_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);
    const EXPANDS: &'static [&'static str] = &["cohort", "school"];

    fn keys(row: &cohort_member::Model) -> Value {
        json!({ "cohort_id": row.cohort_id, "school_id": row.school_id })
    }

    fn same_key(row: &cohort_member::Model) -> Option<Condition> {
        let school = cohort_member::Column::SchoolId.eq(row.school_id);
        Some(Condition::all().add(cohort_member::Column::CohortId.eq(row.cohort_id)).add(school))
    }

    fn school(row: &cohort_member::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, cohort_member::Model>) -> Result<()> {
        children::open::<Self>(write, &mut step).await?;
        let row = step.after;
        if step.operation != Operation::Archive {
            let mut check = Check::new(write, Vec::new());
            check.children::<Cohort>(at("/cohort_id", row.cohort_id), row.plan_id).await?;
            check.refs(Refs::default().to::<school::Entity>("/school_id", row.school_id)).await?;
            check.done()?;
        }
        unfrozen(write, row.cohort_id).await?;
        match step.before.filter(|before| before.cohort_id != row.cohort_id) {
            Some(before) => unfrozen(write, before.cohort_id).await,
            None => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[cohort_member::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "cohort" => expand::one::<Cohort>(caller, db, rows.iter().map(|row| row.cohort_id)).await,
            _ => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
        }
    }
}

/// Refuses to change the schools of a cohort that is fixed.
async fn unfrozen(write: &Write, cohort_id: Uuid) -> Result<()> {
    let cohort = write.caller().rows_archived::<cohort::Entity>();
    let cohort = cohort.filter(cohort::Column::Id.eq(cohort_id)).one(write.tx()).await?;
    match cohort.and_then(|cohort| cohort.frozen_on) {
        None => Ok(()),
        Some(day) => Err(Problem::conflict(format!(
            "the cohort was fixed on {day}, when its plan was activated; its schools stay"
        ))),
    }
}

impl Child for CohortMember {
    type Root = plan::Entity;

    const ROOT: cohort_member::Column = cohort_member::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Cohort>(cohort_member::Column::CohortId));

    fn edit(_: &Mutation<'_, cohort_member::Model>) -> EditKind {
        EditKind::Progress
    }
}

/// Narrows the list of schools in cohorts.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CohortMemberFilter {
    /// Only schools in cohorts of this plan.
    pub plan_id: Option<Uuid>,
    /// Any of these cohorts.
    #[serde(default)]
    #[param(max_items = 50)]
    pub cohort_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
}

impl Filter<cohort_member::Entity> for CohortMemberFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(cohort_member::Column::PlanId, self.plan_id))
            .add_option(any_of(cohort_member::Column::CohortId, &self.cohort_id))
            .add_option(any_of(cohort_member::Column::SchoolId, &self.school_id))
    }
}

routes! {
    ReadPlans: list_cohort_members, count_cohort_members, get_cohort_member;
    WritePlans: create_cohort_member, update_cohort_member, archive_cohort_member, restore_cohort_member;
    ReadPlans: list_cohort_member_history;
}

/// Lists the schools in cohorts.
#[utoipa::path(
    get,
    path = "/cohort-members",
    params(List<CohortMember>),
    responses((status = 200, body = Page<CohortMember>)),
)]
async fn list_cohort_members(can: Can<ReadPlans>, list: List<CohortMember>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the members of cohorts by one or two of their fields.
#[utoipa::path(
    get,
    path = "/cohort-members/counts",
    params(CountBy<CohortMember>),
    responses((status = 200, body = Counts)),
)]
async fn count_cohort_members(can: Can<ReadPlans>, by: CountBy<CohortMember>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a school in a cohort.
#[utoipa::path(post, path = "/cohort-members", responses((status = 201, body = CohortMember)))]
async fn create_cohort_member(can: Can<WritePlans>, form: Json<NewCohortMember>) -> Result<Reply> {
    crud::create::<CohortMember>(&can, form).await
}

/// Gets a school in a cohort.
#[utoipa::path(
    get,
    path = "/cohort-members/{id}",
    params(Show<CohortMember>),
    responses((status = 200, body = CohortMember)),
)]
async fn get_cohort_member(can: Can<ReadPlans>, id: Id, show: Show<CohortMember>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a school in a cohort.
#[utoipa::path(patch, path = "/cohort-members/{id}", responses((status = 200, body = CohortMember)))]
async fn update_cohort_member(can: Can<WritePlans>, id: Id, patch: Patch<NewCohortMember>) -> Result<Reply> {
    crud::update::<CohortMember>(&can, id.0, patch).await
}

/// Archives a school in a cohort.
#[utoipa::path(delete, path = "/cohort-members/{id}", responses((status = 204)))]
async fn archive_cohort_member(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<CohortMember>(&can, id.0).await
}

/// Restores an archived school in a cohort.
#[utoipa::path(post, path = "/cohort-members/{id}/restore", responses((status = 200, body = CohortMember)))]
async fn restore_cohort_member(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<CohortMember>(&can, id.0).await
}

/// Shows the history of a school in a cohort.
#[utoipa::path(
    get,
    path = "/cohort-members/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_cohort_member_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<CohortMember>(&can, id.0, &part).await
}
