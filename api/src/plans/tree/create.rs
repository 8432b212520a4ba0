//! A plan made with its whole tree: labels become ids, and every fault is reported at once.

use std::collections::HashMap;

use entity::instant::Instant;
use entity::list::Ids;
use entity::plans::parts::Parties;
use entity::plans::plan;
use entity::row::Meta;
use uuid::Uuid;

use super::form::{
    BudgetOutline, CohortOutline, MilestoneOutline, NewPlanTree, ObjectiveOutline, ResourceOutline, StrandOutline,
    TargetOutline, YearOutline,
};
use super::plan_rows::Rows;
use crate::kernel::base::problem::{Fault, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::crud;
use crate::kernel::resource::traits::Form;
use crate::kernel::resource::write::Write;
use crate::plans::live;
use crate::plans::nodes::budget_line::NewBudgetLine;
use crate::plans::nodes::cohort::NewCohort;
use crate::plans::nodes::milestone::NewMilestone;
use crate::plans::nodes::objective::NewObjective;
use crate::plans::nodes::plan_year::NewPlanYear;
use crate::plans::nodes::references::Check;
use crate::plans::nodes::resource_line::NewResourceLine;
use crate::plans::nodes::strand::NewStrand;
use crate::plans::nodes::target::NewTarget;
use crate::plans::plan::{Plan, add_author};
use crate::plans::rules;

/// Creates a plan with its tree.
///
/// # Errors
/// 422 with every fault of the tree.
pub async fn plan(caller: &Caller, form: NewPlanTree) -> Result<Reply> {
    Write::run(caller, async |write| {
        let plan = plant(write, form.clone()).await?;
        crud::answer::<Plan>(caller, &plan, true)
    })
    .await
}

/// Makes the rows of a plan with its tree.
///
/// # Errors
/// 422 with every fault of the tree.
pub async fn plant(write: &mut Write, form: NewPlanTree) -> Result<plan::Model> {
    let Planting { rows, parties, faults, .. } = Planting::of(write, form);
    let mut check = Check::new(write, faults);
    check.parties(&parties).await?;
    check.done()?;
    let plan = rows.plan.clone();
    rows.insert(write).await?;
    Ok(plan)
}

/// A tree on its way into rows.
struct Planting {
    state: State,
    hub_id: Uuid,
    now: Instant,
    rows: Rows,
    years: HashMap<String, Uuid>,
    cohorts: HashMap<i32, Uuid>,
    /// The strands of the objective at hand.
    strands: HashMap<String, Uuid>,
    parties: Vec<(String, Parties)>,
    faults: Vec<Fault>,
}

impl Planting {
    fn of(write: &Write, form: NewPlanTree) -> Self {
        let mut plan = form.plan.into_row(write.meta());
        add_author(&mut plan, write.caller());
        let mut planting = Self {
            state: write.caller().state().clone(),
            hub_id: write.caller().hub_id,
            now: write.now(),
            rows: Rows::of(plan),
            years: HashMap::new(),
            cohorts: HashMap::new(),
            strands: HashMap::new(),
            parties: Vec::new(),
            faults: Vec::new(),
        };
        for (index, year) in form.years.into_iter().enumerate() {
            planting.year(&format!("/years/{index}"), year);
        }
        for (index, cohort) in form.cohorts.into_iter().enumerate() {
            planting.cohort(&format!("/cohorts/{index}"), cohort);
        }
        for (number, objective) in (1..).zip(form.objectives) {
            planting.objective(number, objective);
        }
        planting
    }

    fn meta(&self) -> Meta {
        Meta::first(self.hub_id, Uuid::now_v7(), self.now)
    }

    fn plan_id(&self) -> Uuid {
        self.rows.plan.id
    }

    fn fault(&mut self, pointer: impl Into<String>, code: &str, message: impl Into<String>) {
        self.faults.push(Fault::new(pointer, code, message));
    }

    fn year(&mut self, place: &str, year: YearOutline) {
        let YearOutline { label, first_day, last_day } = year;
        let form = NewPlanYear { plan_id: self.plan_id(), label, first_day, last_day };
        let row = form.into_row(self.meta());
        self.faults.extend(rules::year(place, &row));
        self.faults.extend(rules::overlap(place, &row, &self.rows.years));
        if self.years.insert(row.label.clone(), row.id).is_some() {
            let message = "another year of the plan has this label";
            self.fault(format!("{place}/label"), "duplicate", message);
        }
        self.rows.years.push(row);
    }

    fn cohort(&mut self, place: &str, cohort: CohortOutline) {
        let CohortOutline { number, name, year, description } = cohort;
        let plan_year_id = year.map(|year| self.year_id(place, &year));
        let form = NewCohort { plan_id: self.plan_id(), plan_year_id, number, name, description };
        let row = form.into_row(self.meta());
        if self.cohorts.insert(number, row.id).is_some() {
            let message = "another cohort of the plan has this number";
            self.fault(format!("{place}/number"), "duplicate", message);
        }
        self.rows.cohorts.push(row);
    }

    fn objective(&mut self, number: i32, objective: ObjectiveOutline) {
        let place = format!("/objectives/{}", number - 1);
        if objective.number.is_some_and(|told| told != number) {
            let message = format!("its place in the list makes it number {number}");
            self.fault(format!("{place}/number"), "out_of_order", message);
        }
        let form = NewObjective {
            plan_id: self.plan_id(),
            title: objective.title,
            functions: objective.functions,
            leads: objective.leads,
            monitors: objective.monitors,
        };
        let mut row = form.into_row(self.meta());
        row.number = number;
        self.parties(&place, &row.leads, &row.monitors);
        let id = row.id;
        self.rows.objectives.push(row);
        self.strands.clear();
        for (position, strand) in (1..).zip(objective.strands) {
            self.strand(&format!("{place}/strands/{}", position - 1), id, position, strand);
        }
        for (position, target) in (1..).zip(objective.targets) {
            self.target(&format!("{place}/targets/{}", position - 1), id, position, target);
        }
        for (position, milestone) in (1..).zip(objective.milestones) {
            let place = format!("{place}/milestones/{}", position - 1);
            self.milestone(&place, id, position, milestone);
        }
        for (position, line) in (1..).zip(objective.resources) {
            self.resource(&format!("{place}/resources/{}", position - 1), id, position, line);
        }
        for (position, line) in (1..).zip(objective.budget) {
            self.budget(&format!("{place}/budget/{}", position - 1), id, position, line);
        }
    }

    fn strand(&mut self, place: &str, objective_id: Uuid, position: i32, strand: StrandOutline) {
        let StrandOutline { label, text, leads, monitors } = strand;
        let form = NewStrand { objective_id, label, text, leads, monitors };
        let mut row = form.into_row(self.meta());
        (row.plan_id, row.position) = (self.plan_id(), position);
        self.parties(place, &row.leads, &row.monitors);
        if self.strands.insert(row.label.clone(), row.id).is_some() {
            let message = "another strand of the objective has this label";
            self.fault(format!("{place}/label"), "duplicate", message);
        }
        self.rows.strands.push(row);
    }

    fn target(&mut self, place: &str, objective_id: Uuid, position: i32, target: TargetOutline) {
        let cohort_id = target.cohort.map(|number| self.cohort_id(place, number));
        let form = NewTarget {
            objective_id,
            plan_year_id: self.year_id(place, &target.year),
            strand_ids: self.strand_ids(place, &target.strands),
            kind: target.kind,
            statement: target.statement,
            baseline: target.baseline,
            comparator: target.comparator,
            value: target.value,
            unit: target.unit,
            metric: target.metric,
            metric_filter: target.metric_filter,
            cohort_id,
            population: target.population,
            starts_on: target.starts_on,
            dues: target.dues,
            leads: target.leads,
            monitors: target.monitors,
        };
        let mut row = form.into_row(self.meta());
        (row.plan_id, row.position) = (self.plan_id(), position);
        self.faults.extend(rules::target(place, &row));
        self.faults.extend(live::faults(&self.state, place, None, &row));
        self.parties(place, &row.leads, &row.monitors);
        self.rows.targets.push(row);
    }

    fn milestone(&mut self, place: &str, objective_id: Uuid, position: i32, milestone: MilestoneOutline) {
        let form = NewMilestone {
            objective_id,
            plan_year_id: self.year_id(place, &milestone.year),
            strand_ids: self.strand_ids(place, &milestone.strands),
            statement: milestone.statement,
            dues: milestone.dues,
            leads: milestone.leads,
            monitors: milestone.monitors,
        };
        let mut row = form.into_row(self.meta());
        (row.plan_id, row.position) = (self.plan_id(), position);
        self.faults.extend(rules::dues(&format!("{place}/dues"), &row.dues));
        self.parties(place, &row.leads, &row.monitors);
        self.rows.milestones.push(row);
    }

    fn resource(&mut self, place: &str, objective_id: Uuid, position: i32, line: ResourceOutline) {
        let strand_id = line.strand.map(|label| self.strand_id(&format!("{place}/strand"), &label));
        let form = NewResourceLine { objective_id, strand_id, text: line.text };
        let mut row = form.into_row(self.meta());
        (row.plan_id, row.position) = (self.plan_id(), position);
        self.rows.resources.push(row);
    }

    fn budget(&mut self, place: &str, objective_id: Uuid, position: i32, line: BudgetOutline) {
        let strand_id = line.strand.map(|label| self.strand_id(&format!("{place}/strand"), &label));
        let form = NewBudgetLine {
            objective_id,
            strand_id,
            kind: line.kind,
            source: line.source,
            text: line.text,
            amount_pence: line.amount_pence,
            days: line.days,
            spent_pence: line.spent_pence,
            spent_days: line.spent_days,
        };
        let mut row = form.into_row(self.meta());
        (row.plan_id, row.position) = (self.plan_id(), position);
        self.faults.extend(rules::budget_line(place, &row));
        self.rows.budget.push(row);
    }

    fn parties(&mut self, place: &str, leads: &Parties, monitors: &Parties) {
        self.parties.push((format!("{place}/leads"), leads.clone()));
        self.parties.push((format!("{place}/monitors"), monitors.clone()));
    }

    // A label that leads nowhere is a fault, and the nil id never reaches the database.

    fn year_id(&mut self, place: &str, label: &str) -> Uuid {
        let id = self.years.get(label).copied();
        id.unwrap_or_else(|| {
            let known = known(self.years.keys());
            let message = format!("the plan has no year `{label}`; it has {known}");
            self.fault(format!("{place}/year"), "unknown_label", message);
            Uuid::nil()
        })
    }

    fn cohort_id(&mut self, place: &str, number: i32) -> Uuid {
        let id = self.cohorts.get(&number).copied();
        id.unwrap_or_else(|| {
            let known = known(self.cohorts.keys());
            let message = format!("the plan has no cohort {number}; it has {known}");
            self.fault(format!("{place}/cohort"), "unknown_label", message);
            Uuid::nil()
        })
    }

    fn strand_ids(&mut self, place: &str, labels: &[String]) -> Ids {
        let labels = labels.iter().enumerate();
        labels.map(|(at, label)| self.strand_id(&format!("{place}/strands/{at}"), label)).collect()
    }

    fn strand_id(&mut self, pointer: &str, label: &str) -> Uuid {
        let id = self.strands.get(label).copied();
        id.unwrap_or_else(|| {
            let known = known(self.strands.keys());
            let message = format!("the objective has no strand `{label}`; it has {known}");
            self.fault(pointer, "unknown_label", message);
            Uuid::nil()
        })
    }
}

/// What a label could have been.
fn known(labels: impl Iterator<Item = impl std::fmt::Display>) -> String {
    let mut labels: Vec<String> = labels.map(|label| label.to_string()).collect();
    labels.sort();
    if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
}
