//! Plans: made whole, changed in draft, approved, followed and copied.

mod approvals;
mod as_at;
mod compare;
mod deciders;
mod dues;
mod examples;
mod inbox;
mod lifecycle;
mod lists;
mod nodes;
mod page;
mod progress;
mod reviews;
mod tree;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, App, Caller, Reply};

/// A hub with a glossary, and its head of service.
pub async fn hub() -> (App, Caller) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    for code in ["HoS", "DHoS", "ML", "Gov"] {
        let term = json!({ "code": code, "meaning": format!("Meaning of {code}") });
        head.post("/glossary-terms", &term).await.expect(201);
    }
    (app, head)
}

fn month(first_day: &str, last_day: &str, label: &str) -> Value {
    json!([{ "first_day": first_day, "last_day": last_day, "precision": "month", "label": label }])
}

/// A small plan with a node of each kind.
pub fn small() -> Value {
    json!({
        "kind": "school_music_education_plan",
        "title": "Plan 2014–2016",
        "years": [
            { "label": "2014/15", "first_day": "2014-04-01", "last_day": "2015-03-31" },
            { "label": "2015/16", "first_day": "2015-04-01", "last_day": "2016-03-31" }
        ],
        "cohorts": [{ "number": 1, "name": "First cohort", "year": "2014/15" }],
        "objectives": [
            {
                "title": "Engage with schools",
                "leads": [{ "role_code": "DHoS" }],
                "monitors": [{ "role_code": "HoS" }],
                "strands": [
                    { "label": "i", "text": "Consult", "leads": [{ "role_code": "ML" }] },
                    { "label": "ii", "text": "Communicate" }
                ],
                "targets": [
                    {
                        "year": "2014/15", "strands": ["i"], "kind": "measured", "cohort": 1,
                        "statement": "Half of the first cohort share practice",
                        "baseline": 0, "comparator": "at_least", "value": 50, "unit": "percent",
                        "starts_on": "2014-04-01",
                        "dues": month("2014-12-01", "2014-12-31", "Dec 2014")
                    },
                    {
                        "year": "2015/16", "kind": "text", "statement": "The process is repeated",
                        "dues": month("2015-05-01", "2015-05-31", "May 2015"),
                        "leads": [{ "text": "Everyone" }], "monitors": [{ "role_code": "Gov" }]
                    }
                ],
                "milestones": [{
                    "year": "2014/15", "strands": ["i", "ii"], "statement": "A road map is out",
                    "dues": month("2014-05-01", "2014-05-31", "May 2014")
                }],
                "resources": [{ "strand": "ii", "text": "Time of the office" }],
                "budget": [{ "kind": "cash", "text": "Cover", "amount_pence": 700_000 }]
            },
            {
                "title": "Build systems",
                "leads": [{ "role_code": "ML" }],
                "monitors": [{ "role_code": "DHoS" }],
                "targets": [{
                    "year": "2014/15", "kind": "measured", "metric": "schools_visited",
                    "statement": "First Access reaches 90 %", "comparator": "at_least",
                    "value": 90, "unit": "percent",
                    "dues": month("2015-03-01", "2015-03-31", "Mar 2015")
                }]
            }
        ]
    })
}

pub async fn make(by: &Caller, tree: Value) -> Uuid {
    by.post("/plans", &tree).await.expect(201).id()
}

pub async fn tree(by: &Caller, plan: Uuid) -> Value {
    by.get(&format!("/plans/{plan}?expand=tree")).await.expect(200).json()
}

async fn version(by: &Caller, plan: Uuid) -> i64 {
    by.get(&format!("/plans/{plan}")).await.expect(200).json()["version"].as_i64().unwrap()
}

pub async fn act(by: &Caller, plan: Uuid, verb: &str) -> Reply {
    by.act(&format!("/plans/{plan}/{verb}"), Some("*")).await
}

/// Takes a draft into force.
pub async fn activate(app: &App, by: &Caller, plan: Uuid) {
    let governor = app.as_role(Role::Governor).await;
    act(by, plan, "propose").await.expect(200);
    governor.act(&format!("/plans/{plan}/approvals"), Some("*")).await.expect(201);
    act(by, plan, "activate").await.expect(200);
}

/// The id of a node in a tree.
#[track_caller]
pub fn id(tree: &Value, pointer: &str) -> Uuid {
    let text = tree.pointer(pointer).and_then(|node| node["id"].as_str());
    Uuid::parse_str(text.unwrap_or_else(|| panic!("{pointer} in {tree:#}"))).unwrap()
}
