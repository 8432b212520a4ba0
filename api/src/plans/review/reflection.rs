//! What a review learnt, objective by objective.

use entity::list::Strings;
use entity::plans::review::{self, ReviewStatus};
use entity::plans::{objective, review_reflection};
use sea_orm::QueryFilter;

use crate::kernel::prelude::*;
use crate::kernel::resource::children::Root;
use crate::plans::text::Link;

record! {
    /// What a review learnt about an objective, or about the plan as a whole.
    ReviewReflection from NewReviewReflection in review_reflection {
        /// The review, which is in the state `reflect`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        review_id: Uuid,
        /// The objective of the plan; absent for the plan as a whole.
        #[schema(example = json!(null))]
        objective_id: Option<Uuid>,
        /// What was learnt. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Schools answer when their own head has asked them.")]
        lessons: Option<String>,
        /// What worked. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Visits in pairs")]
        worked: Option<String>,
        /// What did not work. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Letters to head teachers in July")]
        did_not_work: Option<String>,
        /// Addresses of what shows it.
        #[serde(default)]
        #[schema(value_type = Vec<Link>, max_items = 20, example = json!(["https://example.org/minutes.pdf"]))]
        evidence_links: Strings,
    }
    initial { objective_number: None, written_by_id: None }
    computed {
        /// The number of the objective.
        #[schema(minimum = 1, example = json!(null))]
        objective_number: Option<i32>,
        /// The person who wrote it.
        #[schema(example = json!(null))]
        written_by_id: Option<Uuid>,
    }
}

impl Resource for ReviewReflection {
    type Entity = review_reflection::Entity;
    type Form = NewReviewReflection;
    type Filter = ReviewReflectionFilter;

    const PATH: &'static str = "/review-reflections";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, review_reflection::Column)] = &[
        ("objective_number", review_reflection::Column::ObjectiveNumber),
        ("updated_at", review_reflection::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["lessons", "worked", "did_not_work", "evidence_links"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["written_by_id"];
    const COUNTS: &'static [&'static str] = &["review_id", "objective_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn faults(form: &NewReviewReflection) -> Vec<Fault> {
        let says_something = form.lessons.is_some() || form.worked.is_some() || form.did_not_work.is_some();
        let message = "give lessons, what worked or what did not: an empty reflection says nothing";
        (!says_something).then(|| Fault::new("/lessons", "missing", message)).into_iter().collect()
    }

    fn keys(row: &review_reflection::Model) -> Value {
        json!({ "review_id": row.review_id, "objective_number": row.objective_number })
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, review_reflection::Model>) -> Result<()> {
        let review = children::open::<Self>(write, &mut step).await?;
        if step.before.is_none() {
            step.after.written_by_id = write.caller().actor.person_id();
        }
        let mut faults = children::parent_faults::<Self>(write, &step).await?;
        let row = step.after;
        row.objective_number = None;
        if let Some(id) = row.objective_id {
            let found = write.caller().rows::<objective::Entity>().filter(objective::Column::Id.eq(id));
            match found.filter(objective::Column::PlanId.eq(review.plan_id)).one(write.tx()).await? {
                Some(objective) => row.objective_number = Some(objective.number),
                None => {
                    let message = format!("there is no objective {id} in the plan that is reviewed");
                    faults.push(Fault::new("/objective_id", "unknown_reference", message));
                }
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
    }
}

impl Root for review::Entity {
    type Edit = ();

    const KEEPS_ROOT: &'static str = "a reflection stays in its review";
    const KEEPS_PARENT: &'static str = "a reflection stays in its review";

    fn admit(next: &mut review::Model, (): (), _: &Caller) -> Result<()> {
        if next.status == ReviewStatus::Reflect {
            return Ok(());
        }
        let way = if next.status == ReviewStatus::Review { ": begin it by POST /reviews/{id}/reflect" } else { "" };
        let detail = format!("cannot change reflections in the state `{}`: they are written in `reflect`", next.status);
        Err(Problem::conflict(detail + way))
    }
}

impl Child for ReviewReflection {
    type Root = review::Entity;

    const ROOT: review_reflection::Column = review_reflection::Column::ReviewId;
}

/// Narrows the list of reflections.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewReflectionFilter {
    /// Only reflections of this review.
    pub review_id: Option<Uuid>,
    /// Only reflections about this objective.
    pub objective_id: Option<Uuid>,
}

impl Filter<review_reflection::Entity> for ReviewReflectionFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(review_reflection::Column::ReviewId, self.review_id))
            .add_option(is(review_reflection::Column::ObjectiveId, self.objective_id))
    }
}

routes! {
    ReadPlans: list_review_reflections, count_review_reflections, get_review_reflection;
    WritePlans: create_review_reflection, update_review_reflection, archive_review_reflection,
        restore_review_reflection;
    ReadPlans: list_review_reflection_history;
}

/// Lists the reflections.
#[utoipa::path(
    get,
    path = "/review-reflections",
    params(List<ReviewReflection>),
    responses((status = 200, body = Page<ReviewReflection>)),
)]
async fn list_review_reflections(can: Can<ReadPlans>, list: List<ReviewReflection>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the reflections by one or two of their fields.
#[utoipa::path(
    get,
    path = "/review-reflections/counts",
    params(CountBy<ReviewReflection>),
    responses((status = 200, body = Counts)),
)]
async fn count_review_reflections(can: Can<ReadPlans>, by: CountBy<ReviewReflection>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Writes down what a review learnt.
///
/// The review must be in the state `reflect` (409).
#[utoipa::path(post, path = "/review-reflections", responses((status = 201, body = ReviewReflection)))]
async fn create_review_reflection(can: Can<WritePlans>, form: Json<NewReviewReflection>) -> Result<Reply> {
    crud::create::<ReviewReflection>(&can, form).await
}

/// Gets a reflection.
#[utoipa::path(
    get,
    path = "/review-reflections/{id}",
    params(Show<ReviewReflection>),
    responses((status = 200, body = ReviewReflection)),
)]
async fn get_review_reflection(can: Can<ReadPlans>, id: Id, show: Show<ReviewReflection>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a reflection.
#[utoipa::path(
    patch,
    path = "/review-reflections/{id}",
    responses((status = 200, body = ReviewReflection)),
)]
async fn update_review_reflection(can: Can<WritePlans>, id: Id, patch: Patch<NewReviewReflection>) -> Result<Reply> {
    crud::update::<ReviewReflection>(&can, id.0, patch).await
}

/// Archives a reflection.
#[utoipa::path(delete, path = "/review-reflections/{id}", responses((status = 204)))]
async fn archive_review_reflection(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<ReviewReflection>(&can, id.0).await
}

/// Restores an archived reflection.
#[utoipa::path(
    post,
    path = "/review-reflections/{id}/restore",
    responses((status = 200, body = ReviewReflection)),
)]
async fn restore_review_reflection(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<ReviewReflection>(&can, id.0).await
}

/// Shows the history of a reflection.
#[utoipa::path(
    get,
    path = "/review-reflections/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_review_reflection_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<ReviewReflection>(&can, id.0, &part).await
}
