//! A training day from its announcement to the certificate, and who does not get in between.

use std::time::Duration;

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use super::{Hub, autumn, book, colleague, form, status, with};

#[actix_web::test]
async fn a_training_day_goes_from_its_announcement_to_the_certificate() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, .. } = &hub;
    let event = office.post("/training-events", &with(form(), autumn())).await.expect(201).id();
    let path = format!("/training-events/{event}");
    ash.head.get(&path).await.problem(404, "not-found");
    let early = book(&ash.head, event, ash.staff.person(), ash.id).await;
    assert_eq!(early.expect(422).faults(), [("/event_id".to_owned(), "unknown_reference".to_owned())]);
    office.act(&format!("{path}/open"), None).await.expect(200);
    let seen = ash.head.get(&path).await.expect(200).json();
    assert_eq!((&seen["places_left"], &seen["school_ids"]), (&json!(2), &json!(null)));

    // The head books for a member of staff, who gives the feedback.
    let booked = book(&ash.head, event, ash.staff.person(), ash.id).await.expect(201);
    assert_eq!(booked.json()["status"], "booked");
    let attendance = format!("/attendances/{}", booked.id());
    assert_eq!(ash.staff.get(&path).await.expect(200).json()["places_left"], 1);
    let twice = book(&ash.staff, event, ash.staff.person(), ash.id).await;
    assert_snapshot!(twice.refusal(409, "duplicate"), @r"
    the person is booked for this event already, or waits for a place: change that attendance
    /person_id duplicate: the person is booked for this event already, or waits for a place: change that
      attendance
    ");
    let certificate = format!("{attendance}/certificate");
    assert_snapshot!(ash.staff.get(&certificate).await.refusal(409, "conflict"),
        @"cannot print a certificate for an attendance that is booked: only of people who came");
    let praise = json!({ "feedback_score": 5, "feedback_text": "Songs for Monday" });
    assert_snapshot!(ash.staff.patch(&attendance, &praise, "*").await.refusal(409, "conflict"),
        @"cannot take feedback on an attendance that is booked: only of people who came");
    assert_snapshot!(office.act(&format!("{attendance}/attend"), None).await.refusal(409, "conflict"),
        @"cannot record who came before the event begins: it begins at 2014-10-15T08:00:00.000000Z");
    office.act(&format!("{path}/hold"), None).await.problem(409, "conflict");

    app.clock.advance(Duration::from_hours(24 * 44));
    let [office, head, staff] = [office, &ash.head, &ash.staff].map(|caller| app.again(caller));
    for by in [&head, &staff] {
        by.act(&format!("{attendance}/attend"), None).await.problem(403, "forbidden");
        by.patch(&attendance, &json!({ "result": "attended" }), "*").await.problem(403, "forbidden");
        by.act(&format!("{attendance}/cancel"), None).await.problem(409, "conflict");
    }
    let items = json!({ "items": [{ "event_id": event, "person_id": staff.person(), "result": "attended" }] });
    head.post("/attendances/batch", &items).await.problem(403, "forbidden");
    let report = office.post("/attendances/batch", &items).await.expect(200).json();
    assert_eq!((&report["updated"], &report["created"]), (&json!(1), &json!(0)), "{report}");
    let came = staff.get(&attendance).await.expect(200).json();
    let days = (&came["status"], &came["attended_on"], &came["valid_until"]);
    assert_eq!(days, (&json!("attended"), &json!("2014-10-15"), &json!("2015-10-14")));
    let beyond = staff.patch(&attendance, &json!({ "feedback_score": 6 }), "*").await.expect(422);
    assert_eq!(beyond.faults(), [("/feedback_score".to_owned(), "maximum".to_owned())]);
    staff.patch(&attendance, &praise, "*").await.expect(200);
    let page = staff.get(&certificate).await.expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for words in ["Singing in key stage 2", "Ash", "15 October 2014", "Singing leader", "14 October 2015"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    // A longer qualification holds for who came, as long as the event is not held.
    office.patch(&path, &json!({ "qualification_months": 24 }), "*").await.expect(200);
    office.act(&format!("{path}/hold"), None).await.expect(200);
    assert_eq!(staff.get(&attendance).await.expect(200).json()["valid_until"], "2016-10-14");
    let history = office.get(&format!("{attendance}/history")).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 4, "{history:#}");
    // Governors see who attended by number, and no names.
    let governor = app.as_role(Role::Governor).await;
    assert_eq!(governor.get(&format!("{attendance}?expand=person")).await.expect(200).json().get("person"), None);
    governor.get(&certificate).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn another_school_learns_how_many_places_are_left_and_nothing_else() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let event = hub.open(json!({ "places": 3 })).await;
    let booked = book(&ash.head, event, ash.staff.person(), ash.id).await.expect(201).id();
    let path = format!("/attendances/{booked}");
    assert_eq!(beech.head.get(&format!("/training-events/{event}")).await.expect(200).json()["places_left"], 2);
    for by in [&beech.head, &beech.staff] {
        assert!(by.get("/attendances").await.expect(200).ids().is_empty());
        assert_eq!(by.get("/attendances/counts?by=school_id").await.expect(200).json()["total"], 0);
        assert_eq!(by.get("/attendances/export?format=ndjson").await.expect(200).text(), "");
        assert!(
            by.get(&format!("/training-events?person_id={}", ash.staff.person())).await.expect(200).ids().is_empty()
        );
        by.get(&path).await.problem(404, "not-found");
        by.get(&format!("{path}/certificate")).await.problem(404, "not-found");
        by.patch(&path, &json!({ "feedback_score": 1 }), "*").await.problem(404, "not-found");
        by.act(&format!("{path}/cancel"), None).await.problem(404, "not-found");
        by.delete(&path, "*").await.problem(404, "not-found");
        // Neither for the other school, nor for its people.
        let refused = book(by, event, ash.head.person(), ash.id).await.expect(422);
        let unknown = |pointer: &str| (pointer.to_owned(), "unknown_reference".to_owned());
        assert_eq!(refused.faults(), [unknown("/person_id"), unknown("/school_id")]);
        let refused = book(by, event, ash.head.person(), beech.id).await.expect(422);
        assert_eq!(refused.faults(), [unknown("/person_id")]);
        let nobody = json!({ "event_id": event, "person_id": by.person() });
        let refused = by.post("/attendances", &nobody).await.expect(422);
        assert_eq!(refused.faults(), [("/school_id".to_owned(), "missing".to_owned())]);
    }
    // The hub books for a school's own people only, too.
    let refused = book(office, event, ash.head.person(), beech.id).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    the person is no contact of the school today: add the person by POST /contacts first
    /person_id unknown_reference: the person is no contact of the school today: add the person by POST
      /contacts first
    ");
    for by in [&ash.head, &ash.staff] {
        by.post("/training-events", &form()).await.problem(403, "forbidden");
        let path = format!("/training-events/{event}");
        by.patch(&path, &json!({ "places": 99 }), "*").await.problem(403, "forbidden");
        by.act(&format!("{path}/close"), None).await.problem(403, "forbidden");
        by.act(&format!("{path}/hold"), None).await.problem(403, "forbidden");
        by.delete(&format!("/attendances/{booked}"), "*").await.problem(403, "forbidden");
    }
    assert_eq!(status(office, booked).await, "booked");
}

#[actix_web::test]
async fn an_event_is_there_for_the_schools_that_it_is_open_to() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, beech } = &hub;
    let chosen = hub.open(json!({ "audience": "chosen_schools", "school_ids": [ash.id] })).await;
    let internal = hub.open(json!({ "audience": "hub_staff" })).await;
    assert_eq!(ash.head.get("/training-events").await.expect(200).ids(), [chosen]);
    assert!(beech.head.get("/training-events").await.expect(200).ids().is_empty());
    beech.head.get(&format!("/training-events/{chosen}")).await.problem(404, "not-found");
    let export = ash.head.get("/training-events/export?format=ndjson").await.expect(200).text();
    assert!(export.contains(&chosen.to_string()) && !export.contains(&ash.id.to_string()), "{export}");
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assert_eq!(specialist.get("/training-events").await.expect(200).ids().len(), 2, "people of the hub");
    for (event, school) in [(chosen, beech), (internal, ash)] {
        let refused = book(office, event, school.staff.person(), school.id).await.expect(422);
        assert_eq!(refused.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);
    }
    let leader = app.as_role(Role::MusicLeader).await;
    let own = json!({ "event_id": internal, "person_id": leader.person() });
    leader.post("/attendances", &own).await.expect(201);
    // A school that has booked is not left out.
    book(&ash.head, chosen, ash.staff.person(), ash.id).await.expect(201);
    let path = format!("/training-events/{chosen}");
    let others = json!({ "school_ids": [beech.id] });
    let refused = office.patch(&path, &others, "*").await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains("1 attendances"), "{refused}");
    office.patch(&path, &json!({ "audience": "all_schools", "school_ids": null }), "*").await.expect(200);
    assert_eq!(beech.head.get("/training-events").await.expect(200).ids(), [chosen]);
}

#[actix_web::test]
async fn an_event_has_times_a_host_and_an_audience_that_go_together() {
    let hub = Hub::new().await;
    let partner = json!({ "name": "Soar Band", "kind": "organisation" });
    let partner = hub.office.post("/partners", &partner).await.expect(201).id();
    let wrong = json!({
        "ends_at": "2014-08-28T09:00:00Z", "book_until": "2014-08-29", "host_school_id": hub.ash.id,
        "host_partner_id": partner, "qualification": null, "audience": "chosen_schools",
    });
    let refused = hub.office.post("/training-events", &with(form(), wrong)).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    5 faults in the body
    /book_until order: not after the day on which the event begins
    /ends_at order: an event ends after it begins
    /host_partner_id one_of: an event has one host: a school or a partner
    /qualification missing: goes with `qualification_months`
    /school_ids missing: name the schools that the event is open to
    ");
    let named = with(form(), json!({ "school_ids": [hub.ash.id] }));
    let refused = hub.office.post("/training-events", &named).await.expect(422);
    assert_eq!(refused.faults(), [("/school_ids".to_owned(), "unexpected".to_owned())]);
    let hosted = with(form(), json!({ "host_partner_id": partner }));
    hub.office.post("/training-events", &hosted).await.expect(201);
    hub.office.delete(&format!("/partners/{partner}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_books_until_the_last_day_and_the_hub_until_it_is_over() {
    let hub = Hub::new().await;
    let Hub { app, office, ash, beech } = &hub;
    let event = hub.open(json!({ "places": 9 })).await;
    let path = format!("/training-events/{event}");
    office.act(&format!("{path}/close"), None).await.expect(200);
    assert_snapshot!(book(&ash.head, event, ash.staff.person(), ash.id).await.refusal(409, "conflict"),
        @"cannot book a place at an event that is closed: ask the hub for a place");
    book(office, event, ash.staff.person(), ash.id).await.expect(201);
    office.act(&format!("{path}/open"), None).await.expect(200);
    app.clock.advance(Duration::from_hours(24 * 37));
    let [office, head, beech_head] = [office, &ash.head, &beech.head].map(|caller| app.again(caller));
    book(&head, event, head.person(), ash.id).await.expect(201);
    app.clock.advance(Duration::from_hours(24));
    let [office, beech_head] = [&office, &beech_head].map(|caller| app.again(caller));
    assert_snapshot!(book(&beech_head, event, beech_head.person(), beech.id).await.refusal(409, "conflict"),
        @"cannot book after 2014-10-08, the last day for bookings: ask the hub for a place");
    book(&office, event, beech_head.person(), beech.id).await.expect(201);
    app.clock.advance(Duration::from_hours(24 * 6));
    let office = app.again(&office);
    office.act(&format!("{path}/hold"), None).await.expect(200);
    let late = colleague(&office, ash.id).await;
    book(&office, event, late, ash.id).await.problem(409, "conflict");
    let walked_in = json!({ "event_id": event, "person_id": late, "school_id": ash.id, "result": "attended" });
    let made = office.post("/attendances", &walked_in).await.expect(201).json();
    assert_eq!((&made["status"], &made["attended_on"]), (&json!("attended"), &json!("2014-10-15")));
    let fixed = json!({ "places": 10, "starts_at": "2014-10-14T08:00:00Z" });
    let refused = office.patch(&path, &fixed, "*").await.expect(422);
    let fixed = |pointer: &str| (pointer.to_owned(), "fixed".to_owned());
    assert_eq!(refused.faults(), [fixed("/places"), fixed("/starts_at")]);
    office.delete(&path, "*").await.problem(409, "conflict");
}
