//! A whole plan in one request, and read whole.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{activate, hub, id, make, small, tree};
use crate::support;

#[actix_web::test]
async fn a_plan_is_made_with_its_whole_tree_and_read_back() {
    let (_app, head) = hub().await;
    let plan = make(&head, small()).await;
    let tree = tree(&head, plan).await;
    assert_eq!(tree["status"], "draft");
    assert_eq!(tree["as_at"], "2014-09-01");
    assert_eq!(tree["years"][1]["label"], "2015/16");
    assert_eq!(tree["cohorts"][0]["members"], 0);
    assert_eq!(tree["cohorts"][0]["plan_year_id"], tree["years"][0]["id"]);
    let first = &tree["objectives"][0];
    assert_eq!(first["number"], 1);
    assert_eq!(first["strands"][1]["effective_leads"], json!([{ "role_code": "DHoS" }]));
    let target = &first["targets"][0];
    assert_eq!(target["strand_ids"], json!([first["strands"][0]["id"]]));
    assert_eq!(target["cohort_id"], tree["cohorts"][0]["id"]);
    assert_eq!(target["plan_year_id"], tree["years"][0]["id"]);
    assert_eq!(target["last_due_on"], "2014-12-31");
    assert_eq!(target["effective_leads"], json!([{ "role_code": "ML" }]));
    assert_eq!(target["effective_monitors"], json!([{ "role_code": "HoS" }]));
    assert_eq!(target["status"], "at_risk");
    assert_eq!(target["progress"]["last_value"], Value::Null);
    assert_eq!(first["targets"][1]["status"], "not_started");
    // A strand without leads of its own stands for the leads of the objective.
    let leads = json!([{ "role_code": "ML" }, { "role_code": "DHoS" }]);
    assert_eq!(first["milestones"][0]["effective_leads"], leads);
    assert_eq!(first["resources"][0]["strand_id"], first["strands"][1]["id"]);
    assert_eq!(first["budget"][0]["amount_pence"], 700_000);
    assert_eq!(tree["objectives"][1]["targets"][0]["metric"], "schools_visited");

    // Every node has its entry in the log.
    let target = id(&tree, "/objectives/0/targets/0");
    let history = head.get(&format!("/targets/{target}/history")).await.expect(200).json();
    assert_eq!(history["items"][0]["operation"], "create");
    let plain = head.get(&format!("/plans/{plan}")).await.expect(200);
    assert_eq!(plain.etag(), "\"1\"");
    assert!(plain.json().get("objectives").is_none());
}

#[actix_web::test]
async fn the_plan_of_2014_to_2016_is_taken_whole() {
    let (_app, head) = hub().await;
    for term in support_glossary() {
        // Some are there already.
        head.post("/glossary-terms", &term).await;
    }
    let demo: Value = serde_json::from_str(include_str!("../../api/src/demo/plan.json")).unwrap();
    let plan = make(&head, demo.clone()).await;
    let tree = tree(&head, plan).await;
    for (told, made) in demo["objectives"].as_array().unwrap().iter().zip(tree["objectives"].as_array().unwrap()) {
        assert_eq!(told["title"], made["title"]);
        for nodes in ["strands", "targets", "milestones", "resources", "budget"] {
            let count = |objective: &Value| objective[nodes].as_array().map_or(0, Vec::len);
            assert_eq!(count(told), count(made), "{nodes} of {}", told["title"]);
        }
    }
    super::act(&head, plan, "propose").await.expect(200);
}

fn support_glossary() -> Vec<Value> {
    serde_json::from_str(include_str!("../../api/src/demo/glossary.json")).unwrap()
}

#[actix_web::test]
async fn every_fault_of_a_tree_is_reported_at_once_and_nothing_is_made() {
    let (_app, head) = hub().await;
    let mut form = small();
    form["years"][1]["first_day"] = json!("2015-03-31");
    form["cohorts"][0]["year"] = json!("2020/21");
    let first = &mut form["objectives"][0];
    first["number"] = json!(2);
    first["leads"] = json!([{ "role_code": "DHos" }]);
    first["strands"][1]["label"] = json!("i");
    first["targets"][0]["year"] = json!("2014");
    first["targets"][0]["strands"] = json!(["i", "iii"]);
    first["targets"][0]["cohort"] = json!(7);
    first["targets"][0]["value"] = json!(150);
    first["targets"][1]["unit"] = json!("percent");
    first["milestones"][0]["dues"][0]["last_day"] = json!("2014-04-30");
    first["resources"][0]["strand"] = json!("x");
    first["budget"][0] = json!({ "kind": "cash" });
    form["objectives"][1]["targets"][0]["comparator"] = Value::Null;
    let refused = head.post("/plans", &form).await;
    refused.problem(422, "invalid");
    let mut expected = [
        ("/years/1/first_day", "overlap"),
        ("/cohorts/0/year", "unknown_label"),
        ("/objectives/0/number", "out_of_order"),
        ("/objectives/0/leads/0/role_code", "unknown_code"),
        ("/objectives/0/strands/1/label", "duplicate"),
        ("/objectives/0/targets/0/year", "unknown_label"),
        ("/objectives/0/targets/0/strands/1", "unknown_label"),
        ("/objectives/0/targets/0/cohort", "unknown_label"),
        ("/objectives/0/targets/0/value", "no_percentage"),
        ("/objectives/0/targets/1/unit", "not_measured"),
        ("/objectives/0/milestones/0/dues/0/last_day", "before_first_day"),
        ("/objectives/0/milestones/0/strands/1", "unknown_label"),
        ("/objectives/0/resources/0/strand", "unknown_label"),
        ("/objectives/0/budget/0/text", "missing"),
        ("/objectives/1/targets/0/comparator", "missing"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    expected.sort();
    assert_eq!(refused.faults(), expected);
    assert!(head.all("/plans").await.is_empty());
    assert!(head.all("/objectives").await.is_empty());
}

#[actix_web::test]
async fn a_plan_is_made_alone_too_and_patched_by_its_own_fields() {
    let (_app, head) = hub().await;
    let made = head.post("/plans", &json!({ "kind": "inclusion", "title": "Inclusion" })).await;
    let (plan, etag) = (made.expect(201).id(), "\"1\"");
    let path = format!("/plans/{plan}");
    head.patch(&path, &json!({ "years": [] }), etag).await.problem(422, "invalid");
    let patched = head.patch(&path, &json!({ "motto": "All of us" }), etag).await.expect(200);
    assert_eq!(patched.json()["motto"], "All of us");
    let tree = tree(&head, plan).await;
    assert_eq!(tree["objectives"], json!([]));
    head.get(&format!("{path}?expand=trees")).await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn a_school_sees_the_active_plan_without_budget_cohorts_and_progress() {
    let (app, head) = hub().await;
    let plan = make(&head, small()).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let staff = app.at_school(Role::SchoolHead, school).await;
    let path = format!("/plans/{plan}?expand=tree");
    staff.get(&path).await.problem(404, "not-found");
    assert!(staff.all("/targets").await.is_empty());
    activate(&app, &head, plan).await;
    let seen = staff.get(&path).await.expect(200).json();
    assert_eq!(seen["objectives"][0]["targets"].as_array().unwrap().len(), 2);
    assert_eq!(seen["objectives"][0]["budget"], json!([]));
    assert_eq!(seen["cohorts"], json!([]));
    assert_eq!(seen["objectives"][0]["targets"][0]["status"], Value::Null);
    assert_eq!(seen["objectives"][0]["targets"][0]["progress"], Value::Null);
    assert_eq!(staff.all("/targets").await.len(), 3);
    for hidden in ["/budget-lines", "/cohorts", "/progress-updates", "/approvals"] {
        assert!(staff.all(hidden).await.is_empty(), "{hidden}");
    }
    staff.get(&format!("/plans/{plan}/progress")).await.problem(403, "forbidden");
    let other = support::app().await.as_role(Role::HeadOfService).await;
    other.at(app.base()).get(&path).await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn a_copy_is_a_new_draft_in_which_nothing_has_happened() {
    let (app, head) = hub().await;
    let mut form = small();
    form["objectives"][0]["budget"][0]["spent_pence"] = json!(1000);
    form["objectives"][0]["milestones"][0]["dues"][0]["done_on"] = json!("2014-05-20");
    let plan = make(&head, form).await;
    let cohort = id(&tree(&head, plan).await, "/cohorts/0");
    let school = app.school(&head, "Ash", json!({})).await.id();
    let member = json!({ "cohort_id": cohort, "school_id": school });
    head.post("/cohort-members", &member).await.expect(201);
    activate(&app, &head, plan).await;

    let body = json!({ "title": "Plan 2016–2018", "shift_years": 2 });
    let copy = head.post(&format!("/plans/{plan}/copy"), &body).await.expect(201);
    let copied = copy.json();
    assert_eq!(copied["status"], "draft");
    assert_eq!(copied["revision"], 1);
    assert_eq!(copied["copied_from_id"], json!(plan));
    assert_eq!(copied["version"], 1);
    let (old, new) = (tree(&head, plan).await, tree(&head, copy.id()).await);
    assert_eq!(new["title"], "Plan 2016–2018");
    assert_eq!(new["years"][0]["label"], "2016/17");
    assert_eq!(new["years"][0]["first_day"], "2016-04-01");
    assert_eq!(new["cohorts"][0]["frozen_on"], Value::Null);
    assert_eq!(new["cohorts"][0]["members"], 1);
    let (was, is) = (&old["objectives"][0], &new["objectives"][0]);
    assert_ne!(was["id"], is["id"]);
    assert_eq!(is["budget"][0]["spent_pence"], Value::Null);
    assert_eq!(is["milestones"][0]["dues"][0]["label"], "May 2016");
    assert_eq!(is["milestones"][0]["dues"][0]["last_day"], "2016-05-31");
    assert!(is["milestones"][0]["dues"][0].get("done_on").is_none());
    assert_eq!(is["targets"][0]["strand_ids"], json!([is["strands"][0]["id"]]));
    assert_eq!(is["targets"][0]["cohort_id"], new["cohorts"][0]["id"]);
    assert_eq!(is["targets"][0]["last_due_on"], "2016-12-31");
    assert_eq!(is["targets"][0]["starts_on"], "2016-04-01");
    assert_eq!(was["targets"][0]["last_due_on"], "2014-12-31");
    // A copy without a word is a copy all the same.
    let plain = head.act(&format!("/plans/{plan}/copy"), None).await.expect(201).json();
    assert_eq!(plain["title"], old["title"]);
}
