//! What is agreed to be done: who sees it, how it is carried on, and how it ends.

use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, answer, audited, step, with};

fn action(school: Uuid, visit: Uuid, audience: &str) -> Value {
    json!({
        "school_id": school,
        "source_kind": "visit",
        "source_id": visit,
        "text": format!("Plan composing ({audience})"),
        "owner_role": "Head of music",
        "due_on": "2014-09-30",
        "audience": audience,
    })
}

/// A visit that was made in the morning of a day.
async fn made_on(hub: &Hub, day: &str) -> Uuid {
    let times = json!({ "starts_at": format!("{day}T07:00:00Z"), "ends_at": format!("{day}T08:00:00Z") });
    let visit = hub.head.post("/visits", &with(hub.form(), times)).await.expect(201).id();
    for verb in ["confirm", "complete"] {
        step(&hub.head, visit, verb).await.expect(200);
    }
    visit
}

#[actix_web::test]
async fn a_school_sees_actions_made_for_it_and_actions_of_a_shared_report() {
    let hub = Hub::new().await;
    let (visit, report) = hub.drafted().await;
    let add = async |audience: &str| {
        hub.specialist.post("/actions", &action(hub.school, visit, audience)).await.expect(201).id()
    };
    let (at_once, with_report, never) = (add("school").await, add("after_sharing").await, add("hub").await);
    let seen = async || hub.school_head.get("/actions?sort=updated_at").await.expect(200).ids();
    assert_eq!(seen().await, [at_once]);
    answer(&hub.specialist, report, "share", None).await.expect(200);
    assert_eq!(seen().await, [at_once, with_report]);
    let late = add("after_sharing").await;
    assert_eq!(seen().await, [at_once, with_report, late]);
    hub.school_head.get(&format!("/actions/{never}")).await.problem(404, "not-found");
    let shown = hub.school_head.get(&format!("/visits/{visit}?expand=follow_ups")).await.expect(200).json();
    assert_eq!(shown["follow_ups"].as_array().unwrap().len(), 3);
    let less = hub.head.patch(&format!("/actions/{late}"), &json!({ "audience": "hub" }), "*").await;
    assert_snapshot!(less.refusal(422, "invalid"), @r"
    the school has seen the action already
    /audience fixed: the school has seen the action already
    ");
    hub.school_head.patch(&format!("/actions/{late}"), &json!({}), "*").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn what_is_open_is_carried_on_to_each_next_visit_until_it_is_done() {
    let hub = Hub::new().await;
    let first = hub.visit(&["confirm", "complete"]).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(hub.head.post("/actions", &action(hub.school, first, "hub")).await.expect(201).id());
    }
    let [open, done, dropped] = ids[..] else { panic!("three actions") };
    hub.head.act(&format!("/actions/{done}/complete"), None).await.expect(200);
    let reason = json!({ "reason": "The school has another plan" });
    hub.head.post(&format!("/actions/{dropped}/drop"), &reason).await.expect(200);
    let second = made_on(&hub, "2014-08-29").await;
    let third = made_on(&hub, "2014-08-30").await;
    let carried = async |id: Uuid| {
        let action = hub.head.get(&format!("/actions/{id}")).await.expect(200).json();
        (action["carried_to_id"].clone(), action["times_carried"].clone())
    };
    assert_eq!(carried(open).await, (json!(third), json!(2)));
    assert_eq!(carried(done).await, (json!(null), json!(0)));
    assert_eq!(carried(dropped).await, (json!(null), json!(0)));
    for (visit, found) in [(first, 3), (second, 0), (third, 1)] {
        let listed = hub.head.get(&format!("/actions?visit_id={visit}")).await.expect(200).ids();
        let shown = hub.head.get(&format!("/visits/{visit}?expand=follow_ups")).await.expect(200).json();
        assert_eq!((listed.len(), shown["follow_ups"].as_array().unwrap().len()), (found, found));
    }
}

#[actix_web::test]
async fn an_action_ends_on_a_day_and_is_opened_again() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    let made = hub.head.post("/actions", &action(hub.school, visit, "hub")).await.expect(201).id();
    let path = format!("/actions/{made}");
    let refused = hub.head.patch(&path, &json!({ "done_on": "2014-08-31" }), "*").await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    set it once the action is done: by POST /actions/{id}/complete
    /done_on not_applicable: set it once the action is done: by POST /actions/{id}/complete
    ");
    let done = hub.head.act(&format!("{path}/complete"), None).await.expect(200).json();
    assert_eq!((&done["status"], &done["done_on"]), (&json!("done"), &json!("2014-09-01")));
    hub.head.patch(&path, &json!({ "done_on": "2014-08-29" }), "*").await.expect(200);
    let later = hub.head.patch(&path, &json!({ "done_on": "2014-09-02" }), "*").await;
    assert_eq!(later.faults(), [("/done_on".to_owned(), "order".to_owned())]);
    hub.head.act(&format!("{path}/drop"), None).await.problem(415, "unsupported-media-type");
    let open = hub.head.act(&format!("{path}/reopen"), None).await.expect(200).json();
    assert_eq!((&open["status"], &open["done_on"]), (&json!("open"), &json!(null)));
}

#[actix_web::test]
async fn overdue_is_what_is_open_after_its_day() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    let mut ids = Vec::new();
    for due_on in ["2014-08-30", "2014-08-31", "2014-09-01"] {
        let form = with(action(hub.school, visit, "hub"), json!({ "due_on": due_on }));
        ids.push(hub.head.post("/actions", &form).await.expect(201).id());
    }
    hub.head.act(&format!("/actions/{}/complete", ids[0]), None).await.expect(200);
    for (query, found) in [
        ("overdue=true", vec![ids[1]]),
        ("overdue=false", vec![ids[0], ids[2]]),
        ("status=open&due_to=2014-08-31", vec![ids[1]]),
        ("q=composing&status=done", vec![ids[0]]),
        ("source_kind=evaluation", vec![]),
    ] {
        assert_eq!(hub.head.get(&format!("/actions?{query}")).await.expect(200).ids(), found, "{query}");
    }
}

#[actix_web::test]
async fn an_action_says_what_it_comes_from_and_who_sees_to_it() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    let usual = action(hub.school, visit, "hub");
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    for (more, pointer, code) in [
        (json!({ "source_id": null }), "/source_id", "missing"),
        (json!({ "source_id": Uuid::now_v7() }), "/source_id", "unknown_reference"),
        (json!({ "source_kind": "review" }), "/source_id", "not_applicable"),
        (json!({ "source_kind": "meeting" }), "/source_id", "unknown_reference"),
        (json!({ "source_kind": "meeting", "source_id": null }), "/source_text", "missing"),
        (json!({ "source_kind": "evaluation" }), "/source_id", "unknown_reference"),
        (json!({ "owner_role": null }), "/owner_role", "missing"),
        (json!({ "school_id": elsewhere }), "/source_id", "unknown_reference"),
        (
            json!({ "source_kind": "review", "source_id": null, "source_text": "Spring", "audience": "after_sharing" }),
            "/audience",
            "not_applicable",
        ),
    ] {
        let refused = hub.head.post("/actions", &with(usual.clone(), more.clone())).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), [(pointer.to_owned(), code.to_owned())], "{more}");
    }
    let audit = audited(&hub, elsewhere).await;
    let audit = with(usual.clone(), json!({ "source_kind": "evaluation", "source_id": audit }));
    let refused = hub.head.post("/actions", &audit).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    the evaluation is of another school
    /source_id unknown_reference: the evaluation is of another school
    ");
    hub.head.post("/actions", &with(audit, json!({ "school_id": elsewhere }))).await.expect(201);
    let review = json!({ "source_kind": "review", "source_id": null, "source_text": "Review of spring" });
    let made = hub.head.post("/actions", &with(usual, review)).await.expect(201).id();
    let moved = hub.head.patch(&format!("/actions/{made}"), &json!({ "school_id": elsewhere }), "*").await;
    assert_eq!(moved.faults(), [("/school_id".to_owned(), "fixed".to_owned())]);
    step(&hub.head, visit, "cancel").await.expect(200);
}

#[actix_web::test]
async fn a_visit_that_is_completed_late_carries_no_newer_action_back() {
    let hub = Hub::new().await;
    let add = async |form: Value| hub.head.post("/actions", &form).await.expect(201).id();
    let carried = async |id: Uuid| {
        let action = hub.head.get(&format!("/actions/{id}")).await.expect(200).json();
        (action["carried_to_id"].clone(), action["times_carried"].clone())
    };
    let oldest = made_on(&hub, "2014-08-26").await;
    let old = add(action(hub.school, oldest, "hub")).await;
    let newer = made_on(&hub, "2014-08-28").await;
    let new = add(action(hub.school, newer, "hub")).await;
    let meeting = json!({ "source_kind": "meeting", "source_id": null, "source_text": "Area group" });
    let today = add(with(action(hub.school, newer, "hub"), meeting)).await;
    let late = made_on(&hub, "2014-08-27").await;
    assert_eq!(carried(old).await, (json!(newer), json!(1)), "it was carried on to the later visit already");
    assert_eq!(carried(new).await, (json!(null), json!(0)), "it began after the visit");
    assert_eq!(carried(today).await, (json!(null), json!(0)), "it was written down after the visit");
    assert_eq!(hub.head.get(&format!("/actions?visit_id={late}")).await.expect(200).ids(), [] as [Uuid; 0]);
    let last = made_on(&hub, "2014-08-29").await;
    assert_eq!(carried(old).await, (json!(last), json!(2)));
    assert_eq!(carried(new).await, (json!(last), json!(1)));
}

#[actix_web::test]
async fn an_action_that_comes_out_of_the_archive_is_seen_once_its_report_is_shared() {
    let hub = Hub::new().await;
    let (visit, report) = hub.drafted().await;
    let form = action(hub.school, visit, "after_sharing");
    let made = hub.head.post("/actions", &form).await.expect(201).id();
    let path = format!("/actions/{made}");
    hub.head.delete(&path, "*").await.expect(204);
    answer(&hub.head, report, "share", None).await.expect(200);
    let restored = hub.head.act(&format!("{path}/restore"), None).await.expect(200).json();
    assert_eq!((&restored["audience"], restored["shared_at"].is_null()), (&json!("school"), false));
    hub.school_head.get(&path).await.expect(200);
}
