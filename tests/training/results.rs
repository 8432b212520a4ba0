//! What is recorded of an event stays true: its days, its certificates, its places and its feedback.

use entity::identity::grant::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, book, form, status, with};
use crate::support::Caller;

/// An event that began a few days ago and is open.
async fn past(office: &Caller, more: Value) -> Uuid {
    let event = office.post("/training-events", &with(form(), more)).await.expect(201).id();
    office.act(&format!("/training-events/{event}/open"), None).await.expect(200);
    event
}

/// The address of the attendance of somebody whom the hub booked.
async fn booked(office: &Caller, event: Uuid, person: Uuid, school: Uuid) -> String {
    format!("/attendances/{}", book(office, event, person, school).await.expect(201).id())
}

/// The address of the attendance of somebody who came.
async fn attended(office: &Caller, event: Uuid, person: Uuid, school: Uuid) -> String {
    let attendance = booked(office, event, person, school).await;
    office.act(&format!("{attendance}/attend"), None).await.expect(200);
    attendance
}

async fn shown(by: &Caller, paths: &[&str]) -> Vec<Value> {
    let mut items = Vec::new();
    for path in paths {
        items.push(by.get(path).await.expect(200).json());
    }
    items
}

fn fixed(pointer: &str) -> (String, String) {
    (pointer.to_owned(), "fixed".to_owned())
}

#[actix_web::test]
async fn an_event_keeps_its_times_while_an_attendance_has_a_result() {
    let hub = Hub::new().await;
    let Hub { office, ash, .. } = &hub;
    let event = past(office, json!({})).await;
    let path = format!("/training-events/{event}");
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    let later = json!({ "starts_at": "2014-08-29T09:00:00Z", "ends_at": "2014-08-29T15:00:00Z" });
    for result in ["attended", "absent"] {
        office.patch(&attendance, &json!({ "result": result }), "*").await.expect(200);
        let before = shown(office, &[&path, &attendance]).await;
        let refused = office.patch(&path, &later, "*").await;
        refused.problem(422, "invalid");
        assert_eq!(refused.faults(), [fixed("/ends_at"), fixed("/starts_at")]);
        let refused = office.patch(&path, &json!({ "ends_at": "2014-08-29T15:00:00Z" }), "*").await.expect(422);
        assert_eq!(refused.faults(), [fixed("/ends_at")]);
        assert_eq!(shown(office, &[&path, &attendance]).await, before);
    }
    office.patch(&attendance, &json!({ "result": null }), "*").await.expect(200);
    office.patch(&path, &later, "*").await.expect(200);
    office.act(&format!("{attendance}/attend"), None).await.expect(200);
    assert_eq!(office.get(&attendance).await.expect(200).json()["attended_on"], "2014-08-29");
}

#[actix_web::test]
async fn an_event_that_somebody_attended_is_not_cancelled() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, .. } = &hub;
    let event = past(office, json!({})).await;
    let path = format!("/training-events/{event}");
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    let certificate = format!("{attendance}/certificate");
    let reason = json!({ "reason": "Entered twice" });
    let before = shown(office, &[&path, &attendance]).await;
    let refused = office.post(&format!("{path}/cancel"), &reason).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("1 attendances are `attended`. Correct"), "{refused}");
    assert_eq!(shown(office, &[&path, &attendance]).await, before);
    office.get(&certificate).await.expect(200);
    assert_eq!(office.get("/reports/qualified-people").await.expect(200).json()["found"], 1);
    office.act(&format!("{attendance}/miss"), None).await.expect(200);
    office.post(&format!("{path}/cancel"), &reason).await.expect(200);
    office.get(&certificate).await.problem(409, "conflict");
    assert_eq!(office.get("/reports/qualified-people").await.expect(200).json()["found"], 0);

    // An event that an earlier version let be cancelled.
    let event = past(office, json!({})).await;
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    let cancelled = "UPDATE training_event SET status = 'cancelled'";
    app.state.db.write_pool().execute_unprepared(cancelled).await.unwrap();
    let refused = office.get(&format!("{attendance}/certificate")).await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("an event that is cancelled"), "{refused}");
}

#[actix_web::test]
async fn a_held_event_keeps_what_its_certificates_show() {
    let hub = Hub::new().await;
    let Hub { office, ash, .. } = &hub;
    let event = past(office, json!({})).await;
    let path = format!("/training-events/{event}");
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    office.act(&format!("{path}/hold"), None).await.expect(200);
    let certificate = office.get(&format!("{attendance}/certificate")).await.expect(200).text();
    let before = shown(office, &[&path, &attendance]).await;
    let changes = json!({
        "title": "Drumming", "kind": "briefing", "qualification": "Drummer", "qualification_months": 240,
    });
    let refused = office.patch(&path, &changes, "*").await;
    refused.problem(422, "invalid");
    let pointers = ["/kind", "/qualification", "/qualification_months", "/title"];
    assert_eq!(refused.faults(), pointers.map(fixed));
    let refused = office.patch(&path, &json!({ "qualification_months": null }), "*").await.expect(422);
    assert_eq!(refused.faults(), [fixed("/qualification_months")]);
    assert_eq!(shown(office, &[&path, &attendance]).await, before);
    assert_eq!(office.get(&format!("{attendance}/certificate")).await.expect(200).text(), certificate);
    office.patch(&path, &json!({ "description": "Songs for Monday" }), "*").await.expect(200);
}

#[actix_web::test]
async fn a_restored_attendance_is_admitted_as_a_new_one() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let [held, cancelled] = [past(office, json!({})).await, past(office, json!({})).await];
    for (event, verb) in [(held, "hold"), (cancelled, "cancel")] {
        let path = format!("/training-events/{event}");
        let attendance = booked(office, event, ash.staff.person(), ash.id).await;
        office.delete(&attendance, "*").await.expect(204);
        if verb == "hold" {
            office.act(&format!("{path}/hold"), None).await.expect(200);
        } else {
            office.post(&format!("{path}/cancel"), &json!({ "reason": "Snow" })).await.expect(200);
        }
        let before = shown(office, &[&path]).await;
        let refused = office.act(&format!("{attendance}/restore"), None).await.problem(409, "conflict");
        assert!(refused["detail"].as_str().unwrap().contains("cannot book a place at an event that is"), "{refused}");
        assert_eq!(shown(office, &[&path]).await, before);
        assert_eq!(before[0]["places_taken"], 0);
        let listed = office.get(&format!("/attendances?event_id={event}")).await.expect(200);
        assert!(listed.ids().is_empty());
    }
    // The hub books while the event is closed. Who finds no place waits.
    let event = hub.open(json!({ "places": 1 })).await;
    let attendance = booked(office, event, ash.staff.person(), ash.id).await;
    office.delete(&attendance, "*").await.expect(204);
    book(office, event, beech.staff.person(), beech.id).await.expect(201);
    office.act(&format!("/training-events/{event}/close"), None).await.expect(200);
    let restored = office.act(&format!("{attendance}/restore"), None).await.expect(200).json();
    assert_eq!(restored["status"], "waiting");
}

#[actix_web::test]
async fn a_result_is_restored_with_the_day_of_the_event() {
    let hub = Hub::new().await;
    let Hub { office, ash, .. } = &hub;
    let event = past(office, json!({})).await;
    let path = format!("/training-events/{event}");
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    office.delete(&attendance, "*").await.expect(204);
    let later = json!({ "starts_at": "2014-08-29T09:00:00Z", "ends_at": "2014-08-29T15:00:00Z" });
    office.patch(&path, &later, "*").await.expect(200);
    office.act(&format!("{path}/hold"), None).await.expect(200);
    let restored = office.act(&format!("{attendance}/restore"), None).await.expect(200).json();
    assert_eq!((&restored["status"], &restored["attended_on"]), (&json!("attended"), &json!("2014-08-29")));
    office.delete(&attendance, "*").await.expect(204);

    // A result of an event that did not take place does not come back.
    let event = past(office, json!({})).await;
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    office.delete(&attendance, "*").await.expect(204);
    let cancel = format!("/training-events/{event}/cancel");
    office.post(&cancel, &json!({ "reason": "Snow" })).await.expect(200);
    office.act(&format!("{attendance}/restore"), None).await.problem(409, "conflict");
    assert_eq!(office.get("/reports/qualified-people").await.expect(200).json()["found"], 0);
}

#[actix_web::test]
async fn nobody_waits_for_an_event_that_took_place() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let event = past(office, json!({ "places": 1 })).await;
    let path = format!("/training-events/{event}");
    let placed = book(office, event, ash.staff.person(), ash.id).await.expect(201).id();
    let waiting = book(office, event, beech.staff.person(), beech.id).await.expect(201).id();
    assert_eq!(status(office, waiting).await, "waiting");
    office.post(&format!("{path}/hold"), &json!({ "reason": "As planned" })).await.expect(200);
    assert_eq!([status(office, placed).await, status(office, waiting).await], ["booked", "cancelled"]);
    let attendance = format!("/attendances/{waiting}");
    let own = beech.head.get(&attendance).await.expect(200).json();
    assert_eq!(own["status_reason"], "no place became free");
    let history = office.get(&format!("{attendance}/history")).await.expect(200).json();
    let last = &history["items"][0];
    assert_eq!((&last["operation"], &last["reason"]), (&json!("cancel"), &json!("no place became free")));
    let history = office.get(&format!("{path}/history")).await.expect(200).json();
    let last = &history["items"][0];
    assert_eq!((&last["operation"], &last["reason"]), (&json!("hold"), &json!("As planned")));
    assert_eq!(office.get(&path).await.expect(200).json()["places_taken"], 1);
}

#[actix_web::test]
async fn a_school_leaves_the_waiting_list_of_an_event_that_has_begun() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let event = past(office, json!({ "places": 1 })).await;
    let placed = booked(office, event, ash.staff.person(), ash.id).await;
    let waiting = booked(office, event, beech.staff.person(), beech.id).await;
    let before = shown(office, &[&placed]).await;
    ash.head.act(&format!("{placed}/cancel"), None).await.problem(409, "conflict");
    assert_eq!(shown(office, &[&placed]).await, before);
    let actions = beech.head.get(&format!("{waiting}?expand=actions")).await.expect(200).json()["actions"].clone();
    assert_eq!(actions[0]["verb"], "cancel", "{actions}");
    let left = beech.head.act(&format!("{waiting}/cancel"), None).await.expect(200).json();
    assert_eq!(left["status"], "cancelled");
}

#[actix_web::test]
async fn the_hub_clears_feedback_and_gives_none_in_the_name_of_others() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, beech } = &hub;
    let event = past(office, json!({ "places": null })).await;
    let attendance = attended(office, event, ash.staff.person(), ash.id).await;
    let praise = json!({ "feedback_score": 5, "feedback_text": "Songs for Monday" });
    let before = shown(office, &[&attendance]).await;
    for given in [&praise, &json!({ "feedback_score": 1 }), &json!({ "feedback_text": "Too loud" })] {
        let refused = office.patch(&attendance, given, "*").await.problem(403, "forbidden");
        assert!(refused["detail"].as_str().unwrap().contains("the hub may clear it"), "{refused}");
    }
    assert_eq!(shown(office, &[&attendance]).await, before);
    let came = json!({
        "event_id": event, "person_id": beech.staff.person(), "school_id": beech.id, "result": "attended",
        "feedback_score": 5,
    });
    office.post("/attendances", &came).await.problem(403, "forbidden");
    assert_eq!(office.get("/attendances").await.expect(200).ids().len(), 1);

    ash.head.patch(&attendance, &praise, "*").await.expect(200);
    ash.staff.patch(&attendance, &json!({ "feedback_score": 4 }), "*").await.expect(200);
    let before = shown(office, &[&attendance]).await;
    office.patch(&attendance, &json!({ "feedback_score": 5 }), "*").await.problem(403, "forbidden");
    assert_eq!(shown(office, &[&attendance]).await, before);
    // What the hub records beside it leaves the feedback as it is.
    office.patch(&attendance, &json!({ "result": "absent" }), "*").await.expect(200);
    let cleared = json!({ "feedback_score": null, "feedback_text": null });
    let left = office.patch(&attendance, &cleared, "*").await.expect(200).json();
    assert_eq!((&left["feedback_score"], &left["feedback_text"]), (&json!(null), &json!(null)));

    // One of the hub's own people gives the own feedback.
    let leader = app.as_role(Role::MusicLeader).await;
    let own = json!({ "event_id": event, "person_id": leader.person(), "result": "attended" });
    let own = format!("/attendances/{}", office.post("/attendances", &own).await.expect(201).id());
    office.patch(&own, &praise, "*").await.problem(403, "forbidden");
    let given = leader.patch(&own, &praise, "*").await.expect(200).json();
    assert_eq!(given["feedback_score"], 5);
}
