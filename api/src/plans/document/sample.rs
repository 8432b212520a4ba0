//! The demo's plan as a tree, made from its files without a database.

use entity::partners::{glossary_term, partner};
use entity::plans::parts::{Due, Party};
use entity::plans::plan::PlanStatus;
use entity::plans::{
    budget_line, milestone, objective, plan, plan_year, resource_line, strand, target,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::Date;
use uuid::Uuid;

use super::build::Names;
use crate::plans::status::{TargetFacts, status};
use crate::plans::tree::{Latest, MilestoneNode, ObjectiveNode, StrandNode, TargetNode, Tree};

/// A row with the common columns of one that was just made.
macro_rules! row {
    ($table:ident { $($field:ident : $value:expr),* $(,)? }) => {{
        let meta = entity::row::Meta::unset();
        $table::Model {
            hub_id: meta.hub_id,
            id: Uuid::now_v7(),
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: meta.archived_at,
            $($field: $value),*
        }
    }};
}

/// The demo's plan file.
pub fn file() -> Value {
    serde_json::from_str(include_str!("../../demo/plan.json")).unwrap()
}

/// Every statement of the plan's targets.
pub fn statements() -> Vec<String> {
    let file = file();
    let objectives = file["objectives"].as_array().unwrap();
    let targets = objectives.iter().flat_map(|one| list(&one["targets"]));
    targets.map(|target| get(&target["statement"])).collect()
}

/// A field, or its default where it is absent.
fn get<T: DeserializeOwned + Default>(value: &Value) -> T {
    serde_json::from_value::<Option<T>>(value.clone()).unwrap().unwrap_or_default()
}

/// A field that has no default.
fn need<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn date(value: &Value) -> Option<Date> {
    value.as_str().and_then(entity::date::parse)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The glossary and the partners of the demo.
pub fn names() -> Names {
    let terms: Vec<Value> = serde_json::from_str(include_str!("../../demo/glossary.json")).unwrap();
    let partners: Vec<Value> =
        serde_json::from_str(include_str!("../../demo/partners.json")).unwrap();
    let term = |term: &Value| {
        row!(glossary_term {
            code: get(&term["code"]),
            code_key: String::new(),
            meaning: get(&term["meaning"]),
        })
    };
    let partner = |one: &Value| {
        row!(partner {
            name: get(&one["name"]),
            name_key: String::new(),
            kind: need(&one["kind"]),
            roles: need(&one["roles"]),
            note: get(&one["note"]),
            school_id: None,
            school_group_id: None,
            website: None,
            external_ids: Vec::new().into(),
        })
    };
    Names {
        glossary: terms.iter().map(term).collect(),
        partners: partners.iter().map(partner).collect(),
        ..Names::default()
    }
}

/// The plan on a day, with what had been reported and accepted by then.
pub fn tree(as_at: Date) -> Tree {
    let file = file();
    let years: Vec<_> = list(&file["years"])
        .map(|year| {
            row!(plan_year {
                plan_id: Uuid::nil(),
                label: get(&year["label"]),
                first_day: date(&year["first_day"]).unwrap(),
                last_day: date(&year["last_day"]).unwrap(),
            })
        })
        .collect();
    let plan = row!(plan {
        kind: need(&file["kind"]),
        title: get(&file["title"]),
        title_key: String::new(),
        motto: get(&file["motto"]),
        lead_group: get(&file["lead_group"]),
        supporters: need(&file["supporters"]),
        acknowledgement: get(&file["acknowledgement"]),
        status: PlanStatus::Active,
        revision: 1,
        copied_from_id: None,
        proposed_at: None,
        activated_at: None,
        closed_at: None,
    });
    Tree {
        plan: (&plan).into(),
        as_at,
        objectives: list(&file["objectives"]).map(|one| objective(one, &years, as_at)).collect(),
        years: years.iter().map(Into::into).collect(),
        cohorts: Vec::new(),
    }
}

/// The ids of the strands with the given labels.
fn ids(strands: &[StrandNode], labels: &Value) -> Vec<Uuid> {
    let labels: Vec<String> = get(labels);
    let named = |node: &&StrandNode| labels.contains(&node.strand.label);
    strands.iter().filter(named).map(|node| node.strand.id).collect()
}

/// The parties that a node has itself, or else inherits.
fn inherited(own: &Value, strands: &[&StrandNode], objective: &Value, what: &str) -> Vec<Party> {
    let own: Vec<Party> = get(own);
    if !own.is_empty() {
        return own;
    }
    match strands.first() {
        Some(node) if what == "leads" => node.effective_leads.clone(),
        Some(node) => node.effective_monitors.clone(),
        None => get(&objective[what]),
    }
}

fn objective(one: &Value, years: &[plan_year::Model], as_at: Date) -> ObjectiveNode {
    let row = row!(objective {
        plan_id: Uuid::nil(),
        number: get(&one["number"]),
        title: get(&one["title"]),
        functions: need(&one["functions"]),
        leads: need(&one["leads"]),
        monitors: need(&one["monitors"]),
    });
    let strands: Vec<_> = list(&one["strands"])
        .map(|strand| StrandNode {
            strand: (&row!(strand {
                plan_id: Uuid::nil(),
                objective_id: row.id,
                position: 1,
                label: get(&strand["label"]),
                text: get(&strand["text"]),
                leads: get::<Vec<Party>>(&strand["leads"]).into(),
                monitors: get::<Vec<Party>>(&strand["monitors"]).into(),
            }))
                .into(),
            effective_leads: inherited(&strand["leads"], &[], one, "leads"),
            effective_monitors: inherited(&strand["monitors"], &[], one, "monitors"),
        })
        .collect();
    let near = |labels: &Value| {
        let ids = ids(&strands, labels);
        strands.iter().filter(|node| ids.contains(&node.strand.id)).collect::<Vec<_>>()
    };
    let year = |label: &Value| years.iter().find(|year| label.as_str() == Some(&year.label));
    let target = |from: &Value| {
        let year = year(&from["year"]).unwrap();
        let dues: Vec<Due> = get(&from["dues"]);
        let row = row!(target {
            plan_id: Uuid::nil(),
            objective_id: row.id,
            plan_year_id: year.id,
            position: 1,
            strand_ids: ids(&strands, &from["strands"]).into(),
            kind: need(&from["kind"]),
            statement: get(&from["statement"]),
            baseline: get(&from["baseline"]),
            comparator: need(&from["comparator"]),
            value: get(&from["value"]),
            unit: need(&from["unit"]),
            metric: get(&from["metric"]),
            metric_filter: None,
            cohort_id: None,
            population: get(&from["population"]),
            starts_on: date(&from["starts_on"]),
            last_due_on: dues.iter().map(|due| due.last_day).max(),
            dues: dues.into(),
            leads: Vec::new().into(),
            monitors: Vec::new().into(),
        });
        let progress = latest(one, &row.statement, as_at);
        let facts = TargetFacts::of(&row, year.first_day, progress.last_value, as_at);
        TargetNode {
            effective_leads: inherited(&from["leads"], &near(&from["strands"]), one, "leads"),
            effective_monitors: inherited(
                &from["monitors"],
                &near(&from["strands"]),
                one,
                "monitors",
            ),
            status: Some(status(&facts, as_at)),
            progress: Some(progress),
            target: (&row).into(),
        }
    };
    let milestone = |from: &Value| MilestoneNode {
        milestone: (&row!(milestone {
            plan_id: Uuid::nil(),
            objective_id: row.id,
            plan_year_id: year(&from["year"]).unwrap().id,
            position: 1,
            strand_ids: ids(&strands, &from["strands"]).into(),
            statement: get(&from["statement"]),
            dues: get::<Vec<Due>>(&from["dues"]).into(),
            last_due_on: None,
            leads: Vec::new().into(),
            monitors: Vec::new().into(),
        }))
            .into(),
        effective_leads: inherited(&from["leads"], &near(&from["strands"]), one, "leads"),
        effective_monitors: inherited(&from["monitors"], &near(&from["strands"]), one, "monitors"),
    };
    let strand_id = |line: &Value| {
        strands
            .iter()
            .map(|node| &node.strand)
            .find(|strand| line["strand"] == strand.label.as_str())
    };
    let resource = |line: &Value| {
        (&row!(resource_line {
            plan_id: Uuid::nil(),
            objective_id: row.id,
            strand_id: strand_id(line).map(|strand| strand.id),
            position: 1,
            text: get(&line["text"]),
        }))
            .into()
    };
    let budget = |line: &Value| {
        (&row!(budget_line {
            plan_id: Uuid::nil(),
            objective_id: row.id,
            strand_id: strand_id(line).map(|strand| strand.id),
            position: 1,
            kind: need(&line["kind"]),
            source: get(&line["source"]),
            text: get(&line["text"]),
            amount_pence: get(&line["amount_pence"]),
            days: get(&line["days"]),
            spent_pence: get(&line["spent_pence"]),
            spent_days: get(&line["spent_days"]),
        }))
            .into()
    };
    ObjectiveNode {
        targets: list(&one["targets"]).map(target).collect(),
        milestones: list(&one["milestones"]).map(milestone).collect(),
        resources: list(&one["resources"]).map(resource).collect(),
        budget: list(&one["budget"]).map(budget).collect(),
        objective: (&row).into(),
        strands,
    }
}

/// The latest of the demo's accepted updates of a target.
fn latest(objective: &Value, statement: &str, as_at: Date) -> Latest {
    let updates: Vec<Value> =
        serde_json::from_str(include_str!("../../demo/progress.json")).unwrap();
    let mut found = Latest::default();
    for update in &updates {
        let about = update["objective"] == objective["number"]
            && statement.contains(update["target"].as_str().unwrap())
            && update["decision"] == "accepted";
        let on = date(&update["on"]);
        if about && on <= Some(as_at) && on >= found.last_value_on {
            found.last_value = get(&update["value"]);
            found.last_value_on = on;
            found.last_opinion = need(&update["opinion"]);
        }
    }
    found
}
