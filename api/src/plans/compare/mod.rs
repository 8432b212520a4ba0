//! What two plans differ in, such as two revisions of one plan: node by node, side by side.

mod form;
mod known;
mod matching;
mod side;
mod table;

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, VARY};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::form::CompareFormat;
pub use self::side::ComparedSide;
use crate::kernel::base::sheet::file_name;
use crate::kernel::document::accept::Accepted;
use crate::kernel::operations::report::keep::NamedReport;
use crate::kernel::prelude::*;
use crate::plans::tree::plan_rows::Rows;

/// What two plans differ in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanComparison {
    /// The plan that is compared.
    pub from: ComparedPlan,
    /// The plan that it is compared with.
    pub to: ComparedPlan,
    /// How many nodes differ, and how many are alike.
    pub counts: ComparisonCounts,
    /// The nodes that differ, objective by objective.
    #[schema(max_items = 30_000)]
    pub changes: Vec<ComparedNode>,
}

/// One of two plans that are compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparedPlan {
    /// The plan.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// Its title.
    #[schema(max_length = 200, example = "Schools Music Education Plan 2014–2016")]
    pub title: String,
    /// Which revision it is.
    #[schema(minimum = 1, example = 1)]
    pub revision: i32,
}

/// How many nodes differ, and how many are alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ComparisonCounts {
    /// Nodes that only the second plan has.
    #[schema(minimum = 0, example = 3)]
    pub added: u32,
    /// Nodes that only the first plan has.
    #[schema(minimum = 0, example = 12)]
    pub dropped: u32,
    /// Nodes that both have, and that differ.
    #[schema(minimum = 0, example = 4)]
    pub changed: u32,
    /// Nodes that are alike in both.
    #[schema(minimum = 0, example = 60)]
    pub unchanged: u32,
}

entity::choice! {
    /// What a node of a comparison is.
    pub enum ComparedKind {
        /// The plan's own title, motto and lead group.
        Plan = "plan",
        /// A year of the plan.
        Year = "year",
        /// An objective.
        Objective = "objective",
        /// A strand of an objective.
        Strand = "strand",
        /// A target.
        Target = "target",
        /// A milestone.
        Milestone = "milestone",
        /// A line of resources.
        Resource = "resource",
        /// A line of the budget.
        Budget = "budget",
    }
}

entity::choice! {
    /// How a node differs.
    pub enum ComparedChange {
        /// Only the second plan has it.
        Added = "added",
        /// Only the first plan has it.
        Dropped = "dropped",
        /// Both have it, and it differs.
        Changed = "changed",
    }
}

/// A node that differs, as it stands in both plans.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ComparedNode {
    /// What it is.
    pub kind: ComparedKind,
    /// How it differs.
    pub change: ComparedChange,
    /// The fields that differ; empty unless it is changed.
    #[schema(value_type = Vec<FieldName>, max_items = 20)]
    pub fields: Vec<&'static str>,
    /// The node in the first plan; null where it is added.
    pub from: Option<ComparedSide>,
    /// The node in the second plan; null where it is dropped.
    pub to: Option<ComparedSide>,
}

/// The name of a field.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 40, example = "value")]
pub struct FieldName(#[expect(dead_code, reason = "it is the schema of a name")] String);

/// With what a plan is compared.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The other plan, such as the next revision. What only this one has is added.
    #[param(example = "0198c5f2-7b5e-7cc2-a3a6-4c0db713a4b2")]
    pub with: Uuid,
    /// The form; it overrides `Accept`. If absent, `Accept` decides, and JSON where it leaves the choice.
    #[param(inline, example = "json")]
    pub format: Option<CompareFormat>,
}

routes! { ReadPlans: compare_plans }

/// Compares a plan with another one, such as the next revision: what is added, dropped and changed.
///
/// Nodes of revisions and copies are known again by what they were copied from, also when their text has changed. Nodes
/// of other plans are the same where they say the same, and objectives where they have the same number. What was
/// reported, done and spent is not compared. Only callers who reach the whole hub compare plans (403).
#[utoipa::path(
    get,
    path = "/plans/{id}/compare",
    params(CompareQuery, ("If-None-Match" = Option<String>, Header)),
    responses(
        (
            status = 200,
            description = "The comparison, in the form asked for, with an `ETag`. A file has a row for each node that \
                           differs.",
            content(
                (PlanComparison = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
        (status = 304, description = "The comparison named in `If-None-Match` is still the same."),
    ),
)]
async fn compare_plans(
    can: Can<ReadPlans>,
    id: Id,
    query: Query<CompareQuery>,
    accepted: Accepted<CompareFormat>,
) -> Result<Reply> {
    let format = accepted.or(query.format)?;
    let (comparison, version) = compare(&can, id.0, query.with).await?;
    Ok(reply(&comparison, format).await?.with(VARY, "Accept").version_and_hash(version))
}

/// The comparison by its name.
pub const NAMED: NamedReport =
    NamedReport::about("plan-comparison", Scope::ReadPlans, "plan", &["json", "csv", "xlsx"], |caller, wanted| {
        Box::pin(async move {
            let query: CompareQuery = wanted.parameters(&caller)?;
            let format = wanted.format(CompareFormat::ALL, CompareFormat::as_str)?;
            let (comparison, _) = compare(&caller, wanted.item()?, query.with).await?;
            reply(&comparison, format).await
        })
    });

async fn reply(comparison: &PlanComparison, format: CompareFormat) -> Result<Reply> {
    let file = file_name(&format!("{} changes", comparison.to.title), "changes", format.as_str());
    let reply = match format {
        CompareFormat::Json => return Reply::ok(comparison),
        CompareFormat::Csv => table::csv(comparison)?,
        // It is packed already, and this says so to the layer that compresses.
        CompareFormat::Xlsx => table::xlsx(comparison).await?.with(CONTENT_ENCODING, "identity"),
    };
    Ok(reply.with(CONTENT_DISPOSITION, format!("attachment; filename=\"{file}\"")))
}

/// Compares two plans as the caller sees them, from one snapshot. Returns the version of the second as well.
///
/// # Errors
/// 404 when one of them is not there for the caller, 403 for a school, which sees the plan in force alone.
pub async fn compare(caller: &Caller, from: Uuid, to: Uuid) -> Result<(PlanComparison, i64)> {
    let db = caller.db().snapshot().await?;
    let from = Rows::load(caller, &db, from).await?;
    if !caller.sees_hub() {
        return Err(Problem::forbidden("plans are compared only by callers who reach the whole hub"));
    }
    let to = Rows::load(caller, &db, to).await?;
    db.rollback().await;
    let version = to.plan.version;
    Ok((PlanComparison::of(&from, &to), version))
}

impl PlanComparison {
    /// What two plans differ in.
    #[must_use]
    pub fn of(from: &Rows, to: &Rows) -> Self {
        let (changes, counts) = side::differences(from, to);
        Self { from: ComparedPlan::of(from), to: ComparedPlan::of(to), counts, changes }
    }
}

impl ComparedPlan {
    fn of(rows: &Rows) -> Self {
        Self { id: rows.plan.id, title: rows.plan.title.clone(), revision: rows.plan.revision }
    }
}
