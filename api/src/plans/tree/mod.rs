//! A plan with all its nodes, as `expand=tree` shows it and as its document prints it. The modules below load, create
//! and copy whole plans.

pub mod copy;
pub mod create;
pub mod form;
pub mod plan_rows;

use std::collections::HashMap;

use entity::date;
use entity::plans::parts::Party;
use entity::plans::progress_update::Opinion;
use entity::plans::{milestone, objective, plan_year, strand, target};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use self::plan_rows::Rows;
use crate::kernel::operations::metric::value::MetricValue;
use crate::plans::nodes::budget_line::BudgetLine;
use crate::plans::nodes::cohort::Cohort;
use crate::plans::nodes::milestone::Milestone;
use crate::plans::nodes::objective::Objective;
use crate::plans::nodes::plan_year::PlanYear;
use crate::plans::nodes::resource_line::ResourceLine;
use crate::plans::nodes::strand::Strand;
use crate::plans::nodes::target::Target;
use crate::plans::plan::Plan;
use crate::plans::progress::as_at::{AsAtDay, AsAtReason};
use crate::plans::progress::status::{Status, TargetFacts, status};
use crate::plans::rules;

/// A plan, with its whole tree where `expand=tree` asked for it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlanTree)]
pub struct Tree {
    /// The plan itself.
    #[serde(flatten)]
    pub plan: Plan,
    /// The day for which the targets' status was computed; with `expand=tree` only.
    #[serde(with = "date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01", required = false)]
    pub as_at: Date,
    /// Why that day; with `expand=tree` only.
    #[schema(example = "today", required = false)]
    pub as_at_reason: AsAtReason,
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
    /// Who leads it: its own leads, or the leads of the objective.
    #[schema(max_items = 20)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, or the monitors of the objective.
    #[schema(max_items = 20)]
    pub effective_monitors: Vec<Party>,
}

/// A target in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetNode {
    /// The target itself.
    #[serde(flatten)]
    pub target: Target,
    /// Who leads it: its own leads, else the leads of its strands, else of the objective.
    #[schema(max_items = 400)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, else the monitors of its strands, else of the objective.
    #[schema(max_items = 400)]
    pub effective_monitors: Vec<Party>,
    /// Its status on the tree's day; absent for schools, which do not see progress.
    pub status: Option<Status>,
    /// The reports behind the status; absent for schools.
    pub progress: Option<Latest>,
}

/// A milestone in the tree of its plan.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MilestoneNode {
    /// The milestone itself.
    #[serde(flatten)]
    pub milestone: Milestone,
    /// Who leads it: its own leads, else the leads of its strands, else of the objective.
    #[schema(max_items = 400)]
    pub effective_leads: Vec<Party>,
    /// Who monitors it: its own monitors, else the monitors of its strands, else of the objective.
    #[schema(max_items = 400)]
    pub effective_monitors: Vec<Party>,
}

/// What is known of a target by a day: what was reported, and of a live target what its metric computes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[schema(as = LatestProgress)]
pub struct Latest {
    /// The latest figure accepted; of a live target the figure that its metric computes.
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
    /// Of a live target what its metric gives, with numerator and denominator; null where figures are reported.
    pub live: Option<MetricValue>,
}

impl Tree {
    /// Puts rows together. `progress` is none for who does not see it.
    #[must_use]
    pub fn of(
        rows: Rows,
        members: &HashMap<Uuid, u64>,
        progress: Option<&HashMap<Uuid, Latest>>,
        day: AsAtDay,
    ) -> Self {
        let AsAtDay { as_at, as_at_reason } = day;
        let objectives = rows.objectives.iter().map(|objective| {
            let within = Within::of(&rows, objective);
            ObjectiveNode {
                objective: Objective::from(objective),
                strands: within.strands.iter().map(|row| within.strand(row)).collect(),
                targets: of_objective(&rows.targets, |row| row.objective_id == objective.id)
                    .map(|row| within.target(row, &rows.years, progress, as_at))
                    .collect(),
                milestones: of_objective(&rows.milestones, |row| row.objective_id == objective.id)
                    .map(|row| within.milestone(row))
                    .collect(),
                resources: of_objective(&rows.resources, |row| row.objective_id == objective.id)
                    .map(ResourceLine::from)
                    .collect(),
                budget: of_objective(&rows.budget, |row| row.objective_id == objective.id)
                    .map(BudgetLine::from)
                    .collect(),
            }
        });
        let cohorts = rows
            .cohorts
            .iter()
            .map(|row| CohortNode { cohort: Cohort::from(row), members: members.get(&row.id).copied().unwrap_or(0) });
        Self {
            plan: Plan::from(&rows.plan),
            as_at,
            as_at_reason,
            years: rows.years.iter().map(PlanYear::from).collect(),
            cohorts: cohorts.collect(),
            objectives: objectives.collect(),
        }
    }

    /// The label of one of the plan's years.
    #[must_use]
    pub fn year_label(&self, id: Uuid) -> Option<&str> {
        self.years.iter().find(|year| year.id == id).map(|year| year.label.as_str())
    }
}

fn of_objective<M>(rows: &[M], belongs: impl Fn(&M) -> bool) -> impl Iterator<Item = &M> {
    rows.iter().filter(move |row| belongs(row))
}

/// What nodes inherit from: their objective and its strands.
pub struct Within<'a> {
    objective: &'a objective::Model,
    strands: Vec<&'a strand::Model>,
}

impl<'a> Within<'a> {
    /// That of an objective, out of the rows of its plan.
    #[must_use]
    pub fn of(rows: &'a Rows, objective: &'a objective::Model) -> Self {
        let strands = of_objective(&rows.strands, |row| row.objective_id == objective.id);
        Self { objective, strands: strands.collect() }
    }

    /// That of an objective with just these of its strands.
    #[must_use]
    pub fn new(objective: &'a objective::Model, strands: &'a [strand::Model]) -> Self {
        Self { objective, strands: strands.iter().collect() }
    }

    /// Who leads a node with these leads and strands of its own.
    #[must_use]
    pub fn leads(&self, own: &[Party], strand_ids: &[Uuid]) -> Vec<Party> {
        let strands: Vec<&[Party]> = self.named(strand_ids).map(|row| &*row.leads).collect();
        rules::effective(own, &strands, &self.objective.leads)
    }

    /// Who monitors a node with these monitors and strands of its own.
    #[must_use]
    pub fn monitors(&self, own: &[Party], strand_ids: &[Uuid]) -> Vec<Party> {
        let strands: Vec<&[Party]> = self.named(strand_ids).map(|row| &*row.monitors).collect();
        rules::effective(own, &strands, &self.objective.monitors)
    }

    fn named(&self, ids: &[Uuid]) -> impl Iterator<Item = &strand::Model> {
        self.strands.iter().copied().filter(move |row| ids.contains(&row.id))
    }

    fn strand(&self, row: &strand::Model) -> StrandNode {
        StrandNode {
            effective_leads: self.leads(&row.leads, &[]),
            effective_monitors: self.monitors(&row.monitors, &[]),
            strand: Strand::from(row),
        }
    }

    fn target(
        &self,
        row: &target::Model,
        years: &[plan_year::Model],
        progress: Option<&HashMap<Uuid, Latest>>,
        as_at: Date,
    ) -> TargetNode {
        let progress = progress.map(|all| all.get(&row.id).cloned().unwrap_or_default());
        let status = progress.as_ref().map(|latest| {
            let year = years.iter().find(|year| year.id == row.plan_year_id);
            let begins = year.map_or(as_at, |year| year.first_day);
            status(&TargetFacts::of(row, begins, latest.last_value, as_at), as_at)
        });
        TargetNode {
            effective_leads: self.leads(&row.leads, &row.strand_ids),
            effective_monitors: self.monitors(&row.monitors, &row.strand_ids),
            target: Target::from(row),
            status,
            progress,
        }
    }

    fn milestone(&self, row: &milestone::Model) -> MilestoneNode {
        MilestoneNode {
            effective_leads: self.leads(&row.leads, &row.strand_ids),
            effective_monitors: self.monitors(&row.monitors, &row.strand_ids),
            milestone: Milestone::from(row),
        }
    }
}
