//! What two plans differ in.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{activate, hub, id, make, small, tree};
use crate::support::Caller;

async fn compare(by: &Caller, from: Uuid, to: Uuid) -> Value {
    by.get(&format!("/plans/{from}/compare?with={to}")).await.expect(200).json()
}

/// The kind, the change and the fields of each node that differs.
fn told(comparison: &Value) -> Vec<String> {
    let node = |node: &Value| {
        let fields: Vec<_> = node["fields"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let words =
            format!("{} {} {}", node["kind"].as_str().unwrap(), node["change"].as_str().unwrap(), fields.join(","));
        words.trim().to_owned()
    };
    comparison["changes"].as_array().unwrap().iter().map(node).collect()
}

#[actix_web::test]
async fn a_copy_differs_in_nothing_until_it_is_changed() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let copy = head.act(&format!("/plans/{plan}/copy"), None).await.expect(201).id();
    let alike = compare(&head, plan, copy).await;
    let counts = json!({ "added": 0, "dropped": 0, "changed": 0, "unchanged": 13 });
    assert_eq!((&alike["counts"], &alike["changes"]), (&counts, &json!([])));

    let nodes = tree(&head, copy).await;
    let path = |collection: &str, pointer: &str| format!("/{collection}/{}", id(&nodes, pointer));
    let lower = json!({ "statement": "A third of them", "value": 33, "baseline": null });
    head.patch(&path("targets", "/objectives/0/targets/0"), &lower, "*").await.expect(200);
    head.delete(&path("targets", "/objectives/0/targets/1"), "*").await.expect(204);
    head.patch(&path("budget-lines", "/objectives/0/budget/0"), &json!({ "amount_pence": 5 }), "*").await.expect(200);
    head.patch(&path("strands", "/objectives/0/strands/1"), &json!({ "text": "Write to all" }), "*").await.expect(200);
    let more = json!({ "objective_id": id(&nodes, "/objectives/1"), "text": "A desk" });
    head.post("/resource-lines", &more).await.expect(201);
    let changed = compare(&head, plan, copy).await;
    let counts = json!({ "added": 1, "dropped": 1, "changed": 3, "unchanged": 9 });
    assert_eq!(changed["counts"], counts, "{changed:#}");
    assert_eq!(
        told(&changed),
        [
            "strand changed text",
            "target changed text,baseline,value",
            "target dropped",
            "budget changed amount_pence",
            "resource added",
        ]
    );
    let target = &changed["changes"][1];
    assert_eq!(target["from"]["text"], "Half of the first cohort share practice");
    assert_eq!((&target["from"]["value"], &target["to"]["value"]), (&json!(50.0), &json!(33.0)));
    assert_eq!((&target["from"]["dues"], &target["to"]["text"]), (&json!(["Dec 2014"]), &json!("A third of them")));
    // The other way round, what was added is dropped.
    let back = compare(&head, copy, plan).await;
    assert_eq!(back["counts"], json!({ "added": 1, "dropped": 1, "changed": 3, "unchanged": 9 }));
}

#[actix_web::test]
async fn a_node_is_known_again_in_the_revision_of_a_revision() {
    let (_app, head) = hub().await;
    let first = make(&head, small()).await;
    let second = head.act(&format!("/plans/{first}/copy"), None).await.expect(201).id();
    let nodes = tree(&head, second).await;
    let target = format!("/targets/{}", id(&nodes, "/objectives/0/targets/0"));
    head.patch(&target, &json!({ "statement": "Something else" }), "*").await.expect(200);
    let third = head.act(&format!("/plans/{second}/copy"), None).await.expect(201).id();
    assert_eq!(told(&compare(&head, first, third).await), ["target changed text"]);
    assert_eq!(told(&compare(&head, second, third).await), Vec::<String>::new());
}

#[actix_web::test]
async fn plans_that_are_no_copies_are_matched_by_number_and_words() {
    let (_app, head) = hub().await;
    let one = make(&head, small()).await;
    let mut form = small();
    form["objectives"][0]["title"] = json!("Engage with every school");
    form["objectives"][0]["targets"][0]["value"] = json!(60);
    form["objectives"][1]["targets"][0]["statement"] = json!("First Access reaches all");
    let other = make(&head, form).await;
    let comparison = compare(&head, one, other).await;
    assert_eq!(
        told(&comparison),
        ["objective changed text", "target changed value", "target added", "target dropped"],
        "{comparison:#}"
    );
}

#[actix_web::test]
async fn a_comparison_is_a_file_too_and_needs_both_plans() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let copy = head.act(&format!("/plans/{plan}/copy"), None).await.expect(201).id();
    let target = format!("/targets/{}", id(&tree(&head, copy).await, "/objectives/0/targets/0"));
    head.patch(&target, &json!({ "statement": "=1+1" }), "*").await.expect(200);
    let path = format!("/plans/{plan}/compare?with={copy}");
    let csv = head.get(&path).header("accept", "text/csv").await.expect(200).text();
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').lines().collect();
    assert!(lines[0].starts_with("kind,change,fields,from_objective,from_strands,from_text"), "{csv}");
    assert!(lines[1].starts_with("target,changed,text,1,i,Half of the first cohort share practice"), "{csv}");
    assert!(lines[1].contains(",'=1+1,") && lines.len() == 2, "{csv}");
    let sheet = head.get(&format!("{path}&format=xlsx")).await.expect(200);
    assert!(sheet.body.starts_with(b"PK"));
    let etag = sheet.etag();
    head.get(&format!("{path}&format=xlsx")).header("if-none-match", &etag).await.expect(304);
    head.get(&format!("/plans/{plan}/compare")).await.problem(400, "bad-parameter");
    head.get(&format!("/plans/{plan}/compare?with={}", Uuid::now_v7())).await.problem(404, "not-found");
    // A school sees the plan in force alone.
    activate(&app, &head, plan).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    app.at_school(Role::SchoolHead, school).await.get(&path).await.problem(403, "forbidden");
    let elsewhere = app.another_hub("elsewhere").await;
    app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await.get(&path).await.problem(404, "not-found");
}
