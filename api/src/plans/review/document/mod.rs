//! A review as people read and print it: how the targets stood, what was learnt, and what the next revision changes.

mod page;

use std::collections::HashMap;

use actix_web::http::header::{CONTENT_LANGUAGE, VARY};
use entity::identity::hub;
use entity::plans::{approval, objective, plan, plan_year, review, review_reflection, review_target};
use sea_orm::{QueryFilter, QueryOrder};
use serde::Serialize;
use utoipa::ToSchema;

use super::Review;
use super::reflection::ReviewReflection;
use super::target::ReviewTarget;
use crate::kernel::base::sheet::{HtmlPage, file_name};
use crate::kernel::document::accept::{Accepted, PageFormat};
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::prelude::*;
use crate::plans::compare::{ComparedPlan, PlanComparison};
use crate::plans::plan::approval::Approval;
use crate::plans::progress::StatusCounts;
use crate::plans::tree::plan_rows::Rows;

/// A review with all that belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewDocument {
    /// The review itself.
    pub review: Review,
    /// The name of the hub.
    #[schema(max_length = 200, example = "Leicester-Shire Music Education Hub")]
    pub hub_name: String,
    /// The plan that is reviewed.
    pub plan: ComparedPlan,
    /// The label of the year that is reviewed; absent where the plan as a whole is.
    #[schema(max_length = 40, example = "2014/15")]
    pub year: Option<String>,
    /// How many of the targets had each status.
    pub counts: StatusCounts,
    /// The objectives with targets or lessons, in order of their numbers.
    #[schema(max_items = 50)]
    pub objectives: Vec<ReviewedObjective>,
    /// What was learnt about the plan as a whole.
    #[schema(max_items = 1000)]
    pub reflections: Vec<ReviewReflection>,
    /// The approval by which the revision came into force.
    pub approval: Option<Approval>,
    /// What the next revision changes; absent where there is none.
    pub changes: Option<PlanComparison>,
}

/// An objective as a review found it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReviewedObjective {
    /// The objective.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub objective_id: Uuid,
    /// Its number.
    #[schema(minimum = 1, example = 5)]
    pub number: i32,
    /// Its title.
    #[schema(max_length = 300, example = "Build communication and engagement with schools")]
    pub title: String,
    /// How many of its targets had each status.
    pub counts: StatusCounts,
    /// Its targets in order.
    #[schema(max_items = 200)]
    pub targets: Vec<ReviewTarget>,
    /// What was learnt about it.
    #[schema(max_items = 1000)]
    pub reflections: Vec<ReviewReflection>,
}

/// How the document is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReviewDocumentQuery {
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves the choice.
    #[param(inline, example = "json")]
    pub format: Option<PageFormat>,
}

routes! { ReadPlans: get_review_document }

/// Gets a review to read and print: how the targets stood, what was learnt, and what the next revision changes.
///
/// As JSON it is data. As HTML it is a page that prints on A4.
#[utoipa::path(
    get,
    path = "/reviews/{id}/document",
    params(ReviewDocumentQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The document, in the form asked for, with an `ETag`.",
            content((ReviewDocument = "application/json"), (HtmlPage = "text/html")),
        ),
        (status = 304, description = "The document named in `If-None-Match` is still the same."),
    ),
)]
async fn get_review_document(
    can: Can<ReadPlans>,
    id: Id,
    query: Query<ReviewDocumentQuery>,
    accepted: Accepted<PageFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let document = load(&can, id.0).await?;
    Ok(reply(&document, format)?.with(VARY, "Accept").version_and_hash(document.review.version))
}

/// The document by its name.
pub const NAMED: NamedReport =
    NamedReport::about("review-document", Scope::ReadPlans, "review", &["json", "html"], |caller, wanted| {
        Box::pin(async move {
            let _: ReviewDocumentQuery = wanted.parameters(&caller)?;
            let format = wanted.format(PageFormat::ALL, PageFormat::as_str)?;
            reply(&load(&caller, wanted.item()?).await?, format)
        })
    });

fn reply(document: &ReviewDocument, format: PageFormat) -> Result<Reply> {
    Ok(match format {
        PageFormat::Json => Reply::ok(document)?.with(CONTENT_LANGUAGE, "en-GB"),
        PageFormat::Html => page::html(document)?.reply(&file_name(&document.review.title, "review", "html")),
    })
}

/// The document of a review, from one snapshot.
async fn load(caller: &Caller, id: Uuid) -> Result<ReviewDocument> {
    let db = caller.db().snapshot().await?;
    let review = caller.rows::<review::Entity>().filter(review::Column::Id.eq(id));
    let review = review.one(&db).await?.ok_or_else(Problem::not_found)?;
    let targets = caller.rows::<review_target::Entity>().filter(review_target::Column::ReviewId.eq(id));
    let targets = targets.order_by_asc(review_target::Column::Place).all(&db).await?;
    let reflections = caller.rows::<review_reflection::Entity>().filter(review_reflection::Column::ReviewId.eq(id));
    let reflections = reflections.order_by_asc(review_reflection::Column::Id).all(&db).await?;
    let plan = caller.rows_archived::<plan::Entity>().filter(plan::Column::Id.eq(review.plan_id));
    let plan = plan.one(&db).await?.ok_or_else(Problem::not_found)?;
    let years = caller.rows_archived::<plan_year::Entity>();
    let year = years.filter(plan_year::Column::PlanId.eq(plan.id)).all(&db).await?;
    let year = year.into_iter().find(|year| Some(year.id) == review.plan_year_id).map(|year| year.label);
    let objectives = caller.rows_archived::<objective::Entity>().filter(objective::Column::PlanId.eq(plan.id));
    let objectives = objectives.order_by_asc(objective::Column::Number).all(&db).await?;
    let approvals = caller.rows::<approval::Entity>();
    let approvals = approvals.filter(approval::Column::PlanId.is_in(review.revision_id));
    let approvals = approvals.all(&db).await?;
    // The hub's own name is no secret from anybody who sees its plans.
    let hub = Caller::system(caller.state().clone(), caller.hub_id);
    let hub = hub.rows::<hub::Entity>().filter(hub::Column::Id.eq(caller.hub_id)).one(&db).await?;
    let changes = match review.revision_id {
        Some(revision) => changes(caller, &db, plan.id, revision).await?,
        None => None,
    };
    let counts = count_by_status(&targets);
    let mut by_objective: HashMap<Option<Uuid>, Vec<ReviewReflection>> = HashMap::new();
    for row in &reflections {
        by_objective.entry(row.objective_id).or_default().push(ReviewReflection::from(row));
    }
    let objectives = objectives.iter().filter_map(|objective| {
        let own: Vec<_> = targets.iter().filter(|target| target.objective_id == objective.id).cloned().collect();
        let reflections = by_objective.remove(&Some(objective.id)).unwrap_or_default();
        (!own.is_empty() || !reflections.is_empty()).then(|| ReviewedObjective {
            objective_id: objective.id,
            number: own.first().map_or(objective.number, |target| target.objective_number),
            title: own.first().map_or_else(|| objective.title.clone(), |target| target.objective_title.clone()),
            counts: count_by_status(&own),
            targets: own.iter().map(ReviewTarget::from).collect(),
            reflections,
        })
    });
    let objectives = objectives.collect();
    Ok(ReviewDocument {
        hub_name: hub.map(|hub| hub.name).unwrap_or_default(),
        plan: ComparedPlan { id: plan.id, title: plan.title, revision: plan.revision },
        year,
        counts,
        objectives,
        reflections: by_objective.remove(&None).unwrap_or_default(),
        approval: approvals.iter().find(|row| Some(row.id) == review.approval_id).map(Approval::from),
        changes,
        review: Review::from(&review),
    })
}

fn count_by_status(targets: &[review_target::Model]) -> StatusCounts {
    let mut counts = StatusCounts::default();
    for target in targets {
        counts.add(target.status);
    }
    counts
}

/// What a revision changes; none where it or the plan was archived.
async fn changes(
    caller: &Caller,
    db: &impl ConnectionTrait,
    plan: Uuid,
    revision: Uuid,
) -> Result<Option<PlanComparison>> {
    let there = caller.rows::<plan::Entity>().filter(plan::Column::Id.is_in([plan, revision])).all(db).await?;
    if there.len() < 2 {
        return Ok(None);
    }
    let (from, to) = (Rows::load(caller, db, plan).await?, Rows::load(caller, db, revision).await?);
    Ok(Some(PlanComparison::of(&from, &to)))
}
