//! Places: never more than there are, and given to the people who waited longest.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, book, colleague, status};
use crate::support::Caller;

/// How many ask at the same time.
const MANY: usize = 50;

async fn event(by: &Caller, id: Uuid) -> Value {
    by.get(&format!("/training-events/{id}")).await.expect(200).json()
}

/// How many attendances have each state.
async fn states(by: &Caller, event: Uuid) -> BTreeMap<String, i64> {
    let counts = by.get(&format!("/attendances/counts?by=status&event_id={event}")).await.expect(200).json();
    let groups = counts["groups"].as_array().unwrap();
    groups.iter().map(|it| (it["by"]["status"].as_str().unwrap().to_owned(), it["count"].as_i64().unwrap())).collect()
}

fn counted(states: &[(&str, i64)]) -> BTreeMap<String, i64> {
    states.iter().map(|(state, count)| ((*state).to_owned(), *count)).collect()
}

#[actix_web::test]
async fn fifty_who_book_at_once_never_overbook_an_event() {
    let hub = Hub::new().await;
    let Hub { office, ash, .. } = &hub;
    let training = hub.open(json!({ "places": 7 })).await;
    let mut people = Vec::new();
    for _ in 0..MANY {
        people.push(colleague(office, ash.id).await);
    }
    let replies = join_all(people.iter().map(|person| book(&ash.head, training, *person, ash.id))).await;
    for reply in &replies {
        reply.clone().expect(201);
    }
    assert_eq!(states(office, training).await, counted(&[("booked", 7), ("waiting", 43)]));
    let shown = event(office, training).await;
    assert_eq!((&shown["places_taken"], &shown["places_left"]), (&json!(7), &json!(0)));

    // As many give up their places at once as have one: as many others get them.
    let booked = office.all(&format!("/attendances?event_id={training}&status=booked")).await;
    let cancel = booked.iter().map(|item| {
        let path = format!("/attendances/{}/cancel", item["id"].as_str().unwrap());
        ash.head.act(&path, None).into_future()
    });
    for reply in join_all(cancel).await {
        reply.expect(200);
    }
    assert_eq!(states(office, training).await, counted(&[("booked", 7), ("waiting", 36), ("cancelled", 7)]));
    assert_eq!(event(office, training).await["places_taken"], 7);
}

#[actix_web::test]
async fn fifty_places_for_one_person_are_one() {
    let hub = Hub::new().await;
    let Hub { office, ash, .. } = &hub;
    let training = hub.open(json!({ "places": 7 })).await;
    let replies = join_all((0..MANY).map(|_| book(&ash.head, training, ash.staff.person(), ash.id))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[MANY - 1]), (201, 409, 409));
    assert_eq!(event(office, training).await["places_taken"], 1);
}

#[actix_web::test]
async fn who_waited_longest_gets_the_place_that_becomes_free() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let training = hub.open(json!({ "places": 1 })).await;
    let first = book(&ash.head, training, ash.staff.person(), ash.id).await.expect(201).id();
    let second = book(&beech.head, training, beech.staff.person(), beech.id).await.expect(201);
    assert_eq!(second.json()["status"], "waiting");
    let third = book(&ash.head, training, ash.head.person(), ash.id).await.expect(201).id();
    let fourth = book(&beech.head, training, beech.head.person(), beech.id).await.expect(201).id();
    ash.head.act(&format!("/attendances/{first}/cancel"), None).await.expect(200);
    assert_eq!([status(office, second.id()).await, status(office, third).await], ["booked", "waiting"]);
    let history = office.get(&format!("/attendances/{}/history", second.id())).await.expect(200).json();
    assert_eq!(history["items"][0]["operation"], "promote");
    let feed = office.get("/changes?resource=attendance&limit=200").await;
    assert!(feed.text().contains("\"promote\""), "{feed:?}");

    // Fewer places than are taken are refused; more go to the people who wait.
    let path = format!("/training-events/{training}");
    office.patch(&path, &json!({ "places": 3 }), "*").await.expect(200);
    assert_eq!([status(office, third).await, status(office, fourth).await], ["booked", "booked"]);
    assert_snapshot!(office.patch(&path, &json!({ "places": 2 }), "*").await.refusal(409, "conflict"), @r"
    cannot reduce the places to 2: 3 are taken. Cancel attendances first, or keep more places
    ");
    // Who gave a place up may ask again, and waits like everybody.
    let again = book(&ash.head, training, ash.staff.person(), ash.id).await.expect(201);
    assert_eq!(again.json()["status"], "waiting");
    office.patch(&path, &json!({ "places": null }), "*").await.expect(200);
    assert_eq!(status(office, again.id()).await, "booked");
    assert_eq!(event(office, training).await["places_left"], json!(null));
    office.delete(&format!("/attendances/{third}"), "*").await.expect(204);
    assert_eq!(event(office, training).await["places_taken"], 3);
    office.act(&format!("/attendances/{third}/restore"), None).await.expect(200);
    assert_eq!(event(office, training).await["places_taken"], 4);
}

#[actix_web::test]
async fn an_event_that_does_not_take_place_takes_its_attendances_along() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let training = hub.open(json!({ "places": 1 })).await;
    book(&ash.head, training, ash.staff.person(), ash.id).await.expect(201);
    book(&beech.head, training, beech.staff.person(), beech.id).await.expect(201);
    let path = format!("/training-events/{training}/cancel");
    office.act(&path, None).await.problem(415, "unsupported-media-type");
    let reason = json!({ "reason": "Too few had booked" });
    let cancelled = office.post(&path, &reason).await.expect(200).json();
    assert_eq!((&cancelled["places_taken"], &cancelled["status"]), (&json!(0), &json!("cancelled")));
    assert_eq!(states(office, training).await, counted(&[("cancelled", 2)]));
    let own = ash.head.get("/attendances?expand=event,actions").await.expect(200).json()["items"][0].clone();
    let told = (&own["status_reason"], &own["event"]["status_reason"], &own["actions"]);
    assert_eq!(told, (&json!("Too few had booked"), &json!("Too few had booked"), &json!([])));
    let refused = office.patch(&format!("/training-events/{training}"), &json!({ "places": 9 }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"),
        @"cannot change a cancelled event: plan another one by POST /training-events");
    book(office, training, ash.staff.person(), ash.id).await.problem(409, "conflict");
    // Nobody is expected any more, so that an entry made by mistake can go.
    office.delete(&format!("/training-events/{training}"), "*").await.expect(204);
}

#[actix_web::test]
async fn a_batch_books_and_records_and_is_refused_item_by_item() {
    let hub = Hub::new().await;
    let Hub { office, ash, beech, .. } = &hub;
    let past = super::form();
    let training = office.post("/training-events", &past).await.expect(201).id();
    office.act(&format!("/training-events/{training}/open"), None).await.expect(200);
    let item = |person: Uuid, school: Uuid, result: Option<&str>| {
        let form = json!({ "event_id": training, "person_id": person, "school_id": school });
        super::with(form, json!({ "result": result }))
    };
    let booked = book(office, training, ash.staff.person(), ash.id).await.expect(201).id();
    let late = colleague(office, beech.id).await;
    let items = json!({ "items": [
        item(ash.staff.person(), ash.id, Some("absent")),
        item(ash.head.person(), ash.id, Some("attended")),
        item(beech.staff.person(), ash.id, None),
        item(beech.head.person(), beech.id, Some("attended")),
        item(late, beech.id, Some("attended")),
    ] });
    let preview = office.post("/attendances/batch?mode=each&dry_run=true", &items).await.expect(200).json();
    let report = office.post("/attendances/batch?mode=each", &items).await.expect(200).json();
    for report in [&preview, &report] {
        let results: Vec<_> =
            report["items"].as_array().unwrap().iter().map(|it| it["status"].as_str().unwrap()).collect();
        assert_eq!(results, ["updated", "created", "rejected", "created", "rejected"], "{report:#}");
        assert_eq!(report["items"][2]["errors"][0]["pointer"], "/items/2/person_id");
        let message = report["items"][4]["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains("every one of the 2 places is taken"), "{message}");
    }
    assert_eq!(states(office, training).await, counted(&[("absent", 1), ("attended", 2)]));
    assert_eq!(event(office, training).await["places_taken"], 2);
    let refused = office.act(&format!("/attendances/{booked}/attend"), None).await;
    refused.problem(409, "conflict");
    let atomic = office.post("/attendances/batch", &items).await.expect(200).json();
    assert_eq!(atomic["applied"], false, "{atomic:#}");
}
