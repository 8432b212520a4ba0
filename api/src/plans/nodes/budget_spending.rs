//! Spending: what was spent of a budget line, day by day. Schools do not see it.
//!
//! A budget line with spending has its sums in `spent_pence` and `spent_days`, which follow with each change.

use entity::plans::{budget_line, budget_spending, plan};
use entity::row::Row;
use sea_orm::ExprTrait;
use sea_orm::sea_query::Expr;
use time::Date;

use super::budget_line::BudgetLine;
use super::references::Check;
use crate::kernel::prelude::*;
use crate::kernel::resource::change::Entry;
use crate::plans::plan::state::EditKind;

record! {
    /// What was spent of a budget line on a day.
    BudgetSpending from NewBudgetSpending in budget_spending {
        /// The budget line.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        budget_line_id: Uuid,
        /// The day on which it was spent, today or earlier.
        #[serde(with = "entity::date")]
        #[schema(example = "2014-10-17")]
        spent_on: Date,
        /// The sum, in pence.
        #[schema(minimum = 0, maximum = 100_000_000_000_i64, example = 525_000)]
        pence: Option<i64>,
        /// Days of work.
        #[schema(minimum = 0, maximum = 100_000, example = json!(null))]
        days: Option<f64>,
        /// What it was for. No pupil names.
        #[schema(min_length = 1, max_length = 1000, example = "Cover for the second day of moderation")]
        note: Option<String>,
    }
    initial { plan_id: Uuid::nil() }
    computed {
        /// The plan.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        plan_id: Uuid,
    }
    embedded {
        /// The budget line, when asked for with `expand=budget_line`.
        budget_line: BudgetLine,
    }
}

impl Resource for BudgetSpending {
    type Entity = budget_spending::Entity;
    type Form = NewBudgetSpending;
    type Filter = BudgetSpendingFilter;

    const PATH: &'static str = "/budget-spending";
    const READ: Scope = Scope::ReadPlans;
    const SORTS: &'static [(&'static str, budget_spending::Column)] =
        &[("spent_on", budget_spending::Column::SpentOn), ("updated_at", budget_spending::Column::UpdatedAt)];
    const NAMES_PEOPLE: &'static [&'static str] = &["note"];
    const COUNTS: &'static [&'static str] = &["budget_line_id", "plan_id"];
    const EXPANDS: &'static [&'static str] = &["budget_line"];
    const IF_MATCH: bool = true;
    const LOCK: Option<LockRoot> = Some(children::lock::<Self>);

    fn faults(form: &NewBudgetSpending) -> Vec<Fault> {
        let nothing = form.pence.is_none() && form.days.is_none();
        let missing = || Fault::new("/pence", "missing", "say what was spent: a sum, or days");
        nothing.then(missing).into_iter().collect()
    }

    async fn decide(write: &mut Write, mut step: Mutation<'_, budget_spending::Model>) -> Result<()> {
        children::open::<Self>(write, &mut step).await?;
        if step.operation != Operation::Archive {
            let ahead = step.after.spent_on > write.caller().today();
            let faults = ahead.then(|| Fault::new("/spent_on", "in_future", "not after today"));
            Check::of::<Self>(write, &step, faults.into_iter().collect()).await?.done()?;
        }
        sum_up(write, &step).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _: &str,
        rows: &[budget_spending::Model],
    ) -> Result<Vec<Value>> {
        expand::one::<BudgetLine>(caller, db, rows.iter().map(|row| row.budget_line_id)).await
    }
}

impl Child for BudgetSpending {
    type Root = plan::Entity;

    const ROOT: budget_spending::Column = budget_spending::Column::PlanId;
    const PARENT: Option<Parent<Self>> = Some(Parent::of::<BudgetLine>(budget_spending::Column::BudgetLineId));

    fn edit(_: &Mutation<'_, budget_spending::Model>) -> EditKind {
        EditKind::Progress
    }
}

/// What the spending of a budget line adds up to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sums {
    entries: i64,
    pence: Option<i64>,
    days: Option<f64>,
}

/// How much the sums of a budget line hold, as they say in the document.
const MOST_PENCE: i64 = 100_000_000_000;
const MOST_DAYS: f64 = 100_000.0;

impl Sums {
    /// What the budget line cannot hold.
    fn faults(self) -> Vec<Fault> {
        let fault = |at: &'static str, sum: String, most: String| {
            let message = format!("the spending of the line would add up to {sum}: at most {most}");
            Fault::new(at, "maximum", message)
        };
        let pence = self.pence.filter(|pence| *pence > MOST_PENCE);
        let days = self.days.filter(|days| *days > MOST_DAYS);
        let pence = pence.map(|pence| fault("/pence", pence.to_string(), MOST_PENCE.to_string()));
        let days = days.map(|days| fault("/days", days.to_string(), MOST_DAYS.to_string()));
        pence.into_iter().chain(days).collect()
    }
}

/// Adds up the spending of a budget line, without one entry.
async fn others(write: &Write, line: Uuid, without: Uuid) -> Result<Sums> {
    use budget_spending::{Column, Entity};

    let of = |column| Expr::col((Entity, column));
    let mut rows = write.caller().statement::<Entity>(false);
    rows.expr(of(Column::Id).count())
        .expr(of(Column::Pence).sum().cast_as("bigint"))
        .expr(of(Column::Days).sum())
        .and_where(Column::BudgetLineId.eq(line))
        .and_where(Column::Id.ne(without));
    let row = write.tx().query_one(&rows).await?.ok_or_else(|| Problem::internal("nothing was counted"))?;
    Ok(Sums { entries: row.try_get_by_index(0)?, pence: row.try_get_by_index(1)?, days: row.try_get_by_index(2)? })
}

/// Gives the budget line the sums of its spending as they are after a step.
async fn sum_up(write: &mut Write, step: &Mutation<'_, budget_spending::Model>) -> Result<()> {
    let entry = &*step.after;
    let mut sums = others(write, entry.budget_line_id, entry.id).await?;
    if step.operation != Operation::Archive {
        sums.pence = [sums.pence, entry.pence].into_iter().flatten().reduce(|all, one| all + one);
        sums.days = [sums.days, entry.days].into_iter().flatten().reduce(|all, one| all + one);
        let faults = sums.faults();
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
    }
    let before = write.row::<budget_line::Entity>(entry.budget_line_id).await?;
    let mut after = budget_line::Model { spent_pence: sums.pence, spent_days: sums.days, ..before.clone() };
    if before == after {
        return Ok(());
    }
    after.set_meta(write.meta_after(&before));
    write.replace_row::<budget_line::Entity>(&after).await?;
    write.log(Entry::of::<BudgetLine>(Some(&before), &after, Operation::Update, None)?);
    Ok(())
}

/// Refuses to give the sums of a budget line that has spending otherwise.
///
/// # Errors
/// 422 at each of the fields.
pub async fn keep_sums(write: &Write, step: &Mutation<'_, budget_line::Model>) -> Result<()> {
    let Some(before) = step.before.filter(|_| step.operation == Operation::Update) else { return Ok(()) };
    let changed = [
        ("/spent_pence", before.spent_pence != step.after.spent_pence),
        ("/spent_days", before.spent_days != step.after.spent_days),
    ];
    let mut changed = changed.into_iter().filter(|(_, changed)| *changed).peekable();
    if changed.peek().is_none() || others(write, before.id, Uuid::nil()).await?.entries == 0 {
        return Ok(());
    }
    let message = "the line has spending, of which this is the sum: change that at /budget-spending";
    Err(Problem::faults(changed.map(|(at, _)| Fault::new(at, "computed", message)).collect()))
}

/// Narrows the list of spending.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BudgetSpendingFilter {
    /// Only items of this plan.
    pub plan_id: Option<Uuid>,
    /// Any of these budget lines.
    #[serde(default)]
    #[param(max_items = 50)]
    pub budget_line_id: Vec<Uuid>,
    /// Only what was spent on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub spent_from: Option<Date>,
    /// Only what was spent on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2026-03-31")]
    pub spent_to: Option<Date>,
}

impl Filter<budget_spending::Entity> for BudgetSpendingFilter {
    fn condition(&self, _: &Caller) -> Condition {
        use budget_spending::Column;

        Condition::all()
            .add_option(is(Column::PlanId, self.plan_id))
            .add_option(any_of(Column::BudgetLineId, &self.budget_line_id))
            .add(between(Column::SpentOn, self.spent_from, self.spent_to))
    }
}

routes! {
    ReadPlans: list_budget_spending, count_budget_spending, get_budget_spending;
    WritePlans: create_budget_spending, update_budget_spending, archive_budget_spending, restore_budget_spending;
    ReadPlans: list_budget_spending_history;
}

/// Lists what was spent of budget lines.
#[utoipa::path(
    get,
    path = "/budget-spending",
    params(List<BudgetSpending>),
    responses((status = 200, body = Page<BudgetSpending>)),
)]
async fn list_budget_spending(can: Can<ReadPlans>, list: List<BudgetSpending>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the entries of spending by one or two of their fields.
#[utoipa::path(
    get,
    path = "/budget-spending/counts",
    params(CountBy<BudgetSpending>),
    responses((status = 200, body = Counts)),
)]
async fn count_budget_spending(can: Can<ReadPlans>, by: CountBy<BudgetSpending>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Records what was spent of a budget line on a day.
///
/// From the first entry on, the sums of a line's spending are its `spent_pence` and `spent_days`, in place of what was
/// given there. The plan must be a draft or active.
#[utoipa::path(post, path = "/budget-spending", responses((status = 201, body = BudgetSpending)))]
async fn create_budget_spending(can: Can<WritePlans>, form: Json<NewBudgetSpending>) -> Result<Reply> {
    crud::create::<BudgetSpending>(&can, form).await
}

/// Gets an entry of spending.
#[utoipa::path(
    get,
    path = "/budget-spending/{id}",
    params(Show<BudgetSpending>),
    responses((status = 200, body = BudgetSpending)),
)]
async fn get_budget_spending(can: Can<ReadPlans>, id: Id, show: Show<BudgetSpending>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an entry of spending, and with it the sums of its budget line.
#[utoipa::path(patch, path = "/budget-spending/{id}", responses((status = 200, body = BudgetSpending)))]
async fn update_budget_spending(can: Can<WritePlans>, id: Id, patch: Patch<NewBudgetSpending>) -> Result<Reply> {
    crud::update::<BudgetSpending>(&can, id.0, patch).await
}

/// Archives an entry of spending, which no longer counts.
#[utoipa::path(delete, path = "/budget-spending/{id}", responses((status = 204)))]
async fn archive_budget_spending(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::archive::<BudgetSpending>(&can, id.0).await
}

/// Restores an archived entry of spending.
#[utoipa::path(post, path = "/budget-spending/{id}/restore", responses((status = 200, body = BudgetSpending)))]
async fn restore_budget_spending(can: Can<WritePlans>, id: Id) -> Result<Reply> {
    crud::restore::<BudgetSpending>(&can, id.0).await
}

/// Shows the history of an entry of spending.
#[utoipa::path(
    get,
    path = "/budget-spending/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_budget_spending_history(can: Can<ReadPlans>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<BudgetSpending>(&can, id.0, &part).await
}
