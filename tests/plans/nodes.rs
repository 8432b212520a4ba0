//! Nodes one by one: what they may refer to, their order, and the plan's version.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{hub, id, make, month, small, tree, version};
use crate::support::Caller;

#[actix_web::test]
async fn a_change_of_a_node_is_a_change_of_its_plan() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let strand = format!("/strands/{}", id(&nodes, "/objectives/0/strands/0"));
    let patch = json!({ "text": "Consult the city and the county" });
    let unguarded = head.ask(reqwest::Method::PATCH, &strand).json(&patch);
    unguarded.await.problem(428, "precondition-required");
    let changed = head.patch(&strand, &patch, "\"1\"").await.expect(200);
    assert_eq!(changed.etag(), "\"2\"");
    assert_eq!(version(&head, plan).await, 2);
    head.patch(&strand, &patch, "\"2\"").await.expect(200);
    assert_eq!(version(&head, plan).await, 2);
    head.patch(&strand, &json!({ "text": "x" }), "\"1\"").await.problem(412, "stale-version");
    let year = json!({
        "plan_id": plan, "label": "2016/17", "first_day": "2016-04-01", "last_day": "2017-03-31",
    });
    head.post("/plan-years", &year).await.expect(201);
    assert_eq!(version(&head, plan).await, 3);
    head.post("/plan-years", &year).await.problem(422, "invalid");
    assert_eq!(version(&head, plan).await, 3);

    let reader = app.as_role(Role::MusicLeader).await;
    reader.get(&strand).await.expect(200);
    reader.patch(&strand, &patch, "*").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn nodes_changed_at_once_queue_for_their_plan() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let strands = ["/objectives/0/strands/0", "/objectives/0/strands/1"];
    let strands = strands.map(|pointer| format!("/strands/{}", id(&nodes, pointer)));
    let asked = (0..20).map(|n| {
        let (head, path) = (head.clone(), strands[n % 2].clone());
        actix_web::rt::spawn(async move {
            if n % 5 == 0 {
                let body = json!({ "position": n / 5 % 2 + 1 });
                head.post(&format!("{path}/move"), &body).header("if-match", "*").await
            } else {
                head.patch(&path, &json!({ "text": format!("Text {n}") }), "*").await
            }
        })
    });
    for reply in join_all(asked).await {
        reply.unwrap().expect(200);
    }
    let nodes = tree(&head, plan).await;
    assert_eq!(positions(&nodes["objectives"][0]["strands"]), [1, 2]);
    assert!(version(&head, plan).await >= 17);
}

fn positions(nodes: &Value) -> Vec<i64> {
    nodes.as_array().unwrap().iter().map(|node| node["position"].as_i64().unwrap()).collect()
}

fn texts(nodes: &Value, field: &str) -> Vec<String> {
    let nodes = nodes.as_array().unwrap();
    nodes.iter().map(|node| node[field].as_str().unwrap().to_owned()).collect()
}

async fn go(head: &Caller, path: &str, body: Value) -> u16 {
    head.post(&format!("{path}/move"), &body).header("if-match", "*").await.status
}

#[actix_web::test]
async fn moved_nodes_are_numbered_without_gaps() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let second = id(&nodes, "/objectives/1");
    for title in ["Third", "Fourth"] {
        let form = json!({ "plan_id": plan, "title": title });
        head.post("/objectives", &form).await.expect(201);
    }
    let before = version(&head, plan).await;
    let path = format!("/objectives/{second}");
    assert_eq!(go(&head, &path, json!({ "position": 99 })).await, 200);
    assert_eq!(version(&head, plan).await, before + 1);
    let order = |tree: &Value| texts(&tree["objectives"], "title");
    let now = tree(&head, plan).await;
    assert_eq!(order(&now), ["Engage with schools", "Third", "Fourth", "Build systems"]);
    let numbers: Vec<_> = now["objectives"].as_array().unwrap().iter().map(|o| &o["number"]).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(go(&head, &path, json!({ "position": 1 })).await, 200);
    let now = tree(&head, plan).await;
    assert_eq!(order(&now), ["Build systems", "Engage with schools", "Third", "Fourth"]);
    // Where it already is, nothing changes.
    let before = version(&head, plan).await;
    assert_eq!(go(&head, &path, json!({ "position": 1 })).await, 200);
    assert_eq!(version(&head, plan).await, before);
    // One that is archived leaves no gap, and comes back last.
    let third = format!("/objectives/{}", id(&now, "/objectives/2"));
    head.delete(&third, "*").await.expect(204);
    assert_eq!(order(&tree(&head, plan).await), ["Build systems", "Engage with schools", "Fourth"]);
    let restored = head.act(&format!("{third}/restore"), Some("*")).await.expect(200).json();
    assert_eq!(restored["number"], 4);
}

#[actix_web::test]
async fn a_node_that_makes_room_says_so_in_its_history() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let [first, second] = ["/objectives/0", "/objectives/1"].map(|pointer| id(&nodes, pointer));
    assert_eq!(go(&head, &format!("/objectives/{second}"), json!({ "position": 1 })).await, 200);
    let passed = format!("/objectives/{first}");
    assert_eq!(head.get(&passed).await.expect(200).etag(), "\"2\"");
    let history = head.get(&format!("{passed}/history")).await.expect(200).json();
    let newest = &history["items"][0];
    assert_eq!(newest["operation"], "move");
    assert_eq!(newest["version"], 2);
    assert_eq!(newest["fields"], json!({ "number": { "before": 1, "after": 2 } }));
}

#[actix_web::test]
async fn the_nodes_of_an_archived_plan_stay_as_they_are() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let (path, objective) = (format!("/plans/{plan}"), id(&nodes, "/objectives/0"));
    head.delete(&path, "*").await.expect(204);
    let strand = format!("/strands/{}", id(&nodes, "/objectives/0/strands/0"));
    let form = json!({ "objective_id": objective, "text": "Time" });
    for refused in [
        head.patch(&strand, &json!({ "text": "x" }), "*").await,
        head.delete(&strand, "*").await,
        head.post(&format!("{strand}/move"), &json!({ "position": 2 })).header("if-match", "*").await,
        head.post("/resource-lines", &form).await,
    ] {
        assert_eq!(refused.problem(409, "conflict")["detail"], "the plan is archived: restore it first");
    }
    head.act(&format!("{path}/restore"), Some("*")).await.expect(200);
    head.post("/resource-lines", &form).await.expect(201);
}

#[actix_web::test]
async fn a_node_goes_to_another_objective_and_leaves_its_strands() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let (first, second) = (id(&nodes, "/objectives/0"), id(&nodes, "/objectives/1"));
    let target = format!("/targets/{}", id(&nodes, "/objectives/0/targets/0"));
    let to = json!({ "position": 1, "objective_id": second });
    assert_eq!(go(&head, &target, to).await, 200);
    let now = tree(&head, plan).await;
    let moved = &now["objectives"][1]["targets"];
    assert_eq!(positions(moved), [1, 2]);
    assert_eq!(moved[0]["strand_ids"], json!([]));
    assert_eq!(positions(&now["objectives"][0]["targets"]), [1]);
    // A patch does not move, and a strand that others name stays.
    let patch = json!({ "objective_id": first });
    let refused = head.patch(&target, &patch, "*").await;
    assert_eq!(refused.faults(), [("/objective_id".to_owned(), "fixed".to_owned())]);
    let strand = format!("/strands/{}", id(&nodes, "/objectives/0/strands/1"));
    assert_eq!(go(&head, &strand, json!({ "position": 1, "objective_id": second })).await, 409);
    let refused = head.delete(&strand, "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot archive the strand: 1 milestones, 1 resource lines still belong to it; archive or move them
      first
    ");
    // Nor does a node leave its plan.
    let other = make(&head, small()).await;
    let elsewhere = id(&tree(&head, other).await, "/objectives/0");
    assert_eq!(go(&head, &target, json!({ "position": 1, "objective_id": elsewhere })).await, 422);
}

#[actix_web::test]
async fn a_node_refers_only_to_what_is_in_its_plan() {
    let (app, head) = hub().await;
    let (plan, other) = (make(&head, small()).await, make(&head, small()).await);
    let (here, there) = (tree(&head, plan).await, tree(&head, other).await);
    let group = app.another_hub("luton").await;
    let form = json!({
        "objective_id": id(&here, "/objectives/0"),
        "plan_year_id": id(&there, "/years/0"),
        "strand_ids": [id(&here, "/objectives/0/strands/0"), id(&there, "/objectives/0/strands/0")],
        "cohort_id": id(&there, "/cohorts/0"),
        "kind": "measured",
        "statement": "Everything is wrong",
        "comparator": "at_least",
        "value": 120,
        "unit": "percent",
        "dues": month("2014-05-31", "2014-05-01", "backwards"),
        "leads": [{ "person_id": Uuid::now_v7() }, { "group_id": group }],
        "monitors": [{ "role_code": "XX" }],
    });
    let refused = head.post("/targets", &form).await;
    refused.problem(422, "invalid");
    let expected = [
        ("/cohort_id", "unknown_reference"),
        ("/dues/0/last_day", "before_first_day"),
        ("/leads/0/person_id", "unknown_reference"),
        ("/leads/1/group_id", "unknown_reference"),
        ("/monitors/0/role_code", "unknown_code"),
        ("/plan_year_id", "unknown_reference"),
        ("/strand_ids/1", "unknown_reference"),
        ("/value", "no_percentage"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(refused.faults(), expected);
    let nowhere = json!({ "objective_id": Uuid::now_v7(), "label": "i", "text": "x" });
    let refused = head.post("/strands", &nowhere).await;
    assert_eq!(refused.faults(), [("/objective_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn what_is_still_needed_is_not_archived() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    for (collection, pointer) in
        [("plan-years", "/years/0"), ("cohorts", "/cohorts/0"), ("objectives", "/objectives/1")]
    {
        let path = format!("/{collection}/{}", id(&nodes, pointer));
        head.delete(&path, "*").await.problem(409, "conflict");
    }
    let target = format!("/targets/{}", id(&nodes, "/objectives/1/targets/0"));
    head.delete(&target, "*").await.expect(204);
    head.delete(&format!("/objectives/{}", id(&nodes, "/objectives/1")), "*").await.expect(204);
    // A node does not come back before its parent.
    head.act(&format!("{target}/restore"), Some("*")).await.problem(422, "invalid");
}

#[actix_web::test]
async fn a_node_that_refers_to_what_is_archived_is_moved_and_archived_all_the_same() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let nodes = tree(&head, plan).await;
    let strand = json!({ "objective_id": id(&nodes, "/objectives/0"), "label": "iii", "text": "Call" });
    head.post("/strands", &strand).await.expect(201);
    let cohort = id(&nodes, "/cohorts/0");
    let school = app.school(&head, "Ashcroft", json!({})).await.id();
    let member = json!({ "cohort_id": cohort, "school_id": school });
    let member = format!("/cohort-members/{}", head.post("/cohort-members", &member).await.expect(201).id());
    for term in head.get("/glossary-terms").await.expect(200).ids() {
        head.delete(&format!("/glossary-terms/{term}"), "*").await.expect(204);
    }
    let at = |collection: &str, pointer: &str| format!("/{collection}/{}", id(&nodes, pointer));
    for path in [at("objectives", "/objectives/1"), at("strands", "/objectives/0/strands/1")] {
        assert_eq!(go(&head, &path, json!({ "position": 1 })).await, 200, "{path}");
    }
    let there = json!({ "position": 1, "objective_id": id(&nodes, "/objectives/1") });
    let target = at("targets", "/objectives/0/targets/1");
    assert_eq!(go(&head, &target, there).await, 200);
    for path in [
        member,
        at("targets", "/objectives/0/targets/0"),
        target,
        at("targets", "/objectives/1/targets/0"),
        at("milestones", "/objectives/0/milestones/0"),
        at("budget-lines", "/objectives/0/budget/0"),
        at("resource-lines", "/objectives/0/resources/0"),
        at("strands", "/objectives/0/strands/0"),
        at("cohorts", "/cohorts/0"),
        at("plan-years", "/years/0"),
        at("objectives", "/objectives/1"),
    ] {
        head.delete(&path, "*").await.expect(204);
    }
}

#[actix_web::test]
async fn a_plan_has_room_for_so_many_nodes() {
    let (_app, head) = hub().await;
    let mut form = small();
    let line = json!({ "text": "Time" });
    form["objectives"][0]["resources"] = vec![line; 101].into();
    let refused = head.post("/plans", &form).await;
    assert_eq!(refused.faults(), [("/objectives/0/resources".to_owned(), "too_many".to_owned())]);
    form["objectives"][0]["resources"].as_array_mut().unwrap().pop();
    let plan = make(&head, form).await;
    let nodes = tree(&head, plan).await;
    let line = json!({ "objective_id": id(&nodes, "/objectives/0"), "text": "One more" });
    head.post("/resource-lines", &line).await.problem(409, "conflict");
    let there = json!({ "objective_id": id(&nodes, "/objectives/1"), "text": "One more" });
    let path = format!("/resource-lines/{}", head.post("/resource-lines", &there).await.id());
    let back = json!({ "position": 1, "objective_id": id(&nodes, "/objectives/0") });
    assert_eq!(go(&head, &path, back).await, 409);
}

#[actix_web::test]
async fn schools_in_cohorts_are_found_by_lists_of_ids_and_shown_with_their_names() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let first = id(&tree(&head, plan).await, "/cohorts/0");
    let second = json!({ "plan_id": plan, "number": 2, "name": "Second cohort" });
    let second = head.post("/cohorts", &second).await.expect(201).id();
    let (mut schools, mut members) = (Vec::new(), Vec::new());
    for (number, cohort) in [first, second, second].into_iter().enumerate() {
        let school = app.school(&head, &format!("School {number}"), json!({})).await.id();
        let member = json!({ "cohort_id": cohort, "school_id": school });
        members.push(head.post("/cohort-members", &member).await.expect(201).id());
        schools.push(school);
    }
    let two = |field: &str, ids: [Uuid; 2]| format!("/cohort-members?{field}={}&{field}={}", ids[0], ids[1]);
    for (query, found) in [
        (two("id", [members[0], members[2]]), vec![members[0], members[2]]),
        (two("school_id", [schools[0], schools[2]]), vec![members[0], members[2]]),
        (two("cohort_id", [first, second]), members.clone()),
        (format!("/cohort-members?cohort_id={second}"), members[1..].to_vec()),
    ] {
        assert_eq!(head.get(&query).await.expect(200).ids(), found, "{query}");
    }
    let page = head.get(&format!("/cohort-members?plan_id={plan}&expand=school,cohort")).await.expect(200).json();
    assert_eq!(page["items"][2]["school"]["name"], "School 2");
    assert_eq!(page["items"][2]["cohort"]["name"], "Second cohort");
    // Each under the caller's own permission for it.
    let reader = app.as_client("plans:read").await;
    let page = reader.get("/cohort-members?expand=school,cohort").await.expect(200).json();
    assert!(page["items"][0]["school"].is_null() && page["items"][0]["cohort"].is_object(), "{page}");
}
