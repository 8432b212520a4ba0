//! A plan with all its nodes, as `expand=tree` shows it and as its document prints it.

use entity::date;
use entity::plans::parts::Party;
use entity::plans::progress_update::Opinion;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use super::budget_line::BudgetLine;
use super::cohort::Cohort;
use super::milestone::Milestone;
use super::objective::Objective;
use super::plan::Plan;
use super::plan_year::PlanYear;
use super::resource_line::ResourceLine;
use super::status::Status;
use super::strand::Strand;
use super::target::Target;

/// A plan, with its whole tree where `expand=tree` asked for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlanTree)]
pub struct Tree {
    /// The plan itself.
    #[serde(flatten)]
    pub plan: Plan,
    /// The day for which the targets' status was worked out; with `expand=tree` only.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01", required = false)]
    pub as_at: Date,
    /// The plan's years in order of time; with `expand=tree` only.
    #[schema(max_items = 10, required = false)]
    pub years: Vec<PlanYear>,
    /// The plan's cohorts in order of their numbers; with `expand=tree` only.
    #[schema(max_items = 50, required = false)]
    pub cohorts: Vec<CohortNode>,
    /// The plan's objectives in order of their numbers; with `expand=tree` only.
    #[schema(max_items = 50, required = false)]
    pub objectives: Vec<ObjectiveNode>,
}

/// A cohort in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CohortNode {
    /// The cohort itself.
    #[serde(flatten)]
    pub cohort: Cohort,
    /// How many schools are in it.
    #[schema(minimum = 0, example = 248)]
    pub members: u64,
}

/// An objective in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ObjectiveNode {
    /// The objective itself.
    #[serde(flatten)]
    pub objective: Objective,
    /// Its strands in order.
    #[schema(max_items = 50)]
    pub strands: Vec<StrandNode>,
    /// Its targets in order.
    #[schema(max_items = 200)]
    pub targets: Vec<TargetNode>,
    /// Its milestones in order.
    #[schema(max_items = 200)]
    pub milestones: Vec<MilestoneNode>,
    /// What it needs, in words.
    #[schema(max_items = 100)]
    pub resources: Vec<ResourceLine>,
    /// What it costs; empty for schools.
    #[schema(max_items = 100)]
    pub budget: Vec<BudgetLine>,
}

/// A strand in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StrandNode {
    /// The strand itself.
    #[serde(flatten)]
    pub strand: Strand,
    /// Who leads it: its own leads, or those of the objective.
    #[schema(max_items = 20)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, or those of the objective.
    #[schema(max_items = 20)]
    pub effective_monitors: Vec<Party>,
}

/// A target in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetNode {
    /// The target itself.
    #[serde(flatten)]
    pub target: Target,
    /// Who leads it: its own leads, else those of its strands, else those of the objective.
    #[schema(max_items = 100)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, else those of its strands, else those of the objective.
    #[schema(max_items = 100)]
    pub effective_monitors: Vec<Party>,
    /// Its status on the tree's day; absent for schools, which do not see progress.
    pub status: Option<Status>,
    /// What the status rests on; absent for schools.
    pub progress: Option<Latest>,
}

/// A milestone in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MilestoneNode {
    /// The milestone itself.
    #[serde(flatten)]
    pub milestone: Milestone,
    /// Who leads it: its own leads, else those of its strands, else those of the objective.
    #[schema(max_items = 100)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, else those of its strands, else those of the objective.
    #[schema(max_items = 100)]
    pub effective_monitors: Vec<Party>,
}

/// What has been reported of a target by a day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = LatestProgress)]
pub struct Latest {
    /// The latest figure accepted.
    #[schema(example = 53)]
    pub last_value: Option<f64>,
    /// The day of that figure.
    #[serde(with = "date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-10-24")]
    pub last_value_on: Option<Date>,
    /// The opinion of the latest accepted update that gave one.
    pub last_opinion: Option<Opinion>,
    /// Updates that wait for the target's monitor.
    #[schema(minimum = 0, example = 1)]
    pub pending_updates: u64,
}

impl Tree {
    /// The label of one of the plan's years.
    #[must_use]
    pub fn year_label(&self, id: Uuid) -> Option<&str> {
        self.years.iter().find(|year| year.id == id).map(|year| year.label.as_str())
    }
}
