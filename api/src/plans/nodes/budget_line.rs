//! Budget lines: what an objective costs, and what is spent. Schools do not see them.

use entity::plans::budget_line::BudgetKind;
use entity::plans::{budget_line, budget_spending, plan};

use super::budget_spending as spending;
use super::edit_of;
use super::objective::Objective;
use super::ordering::MoveNode;
use super::references::{Check, at};
use super::strand::Strand;
use crate::kernel::prelude::*;
use crate::plans::plan::state::EditKind;
use crate::plans::rules;

record! {
    /// What an objective, or one of its strands, costs.
    BudgetLine from NewBudgetLine in budget_line {
        /// The objective; another one by `move`.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        objective_id: Uuid,
        /// The strand of the objective that it belongs to; absent: the objective as a whole.
        #[schema(example = json!(null))]
        strand_id: Option<Uuid>,
        /// How it is paid for.
        #[schema(example = "cash")]
        kind: BudgetKind,
        /// Where it comes from.
        #[schema(min_length = 1, max_length = 200, example = "Supply cover")]
        source: Option<String>,
        /// What it is for.
        #[schema(min_length = 1, max_length = 1000, example = "Cover for six school-based staff")]
        text: Option<String>,
        /// The sum, in pence, where there is one.
        #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = 700_000)]
        amount_pence: Option<i64>,
        /// Days of work, where they are counted.
        #[schema(minimum = 0, maximum = 100_000, example = json!(null))]
        days: Option<f64>,
        /// What is spent of the sum so far, in pence: given here, or else the sum of the line's spending.
        #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = 525_000)]
        spent_pence: Option<i64>,
        /// Days worked so far: given here, or else the sum of the line's spending.
        #[schema(minimum = 0, maximum = 100_000, example = json!(null))]
        spent_days: Option<f64>,
    }
    initial { search_key: None, lineage_id: None, plan_id: Uuid::nil(), position: 0 }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
        /// Its place among the budget lines of its objective, from 1; changed by `move`.
        #[schema(minimum = 1, example = 1)]
        position: i32,
    }
}

impl Resource for BudgetLine {
    type Entity = budget_line::Entity;
    type Form = NewBudgetLine;
    type Filter = BudgetLineFilter;

    const PATH: &'static str = "/budget-lines";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, budget_line::Column)] =
        &[("position", budget_line::Column::Position), ("updated_at", budget_line::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["source", "text"];
    const COUNTS: &'static [&'static str] = &["kind", "source", "objective_id", "plan_id"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn complete(row: &mut budget_line::Model) {
        row.search_key = row.text.as_deref().map(search_key);
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, budget_line::Model>) -> Result<()> {
        children::open_ordered::<Self>(write, &mut step).await?;
        if step.operation == Operation::Archive {
            let spending = Dependents::default()
                .by::<budget_spending::Entity>(budget_spending::Column::BudgetLineId.eq(step.after.id));
            return spending.refuse(write, "budget line").await;
        }
        spending::keep_sums(write, &step).await?;
        let mut check = Check::of::<Self>(write, &step, rules::budget_line("", step.after)).await?;
        let row = step.after;
        check.children::<Strand>(at("/strand_id", row.strand_id), row.objective_id).await?;
        check.done()
    }
}

impl Child for BudgetLine {
    type Root = plan::Entity;

    const ROOT: budget_line::Column = budget_line::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<Objective>(budget_line::Column::ObjectiveId));

    fn edit(step: &Mutation<'_, budget_line::Model>) -> EditKind {
        edit_of(step, |row| (row.spent_pence, row.spent_days) = (None, None))
    }
}

impl Ordered for BudgetLine {
    const POSITION: budget_line::Column = budget_line::Column::Position;
    const MOST: u64 = 100;

    fn leave(row: &mut budget_line::Model) {
        row.strand_id = None;
    }
}

/// Narrows the list of budget lines.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BudgetLineFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Only items of this objective.
    pub objective_id: Option<Uuid>,
    /// Only items of this strand.
    pub strand_id: Option<Uuid>,
    /// Those paid for in this way.
    pub kind: Option<BudgetKind>,
    /// Words that the text contains, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "schools")]
    pub q: Option<String>,
}

impl Filter<budget_line::Entity> for BudgetLineFilter {
    fn condition(&self, _: &Caller) -> Condition {
        Condition::all()
            .add_option(is(budget_line::Column::PlanId, self.plan_id))
            .add_option(is(budget_line::Column::ObjectiveId, self.objective_id))
            .add_option(is(budget_line::Column::StrandId, self.strand_id))
            .add_option(is(budget_line::Column::Kind, self.kind))
            .add_option(contains(budget_line::Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadPlans: list_budget_lines, count_budget_lines, get_budget_line;
    WritePlans: create_budget_line, update_budget_line, archive_budget_line, restore_budget_line;
    ReadPlans: list_budget_line_history;
    WritePlans: move_budget_line;
}

/// Lists the budget lines.
#[utoipa::path(
    get,
    path = "/budget-lines",
    params(List<BudgetLine>),
    responses((status = 200, body = Page<BudgetLine>)),
)]
async fn list_budget_lines(can: Can<ReadPlans>, list: List<BudgetLine>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the budget lines by one or two of their fields.
#[utoipa::path(
    get,
    path = "/budget-lines/counts",
    params(CountBy<BudgetLine>),
    responses((status = 200, body = Counts)),
)]
async fn count_budget_lines(can: Can<ReadPlans>, by: CountBy<BudgetLine>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Creates a budget line.
#[utoipa::path(post, path = "/budget-lines", responses((status = 201, body = BudgetLine)))]
async fn create_budget_line(can: Can<WritePlans>, form: Json<NewBudgetLine>) -> Result<Reply> {
    crud::create::<BudgetLine>(&can, form).await
}

/// Gets a budget line.
#[utoipa::path(
    get,
    path = "/budget-lines/{id}",
    params(Show<BudgetLine>),
    responses((status = 200, body = BudgetLine)),
)]
async fn get_budget_line(can: Can<ReadPlans>, id: Id, show: Show<BudgetLine>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a budget line.
#[utoipa::path(patch, path = "/budget-lines/{id}", responses((status = 200, body = BudgetLine)))]
async fn update_budget_line(can: Can<WritePlans>, id: Id, patch: Patch<NewBudgetLine>) -> Result<Reply> {
    crud::update::<BudgetLine>(&can, id.0, patch).await
}

/// Archives a budget line.
#[utoipa::path(delete, path = "/budget-lines/{id}", responses((status = 204)))]
async fn archive_budget_line(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<BudgetLine>(&can, id.0).await
}

/// Restores an archived budget line.
#[utoipa::path(post, path = "/budget-lines/{id}/restore", responses((status = 200, body = BudgetLine)))]
async fn restore_budget_line(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<BudgetLine>(&can, id.0).await
}

/// Shows the history of a budget line.
#[utoipa::path(
    get,
    path = "/budget-lines/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_budget_line_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<BudgetLine>(&can, id.0, &part).await
}

/// Moves a budget line to another place.
///
/// The budget lines that it passes are renumbered. It can move to another objective of the same plan.
#[utoipa::path(post, path = "/budget-lines/{id}/move", responses((status = 200, body = BudgetLine)))]
async fn move_budget_line(can: Can<WritePlans>, id: Id, body: Json<MoveNode>) -> Result<Reply> {
    crud::move_to::<BudgetLine>(&can, id.0, body.position, body.objective_id).await
}
