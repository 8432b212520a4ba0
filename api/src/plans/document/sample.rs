//! The demo's plan as a tree, made from its files without a database.

use std::collections::HashMap;

use entity::partners::{glossary_term, partner};
use entity::plans::parts::{Due, Parties, Party};
use entity::plans::plan::PlanStatus;
use entity::plans::{approval, budget_line, milestone, objective, plan, plan_year, resource_line, strand, target};
use serde::de::DeserializeOwned;
use serde_json::Value;
use time::Date;
use time::macros::date;
use uuid::Uuid;

use super::build::Names;
use crate::plans::progress::as_at::{AsAtDay, AsAtReason};
use crate::plans::tree::plan_rows::Rows;
use crate::plans::tree::{Latest, Tree};

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

/// Every statement of the plan's targets and milestones.
pub fn statements() -> Vec<String> {
    let file = file();
    let nodes = list(&file["objectives"]).flat_map(|one| list(&one["targets"]).chain(list(&one["milestones"])));
    nodes.map(|node| get(&node["statement"])).collect()
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

/// The hub, an approval, and the glossary and the partners of the demo.
pub fn names() -> Names {
    let terms: Vec<Value> = serde_json::from_str(include_str!("../../demo/glossary.json")).unwrap();
    let partners: Vec<Value> = serde_json::from_str(include_str!("../../demo/partners.json")).unwrap();
    let term = |term: &Value| {
        row!(glossary_term {
            code: get(&term["code"]),
            code_key: String::new(),
            meaning: get(&term["meaning"]),
            search_key: None,
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
    let approval = row!(approval {
        plan_id: Uuid::now_v7(),
        plan_version: 1,
        body: "Governing Group".to_owned(),
        approved_on: date!(2014 - 02 - 05),
        minute_reference: Some("GOV 2014-02-05, item 4".to_owned()),
        note: None,
        recorded_by_user_id: None,
    });
    Names {
        hub: "Leicester-Shire Music Education Hub".to_owned(),
        approvals: vec![approval],
        glossary: terms.iter().map(term).collect(),
        partners: partners.iter().map(partner).collect(),
        ..Names::default()
    }
}

/// The plan on a day, with what had been reported and accepted by then.
pub fn tree(as_at: Date) -> Tree {
    let file = file();
    let rows = rows(&file);
    let numbers: HashMap<_, _> = rows.objectives.iter().map(|row| (row.id, row.number)).collect();
    let progress = rows.targets.iter().map(|row| {
        let number = numbers[&row.objective_id];
        (row.id, latest(number, &row.statement, as_at))
    });
    let progress = progress.collect();
    let day = AsAtDay { as_at, as_at_reason: AsAtReason::Asked };
    Tree::of(rows, &HashMap::new(), Some(&progress), day)
}

/// The rows of the plan.
fn rows(file: &Value) -> Rows {
    let mut rows = Rows::of(row!(plan {
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
        author_ids: Vec::new().into(),
        supersedes_id: None,
    }));
    for year in list(&file["years"]) {
        rows.years.push(row!(plan_year {
            plan_id: rows.plan.id,
            label: get(&year["label"]),
            first_day: date(&year["first_day"]).unwrap(),
            last_day: date(&year["last_day"]).unwrap(),
        }));
    }
    for one in list(&file["objectives"]) {
        objective(&mut rows, one);
    }
    rows
}

#[expect(clippy::too_many_lines, reason = "one row after the other")]
fn objective(rows: &mut Rows, one: &Value) {
    let plan_id = rows.plan.id;
    let objective = row!(objective {
        plan_id: plan_id,
        number: get(&one["number"]),
        title: get(&one["title"]),
        functions: need(&one["functions"]),
        leads: parties(&one["leads"]),
        monitors: parties(&one["monitors"]),
        search_key: None,
        lineage_id: None,
    });
    let objective_id = objective.id;
    rows.objectives.push(objective);
    let mut strands = HashMap::new();
    for (position, strand) in (1..).zip(list(&one["strands"])) {
        let row = row!(strand {
            plan_id: plan_id,
            objective_id: objective_id,
            position: position,
            label: get(&strand["label"]),
            text: get(&strand["text"]),
            leads: parties(&strand["leads"]),
            monitors: parties(&strand["monitors"]),
            search_key: None,
            lineage_id: None,
        });
        strands.insert(row.label.clone(), row.id);
        rows.strands.push(row);
    }
    let strand_ids = |of: &Value| list(of).map(|label| strands[label.as_str().unwrap()]).collect::<Vec<_>>();
    let strand_id = |of: &Value| of.as_str().map(|label| strands[label]);
    let years: HashMap<_, _> = rows.years.iter().map(|row| (row.label.clone(), row.id)).collect();
    for (position, target) in (1..).zip(list(&one["targets"])) {
        let dues: Vec<Due> = get(&target["dues"]);
        rows.targets.push(row!(target {
            plan_id: plan_id,
            objective_id: objective_id,
            plan_year_id: years[target["year"].as_str().unwrap()],
            position: position,
            strand_ids: strand_ids(&target["strands"]).into(),
            kind: need(&target["kind"]),
            statement: get(&target["statement"]),
            baseline: get(&target["baseline"]),
            comparator: need(&target["comparator"]),
            value: get(&target["value"]),
            unit: need(&target["unit"]),
            metric: get(&target["metric"]),
            metric_filter: None,
            cohort_id: None,
            population: get(&target["population"]),
            starts_on: date(&target["starts_on"]),
            last_due_on: dues.iter().map(|due| due.last_day).max(),
            dues: dues.into(),
            leads: parties(&target["leads"]),
            monitors: parties(&target["monitors"]),
            search_key: None,
            lineage_id: None,
        }));
    }
    for (position, milestone) in (1..).zip(list(&one["milestones"])) {
        rows.milestones.push(row!(milestone {
            plan_id: plan_id,
            objective_id: objective_id,
            plan_year_id: years[milestone["year"].as_str().unwrap()],
            position: position,
            strand_ids: strand_ids(&milestone["strands"]).into(),
            statement: get(&milestone["statement"]),
            dues: get::<Vec<Due>>(&milestone["dues"]).into(),
            last_due_on: None,
            leads: parties(&milestone["leads"]),
            monitors: parties(&milestone["monitors"]),
            search_key: None,
            lineage_id: None,
        }));
    }
    for (position, line) in (1..).zip(list(&one["resources"])) {
        rows.resources.push(row!(resource_line {
            plan_id: plan_id,
            objective_id: objective_id,
            strand_id: strand_id(&line["strand"]),
            position: position,
            text: get(&line["text"]),
            search_key: None,
            lineage_id: None,
        }));
    }
    for (position, line) in (1..).zip(list(&one["budget"])) {
        rows.budget.push(row!(budget_line {
            plan_id: plan_id,
            objective_id: objective_id,
            strand_id: strand_id(&line["strand"]),
            position: position,
            kind: need(&line["kind"]),
            source: get(&line["source"]),
            text: get(&line["text"]),
            amount_pence: get(&line["amount_pence"]),
            days: get(&line["days"]),
            spent_pence: get(&line["spent_pence"]),
            spent_days: get(&line["spent_days"]),
            search_key: None,
            lineage_id: None,
        }));
    }
}

fn parties(value: &Value) -> Parties {
    get::<Vec<Party>>(value).into()
}

/// The latest of the demo's accepted updates of a target.
fn latest(objective: i32, statement: &str, as_at: Date) -> Latest {
    let updates: Vec<Value> = serde_json::from_str(include_str!("../../demo/progress.json")).unwrap();
    let mut found = Latest::default();
    for update in &updates {
        let about = update["objective"] == objective
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
