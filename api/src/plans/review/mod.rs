//! Reviews of plans: the evidence frozen on a day, what was learnt, and the revision that follows.
//!
//! `freeze` keeps the targets as they were, `target` lists them. `reflection` has the lessons. `carry` takes into the
//! revision what goes on, and `document` is the review as people print it.

pub mod carry;
pub mod document;
pub mod freeze;
pub mod lifecycle;
pub mod reflection;
pub mod target;
pub mod transition;

use entity::instant::Instant;
use entity::plans::plan::{self, PlanStatus};
use entity::plans::plan_year;
use entity::plans::review::{self, ReviewStatus};
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;
use time::macros::date;
use utoipa::ToSchema;

use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::plans::author::{self, PersonName};

record! {
    /// A review of a plan: the targets as they were on a day, the lessons, and the next revision of the plan.
    Review from NewReview in review {
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "Review of the first year")]
        title: String,
        /// What follows from it, in a few sentences.
        #[schema(min_length = 1, max_length = 4000, example = "First Access grows; visits go on in the second year.")]
        summary: Option<String>,
    }
    initial {
        title_key: String::new(),
        plan_id: Uuid::nil(),
        plan_year_id: None,
        as_at: date!(1970 - 01 - 01),
        opened_on: date!(1970 - 01 - 01),
        opened_by_id: None,
        status: ReviewStatus::Review,
        status_reason: None,
        revision_id: None,
        approval_id: None,
        approved_at: None,
        targets: 0,
    }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// The year of the plan that is reviewed; absent where the plan as a whole is.
        #[schema(example = json!(null))]
        plan_year_id: Option<Uuid>,
        /// The day for which the targets were frozen.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-03-31")]
        as_at: Date,
        /// The day on which it was opened.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-04-02")]
        opened_on: Date,
        /// The person who opened it.
        #[schema(example = json!(null))]
        opened_by_id: Option<Uuid>,
        /// How far it has come; changed by `reflect`, `revise`, `approve`, `adopt` and `cancel`.
        status: ReviewStatus,
        /// What was said with its last transition.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The next revision of the plan: a draft until the review is approved.
        #[schema(example = json!(null))]
        revision_id: Option<Uuid>,
        /// The approval by which the revision came into force.
        #[schema(example = json!(null))]
        approval_id: Option<Uuid>,
        /// When it was approved.
        approved_at: Option<Instant>,
        /// How many targets were frozen: `GET /review-targets?review_id=` lists them.
        #[schema(minimum = 0, maximum = 10_000, example = 57)]
        targets: i32,
    }
    embedded {
        /// The name of the person who opened it, with `expand=opened_by`.
        opened_by: PersonName,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

/// What a review is opened with.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenReview {
    /// The plan, which is active and has no other open review.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub plan_id: Uuid,
    /// The year of the plan that is reviewed; absent where the plan as a whole is.
    #[schema(example = json!(null))]
    pub plan_year_id: Option<Uuid>,
    /// The title.
    #[schema(min_length = 1, max_length = 200, example = "Review of the first year")]
    pub title: String,
    /// What it is about, or what follows from it.
    #[schema(min_length = 1, max_length = 4000, example = json!(null))]
    pub summary: Option<String>,
    /// The day for which the targets are frozen, not after today; today if absent.
    #[serde(default, with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
    pub as_at: Option<Date>,
}

impl Resource for Review {
    type Entity = review::Entity;
    type Form = NewReview;
    type Filter = ReviewFilter;

    const PATH: &'static str = "/reviews";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, review::Column)] = &[
        ("as_at", review::Column::AsAt),
        ("title", review::Column::TitleKey),
        ("created_at", review::Column::CreatedAt),
        ("updated_at", review::Column::UpdatedAt),
    ];
    const NAMES_PEOPLE: &'static [&'static str] = &["title", "summary", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["opened_by_id"];
    const COUNTS: &'static [&'static str] = &["status", "plan_id", "plan_year_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(lock_plan);
    const EXPANDS: &'static [&'static str] = &["opened_by", "actions"];

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[review::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "opened_by" => author::of_persons(caller, db, rows.iter().map(|row| row.opened_by_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }

    fn complete(row: &mut review::Model) {
        row.title_key = search_key(&row.title);
    }

    fn keys(row: &review::Model) -> Value {
        json!({ "plan_id": row.plan_id, "title": row.title })
    }

    async fn decide(_: &mut Write, step: Mutation<'_, review::Model>) -> Result<()> {
        match (step.operation, step.after.status) {
            (Operation::Update, status @ (ReviewStatus::Approved | ReviewStatus::Cancelled)) => {
                Err(Problem::conflict(format!("the review is {status} and stays as it is")))
            }
            _ => Ok(()),
        }
    }
}

/// Locks the plan of a review, before the review itself.
fn lock_plan(caller: &Caller, id: Uuid) -> SelectStatement {
    let review = caller.rows::<review::Entity>().filter(review::Column::Id.eq(id));
    let plan_id = review.select_only().column(review::Column::PlanId).into_query();
    let plan = caller.rows_archived::<plan::Entity>().filter(plan::Column::Id.in_subquery(plan_id));
    plan.select_only().column(plan::Column::Id).lock(LockType::NoKeyUpdate).into_query()
}

/// Opens a review of a plan and freezes its targets.
///
/// # Errors
/// 409 when the plan is not active, or has an open review, which the reply names; 422 for a plan, a year or a day that
/// does not fit.
pub async fn open(write: &mut Write, form: &OpenReview) -> Result<review::Model> {
    let plan = children::root::<plan::Entity>(write, "/plan_id", form.plan_id).await?;
    if plan.status != PlanStatus::Active {
        let detail = format!("cannot review a {} plan: a plan is reviewed while it is active", plan.status);
        return Err(Problem::conflict(detail));
    }
    expect_no_other(write, plan.id).await?;
    let today = write.caller().today();
    let as_at = form.as_at.unwrap_or(today);
    if as_at > today {
        return Err(Problem::invalid("/as_at", "in_future", "not after today"));
    }
    if let Some(year) = form.plan_year_id {
        let years = write.caller().rows::<plan_year::Entity>().filter(plan_year::Column::Id.eq(year));
        let years = years.filter(plan_year::Column::PlanId.eq(plan.id));
        if years.one(write.tx()).await?.is_none() {
            let message = format!("there is no year {year} in this plan");
            return Err(Problem::invalid("/plan_year_id", "unknown_reference", message));
        }
    }
    let meta = write.meta_of::<review::Entity>();
    let frozen = freeze::targets(write, &plan, meta.id, as_at).await?;
    let row = review::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        plan_id: plan.id,
        plan_year_id: form.plan_year_id,
        title: form.title.clone(),
        title_key: String::new(),
        summary: form.summary.clone(),
        as_at,
        opened_on: today,
        opened_by_id: write.caller().actor.person_id(),
        status: ReviewStatus::Review,
        status_reason: None,
        revision_id: None,
        approval_id: None,
        approved_at: None,
        targets: i32::try_from(frozen.len()).map_err(Problem::internal)?,
    };
    let row = write.store::<Review>(None, row, Operation::Create).await?;
    write.insert_rows::<entity::plans::review_target::Entity>(&frozen).await?;
    Ok(row)
}

/// Refuses a second review of a plan at a time. The plan is locked.
async fn expect_no_other(write: &Write, plan_id: Uuid) -> Result<()> {
    let open = [ReviewStatus::Review, ReviewStatus::Reflect, ReviewStatus::Revise];
    let other = write.caller().rows::<review::Entity>().filter(review::Column::PlanId.eq(plan_id));
    let Some(other) = other.filter(review::Column::Status.is_in(open)).one(write.tx()).await? else { return Ok(()) };
    let detail = format!("the plan has an open review, \"{}\" ({}): end or cancel it first", other.title, other.id);
    Err(Problem::conflict(detail).header(actix_web::http::header::LOCATION, Review::location(other.id)))
}

/// Narrows the list of reviews.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewFilter {
    /// Only reviews of this plan.
    pub plan_id: Option<Uuid>,
    /// Only reviews of this year of a plan.
    pub plan_year_id: Option<Uuid>,
    /// Only the review that made this revision.
    pub revision_id: Option<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 5)]
    pub status: Vec<ReviewStatus>,
    /// Only reviews as on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub as_at_from: Option<Date>,
    /// Only reviews as on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2016-03-31")]
    pub as_at_to: Option<Date>,
    /// Words that the title contains, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "first year")]
    pub q: Option<String>,
}

impl Filter<review::Entity> for ReviewFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use review::Column;

        Condition::all()
            .add_option(is(Column::PlanId, self.plan_id))
            .add_option(is(Column::PlanYearId, self.plan_year_id))
            .add_option(is(Column::RevisionId, self.revision_id))
            .add_option(any_of(Column::Status, &self.status))
            .add(between(Column::AsAt, self.as_at_from, self.as_at_to))
            .add_option(contains(Column::TitleKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_reviews, count_reviews, get_review;
    WritePlans: open_review, update_review;
    ReadPlans: list_review_history;
}

/// Lists the reviews.
#[utoipa::path(get, path = "/reviews", params(List<Review>), responses((status = 200, body = Page<Review>)))]
async fn list_reviews(can: Can<ReadPlans>, list: List<Review>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the reviews by one or two of their fields.
#[utoipa::path(get, path = "/reviews/counts", params(CountBy<Review>), responses((status = 200, body = Counts)))]
async fn count_reviews(can: Can<ReadPlans>, by: CountBy<Review>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a review.
#[utoipa::path(get, path = "/reviews/{id}", params(Show<Review>), responses((status = 200, body = Review)))]
async fn get_review(can: Can<ReadPlans>, id: Id, show: Show<Review>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Opens a review of the plan in force, and freezes its targets.
///
/// The status and the value of each target are kept as they are on the day `as_at`, and never change. A plan has one
/// open review at a time (409, which names the other one).
#[utoipa::path(post, path = "/reviews", responses((status = 201, body = Review)))]
async fn open_review(can: Can<WritePlans>, form: Json<OpenReview>) -> Result<Reply> {
    let form = form.into_inner();
    Write::run(&can, async |write| {
        let row = open(write, &form).await?;
        crud::answer::<Review>(&can, &row, true)
    })
    .await
}

/// Changes the title or the summary of a review. An approved or cancelled one stays as it is (409).
#[utoipa::path(
    patch,
    path = "/reviews/{id}",
    request_body = NewReview,
    responses((status = 200, body = Review)),
)]
async fn update_review(can: Can<WritePlans>, id: Id, patch: Patch<NewReview>) -> Result<Reply> {
    crud::update::<Review>(&can, id.0, patch).await
}

/// Shows the history of a review.
#[utoipa::path(get, path = "/reviews/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_review_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Review>(&can, id.0, &part).await
}
