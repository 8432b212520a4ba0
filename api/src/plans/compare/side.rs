//! A node as it stands in one of two plans, and what differs. Pure.

use std::collections::HashMap;

use entity::plans::budget_line::{self, BudgetKind};
use entity::plans::parts::Due;
use entity::plans::target::{self, Comparator, TargetUnit};
use entity::plans::{milestone, objective, plan_year, resource_line, strand};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::matching::pairs;
use super::{ComparedChange, ComparedKind, ComparedNode, ComparisonCounts};
use crate::kernel::base::sheet::day;
use crate::plans::rules;
use crate::plans::text::ShortText;
use crate::plans::tree::plan_rows::Rows;

/// A node as it stands in one of two plans. A field that the node does not have is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ComparedSide {
    /// The node.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The number of its objective, or its own.
    #[schema(minimum = 1, example = 5)]
    pub objective: Option<i32>,
    /// The label of a strand, or the labels of the strands that it belongs to.
    #[schema(max_length = 500, example = "i, ii")]
    pub strands: Option<String>,
    /// What it says.
    #[schema(max_length = 4000, example = "60 % of schools are visited")]
    pub text: Option<String>,
    /// The label of its year of the plan.
    #[schema(max_length = 40, example = "2014/15")]
    pub year: Option<String>,
    /// The figure before the work began.
    #[schema(example = 0.0)]
    pub baseline: Option<f64>,
    /// How a figure is compared with `value`.
    pub comparator: Option<Comparator>,
    /// The figure to reach.
    #[schema(example = 60.0)]
    pub value: Option<f64>,
    /// What the figure counts.
    pub unit: Option<TargetUnit>,
    /// The metric that computes the figure.
    #[schema(max_length = 80, example = "schools_visited")]
    pub metric: Option<String>,
    /// Who is counted, in words.
    #[schema(max_length = 500, example = "all schools in scope")]
    pub population: Option<String>,
    /// When it is due, as the plan words it.
    #[schema(value_type = Vec<ShortText>, max_items = 20, example = json!(["May-June 2014"]))]
    pub dues: Vec<String>,
    /// The last day on which it is due, or the last day of a year.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-06-30")]
    pub last_due_on: Option<time::Date>,
    /// Who leads it: its own leads, as the plan names them.
    #[schema(max_length = 4000, example = "HoS, DHoS")]
    pub leads: Option<String>,
    /// Who monitors it: its own monitors, as the plan names them.
    #[schema(max_length = 4000, example = "Gov")]
    pub monitors: Option<String>,
    /// How a line of the budget is paid for.
    pub paid: Option<BudgetKind>,
    /// The sum of a line of the budget, in pence.
    #[schema(minimum = 0, example = 700_000)]
    pub amount_pence: Option<i64>,
    /// The days of a line of the budget.
    #[schema(minimum = 0, example = 10)]
    pub days: Option<f64>,
    /// What the metric counts, in its own terms.
    #[serde(skip)]
    filter: Option<Value>,
    /// The number of the cohort that is counted.
    #[serde(skip)]
    cohort: Option<i32>,
    /// The place among the nodes of its kind.
    #[serde(skip)]
    place: i32,
}

impl ComparedSide {
    /// The names of the fields in which two nodes differ.
    fn differing(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("objective", self.objective != other.objective),
            ("strands", self.strands != other.strands),
            ("text", self.text != other.text),
            ("year", self.year != other.year),
            ("baseline", self.baseline != other.baseline),
            ("comparator", self.comparator != other.comparator),
            ("value", self.value != other.value),
            ("unit", self.unit != other.unit),
            ("metric", self.metric != other.metric),
            ("metric_filter", self.filter != other.filter),
            ("cohort", self.cohort != other.cohort),
            ("population", self.population != other.population),
            ("dues", (&self.dues, self.last_due_on) != (&other.dues, other.last_due_on)),
            ("leads", self.leads != other.leads),
            ("monitors", self.monitors != other.monitors),
            ("paid", self.paid != other.paid),
            ("amount_pence", self.amount_pence != other.amount_pence),
            ("days", self.days != other.days),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

/// The nodes that differ, objective by objective, and how many there are.
pub fn differences(from: &Rows, to: &Rows) -> (Vec<ComparedNode>, ComparisonCounts) {
    let mut found = Found::default();
    let (old, new) = (Sides::of(from), Sides::of(to));
    found.add(ComparedKind::Plan, Some(old.plan()), Some(new.plan()));
    for (a, b) in pairs(&from.years, &to.years, &HashMap::new()) {
        found.add(ComparedKind::Year, a.map(Sides::year), b.map(Sides::year));
    }
    let objectives = objectives(from, to);
    let ids: HashMap<Uuid, Uuid> = objectives.iter().filter_map(|(a, b)| Some(((*b)?.id, (*a)?.id))).collect();
    for (a, b) in objectives {
        found.add(ComparedKind::Objective, a.map(Sides::objective), b.map(Sides::objective));
    }
    for (a, b) in pairs(&from.strands, &to.strands, &ids) {
        found.add(ComparedKind::Strand, a.map(|row| old.strand(row)), b.map(|row| new.strand(row)));
    }
    for (a, b) in pairs(&from.targets, &to.targets, &ids) {
        found.add(ComparedKind::Target, a.map(|row| old.target(row)), b.map(|row| new.target(row)));
    }
    for (a, b) in pairs(&from.milestones, &to.milestones, &ids) {
        found.add(ComparedKind::Milestone, a.map(|row| old.milestone(row)), b.map(|row| new.milestone(row)));
    }
    for (a, b) in pairs(&from.resources, &to.resources, &ids) {
        found.add(ComparedKind::Resource, a.map(|row| old.resource(row)), b.map(|row| new.resource(row)));
    }
    for (a, b) in pairs(&from.budget, &to.budget, &ids) {
        found.add(ComparedKind::Budget, a.map(|row| old.budget(row)), b.map(|row| new.budget(row)));
    }
    let Found { mut nodes, counts } = found;
    nodes.sort_by_key(ComparedNode::place);
    (nodes, counts)
}

/// An objective in both plans.
type Both<'a> = (Option<&'a objective::Model>, Option<&'a objective::Model>);

/// The objectives of both plans. Of plans that are no copies of one another, objectives with one number are one where
/// their titles say nothing else.
fn objectives<'a>(from: &'a Rows, to: &'a Rows) -> Vec<Both<'a>> {
    let mut matched = pairs(&from.objectives, &to.objectives, &HashMap::new());
    let copies = from.objectives.iter().any(|a| to.objectives.iter().any(|b| a.lineage() == b.lineage()));
    if copies {
        return matched;
    }
    for at in 0..matched.len() {
        let (None, Some(new)) = matched[at] else { continue };
        let same = |(a, b): &Both<'_>| b.is_none() && a.is_some_and(|old| old.number == new.number);
        if let Some(place) = matched.iter().position(same) {
            matched[at].0 = matched[place].0.take();
        }
    }
    matched.retain(|(a, b)| a.is_some() || b.is_some());
    matched
}

#[derive(Default)]
struct Found {
    nodes: Vec<ComparedNode>,
    counts: ComparisonCounts,
}

impl Found {
    fn add(&mut self, kind: ComparedKind, from: Option<ComparedSide>, to: Option<ComparedSide>) {
        let (change, fields) = match (&from, &to) {
            (Some(from), Some(to)) => {
                let fields = from.differing(to);
                if fields.is_empty() {
                    self.counts.unchanged += 1;
                    return;
                }
                self.counts.changed += 1;
                (ComparedChange::Changed, fields)
            }
            (None, _) => {
                self.counts.added += 1;
                (ComparedChange::Added, Vec::new())
            }
            (_, None) => {
                self.counts.dropped += 1;
                (ComparedChange::Dropped, Vec::new())
            }
        };
        self.nodes.push(ComparedNode { kind, change, fields, from, to });
    }
}

impl ComparedNode {
    /// The node in the second plan, or in the first where it is dropped.
    #[must_use]
    pub const fn side(&self) -> Option<&ComparedSide> {
        match &self.to {
            Some(to) => Some(to),
            None => self.from.as_ref(),
        }
    }

    fn place(&self) -> (Option<i32>, u8, i32, bool) {
        let side = self.side();
        (side.and_then(|side| side.objective), self.kind as u8, side.map_or(0, |side| side.place), self.to.is_none())
    }
}

/// What the sides of a plan are made from.
struct Sides<'a> {
    rows: &'a Rows,
    numbers: HashMap<Uuid, i32>,
}

impl<'a> Sides<'a> {
    fn of(rows: &'a Rows) -> Self {
        Self { rows, numbers: rows.objectives.iter().map(|row| (row.id, row.number)).collect() }
    }

    fn number(&self, objective: Uuid) -> Option<i32> {
        self.numbers.get(&objective).copied()
    }

    fn year_label(&self, id: Uuid) -> Option<String> {
        self.rows.years.iter().find(|row| row.id == id).map(|row| row.label.clone())
    }

    fn labels(&self, ids: &[Uuid]) -> Option<String> {
        let strands = self.rows.strands.iter().filter(|row| ids.contains(&row.id));
        let labels: Vec<&str> = strands.map(|row| row.label.as_str()).collect();
        (!labels.is_empty()).then(|| labels.join(", "))
    }

    fn plan(&self) -> ComparedSide {
        let plan = &self.rows.plan;
        let words = [Some(&plan.title), plan.motto.as_ref(), plan.lead_group.as_ref()];
        let text = words.into_iter().flatten().cloned().collect::<Vec<_>>().join("; ");
        ComparedSide { id: plan.id, text: Some(text), ..ComparedSide::default() }
    }

    fn year(row: &plan_year::Model) -> ComparedSide {
        let days = format!("{} to {}", day(&row.first_day), day(&row.last_day));
        ComparedSide {
            id: row.id,
            text: Some(days),
            year: Some(row.label.clone()),
            last_due_on: Some(row.last_day),
            place: row.first_day.to_julian_day(),
            ..ComparedSide::default()
        }
    }

    fn objective(row: &objective::Model) -> ComparedSide {
        ComparedSide {
            id: row.id,
            objective: Some(row.number),
            text: Some(row.title.clone()),
            leads: words(&row.leads),
            monitors: words(&row.monitors),
            ..ComparedSide::default()
        }
    }

    fn strand(&self, row: &strand::Model) -> ComparedSide {
        ComparedSide {
            id: row.id,
            objective: self.number(row.objective_id),
            strands: Some(row.label.clone()),
            text: Some(row.text.clone()),
            leads: words(&row.leads),
            monitors: words(&row.monitors),
            place: row.position,
            ..ComparedSide::default()
        }
    }

    fn target(&self, row: &target::Model) -> ComparedSide {
        let cohort = self.rows.cohorts.iter().find(|cohort| Some(cohort.id) == row.cohort_id);
        ComparedSide {
            id: row.id,
            objective: self.number(row.objective_id),
            strands: self.labels(&row.strand_ids),
            text: Some(row.statement.clone()),
            year: self.year_label(row.plan_year_id),
            baseline: row.baseline,
            comparator: row.comparator,
            value: row.value,
            unit: row.unit,
            metric: row.metric.clone(),
            population: row.population.clone(),
            dues: labels(&row.dues),
            last_due_on: row.last_due_on,
            leads: words(&row.leads),
            monitors: words(&row.monitors),
            filter: row.metric_filter.clone(),
            cohort: cohort.map(|cohort| cohort.number),
            place: row.position,
            ..ComparedSide::default()
        }
    }

    fn milestone(&self, row: &milestone::Model) -> ComparedSide {
        ComparedSide {
            id: row.id,
            objective: self.number(row.objective_id),
            strands: self.labels(&row.strand_ids),
            text: Some(row.statement.clone()),
            year: self.year_label(row.plan_year_id),
            dues: labels(&row.dues),
            last_due_on: row.last_due_on,
            leads: words(&row.leads),
            monitors: words(&row.monitors),
            place: row.position,
            ..ComparedSide::default()
        }
    }

    fn resource(&self, row: &resource_line::Model) -> ComparedSide {
        ComparedSide {
            id: row.id,
            objective: self.number(row.objective_id),
            strands: self.labels(row.strand_id.as_slice()),
            text: Some(row.text.clone()),
            place: row.position,
            ..ComparedSide::default()
        }
    }

    fn budget(&self, row: &budget_line::Model) -> ComparedSide {
        ComparedSide {
            id: row.id,
            objective: self.number(row.objective_id),
            strands: self.labels(row.strand_id.as_slice()),
            text: budget_words(row),
            paid: Some(row.kind),
            amount_pence: row.amount_pence,
            days: row.days,
            place: row.position,
            ..ComparedSide::default()
        }
    }
}

fn words(parties: &[entity::plans::parts::Party]) -> Option<String> {
    (!parties.is_empty()).then(|| rules::wording(parties))
}

fn labels(dues: &[Due]) -> Vec<String> {
    dues.iter().map(|due| due.label.clone()).collect()
}

pub(super) fn budget_words(row: &budget_line::Model) -> Option<String> {
    let said: Vec<&str> = [&row.source, &row.text].into_iter().flatten().map(String::as_str).collect();
    (!said.is_empty()).then(|| said.join(": "))
}
