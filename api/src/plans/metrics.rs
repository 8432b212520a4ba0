//! What targets count of the plans themselves: the money that was spent.

use entity::plans::budget_line::{self, BudgetKind};
use entity::plans::budget_spending;
use entity::plans::plan::{self, PlanStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::{Alias, Expr, JoinType};
use time::Date;
use utoipa::ToSchema;

use crate::kernel::operations::metric::{Counted, Metric, MetricEntry, MetricMeasure, MetricUnit, Over};
use crate::kernel::prelude::{ColumnTrait, Condition, Deserialize, ReportReading, Result, Scope, Uuid, any_of, is};

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![MetricEntry::of::<Spent>()]
}

/// Which spending a metric counts.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct SpendingCounted {
    /// Only spending of these plans counts. If neither plans nor lines are named, spending of a plan that was revised
    /// counts in its last revision.
    #[serde(default)]
    #[schema(max_items = 20)]
    plan_id: Vec<Uuid>,
    /// Only spending of these budget lines counts.
    #[serde(default)]
    #[schema(max_items = 50)]
    budget_line_id: Vec<Uuid>,
    /// Only spending of budget lines that are paid so counts.
    kind: Option<BudgetKind>,
    /// Only spending of budget lines with this source counts, in its own words.
    #[schema(min_length = 1, max_length = 200)]
    source: Option<String>,
    /// Spending counts from this day on, instead of from the target's beginning.
    #[serde(default, with = "entity::date::option")]
    from_on: Option<Date>,
    /// Spending counts until this day, where it is over.
    #[serde(default, with = "entity::date::option")]
    to_on: Option<Date>,
}

/// Money spent of budget lines.
pub struct Spent;

impl Metric for Spent {
    type Filter = SpendingCounted;

    const CODE: &'static str = "spent";
    const MEANING: &'static str =
        "What was spent of budget lines in the days counted, by the entries of their spending.";
    const PART: &'static str = "plans";
    const MEASURE: MetricMeasure = MetricMeasure::Sum;
    const UNIT: MetricUnit = MetricUnit::Pence;
    const THINGS: &'static str = "entries of spending";
    const READ: Scope = Scope::ReadPlans;

    async fn counted(reading: &ReportReading<'_>, over: &Over, filter: SpendingCounted) -> Result<Counted> {
        use budget_spending::Column;

        let [first, last] = over.days(filter.from_on, filter.to_on, reading.as_at);
        let of = |column| Expr::col((budget_spending::Entity, column));
        let line = |column| Expr::col((budget_line::Entity, column));
        let same = line(budget_line::Column::HubId)
            .equals((budget_spending::Entity, Column::HubId))
            .and(line(budget_line::Column::Id).equals((budget_spending::Entity, Column::BudgetLineId)));
        // What a plan spent goes on in the revision that superseded it, and counts once.
        let mut superseded = reading.caller.statement::<plan::Entity>(false);
        superseded
            .column((plan::Entity, plan::Column::SupersedesId))
            .and_where(plan::Column::SupersedesId.is_not_null())
            .and_where(plan::Column::Status.is_in([PlanStatus::Active, PlanStatus::Closed]));
        let named = !(filter.plan_id.is_empty() && filter.budget_line_id.is_empty());
        let mut entries = reading.caller.statement::<budget_spending::Entity>(false);
        entries
            .join(JoinType::InnerJoin, budget_line::Entity, same)
            .expr_as(of(Column::Id), Alias::new("id"))
            .expr_as(of(Column::SpentOn), Alias::new("on_date"))
            .expr_as(of(Column::Note).if_null(line(budget_line::Column::Text)), Alias::new("label"))
            .expr_as(of(Column::Pence), Alias::new("amount"))
            .cond_where(
                Condition::all()
                    .add(Column::Pence.is_not_null())
                    .add(Column::SpentOn.gte(first))
                    .add(Column::SpentOn.lte(last))
                    .add_option((!named).then(|| Column::PlanId.not_in_subquery(superseded)))
                    .add_option(any_of(Column::PlanId, &filter.plan_id))
                    .add_option(any_of(Column::BudgetLineId, &filter.budget_line_id))
                    .add_option(is(budget_line::Column::Kind, filter.kind))
                    .add_option(is(budget_line::Column::Source, filter.source.as_deref())),
            );
        Ok(Counted::things(entries, &["label", "amount"]))
    }
}
