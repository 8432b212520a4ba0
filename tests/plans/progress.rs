//! What is reported of targets, who decides on it, and the status that follows.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{act, activate, hub, id, make, small, tree};
use crate::support::{App, Caller, one_text};

/// An active plan with its tree.
async fn active(app: &App, head: &Caller) -> (Uuid, Value) {
    let plan = make(head, small()).await;
    activate(app, head, plan).await;
    (plan, tree(head, plan).await)
}

fn update(target: Uuid, on_date: &str, value: Value) -> Value {
    json!({ "target_id": target, "on_date": on_date, "value": value, "narrative": "As counted." })
}

#[actix_web::test]
async fn an_accepted_figure_makes_the_status_of_any_day() {
    let (app, head) = hub().await;
    let (plan, nodes) = active(&app, &head).await;
    let target = id(&nodes, "/objectives/0/targets/0");
    let leader = app.as_role(Role::MusicLeader).await;
    let mut form = update(target, "2014-06-30", json!(20));
    form["opinion"] = json!("amber");
    let reported = leader.post("/progress-updates", &form).await.expect(201);
    let told = reported.json();
    assert_eq!(told["decision"], "pending");
    assert_eq!(told["author_person_id"], json!(leader.person()));
    assert_eq!(told["plan_id"], json!(plan));
    let standing = |tree: Value| {
        let target = &tree["objectives"][0]["targets"][0];
        (target["status"].clone(), target["progress"]["last_value"].clone())
    };
    let on = |day: &str| format!("/plans/{plan}?expand=tree&as_at={day}");
    let pending = head.get(&on("2014-07-01")).await.json();
    assert_eq!(pending["objectives"][0]["targets"][0]["progress"]["pending_updates"], 1);
    assert_eq!(standing(pending), (json!("at_risk"), Value::Null));

    let path = format!("/progress-updates/{}", reported.id());
    let accepted = head.act(&format!("{path}/accept"), Some("\"1\"")).await.expect(200).json();
    assert_eq!(accepted["decision"], "accepted");
    assert_eq!(accepted["decided_by_user_id"], json!(head.subject()));
    for (day, status, value) in [
        ("2014-03-31", "not_started", Value::Null),
        ("2014-06-29", "at_risk", Value::Null),
        ("2014-06-30", "on_track", json!(20.0)),
        ("2014-12-31", "at_risk", json!(20.0)),
        ("2015-01-01", "missed", json!(20.0)),
    ] {
        assert_eq!(standing(head.get(&on(day)).await.json()), (json!(status), value), "{day}");
    }
    let later = leader.post("/progress-updates", &update(target, "2014-08-30", json!(55))).await;
    let later = format!("/progress-updates/{}", later.expect(201).id());
    let note = json!({ "note": "Well done" });
    head.post(&format!("{later}/accept"), &note).header("if-match", "*").await.expect(200);
    assert_eq!(standing(head.get(&on("2014-07-01")).await.json()).0, "on_track");
    assert_eq!(standing(head.get(&on("2014-09-01")).await.json()), (json!("met"), json!(55.0)));

    // The opinion of an update stands when a later one gives none.
    let embedded = head.get(&format!("/targets/{target}?expand=status,progress")).await.json();
    assert_eq!(embedded["status"], "met");
    let latest = json!({
        "last_value": 55.0, "last_value_on": "2014-08-30", "last_opinion": "amber",
        "pending_updates": 0, "live": null,
    });
    assert_eq!(embedded["progress"], latest);
    assert!(head.get(&format!("/targets/{target}")).await.json().get("status").is_none());

    let report = head.get(&format!("/plans/{plan}/progress?as_at=2014-09-01")).await.json();
    let counts = json!({
        "all": 3, "not_started": 1, "on_track": 0, "at_risk": 1, "met": 1, "missed": 0,
    });
    assert_eq!(report["counts"], counts);
    assert_eq!(report["objectives"][0]["counts"]["met"], 1);
    assert_eq!(report["objectives"][0]["targets"][0]["last_value"], 55.0);
}

#[actix_web::test]
async fn what_a_target_does_not_take_is_refused() {
    let (app, head) = hub().await;
    let draft = make(&head, small()).await;
    let drafted = id(&tree(&head, draft).await, "/objectives/0/targets/0");
    let early = head.post("/progress-updates", &update(drafted, "2014-08-01", json!(1))).await;
    early.problem(409, "conflict");
    let (_, nodes) = active(&app, &head).await;
    for (pointer, day, value, fault) in [
        ("/objectives/1/targets/0", "2014-08-01", json!(5), ("/value", "live_target")),
        ("/objectives/0/targets/1", "2014-08-01", json!(5), ("/value", "not_measured")),
        ("/objectives/0/targets/0", "2014-08-01", json!(101), ("/value", "no_percentage")),
        ("/objectives/0/targets/0", "2014-09-02", json!(5), ("/on_date", "in_future")),
    ] {
        let form = update(id(&nodes, pointer), day, value);
        let refused = head.post("/progress-updates", &form).await;
        assert_eq!(refused.faults(), [(fault.0.to_owned(), fault.1.to_owned())], "{pointer}");
    }
    let opinion = json!({
        "target_id": id(&nodes, "/objectives/1/targets/0"), "on_date": "2014-08-01",
        "opinion": "red", "narrative": "The records are not in yet.",
    });
    head.post("/progress-updates", &opinion).await.expect(201);
    let governor = app.as_role(Role::Governor).await;
    governor.post("/progress-updates", &opinion).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn only_a_monitor_decides_and_never_a_lead_or_the_author() {
    let (app, head) = hub().await;
    let (_, nodes) = active(&app, &head).await;
    let leader = app.as_role(Role::MusicLeader).await;
    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    let governor = app.as_role(Role::Governor).await;
    // Led by ML, monitored by HoS.
    let target = id(&nodes, "/objectives/0/targets/0");
    let report = async |by: &Caller| {
        let made = by.post("/progress-updates", &update(target, "2014-08-01", json!(10))).await;
        format!("/progress-updates/{}", made.expect(201).id())
    };
    let path = report(&leader).await;
    let accept = format!("{path}/accept");
    let own = leader.act(&accept, Some("*")).await.refusal(403, "forbidden");
    assert_snapshot!(own, @"the author of an update cannot decide about it: ask another monitor of the target");
    let mut others = Vec::new();
    for other in [&deputy, &governor] {
        others.push(other.act(&accept, Some("*")).await.refusal(403, "forbidden"));
    }
    assert_snapshot!(one_text(&others), @"only a monitor of the target can decide: HoS");
    let own = report(&head).await;
    head.act(&format!("{own}/accept"), Some("*")).await.problem(403, "forbidden");
    head.act(&accept, None).await.problem(428, "precondition-required");

    let back = format!("{path}/send-back");
    let empty = head.post(&back, &json!({})).header("if-match", "*").await;
    assert_eq!(empty.faults(), [("/note".to_owned(), "required".to_owned())]);
    let note = json!({ "note": "Say which schools were counted" });
    let sent = head.post(&back, &note).header("if-match", "*").await.expect(200).json();
    assert_eq!(sent["decision"], "sent_back");
    assert_eq!(sent["decision_note"], "Say which schools were counted");
    // Decided, it stays as it is.
    head.act(&accept, Some("*")).await.problem(409, "conflict");
    leader.patch(&path, &json!({ "narrative": "x" }), "*").await.problem(409, "conflict");
    leader.delete(&path, "*").await.problem(409, "conflict");

    // An open one is its author's.
    let open = report(&leader).await;
    let other = app.as_role(Role::MusicLeader).await;
    other.patch(&open, &json!({ "value": 11 }), "*").await.problem(403, "forbidden");
    leader.patch(&open, &json!({ "value": 11 }), "*").await.expect(200);
    leader.delete(&open, "*").await.expect(204);
}

#[actix_web::test]
async fn a_person_or_a_working_group_monitors_as_well_as_a_role() {
    let (app, head) = hub().await;
    let leader = app.as_role(Role::MusicLeader).await;
    let (named, member) = (app.as_role(Role::MusicLeader).await, app.as_role(Role::Monitor).await);
    let group = json!({ "name": "Watchers", "member_ids": [member.person()] });
    let group = head.post("/working-groups", &group).await.expect(201).id();
    let mut form = small();
    form["objectives"][0]["targets"][0]["leads"] = json!([{ "text": "Somebody" }]);
    form["objectives"][0]["targets"][0]["monitors"] = json!([{ "person_id": named.person() }, { "group_id": group }]);
    let plan = make(&head, form).await;
    activate(&app, &head, plan).await;
    let target = id(&tree(&head, plan).await, "/objectives/0/targets/0");
    for monitor in [&named, &member] {
        let made = leader.post("/progress-updates", &update(target, "2014-08-01", json!(10))).await;
        let path = format!("/progress-updates/{}/accept", made.expect(201).id());
        head.act(&path, Some("*")).await.problem(403, "forbidden");
        monitor.act(&path, Some("*")).await.expect(200);
    }
}

#[actix_web::test]
async fn nothing_is_reported_or_decided_when_the_plan_is_closed() {
    let (app, head) = hub().await;
    let (plan, nodes) = active(&app, &head).await;
    let leader = app.as_role(Role::MusicLeader).await;
    let form = update(id(&nodes, "/objectives/0/targets/0"), "2014-08-01", json!(10));
    let open = leader.post("/progress-updates", &form).await.expect(201).id();
    act(&head, plan, "close").await.expect(200);
    leader.post("/progress-updates", &form).await.problem(409, "conflict");
    let accept = format!("/progress-updates/{open}/accept");
    head.act(&accept, Some("*")).await.problem(409, "conflict");
}
