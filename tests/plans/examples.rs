//! What the document shows works: in a new hub, and against the demo.

use std::collections::BTreeMap;

use api::kernel::caller::permission::PLATFORM_HUB;
use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::act;
use crate::support::document::{example, operations};
use crate::support::process;
use crate::support::{self, App, Caller};

/// The example of the body of an operation.
fn body(id: &str) -> Value {
    let operation = operations().iter().find(|operation| operation.id == id).unwrap();
    example(operation.body().unwrap())
}

/// Writes and proposes the document's own plan in a hub.
async fn write_plan(app: &App, hub: Uuid) -> Caller {
    let head = app.as_role_in(hub, Role::HeadOfService, |_| {}).await;
    let plan = head.post("/plans", &body("create_plan")).await.expect(201).id();
    act(&head, plan, "propose").await.expect(200);
    head
}

#[actix_web::test]
async fn the_documented_plan_works_in_a_new_hub() {
    let app = support::app().await;
    let platform = platform(&app).await;
    let made = platform.post("/hubs", &body("create_hub")).await.expect(201).id();
    let head = write_plan(&app, made).await;
    let terms = head.all("/glossary-terms").await;
    let codes: Vec<&str> = terms.iter().map(|term| term["code"].as_str().unwrap()).collect();
    for code in Role::ALL.iter().flat_map(|role| role.codes()) {
        assert!(codes.contains(&code), "{code} in {codes:?}");
    }
    // The glossary is the hub's own from then on.
    let path = format!("/glossary-terms/{}", terms[0]["id"].as_str().unwrap());
    head.patch(&path, &json!({ "meaning": "Ours" }), "*").await.expect(200);
    assert_eq!(head.get(&format!("{path}/history")).await.json()["items"][1]["operation"], "create");
}

/// The administrator of the platform.
async fn platform(app: &App) -> Caller {
    let started = api::identity::first::start(&app.state).await.unwrap();
    assert!(started.is_some());
    let administrator = app.as_role_in(PLATFORM_HUB, Role::PlatformAdministrator, |_| {}).await;
    let platform = app.as_role_in(PLATFORM_HUB, Role::HeadOfService, |_| {}).await;
    assert!(platform.all("/glossary-terms").await.is_empty(), "the platform writes no plans");
    administrator
}

#[actix_web::test]
async fn a_hub_made_by_the_command_line_has_the_glossary_too() {
    let app = support::app().await;
    let url = format!("--database-url={}", app.database.url());
    let output = process::run(&["hub", "add", "--slug", "rutland", "--name", "Rutland", &url]);
    assert!(output.status.success(), "{}", process::said(&output));
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    write_plan(&app, serde_json::from_value(made["id"].clone()).unwrap()).await;
}

#[actix_web::test]
async fn every_id_of_the_demo_stands_in_one_table_and_the_examples_name_them() {
    let app = support::demo().await;
    let everyone = app.as_anything().await;
    let platform = app.as_client_in(PLATFORM_HUB, "hubs:read").await;
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut named = 0;
    for operation in
        operations().iter().filter(|operation| operation.path.ends_with("/{id}") && operation.method == "GET")
    {
        // OneRoster gives the same items once more.
        let Some(path) = operation.path.strip_prefix("/api/v1") else { continue };
        let collection = path.strip_suffix("/{id}").unwrap();
        if collection.contains("/by-key") {
            continue;
        }
        let reader = if collection == "/hubs" { &platform } else { &everyone };
        for item in reader.all(collection).await {
            let id = item["id"].as_str().unwrap().to_owned();
            // A job has the id of what it works on, which it names.
            let same = (collection == "/jobs").then(|| item["href"].as_str()).flatten();
            let same =
                same.map(|href| href.trim_start_matches("/api/v1").trim_end_matches(&format!("/{id}")).to_owned());
            let has_job = item["job_href"].as_str().is_some_and(|href| href.ends_with(&id));
            let apart = |other: &String| Some(other) != same.as_ref() && !(has_job && other == "/jobs");
            if let Some(other) = seen.insert(id.clone(), collection.to_owned()).filter(apart) {
                panic!("{id} is in {other} and in {collection}");
            }
        }
        let example = operation.parameters().find(|it| it["name"] == "id").unwrap();
        let id = example["example"].as_str().unwrap();
        let there = seen.get(id).is_some_and(|it| it == collection);
        assert!(there || collection == "/clients", "{collection} has no {id}");
        named += usize::from(there);
    }
    assert!(named > 25, "{named}");
}

#[actix_web::test]
async fn the_demo_plan_is_copied_by_its_documented_operation() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut body = body("copy_plan");
    for plan in head.get("/plans?sort=-created_at").await.expect(200).ids() {
        let copied = head.post(&format!("/plans/{plan}/copy"), &body).await.expect(201).id();
        let (old, new) = (super::tree(&head, plan).await, super::tree(&head, copied).await);
        for pointer in ["/objectives/0/strands", "/objectives/0/targets", "/objectives/0/milestones", "/cohorts"] {
            let count = |tree: &Value| tree.pointer(pointer).and_then(Value::as_array).map(Vec::len);
            assert_eq!(count(&new), count(&old), "{pointer}");
        }
        body["title"] = json!("A second copy");
    }
}
