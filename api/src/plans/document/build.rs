//! Sets a plan's tree out in rows and cells.

use std::collections::HashMap;

use entity::partners::{glossary_term, partner};
use entity::plans::approval;
use entity::plans::parts::{Due, Party};
use entity::plans::target::{Comparator, TargetKind};
use time::Date;
use uuid::Uuid;

use super::marks;
use super::view::{
    ColumnKey, DocumentAim, DocumentApproval, DocumentBudget, DocumentColumn, DocumentDue, DocumentFigure,
    DocumentItem, DocumentObjective, DocumentParty, DocumentRow, DocumentStanding, DocumentStrand, DocumentTerm,
    DocumentYear, ItemKind, PlanDocument,
};
use crate::plans::progress::status::Status;
use crate::plans::tree::{MilestoneNode, ObjectiveNode, TargetNode, Tree};

/// For whom the document is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The hub and its governing groups.
    Hub,
    /// A school, which sees neither budgets nor progress.
    School,
}

/// The names behind a plan's codes and ids, as far as the caller sees them.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The hub's name.
    pub hub: String,
    /// Approvals of the plan since it was proposed, the oldest first.
    pub approvals: Vec<approval::Model>,
    /// The glossary, in order.
    pub glossary: Vec<glossary_term::Model>,
    /// The partners, in order.
    pub partners: Vec<partner::Model>,
    /// People and working groups that the plan names.
    pub others: HashMap<Uuid, String>,
}

/// The plan as a document.
#[must_use]
pub fn build(tree: &Tree, names: &Names, audience: Audience) -> PlanDocument {
    let setting = Setting { tree, names, audience };
    let plan = &tree.plan;
    let objectives: Vec<_> = tree.objectives.iter().map(|node| setting.objective(node)).collect();
    let term = |term: &glossary_term::Model| DocumentTerm { code: term.code.clone(), meaning: term.meaning.clone() };
    PlanDocument {
        plan_id: plan.id,
        hub_name: names.hub.clone(),
        kind: plan.kind,
        status: plan.status,
        revision: plan.revision,
        title: plan.title.clone(),
        motto: plan.motto.clone(),
        lead_group: plan.lead_group.clone(),
        supporters: plan.supporters.to_vec(),
        acknowledgement: plan.acknowledgement.clone(),
        as_at: tree.as_at,
        as_at_reason: tree.as_at_reason,
        for_schools: audience == Audience::School,
        approvals: setting.approvals(),
        years: setting.years(),
        columns: setting.columns(&objectives),
        standing: standing(&objectives),
        objectives,
        glossary: names.glossary.iter().map(term).collect(),
        partners: names.partners.iter().map(marks::partner).collect(),
        marks: marks::used(&names.partners),
    }
}

/// How many targets have each status, the best first.
fn standing(objectives: &[DocumentObjective]) -> Vec<DocumentStanding> {
    use Status::{AtRisk, Met, Missed, NotStarted, OnTrack};
    let rows = objectives.iter().flat_map(|objective| &objective.rows);
    let given: Vec<_> =
        rows.flat_map(|row| row.items.iter().chain(&row.later)).filter_map(|item| item.status).collect();
    [Met, OnTrack, AtRisk, Missed, NotStarted]
        .into_iter()
        .map(|status| DocumentStanding { status, targets: given.iter().filter(|one| **one == status).count() })
        .filter(|standing| standing.targets > 0)
        .collect()
}

/// What every cell is made from.
struct Setting<'a> {
    tree: &'a Tree,
    names: &'a Names,
    audience: Audience,
}

impl Setting<'_> {
    fn years(&self) -> Vec<DocumentYear> {
        self.tree
            .years
            .iter()
            .map(|year| DocumentYear { label: year.label.clone(), first_day: year.first_day, last_day: year.last_day })
            .collect()
    }

    fn approvals(&self) -> Vec<DocumentApproval> {
        match self.audience {
            Audience::School => Vec::new(),
            Audience::Hub => {
                let approval = |row: &approval::Model| DocumentApproval {
                    body: row.body.clone(),
                    approved_on: row.approved_on,
                    minute_reference: row.minute_reference.clone(),
                };
                self.names.approvals.iter().map(approval).collect()
            }
        }
    }

    fn columns(&self, objectives: &[DocumentObjective]) -> Vec<DocumentColumn> {
        let later_planned = objectives.iter().flat_map(|one| &one.rows).any(|row| !row.later.is_empty());
        let labels: Vec<_> = self.tree.years.iter().map(|year| year.label.as_str()).collect();
        let (first, later) = match labels.as_slice() {
            [] => ("Targets and milestones".to_owned(), "Next year’s targets".to_owned()),
            [one] => (format!("{one} targets and milestones"), "Next year’s targets".to_owned()),
            [one, next] => (format!("{one} targets and milestones"), format!("{next} targets")),
            [one, next, .., last] => (format!("{one} targets and milestones"), format!("{next} to {last} targets")),
        };
        ColumnKey::ALL
            .iter()
            .filter(|key| match key {
                ColumnKey::Budget => self.audience == Audience::Hub,
                ColumnKey::NextYears => later_planned,
                _ => true,
            })
            .map(|key| DocumentColumn {
                key: *key,
                heading: match key {
                    ColumnKey::Objective => "Objective".to_owned(),
                    ColumnKey::ActionsAndResources => "Actions and resources".to_owned(),
                    ColumnKey::Leads => "Leads".to_owned(),
                    ColumnKey::TargetsAndMilestones => first.clone(),
                    ColumnKey::ByWhen => "By when".to_owned(),
                    ColumnKey::Monitor => "Monitor".to_owned(),
                    ColumnKey::Budget => "Budget".to_owned(),
                    ColumnKey::NextYears => later.clone(),
                },
            })
            .collect()
    }

    fn objective(&self, node: &ObjectiveNode) -> DocumentObjective {
        let objective = &node.objective;
        let whole = DocumentRow {
            strand: None,
            leads: self.parties(&objective.leads),
            monitors: self.parties(&objective.monitors),
            ..self.row(node, None)
        };
        let strands = node.strands.iter().map(|strand| DocumentRow {
            strand: Some(DocumentStrand { label: strand.strand.label.clone(), text: strand.strand.text.clone() }),
            leads: self.parties(&strand.effective_leads),
            monitors: self.parties(&strand.effective_monitors),
            ..self.row(node, Some(strand.strand.id))
        });
        DocumentObjective {
            number: objective.number,
            title: objective.title.clone(),
            functions: objective.functions.to_vec(),
            rows: std::iter::once(whole).chain(strands).collect(),
        }
    }

    /// The cells that belong to one strand, or to the objective as a whole.
    fn row(&self, node: &ObjectiveNode, strand: Option<Uuid>) -> DocumentRow {
        let here = |ids: &[Uuid]| first_strand(node, ids) == strand;
        let targets = node.targets.iter().filter(|target| here(&target.target.strand_ids));
        let milestones = node.milestones.iter().filter(|one| here(&one.milestone.strand_ids));
        let mut items: Vec<_> = targets
            .map(|target| (target.target.plan_year_id, self.target(node, target)))
            .chain(milestones.map(|one| (one.milestone.plan_year_id, self.milestone(node, one))))
            .collect();
        // A stable sort: what is due together keeps the plan's order, targets first.
        items.sort_by_key(|(_, item)| {
            let last = item.by_when.iter().map(|due| due.last_day).max();
            (last.is_none(), last)
        });
        let first_year = self.tree.years.first().map(|year| year.id);
        let (items, later): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|(year, _)| first_year.is_none_or(|first| *year == first));
        let budget = match self.audience {
            Audience::School => Vec::new(),
            Audience::Hub => {
                node.budget.iter().filter(|line| line.strand_id == strand).map(|line| DocumentBudget {
                    kind: line.kind,
                    source: line.source.clone(),
                    text: line.text.clone(),
                    amount_pence: line.amount_pence,
                    days: line.days,
                    spent_pence: line.spent_pence,
                    spent_days: line.spent_days,
                })
            }
            .collect(),
        };
        DocumentRow {
            strand: None,
            resources: node
                .resources
                .iter()
                .filter(|line| line.strand_id == strand)
                .map(|line| line.text.clone())
                .collect(),
            leads: Vec::new(),
            monitors: Vec::new(),
            items: items.into_iter().map(|(_, item)| item).collect(),
            budget,
            later: later.into_iter().map(|(_, item)| item).collect(),
        }
    }

    fn target(&self, node: &ObjectiveNode, of: &TargetNode) -> DocumentItem {
        let target = &of.target;
        let aim = target.value.filter(|_| target.kind == TargetKind::Measured).map(|value| DocumentAim {
            baseline: target.baseline,
            comparator: target.comparator.unwrap_or(Comparator::AtLeast),
            value,
            unit: target.unit,
            population: target.population.clone(),
        });
        let progress = of.progress.as_ref().filter(|_| self.audience == Audience::Hub);
        DocumentItem {
            id: target.id,
            kind: ItemKind::Target,
            year: self.tree.year_label(target.plan_year_id).map(str::to_owned),
            strands: labels(node, &target.strand_ids),
            statement: target.statement.clone(),
            leads: self.parties(&of.effective_leads),
            monitors: self.parties(&of.effective_monitors),
            by_when: self.dues(&target.dues, aim.is_none()),
            aim,
            status: of.status.filter(|_| self.audience == Audience::Hub),
            reached: progress.and_then(|progress| {
                let (value, live) = (progress.last_value?, progress.live.as_ref());
                Some(DocumentFigure {
                    value,
                    on: progress.last_value_on,
                    numerator: live.and_then(|live| live.numerator),
                    denominator: live.and_then(|live| live.denominator),
                    scope: live.and_then(|live| live.scope).map(str::to_owned),
                })
            }),
            opinion: progress.and_then(|progress| progress.last_opinion),
        }
    }

    fn milestone(&self, node: &ObjectiveNode, of: &MilestoneNode) -> DocumentItem {
        let milestone = &of.milestone;
        DocumentItem {
            id: milestone.id,
            kind: ItemKind::Milestone,
            year: self.tree.year_label(milestone.plan_year_id).map(str::to_owned),
            strands: labels(node, &milestone.strand_ids),
            statement: milestone.statement.clone(),
            aim: None,
            leads: self.parties(&of.effective_leads),
            monitors: self.parties(&of.effective_monitors),
            by_when: self.dues(&milestone.dues, true),
            status: None,
            reached: None,
            opinion: None,
        }
    }

    fn dues(&self, dues: &[Due], by_doing: bool) -> Vec<DocumentDue> {
        let hub = self.audience == Audience::Hub;
        let as_at: Date = self.tree.as_at;
        dues.iter()
            .map(|due| {
                let done_on = due.done_on.filter(|day| hub && *day <= as_at);
                DocumentDue {
                    label: due.label.clone(),
                    first_day: due.first_day,
                    last_day: due.last_day,
                    done_on,
                    overdue: hub && by_doing && done_on.is_none() && due.last_day < as_at,
                }
            })
            .collect()
    }

    fn parties(&self, parties: &[Party]) -> Vec<DocumentParty> {
        parties.iter().map(|party| self.party(party)).collect()
    }

    fn party(&self, party: &Party) -> DocumentParty {
        let plain = |label: &str| DocumentParty { label: label.to_owned(), meaning: None };
        if let Some(code) = &party.role_code {
            let term = self.names.glossary.iter().find(|term| term.code == *code);
            return DocumentParty { label: code.clone(), meaning: term.map(|term| term.meaning.clone()) };
        }
        if let Some(text) = &party.text {
            return plain(text);
        }
        if let Some(id) = party.partner_id {
            let partner = self.names.partners.iter().find(|partner| partner.id == id);
            return plain(partner.map_or("a partner", |partner| &partner.name));
        }
        // People stand by name only for readers who may see people.
        let named = |id: Uuid| self.names.others.get(&id).map(String::as_str);
        match (party.person_id, party.group_id) {
            (Some(id), _) => plain(named(id).unwrap_or("a person of the hub")),
            (None, Some(id)) => plain(named(id).unwrap_or("a working group")),
            (None, None) => plain("not named"),
        }
    }
}

/// The strand in whose row something stands: the first of the objective's that it names.
fn first_strand(node: &ObjectiveNode, ids: &[Uuid]) -> Option<Uuid> {
    node.strands.iter().map(|strand| strand.strand.id).find(|id| ids.contains(id))
}

/// The labels of the strands that something names, in the objective's order.
fn labels(node: &ObjectiveNode, ids: &[Uuid]) -> Vec<String> {
    node.strands
        .iter()
        .filter(|strand| ids.contains(&strand.strand.id))
        .map(|strand| strand.strand.label.clone())
        .collect()
}
