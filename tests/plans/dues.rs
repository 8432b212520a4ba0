//! One due marked as done, by a verb and by a report.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, month, small, tree};
use crate::support::{App, Caller};

/// An active plan: a text target monitored by HoS and led by ML, and a milestone.
struct Followed {
    app: App,
    head: Caller,
    leader: Caller,
    plan: Uuid,
    target: Uuid,
    milestone: Uuid,
    measured: Uuid,
}

async fn plan() -> Followed {
    let (app, head) = hub().await;
    let mut form = small();
    let text = &mut form["objectives"][0]["targets"][1];
    text["leads"] = json!([{ "role_code": "ML" }]);
    text["monitors"] = json!([{ "role_code": "HoS" }]);
    let mut dues = month("2014-05-01", "2014-05-31", "May 2014").as_array().unwrap().clone();
    dues.extend(month("2014-09-01", "2014-09-30", "Sep 2014").as_array().unwrap().clone());
    text["dues"] = json!(dues);
    text["year"] = json!("2014/15");
    let plan = make(&head, form).await;
    activate(&app, &head, plan).await;
    let nodes = tree(&head, plan).await;
    let [target, milestone, measured] =
        ["/objectives/0/targets/1", "/objectives/0/milestones/0", "/objectives/0/targets/0"].map(|it| id(&nodes, it));
    let leader = app.as_role(Role::MusicLeader).await;
    Followed { app, head, leader, plan, target, milestone, measured }
}

async fn done_dates(by: &Caller, target: Uuid) -> Vec<Value> {
    let target = by.get(&format!("/targets/{target}")).await.expect(200).json();
    target["dues"].as_array().unwrap().iter().map(|due| due["done_on"].clone()).collect()
}

#[actix_web::test]
async fn a_due_of_a_text_target_is_done_once_its_monitor_accepts() {
    let made = plan().await;
    let Followed { head, leader, target, plan, .. } = &made;
    let path = format!("/targets/{target}/dues/1/done");
    let body = json!({ "done_on": "2014-05-20", "note": "Repeated in both halves of the county." });
    let told = leader.post(&path, &body).await.expect(200).json();
    let update = &told["progress_update"];
    assert_eq!(update["dues_done"], json!([{ "due": 1, "done_on": "2014-05-20" }]));
    assert_eq!(update["narrative"], "Repeated in both halves of the county.");
    assert_eq!((&update["decision"], &update["on_date"]), (&json!("pending"), &json!("2014-05-20")));
    assert_eq!(done_dates(head, *target).await, [Value::Null, Value::Null]);
    // Said again, it is the same report.
    let again = leader.post(&path, &body).await.expect(200).json();
    assert_eq!(again["progress_update"]["id"], update["id"]);

    let accept = format!("/progress-updates/{}/accept", update["id"].as_str().unwrap());
    leader.act(&accept, Some("*")).await.problem(403, "forbidden");
    head.act(&accept, Some("*")).await.expect(200);
    assert_eq!(done_dates(head, *target).await, [json!("2014-05-20"), Value::Null]);
    let history = head.get(&format!("/targets/{target}/history")).await.json();
    assert_eq!(history["items"][0]["operation"], "done");
    // What is so already needs no report.
    let now = leader.post(&path, &body).await.expect(200).json();
    assert_eq!(now["progress_update"], Value::Null);
    assert_eq!(head.all("/progress-updates").await.len(), 1);

    let both = json!({
        "target_id": target, "on_date": "2014-09-01", "narrative": "All of it.",
        "dues_done": [{ "due": 2, "done_on": "2014-09-01" }],
    });
    let made = leader.post("/progress-updates", &both).await.expect(201).id();
    head.act(&format!("/progress-updates/{made}/accept"), Some("*")).await.expect(200);
    let shown = head.get(&format!("/plans/{plan}?expand=tree&as_at=2014-09-01")).await.json();
    assert_eq!(shown["objectives"][0]["targets"][1]["status"], "met");
}

#[actix_web::test]
async fn a_due_is_taken_back_by_the_monitor_too() {
    let made = plan().await;
    let Followed { head, leader, target, .. } = &made;
    for (verb, after) in [("done", json!("2014-09-01")), ("undone", Value::Null)] {
        let told = leader.act(&format!("/targets/{target}/dues/2/{verb}"), None).await.expect(200).json();
        let update = &told["progress_update"];
        assert_eq!(update["dues_done"][0]["done_on"], after);
        let path = format!("/progress-updates/{}", update["id"].as_str().unwrap());
        head.act(&format!("{path}/accept"), Some("*")).await.expect(200);
        assert_eq!(done_dates(head, *target).await, [Value::Null, after]);
    }
    // Sent back, nothing changes.
    let told = leader.act(&format!("/targets/{target}/dues/1/done"), None).await.json();
    let path = format!("/progress-updates/{}/send-back", told["progress_update"]["id"].as_str().unwrap());
    head.post(&path, &json!({ "note": "Not yet" })).header("if-match", "*").await.expect(200);
    assert_eq!(done_dates(head, *target).await, [Value::Null, Value::Null]);
}

#[actix_web::test]
async fn a_due_of_a_milestone_is_done_at_once_and_can_be_taken_back() {
    let made = plan().await;
    let Followed { leader, milestone, .. } = &made;
    let path = format!("/milestones/{milestone}/dues/1");
    let body = json!({ "done_on": "2014-05-09", "note": "It is on the website." });
    let done = leader.post(&format!("{path}/done"), &body).await.expect(200);
    assert_eq!(done.json()["dues"][0]["done_on"], "2014-05-09");
    let again = leader.post(&format!("{path}/done"), &body).await.expect(200);
    assert_eq!(again.etag(), done.etag());
    let history = leader.get(&format!("/milestones/{milestone}/history")).await.json();
    assert_eq!(history["items"][0]["reason"], "It is on the website.");
    let stale = leader.act(&format!("{path}/undone"), Some("\"1\"")).await;
    stale.problem(412, "stale-version");
    let undone = leader.act(&format!("{path}/undone"), None).await.expect(200).json();
    assert_eq!(undone["dues"][0].get("done_on"), None);
}

#[actix_web::test]
async fn what_cannot_be_done_is_refused_with_the_way_out() {
    let made = plan().await;
    let Followed { app, head, leader, plan, target, milestone, measured } = &made;
    for path in [format!("/targets/{target}/dues/3/done"), format!("/milestones/{milestone}/dues/0/done")] {
        let detail = leader.act(&path, None).await.problem(404, "not-found")["detail"].to_string();
        assert!(detail.contains("counted from 1"), "{detail}");
    }
    leader.act(&format!("/targets/{target}/dues/x/done"), None).await.problem(404, "not-found");
    let refused = leader.act(&format!("/targets/{measured}/dues/1/done"), None).await;
    assert!(refused.problem(409, "conflict")["detail"].to_string().contains("/progress-updates"));
    let ahead = json!({ "done_on": "2014-09-02" });
    let refused = leader.post(&format!("/targets/{target}/dues/1/done"), &ahead).await;
    assert_eq!(refused.faults(), [("/done_on".to_owned(), "in_future".to_owned())]);
    let report = |target: Uuid, dues: Value| {
        json!({
            "target_id": target, "on_date": "2014-09-01", "narrative": "x", "dues_done": dues,
        })
    };
    for (form, faults) in [
        (report(*measured, json!([{ "due": 1 }])), vec![("/dues_done", "measured")]),
        (
            report(*target, json!([{ "due": 3, "done_on": "2014-09-02" }, { "due": 1 }, { "due": 1 }])),
            vec![
                ("/dues_done/0/done_on", "in_future"),
                ("/dues_done/0/due", "unknown_due"),
                ("/dues_done/2/due", "duplicate"),
            ],
        ),
    ] {
        let faults: Vec<_> = faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
        assert_eq!(leader.post("/progress-updates", &form).await.faults(), faults);
    }
    // Who only reads, and when the plan is over.
    let governor = app.as_role(Role::Governor).await;
    governor.act(&format!("/milestones/{milestone}/dues/1/done"), None).await.problem(403, "forbidden");
    act(head, *plan, "close").await.expect(200);
    leader.act(&format!("/milestones/{milestone}/dues/1/done"), None).await.problem(409, "conflict");
    leader.act(&format!("/targets/{target}/dues/1/done"), None).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_due_marked_by_many_at_once_is_reported_once() {
    let made = plan().await;
    let Followed { head, leader, target, .. } = &made;
    let asked = (0..8).map(|_| {
        let (leader, path) = (leader.clone(), format!("/targets/{target}/dues/1/done"));
        actix_web::rt::spawn(async move { leader.act(&path, None).await.expect(200).json() })
    });
    for told in futures_util::future::join_all(asked).await {
        assert!(told.unwrap()["progress_update"]["id"].is_string());
    }
    assert_eq!(head.all("/progress-updates?decision=pending").await.len(), 1);
}
