//! Lists of targets by what is worked out: status on a day, lead and monitor.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{activate, hub, id, make, small, tree};
use crate::support::{self, App, Caller};

/// The active plan with an accepted figure of the first target: 20 of 50 on 30 June.
async fn followed(app: &App, head: &Caller) -> (Uuid, Value) {
    let plan = make(head, small()).await;
    activate(app, head, plan).await;
    let nodes = tree(head, plan).await;
    let target = id(&nodes, "/objectives/0/targets/0");
    let form = json!({ "target_id": target, "on_date": "2014-06-30", "value": 20, "narrative": "As counted." });
    let leader = app.as_role(Role::MusicLeader).await;
    let made = leader.post("/progress-updates", &form).await.expect(201).id();
    head.act(&format!("/progress-updates/{made}/accept"), Some("*")).await.expect(200);
    (plan, nodes)
}

#[actix_web::test]
async fn targets_are_listed_by_their_status_on_a_day_as_the_plan_shows_it() {
    let (app, head) = hub().await;
    let (plan, nodes) = followed(&app, &head).await;
    // A draft beside it, whose targets have a status too.
    make(&head, small()).await;
    for day in ["2014-03-31", "2014-06-30", "2014-12-31", "2015-01-01", "2015-05-31", "2015-06-01"] {
        let shown = head.get(&format!("/plans/{plan}/progress?as_at={day}")).await.expect(200).json();
        let told = |field: &str| -> Vec<(Value, Value)> {
            let objectives = shown["objectives"].as_array().unwrap().iter();
            let targets = objectives.flat_map(|objective| objective["targets"].as_array().unwrap().clone());
            targets.map(|target| (target["target_id"].clone(), target[field].clone())).collect()
        };
        for status in ["not_started", "on_track", "at_risk", "met", "missed"] {
            let list = head.all(&format!("/targets?plan_id={plan}&status={status}&as_at={day}&expand=status")).await;
            let expected = told("status").into_iter().filter(|(_, one)| one == status).count();
            assert_eq!(list.len(), expected, "{status} on {day}");
            assert_eq!(shown["counts"][status], json!(expected));
            assert!(list.iter().all(|target| target["status"] == status), "{list:#?}");
        }
    }
    let path = format!("/targets?plan_id={plan}&status=at_risk,missed&as_at=2015-01-01&total=true&limit=1");
    let page = head.get(&path).await.expect(200).json();
    assert_eq!(page["total"], 2);
    assert!(page["next_cursor"].is_string());
    let found = head.all(&format!("/targets?plan_id={plan}&status=missed&as_at=2015-01-01")).await;
    assert_eq!(found[0]["id"], nodes["objectives"][0]["targets"][0]["id"]);
    head.get("/targets?status=late").await.problem(400, "bad-parameter");
    assert_eq!(head.all("/targets?status=at_risk&status=missed&as_at=2015-01-01").await.len(), 4);
}

#[actix_web::test]
async fn a_page_by_status_leads_to_the_next_one_under_any_sort() {
    let (_app, head) = hub().await;
    let mut form = small();
    let target = form["objectives"][0]["targets"][1].clone();
    form["objectives"][0]["targets"] = json!(vec![target; 7]);
    let plan = make(&head, form).await;
    let mut found = Vec::new();
    let path = format!("/targets?plan_id={plan}&status=missed&as_at=2016-01-01&limit=3&sort=-due");
    let mut next = path.clone();
    loop {
        let page = head.get(&next).await.expect(200);
        found.extend(page.ids());
        let Some(cursor) = page.json()["next_cursor"].as_str().map(str::to_owned) else { break };
        next = format!("{path}&cursor={cursor}");
    }
    let all = found.len();
    found.sort_unstable();
    found.dedup();
    // The live target of the second objective is missed too.
    assert_eq!((all, found.len()), (8, 8));
}

#[actix_web::test]
async fn targets_are_listed_by_their_leads_and_monitors_however_named() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    for plan in head.get("/plans").await.expect(200).ids() {
        let nodes = tree(&head, plan).await;
        let targets: Vec<Value> = nodes["objectives"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|objective| objective["targets"].as_array().unwrap().clone())
            .collect();
        for (side, filter) in [("effective_leads", "lead"), ("effective_monitors", "monitor")] {
            for code in ["HoS", "DHoS", "BM", "Gov", "Exec", "SM", "SLE", "ML", "Admin"] {
                let expected = targets
                    .iter()
                    .filter(|target| target[side].as_array().unwrap().iter().any(|party| party["role_code"] == code));
                let mut expected: Vec<&str> = expected.map(|target| target["id"].as_str().unwrap()).collect();
                let list = head.all(&format!("/targets?plan_id={plan}&{filter}={code}")).await;
                let mut found: Vec<&str> = list.iter().map(|target| target["id"].as_str().unwrap()).collect();
                expected.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, expected, "{filter} {code}");
            }
        }
    }
    assert!(!head.all("/targets?lead=DHoS&monitor=HoS&year=2014/15").await.is_empty());
    assert!(head.all("/targets?year=2031/32").await.is_empty());
}

#[actix_web::test]
async fn a_person_and_a_partner_are_found_by_their_ids() {
    let (app, head) = hub().await;
    let person = app.as_role(Role::MusicLeader).await.person();
    let partner = head.post("/partners", &json!({ "name": "Brass", "kind": "charity" })).await.expect(201).id();
    let mut form = small();
    form["objectives"][0]["targets"][1]["leads"] = json!([{ "partner_id": partner }]);
    form["objectives"][1]["monitors"] = json!([{ "person_id": person }]);
    let plan = make(&head, form).await;
    let nodes = tree(&head, plan).await;
    for (query, pointer) in [
        (format!("lead={partner}"), "/objectives/0/targets/1"),
        (format!("monitor={person}"), "/objectives/1/targets/0"),
    ] {
        let found = head.get(&format!("/targets?{query}")).await.expect(200).ids();
        assert_eq!(found, [id(&nodes, pointer)], "{query}");
    }
}

#[actix_web::test]
async fn a_school_lists_no_targets_by_status() {
    let (app, head) = hub().await;
    followed(&app, &head).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let staff = app.at_school(Role::SchoolHead, school).await;
    staff.get("/targets?status=missed").await.problem(403, "forbidden");
    assert_eq!(staff.all("/targets?lead=ML").await.len(), 2);
    assert_eq!(staff.get("/targets?expand=status,as_at").await.json()["items"][0]["as_at"], Value::Null);
}
