//! What waits for whom, from all parts.

use std::time::Duration;

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::evaluations::{invite, open_in, publish};
use crate::support::Caller;
use crate::support::document::document;
use crate::visits::{Hub, answer, step, with};
use crate::{frameworks, packages, plans};

/// The tasks in short: what, about which item, due when.
async fn waiting(by: &Caller, query: &str) -> Vec<(String, Uuid, Value)> {
    let tasks = by.get(&format!("/me/tasks{query}")).await.expect(200).json();
    let short = |task: &Value| {
        let id = task["href"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        (task["kind"].as_str().unwrap().to_owned(), id, task["due_on"].clone())
    };
    tasks["items"].as_array().unwrap().iter().map(short).collect()
}

fn task(kind: &str, id: Uuid, due: Option<&str>) -> (String, Uuid, Value) {
    (kind.to_owned(), id, json!(due))
}

#[actix_web::test]
async fn a_visit_waits_for_its_visitor_step_by_step_and_its_report_for_the_school() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    // The day of it is over.
    let due = Some("2014-08-28");
    assert_eq!(waiting(&hub.specialist, "").await, [task("visit_confirm", visit, due)]);
    step(&hub.head, visit, "confirm").await.expect(200);
    assert_eq!(waiting(&hub.specialist, "").await, [task("visit_complete", visit, due)]);
    step(&hub.head, visit, "complete").await.expect(200);
    // A report is in time so many days after the visit.
    let due = Some("2014-09-11");
    assert_eq!(waiting(&hub.specialist, "").await, [task("visit_report_write", visit, due)]);
    let report = hub.head.post("/visit-reports", &crate::visits::report(visit)).await.expect(201).id();
    step(&hub.head, visit, "report").await.expect(200);
    assert_eq!(waiting(&hub.specialist, "").await, [task("visit_report_share", visit, due)]);
    assert_eq!(waiting(&hub.school_head, "").await, []);
    answer(&hub.head, report, "share", None).await.expect(200);
    assert_eq!(waiting(&hub.specialist, "").await, []);
    let asked = hub.school_head.get("/me/tasks").await.expect(200).json();
    assert_eq!(
        asked["items"],
        json!([{
            "kind": "visit_report_answer", "id": report, "title": "Answer the report of a visit: Hear the choir",
            "school_id": hub.school, "school_name": "Ash", "due_on": "2014-09-15", "overdue": false,
            "status": "shared", "href": format!("/api/v1/visit-reports/{report}"),
        }])
    );
    assert_eq!(asked["counts"], json!([{ "kind": "visit_report_answer", "count": 1, "overdue": 0 }]));
    // What waits is at its address, and the transitions are there.
    let item = hub.school_head.get(&format!("/visit-reports/{report}?expand=actions")).await.expect(200).json();
    let verbs: Vec<_> = item["actions"].as_array().unwrap().iter().map(|action| &action["verb"]).collect();
    assert_eq!(verbs, ["accept", "dispute"]);
    // The staff answers no report.
    assert_eq!(waiting(&hub.app.at_school(Role::SchoolStaff, hub.school).await, "").await, []);
    answer(&hub.school_head, report, "dispute", Some("We compose")).await.expect(200);
    assert_eq!(waiting(&hub.specialist, "").await, [task("visit_report_revise", report, None)]);
    assert_eq!(waiting(&hub.school_head, "").await, []);
}

/// An action from a visit.
async fn agree(hub: &Hub, visit: Uuid, due: &str, more: Value) -> Uuid {
    let action = json!({
        "school_id": hub.school, "source_kind": "visit", "source_id": visit, "text": format!("Due {due}"),
        "due_on": due, "audience": "school",
    });
    hub.head.post("/actions", &with(action, more)).await.expect(201).id()
}

#[actix_web::test]
async fn actions_wait_for_their_owners_and_are_filtered_counted_and_paged() {
    let hub = Hub::new().await;
    let (visit, _) = hub.shared().await;
    let me = json!({ "owner_id": hub.specialist.person() });
    let mut mine = Vec::new();
    for due in ["2014-08-30", "2014-09-01", "2014-10-01", "2014-10-01"] {
        mine.push(agree(&hub, visit, due, me.clone()).await);
    }
    let of_school = agree(&hub, visit, "2014-09-20", json!({ "owner_role": "Head of music" })).await;
    agree(&hub, visit, "2014-09-21", json!({ "owner_role": "Head of service", "audience": "hub" })).await;
    mine[2..].sort_unstable();

    let some = async |query: &str| -> Vec<Uuid> {
        waiting(&hub.specialist, query).await.into_iter().map(|(_, id, _)| id).collect()
    };
    assert_eq!(some("").await, mine);
    assert_eq!(some("?overdue=true").await, mine[..1]);
    assert_eq!(some("?overdue=false").await, mine[1..]);
    assert_eq!(some("?due_from=2014-09-01&due_to=2014-09-30").await, mine[1..2]);
    assert!(some("?kind=visit_confirm").await.is_empty());
    assert!(some(&format!("?school_id={}", Uuid::now_v7())).await.is_empty());
    let counts = hub.specialist.get("/me/tasks?kind=visit_confirm").await.expect(200).json()["counts"].clone();
    assert_eq!(counts, json!([{ "kind": "action", "count": 4, "overdue": 1 }]), "of all kinds");
    hub.specialist.get("/me/tasks?kind=tasks").await.problem(400, "bad-parameter");

    // Page by page, each task once.
    let mut paged = Vec::new();
    let mut path = "/me/tasks?limit=1".to_owned();
    loop {
        let page = hub.specialist.get(&path).await.expect(200).json();
        paged.extend(page["items"].as_array().unwrap().iter().map(|task| task["id"].clone()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/me/tasks?limit=1&cursor={cursor}");
    }
    assert_eq!(json!(paged), json!(mine));
    let cursor = path.rsplit('=').next().unwrap();
    hub.specialist.get(&format!("/me/tasks?overdue=true&cursor={cursor}")).await.problem(400, "bad-cursor");
    hub.head.get(&format!("/me/tasks?cursor={cursor}")).await.problem(400, "bad-cursor");

    // What no person has waits for everybody at the school, the hub's own for nobody there.
    let head = waiting(&hub.school_head, "?kind=action").await;
    assert_eq!(head, [task("action", of_school, Some("2014-09-20"))]);
    // It moves into the past with the clock.
    hub.app.clock.advance(Duration::from_hours(60 * 24));
    let head = hub.app.again(&hub.school_head).get("/me/tasks?kind=action").await.expect(200).json();
    assert_eq!(head["items"][0]["overdue"], true);
}

#[actix_web::test]
async fn evaluations_wait_for_the_school_and_for_who_is_invited() {
    let hub = Hub::new().await;
    let framework = publish(&hub.head, &frameworks::singing()).await;
    let evaluation = open_in(&hub.school_head, hub.school, framework, "2014/15").await;
    let tasks = hub.school_head.get("/me/tasks").await.expect(200).json();
    assert_eq!(tasks["items"][0]["title"], "Fill in an evaluation: Singing in our school");
    assert_eq!(waiting(&hub.school_head, "").await, [task("evaluation_fill_in", evaluation, None)]);
    let judge = hub.app.as_role(Role::SpecialistLeader).await;
    invite(&hub.head, evaluation, judge.person()).await.expect(201);
    assert_eq!(waiting(&judge, "").await, [], "it is not submitted");
    crate::evaluations::answer_all(&hub.school_head, evaluation, 2).await;
    hub.school_head.act(&format!("/evaluations/{evaluation}/submit"), Some("*")).await.expect(200);
    assert_eq!(waiting(&judge, "").await, [task("evaluation_judge", evaluation, None)]);
    assert_eq!(waiting(&hub.school_head, "").await, []);
}

#[actix_web::test]
async fn orders_wait_for_the_head_of_the_school_and_then_for_the_office() {
    let shop = packages::Shop::new().await;
    let order = shop.quoted(1).await;
    let quote = shop.school_head.get("/me/tasks").await.expect(200).json();
    assert_eq!(quote["items"][0]["title"], "Decide on a quote: Leadership support LDR");
    assert_eq!((&quote["items"][0]["kind"], &quote["items"][0]["id"]), (&json!("order_decide"), &json!(order)));
    assert_eq!(waiting(&shop.staff, "").await, [], "the staff commits no money");
    assert_eq!(waiting(&shop.provider, "").await, []);
    packages::step(&shop.school_head, order, "order").await.expect(200);
    assert_eq!(waiting(&shop.school_head, "").await, []);
    assert_eq!(waiting(&shop.officer, "").await, [task("order_confirm", order, None)]);
    packages::step(&shop.officer, order, "confirm").await.expect(200);
    assert_eq!(waiting(&shop.officer, "").await, []);
    packages::deliver_all(&shop.officer, order).await;
    packages::step(&shop.officer, order, "deliver").await.expect(200);
    assert_eq!(waiting(&shop.officer, "").await, [task("order_hand_over", order, None)]);
    assert_eq!(waiting(&shop.provider, "").await, []);
}

#[actix_web::test]
async fn a_plan_waits_for_who_may_approve_it_and_did_not_write_it() {
    let (app, head) = plans::hub().await;
    let plan = plans::make(&head, plans::small()).await;
    let governor = app.as_role(Role::Governor).await;
    assert_eq!(waiting(&governor, "").await, []);
    plans::act(&head, plan, "propose").await.expect(200);
    assert_eq!(waiting(&governor, "").await, [task("plan_approve", plan, None)]);
    assert_eq!(waiting(&head, "").await, [], "the head of service wrote it");
    assert_eq!(waiting(&app.as_role(Role::Monitor).await, "").await, []);
}

#[actix_web::test]
async fn who_has_no_scope_or_is_a_partner_system_has_nothing_to_do() {
    let hub = Hub::new().await;
    hub.shared().await;
    let client = hub.app.as_client("visits:read visits:write").await;
    assert_eq!(client.get("/me/tasks").await.expect(200).json(), json!({ "items": [], "counts": [] }));
    hub.app.nobody().get("/me/tasks").await.problem(401, "unauthenticated");
}

#[test]
fn the_document_names_the_kinds_of_tasks_each_once() {
    let kinds = document().json()["components"]["schemas"]["TaskKind"]["enum"].as_array().unwrap().clone();
    let mut once = kinds.clone();
    once.sort_by_key(Value::to_string);
    once.dedup();
    assert_eq!((once.len(), kinds.len()), (kinds.len(), api::app::registered().tasks.len()));
}
