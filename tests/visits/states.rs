//! A visit's way from its plan to its end, and what is refused on it.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use super::{Hub, answer, audited, form, report, status, step, with};
use crate::{evaluations, frameworks};

#[actix_web::test]
async fn a_visit_goes_from_its_plan_to_the_answered_report() {
    let hub = Hub::new().await;
    let specialist = &hub.specialist;
    let visit = specialist.post("/visits", &hub.form()).await.expect(201).id();
    let path = format!("/visits/{visit}");
    step(specialist, visit, "confirm").await.expect(200);
    let made = step(specialist, visit, "complete").await.expect(200).json();
    assert_eq!((&made["status"], &made["completed_on"]), (&json!("completed"), &json!("2014-08-28")));
    let refused = step(specialist, visit, "report").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @"the report has no draft: write one by POST /visit-reports");
    let report = specialist.post("/visit-reports", &report(visit)).await.expect(201);
    step(specialist, visit, "report").await.expect(200);
    specialist.act(&format!("/visit-reports/{}/share", report.id()), Some(&report.etag())).await.expect(200);
    assert_eq!(status(&hub.school_head, &path).await, "shared");
    answer(&hub.school_head, report.id(), "accept", None).await.expect(200);
    assert_eq!(status(&hub.school_head, &path).await, "closed");
    let history = hub.head.get(&format!("{path}/history")).await.expect(200).json();
    let entries = history["items"].as_array().unwrap();
    let mut verbs: Vec<_> = entries.iter().map(|entry| entry["operation"].as_str().unwrap()).collect();
    verbs.sort_unstable();
    assert_eq!(verbs, ["close", "complete", "confirm", "create", "report", "share"]);
}

#[actix_web::test]
async fn a_report_that_is_shared_takes_its_visit_along() {
    let hub = Hub::new().await;
    let (visit, report) = hub.drafted().await;
    answer(&hub.head, report, "share", None).await.expect(200);
    assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "shared");
    let (visit, report) = hub.drafted().await;
    step(&hub.head, visit, "report").await.expect(200);
    step(&hub.head, visit, "share").await.expect(200);
    assert_eq!(status(&hub.head, &format!("/visit-reports/{report}")).await, "shared");
}

#[actix_web::test]
async fn a_transition_out_of_order_says_what_the_state_allows() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    assert_snapshot!(step(&hub.head, visit, "complete").await.refusal(409, "conflict"), @r"
    cannot complete a planned visit: the visit must be confirmed. A planned visit allows `confirm`,
      `decline` and `cancel`
    ");
    assert_snapshot!(step(&hub.head, visit, "close").await.refusal(409, "conflict"), @r"
    cannot close a planned visit: the visit must be shared. A planned visit allows `confirm`, `decline`
      and `cancel`
    ");
    let early = hub.head.post("/visit-reports", &report(visit)).await;
    assert_snapshot!(early.refusal(409, "conflict"), @"cannot report a planned visit: complete it first");
}

#[actix_web::test]
async fn a_visit_is_completed_once_it_has_begun() {
    let hub = Hub::new().await;
    let times = json!({ "starts_at": "2014-09-01T09:00:00Z", "ends_at": "2014-09-01T10:00:00Z" });
    let visit = hub.head.post("/visits", &with(hub.form(), times)).await.expect(201).id();
    step(&hub.head, visit, "confirm").await.expect(200);
    let refused = step(&hub.head, visit, "complete").await.problem(409, "conflict");
    assert_eq!(refused["detail"], "cannot complete a visit before it begins: it begins at 2014-09-01T09:00:00.000000Z");
    hub.app.clock.advance(std::time::Duration::from_mins(31));
    step(&hub.app.again(&hub.head), visit, "complete").await.expect(200);
}

#[actix_web::test]
async fn a_school_declines_with_a_reason_and_the_hub_cancels_with_one() {
    let hub = Hub::new().await;
    let [declined, cancelled] = [hub.visit(&["confirm"]).await, hub.visit(&[]).await];
    let path = format!("/visits/{declined}/decline");
    hub.school_head.act(&path, None).await.problem(415, "unsupported-media-type");
    let staff = hub.app.at_school(Role::SchoolStaff, hub.school).await;
    step(&staff, declined, "decline").await.problem(403, "forbidden");
    step(&hub.school_head, cancelled, "cancel").await.problem(403, "forbidden");
    let done = step(&hub.school_head, declined, "decline").await.expect(200).json();
    assert_eq!((&done["status"], &done["status_reason"]), (&json!("declined"), &json!("The hall is closed")));
    let done = step(&hub.specialist, cancelled, "cancel").await.expect(200).json();
    assert_eq!((&done["status"], &done["status_reason"]), (&json!("cancelled"), &json!("The hall is closed")));
    step(&hub.specialist, declined, "confirm").await.problem(409, "conflict");
}

#[actix_web::test]
async fn what_a_visit_was_stays_once_it_was_made() {
    let hub = Hub::new().await;
    let visit = hub.visit(&["confirm", "complete"]).await;
    let path = format!("/visits/{visit}");
    let changed = json!({ "ends_at": "2014-08-28T11:00:00Z", "kind": "follow_up" });
    let refused = hub.head.patch(&path, &changed, "*").await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    2 faults in the body
    /ends_at fixed: this stays as it was when the visit was made
    /kind fixed: this stays as it was when the visit was made
    ");
    let met = json!({ "people_met": [{ "role": "Head teacher", "count": 1 }] });
    hub.head.patch(&path, &met, "*").await.expect(200);
    hub.head.delete(&path, "*").await.problem(409, "conflict");

    let cancelled = hub.visit(&["cancel"]).await;
    let path = format!("/visits/{cancelled}");
    let refused = hub.head.patch(&path, &json!({ "purpose": "Another" }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot change a cancelled visit, except for its note and the keys of partner systems
    ");
    hub.head.patch(&path, &json!({ "note": "Ask again in spring" }), "*").await.expect(200);
    hub.head.delete(&path, "*").await.expect(204);
}

#[actix_web::test]
async fn the_hub_says_what_a_first_visit_needs_to_be_confirmed() {
    let hub = Hub::new().await;
    let gate = async |gate: &str| hub.head.patch("/hub", &json!({ "audit_gate": gate }), "*").await.expect(200);
    let confirmed = step(&hub.head, hub.visit(&[]).await, "confirm").await.expect(200).json();
    let warning = |code: &str| confirmed["warnings"].as_array().unwrap().iter().any(|it| it["code"] == code);
    assert!(warning("missing"), "{confirmed}");

    gate("required").await;
    let visit = hub.visit(&[]).await;
    assert_snapshot!(step(&hub.head, visit, "confirm").await.refusal(409, "conflict"), @r"
    cannot confirm a first visit without a visit audit of the school: create one by POST /evaluations,
      and submit it
    ");
    let later = hub.head.post("/visits", &with(hub.form(), json!({ "kind": "follow_up" }))).await.expect(201).id();
    step(&hub.head, later, "confirm").await.expect(200);

    audited(&hub, hub.school).await;
    let confirmed = step(&hub.head, visit, "confirm").await.expect(200).json();
    let overlaps = confirmed["warnings"].as_array().unwrap();
    assert!(overlaps.iter().all(|warning| warning["code"] == "overlap"), "{confirmed}");
}

#[actix_web::test]
async fn a_hub_without_the_gate_is_not_warned() {
    let hub = Hub::new().await;
    hub.head.patch("/hub", &json!({ "audit_gate": "off" }), "*").await.expect(200);
    let confirmed = step(&hub.head, hub.visit(&[]).await, "confirm").await.expect(200).json();
    assert_eq!(confirmed.get("warnings"), None);
}

#[actix_web::test]
async fn who_made_a_visit_stays_once_it_was_made() {
    let hub = Hub::new().await;
    let leader = hub.app.as_role(Role::MusicLeader).await.person();
    let partner = json!({ "name": "Soar Band", "kind": "organisation" });
    let partner = hub.head.post("/partners", &partner).await.expect(201).id();
    let together = json!({ "co_visitor_ids": [leader], "provider_id": partner });
    let visit = hub.head.post("/visits", &with(hub.form(), together)).await.expect(201).id();
    for verb in ["confirm", "complete"] {
        step(&hub.head, visit, verb).await.expect(200);
    }
    let alone = json!({ "co_visitor_ids": [], "provider_id": null });
    let refused = hub.head.patch(&format!("/visits/{visit}"), &alone, "*").await;
    refused.problem(422, "invalid");
    let fixed = |pointer: &str| (pointer.to_owned(), "fixed".to_owned());
    assert_eq!(refused.faults(), [fixed("/co_visitor_ids"), fixed("/provider_id")]);
}

#[actix_web::test]
async fn a_confirmed_visit_becomes_a_first_one_as_a_first_one_is_confirmed() {
    let hub = Hub::new().await;
    let gate = async |gate: &str| hub.head.patch("/hub", &json!({ "audit_gate": gate }), "*").await.expect(200);
    let follow_up = with(hub.form(), json!({ "kind": "follow_up" }));
    let visit = hub.head.post("/visits", &follow_up).await.expect(201).id();
    let path = format!("/visits/{visit}");
    let first = async || hub.head.patch(&path, &json!({ "kind": "initial" }), "*").await;
    gate("required").await;
    first().await.expect(200);
    hub.head.patch(&path, &json!({ "kind": "follow_up" }), "*").await.expect(200);
    step(&hub.head, visit, "confirm").await.expect(200);
    assert_snapshot!(first().await.refusal(409, "conflict"), @r"
    cannot confirm a first visit without a visit audit of the school: create one by POST /evaluations,
      and submit it
    ");
    hub.head.patch(&path, &json!({ "kind": "moderation" }), "*").await.expect(200);
    gate("warn").await;
    let warned = first().await.expect(200).json();
    assert_eq!(warned["warnings"][0]["code"], "missing", "{warned}");
    hub.head.patch(&path, &json!({ "kind": "follow_up" }), "*").await.expect(200);
    gate("off").await;
    assert_eq!(first().await.expect(200).json().get("warnings"), None);
}

#[actix_web::test]
async fn an_audit_that_was_taken_back_is_none() {
    let hub = Hub::new().await;
    hub.head.patch("/hub", &json!({ "audit_gate": "required" }), "*").await.expect(200);
    let framework = with(frameworks::singing(), json!({ "kind": "visit_audit" }));
    let framework = evaluations::publish(&hub.head, &framework).await;
    let audit = evaluations::open_in(&hub.head, hub.school, framework, "2014/15").await;
    evaluations::answer_all(&hub.head, audit, 2).await;
    let visit = hub.visit(&[]).await;
    for (verb, confirmed) in [("submit", 200), ("withdraw", 409)] {
        hub.head.act(&format!("/evaluations/{audit}/{verb}"), Some("*")).await.expect(200);
        let other = hub.visit(&[]).await;
        step(&hub.head, other, "confirm").await.expect(confirmed);
    }
    step(&hub.head, visit, "confirm").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_batch_asks_for_the_audit_of_each_school() {
    let hub = Hub::new().await;
    hub.head.patch("/hub", &json!({ "audit_gate": "required" }), "*").await.expect(200);
    let framework = with(frameworks::singing(), json!({ "kind": "visit_audit" }));
    let framework = evaluations::publish(&hub.head, &framework).await;
    let audited = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    let audit = evaluations::open_in(&hub.head, audited, framework, "2014/15").await;
    evaluations::answer_all(&hub.head, audit, 2).await;
    hub.head.act(&format!("/evaluations/{audit}/submit"), Some("*")).await.expect(200);
    let mut items = Vec::new();
    for (number, school) in [hub.school, audited, hub.school].into_iter().enumerate() {
        let key = json!({ "external_ids": [{ "system": "paritor", "id": format!("V-{number}") }] });
        let follow_up = with(form(school, hub.specialist.person()), json!({ "kind": "follow_up" }));
        let visit = hub.head.post("/visits", &with(follow_up.clone(), key.clone())).await.expect(201).id();
        step(&hub.head, visit, "confirm").await.expect(200);
        items.push(with(with(follow_up, key), json!({ "kind": if number < 2 { "initial" } else { "moderation" } })));
    }
    let report = hub.head.post("/visits/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    let outcomes: Vec<_> = report["items"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(outcomes, ["rejected", "updated", "updated"], "{report}");
    assert_eq!(report["items"][0]["errors"][0]["code"], "conflict", "{report}");
}

#[actix_web::test]
async fn a_visit_moves_to_another_school_while_nothing_depends_on_its_own() {
    let hub = Hub::new().await;
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    let moved =
        async |visit| hub.head.patch(&format!("/visits/{visit}"), &json!({ "school_id": elsewhere }), "*").await;
    moved(hub.visit(&[]).await).await.expect(200);
    let confirmed = hub.visit(&["confirm"]).await;
    assert_snapshot!(moved(confirmed).await.refusal(422, "invalid"), @r"
    a visit stays at its school once it is confirmed, or has actions, observations or files: cancel it
      and plan another
    /school_id fixed: a visit stays at its school once it is confirmed, or has actions, observations or
      files: cancel it and plan another
    ");
    let agreed = hub.visit(&[]).await;
    let action = json!({
        "school_id": hub.school, "source_kind": "visit", "source_id": agreed, "text": "Plan composing",
        "owner_role": "Head of music", "due_on": "2014-09-30", "audience": "hub",
    });
    hub.head.post("/actions", &action).await.expect(201);
    let key = |id: &str| json!([{ "system": "paritor", "id": id }]);
    assert_eq!(moved(agreed).await.faults(), [("/school_id".to_owned(), "fixed".to_owned())]);
    hub.head.patch(&format!("/visits/{agreed}"), &json!({ "external_ids": key("VIS-1") }), "*").await.expect(200);
    let items = json!([{ "external_ids": key("VIS-1"), "school_id": elsewhere }]);
    let report = hub.head.post("/visits/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    assert_eq!((&report["rejected"], &report["updated"]), (&json!(1), &json!(0)), "{report}");
}

#[actix_web::test]
async fn a_visit_comes_out_of_the_archive_as_it_went_in() {
    let hub = Hub::new().await;
    let path = "/visits/by-key/paritor/VIS-1";
    let visit = hub.head.put(path, &hub.form()).await.expect(201).id();
    step(&hub.head, visit, "cancel").await.expect(200);
    hub.head.delete(&format!("/visits/{visit}"), "*").await.expect(204);
    hub.head.put(path, &json!({ "purpose": "Another" })).await.problem(409, "conflict");
    hub.head.put(path, &json!({ "note": "Ask again in spring" })).await.expect(200);
    assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "cancelled");
}
