//! The targets as reviews found them.

use entity::plans::progress_update::Opinion;
use entity::plans::review_target::{self, Column};
use entity::plans::target::{Comparator, TargetKind, TargetUnit};
use entity::plans::target_status::Status;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use crate::kernel::prelude::*;

/// A target as a review found it. It never changes.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewTarget {
    /// The item's id.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The review.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub review_id: Uuid,
    /// The target of the plan.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub target_id: Uuid,
    /// Its place among the targets of the review, in the order of the plan.
    #[schema(minimum = 1, example = 1)]
    pub place: i32,
    /// The objective.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub objective_id: Uuid,
    /// The number of the objective.
    #[schema(minimum = 1, example = 5)]
    pub objective_number: i32,
    /// The title of the objective.
    #[schema(max_length = 300, example = "Build communication and engagement with schools")]
    pub objective_title: String,
    /// The label of the year of the plan.
    #[schema(max_length = 40, example = "2014/15")]
    pub plan_year_label: String,
    /// What was to be reached.
    #[schema(max_length = 1000, example = "60 % of schools are visited")]
    pub statement: String,
    /// Whether it is measured or in words.
    #[schema(example = "measured")]
    pub kind: TargetKind,
    /// The figure before the work began, in the target's unit.
    #[schema(example = 0.0)]
    pub baseline: Option<f64>,
    /// How a figure is compared with `value`.
    #[schema(example = "at_least")]
    pub comparator: Option<Comparator>,
    /// The figure to reach, in the target's unit.
    #[schema(example = 60.0)]
    pub value: Option<f64>,
    /// What the figures count.
    #[schema(example = "percent")]
    pub unit: Option<TargetUnit>,
    /// The last day of its last due.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-03-31")]
    pub last_due_on: Option<Date>,
    /// Its status on the day of the review.
    #[schema(example = "met")]
    pub status: Status,
    /// The figure that was reached, in the target's unit; absent where none was known.
    #[schema(example = 61.7)]
    pub reached: Option<f64>,
    /// The day of that figure.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2015-03-31")]
    pub reached_on: Option<Date>,
    /// What a computed percentage was made of: what counted.
    #[schema(example = 148.0)]
    pub numerator: Option<f64>,
    /// What could count.
    #[schema(example = 240.0)]
    pub denominator: Option<f64>,
    /// What the denominator counts.
    #[schema(max_length = 100, example = "schools in scope")]
    pub scope: Option<String>,
    /// How many rows of evidence a computed figure had.
    #[schema(minimum = 0, example = 148)]
    pub evidence_count: Option<i64>,
    /// Why a computed figure was not known, such as `not_dated`; absent where it was.
    #[schema(max_length = 40, example = json!(null))]
    pub unknown: Option<String>,
    /// The opinion of the latest accepted update that gave one.
    #[schema(example = "green")]
    pub opinion: Option<Opinion>,
    /// Updates that waited for the target's monitor.
    #[schema(minimum = 0, example = 0)]
    pub pending_updates: i32,
}

impl Fields for ReviewTarget {
    const FIELDS: &'static [Field] = fields! {
        id: Uuid,
        review_id: Uuid,
        target_id: Uuid,
        place: i32,
        objective_id: Uuid,
        objective_number: i32,
        objective_title: String,
        plan_year_label: String,
        statement: String,
        kind: TargetKind,
        baseline: Option<f64>,
        comparator: Option<Comparator>,
        value: Option<f64>,
        unit: Option<TargetUnit>,
        last_due_on: Option<Date>,
        status: Status,
        reached: Option<f64>,
        reached_on: Option<Date>,
        numerator: Option<f64>,
        denominator: Option<f64>,
        scope: Option<String>,
        evidence_count: Option<i64>,
        unknown: Option<String>,
        opinion: Option<Opinion>,
        pending_updates: i32,
    };
}

impl Listed for ReviewTarget {
    type Entity = review_target::Entity;
    type Filter = ReviewTargetFilter;

    const SORTS: &'static [(&'static str, ListedColumn<Self>)] =
        &[("place", Column::Place), ("created_at", Column::CreatedAt)];
    const COUNTS: &'static [&'static str] = &["status", "objective_number", "review_id", "kind", "plan_year_label"];
}

impl From<&review_target::Model> for ReviewTarget {
    fn from(row: &review_target::Model) -> Self {
        Self {
            id: row.id,
            review_id: row.review_id,
            target_id: row.target_id,
            place: row.place,
            objective_id: row.objective_id,
            objective_number: row.objective_number,
            objective_title: row.objective_title.clone(),
            plan_year_label: row.plan_year_label.clone(),
            statement: row.statement.clone(),
            kind: row.kind,
            baseline: row.baseline,
            comparator: row.comparator,
            value: row.value,
            unit: row.unit,
            last_due_on: row.last_due_on,
            status: row.status,
            reached: row.reached,
            reached_on: row.reached_on,
            numerator: row.numerator,
            denominator: row.denominator,
            scope: row.scope.clone(),
            evidence_count: row.evidence_count,
            unknown: row.unknown.clone(),
            opinion: row.opinion,
            pending_updates: row.pending_updates,
        }
    }
}

/// Narrows the list of targets as reviews found them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewTargetFilter {
    /// Only targets of this review.
    pub review_id: Option<Uuid>,
    /// Only this target, in all reviews.
    pub target_id: Option<Uuid>,
    /// Only targets of this objective.
    pub objective_id: Option<Uuid>,
    /// Any of these statuses.
    #[serde(default)]
    #[param(max_items = 5)]
    pub status: Vec<Status>,
    /// Measured ones, or those in words.
    pub kind: Option<TargetKind>,
}

impl Filter<review_target::Entity> for ReviewTargetFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(Column::ReviewId, self.review_id))
            .add_option(is(Column::TargetId, self.target_id))
            .add_option(is(Column::ObjectiveId, self.objective_id))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(is(Column::Kind, self.kind))
    }
}

routes! { ReadPlans: list_review_targets, count_review_targets, get_review_target }

/// Lists targets as reviews found them.
///
/// A row is made for each target when a review is opened, and never changes.
#[utoipa::path(
    get,
    path = "/review-targets",
    params(List<ReviewTarget>),
    responses((status = 200, body = Page<ReviewTarget>)),
)]
async fn list_review_targets(can: Can<ReadPlans>, list: List<ReviewTarget>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts targets as reviews found them, by one or two of their fields.
#[utoipa::path(
    get,
    path = "/review-targets/counts",
    params(CountBy<ReviewTarget>),
    responses((status = 200, body = Counts)),
)]
async fn count_review_targets(can: Can<ReadPlans>, by: CountBy<ReviewTarget>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Gets a target as a review found it.
#[utoipa::path(
    get,
    path = "/review-targets/{id}",
    params(Show<ReviewTarget>),
    responses((status = 200, body = ReviewTarget)),
)]
async fn get_review_target(can: Can<ReadPlans>, id: Id, show: Show<ReviewTarget>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}
