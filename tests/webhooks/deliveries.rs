//! What a receiver gets: the changes that its partner system sees, in their order, each signed.

use std::time::Duration;

use entity::identity::grant::Role;
use serde_json::json;

use super::{Answer, Hook, Receiver, app, names, once, send};
use crate::support::until;

#[actix_web::test]
async fn changes_arrive_in_their_order_each_signed_and_once() {
    let (app, head) = app().await;
    app.area(&head, "Before").await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    let mut ids = Vec::new();
    for name in ["Ash", "Oak", "Elm"] {
        ids.push(app.area(&head, name).await.id().to_string());
    }
    app.clock.advance(Duration::from_mins(1));
    send(&app).await;
    let got = receiver.take();
    assert_eq!(names(&got), ["Ash", "Oak", "Elm"]);
    once(&got);
    for (got, id) in got.iter().zip(&ids) {
        assert!(got.is_signed_with(&hook.secret), "{got:?}");
        assert_eq!(got.kind, "application/json");
        assert_eq!(got.timestamp, "1409560260", "the moment at which it was sent");
        assert_eq!(got.body["type"], "area.create");
        assert_eq!(got.body["timestamp"], "2014-09-01T08:30:00.000000Z", "the moment of the change");
        // Word for word as the feed has it.
        let number = got.body["data"]["number"].as_i64().unwrap();
        let feed = head.get(&format!("/changes?after={}&limit=1", number - 1)).await.expect(200).json();
        assert_eq!(got.body["data"], feed["items"][0]);
        assert_eq!(got.body["data"]["id"], **id);
        assert_eq!(got.body.as_object().unwrap().len(), 3);
    }
    assert_eq!(send(&app).await, 0, "nothing is left to send");
    assert!(receiver.take().is_empty());

    let logged = hook.deliveries(&head).await;
    assert_eq!(logged.len(), 3);
    for (logged, got) in logged.iter().zip(&got) {
        assert_eq!(logged["state"], "delivered");
        assert_eq!((&logged["message_id"], &logged["event_type"]), (&json!(got.id), &json!("area.create")));
        assert_eq!((&logged["attempts"], &logged["reply_status"]), (&json!(1), &json!(200)));
        assert_eq!((&logged["reply_body"], &logged["error"]), (&json!("taken"), &json!(null)));
        assert_eq!(logged["request_bytes"], got.raw.len());
        assert!(logged["duration_ms"].is_u64(), "it was answered: {logged}");
        assert_eq!(logged["duration_ms"], logged["attempt_log"][0]["duration_ms"]);
        assert_eq!(logged["url"], receiver.url);
        assert_eq!(logged["item_id"], got.body["data"]["id"]);
        let path = format!("/webhook-deliveries/{}?expand=event", logged["id"].as_str().unwrap());
        assert_eq!(head.get(&path).await.expect(200).json()["event"], got.body);
    }
    let progress = &hook.shown(&head).await["progress"];
    assert_eq!((&progress["behind"], &progress["pending"]), (&json!(0), &json!(0)));
    assert_eq!(progress["delivered_at"], "2014-09-01T08:31:00.000000Z");
}

#[actix_web::test]
async fn more_changes_than_wait_at_once_arrive_in_their_order() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    let areas: Vec<_> = (0..230).map(|n| format!("Area {n:03}")).collect();
    for area in &areas {
        app.area(&head, area).await;
    }
    receiver.answer((0..120).map(|_| Answer::Status(204, "")));
    receiver.answer([Answer::Status(500, "")]);
    send(&app).await;
    assert_eq!(receiver.got().len(), 121, "it stops at the first that fails");
    let progress = &hook.shown(&head).await["progress"];
    assert!(progress["pending"].as_i64().unwrap() <= 100, "{progress}");
    app.clock.advance(Duration::from_secs(10));
    send(&app).await;
    let mut got = receiver.take();
    let again = got.remove(121);
    assert_eq!(again.id, got[120].id, "the same message again, under the same id");
    assert_eq!(names(&got), areas);
    once(&got);
}

#[actix_web::test]
async fn only_what_the_partner_system_sees_at_the_moment_is_sent() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::of(&app, &head, "exchange:read schools:read", &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    head.post("/people", &json!({ "name": "Priya Nair" })).await.expect(201);
    head.post("/glossary-terms", &json!({ "code": "SM", "meaning": "Monitor" })).await.expect(201);
    app.area(&head, "Oak").await;
    send(&app).await;
    let got = receiver.take();
    assert_eq!(names(&got), ["Ash", "Oak"], "neither people nor the glossary");
    assert!(got.iter().all(|got| !String::from_utf8_lossy(&got.raw).contains("Priya")));

    // What waits already is not sent either once the scope is gone.
    receiver.answer([Answer::Status(503, "")]);
    app.area(&head, "Elm").await;
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Elm"]);
    let client = format!("/clients/{}", hook.client);
    let scopes = json!({ "scopes": ["exchange:read", "people:read"] });
    head.patch(&client, &scopes, "*").await.expect(200);
    head.post("/people", &json!({ "name": "Ann Other" })).await.expect(201);
    app.clock.advance(Duration::from_mins(1));
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ann Other"]);
    let states: Vec<_> = hook.deliveries(&head).await.iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["delivered", "delivered", "withheld", "delivered"]);
}

#[actix_web::test]
async fn a_partner_system_that_is_disabled_gets_nothing_until_it_is_enabled() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    let client = format!("/clients/{}", hook.client);
    head.act(&format!("{client}/disable"), None).await.expect(200);
    app.area(&head, "Ash").await;
    send(&app).await;
    let ping = head.act(&format!("{}/ping", hook.path), None).await.expect(202).id();
    send(&app).await;
    assert!(receiver.got().is_empty());
    let ping = head.get(&format!("/webhook-deliveries/{ping}")).await.expect(200).json();
    assert_eq!(ping["state"], "failed");
    assert!(ping["error"].as_str().unwrap().contains("disabled"), "{ping}");
    head.act(&format!("{client}/enable"), None).await.expect(200);
    app.clock.advance(Duration::from_mins(1));
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash"]);
    head.delete(&client, "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn filters_choose_by_kind_operation_and_school() {
    let (app, head) = app().await;
    let receivers: Vec<_> = (0..4).map(|_| Receiver::start()).collect();
    let ash = app.school(&head, "Ash", json!({})).await.id();
    let oak = app.school(&head, "Oak", json!({})).await.id();
    let filters = [
        json!({ "resources": ["area", "school"] }),
        json!({ "resources": ["school"], "operations": ["update"] }),
        json!({ "resources": ["area", "school"], "operations": ["create"] }),
        json!({ "school_ids": [oak] }),
    ];
    for (receiver, filter) in receivers.iter().zip(filters) {
        Hook::new(&app, &head, &receiver.url, filter).await;
    }
    app.area(&head, "North").await;
    for school in [ash, oak] {
        head.patch(&format!("/schools/{school}"), &json!({ "pupils": 200 }), "\"1\"").await.expect(200);
    }
    send(&app).await;
    let kinds = |receiver: &Receiver| {
        let got = receiver.take();
        got.iter().map(|got| (got.body["type"].clone(), got.body["data"]["id"].clone())).collect::<Vec<_>>()
    };
    let of = |kind: &str, id: uuid::Uuid| (json!(kind), json!(id));
    let all = kinds(&receivers[0]);
    assert_eq!((all.len(), &all[0].0), (3, &json!("area.create")));
    assert_eq!(all[1..], [of("school.update", ash), of("school.update", oak)]);
    assert_eq!(kinds(&receivers[1]), all[1..]);
    assert_eq!(kinds(&receivers[2]), all[..1]);
    assert_eq!(kinds(&receivers[3]), all[2..]);
}

#[actix_web::test]
async fn another_hub_sees_and_gets_nothing() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    send(&app).await;
    let other = app.another_hub("rutland").await;
    let stranger = app.as_role_in(other, Role::HeadOfService, |_| {}).await;
    app.area(&stranger, "Theirs").await;
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash"]);
    let delivery = hook.deliveries(&head).await[0]["id"].as_str().unwrap().to_owned();
    for path in [&hook.path, &format!("/webhook-deliveries/{delivery}")] {
        stranger.get(path).await.problem(404, "not-found");
    }
    for verb in ["pause", "ping", "rotate-secret", "replay?since=2014-01-01T00:00:00Z"] {
        stranger.act(&format!("{}/{verb}", hook.path), None).await.problem(404, "not-found");
    }
    for verb in ["replay", "skip"] {
        let path = format!("/webhook-deliveries/{delivery}/{verb}");
        stranger.act(&path, None).await.problem(404, "not-found");
    }
    assert!(stranger.all("/webhook-deliveries").await.is_empty());
    let theirs = super::form(hook.client, &receiver.url, json!({}));
    let reply = stranger.post("/webhooks", &theirs).await;
    assert_eq!(reply.faults(), [("/client_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn deliveries_show_a_caller_only_the_kinds_of_item_that_it_reads() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::of(&app, &head, "exchange:read people:read schools:read", &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    let person = head.post("/people", &json!({ "name": "Ann Other" })).await.expect(201).id();
    head.act(&format!("{}/ping", hook.path), None).await.expect(202);
    send(&app).await;
    let all = hook.deliveries(&head).await;
    assert_eq!(all.len(), 3, "{all:?}");
    let narrow = app.as_client("exchange:read exchange:write schools:read").await;
    let kinds: Vec<_> = hook.deliveries(&narrow).await.iter().map(|it| it["event_type"].clone()).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&json!("area.create")) && kinds.contains(&json!("webhook.ping")), "{kinds:?}");
    assert!(narrow.all(&format!("/webhook-deliveries?item_id={person}")).await.is_empty());
    let counts = narrow.get("/webhook-deliveries/counts?by=event_type").await.expect(200).text();
    assert!(counts.contains("area.create") && !counts.contains("person"), "{counts}");
    let hidden = all.iter().find(|it| it["event_type"] == "person.create").unwrap()["id"].as_str().unwrap();
    let path = format!("/webhook-deliveries/{hidden}");
    head.get(&path).await.expect(200);
    narrow.get(&path).await.problem(404, "not-found");
    for verb in ["replay", "skip"] {
        narrow.act(&format!("{path}/{verb}"), None).await.problem(404, "not-found");
    }
}

#[actix_web::test]
async fn two_instances_send_each_change_once() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    Hook::new(&app, &head, &receiver.url, json!({})).await;
    let (beside, _) = app.beside(app.clock.clone()).await;
    let areas: Vec<_> = (0..40).map(|n| format!("Area {n:02}")).collect();
    for area in &areas {
        app.area(&head, area).await;
    }
    until("both have nothing left", async || {
        let begun =
            futures_util::future::join(api::exchange::webhook::look(&app.state), api::exchange::webhook::look(&beside));
        let (one, two) = Box::pin(begun).await;
        assert!(one.as_ref().unwrap() + two.as_ref().unwrap() <= 1, "one run at a time");
        app.state.jobs.ended().await;
        beside.jobs.ended().await;
        (one.unwrap() + two.unwrap() == 0).then_some(())
    })
    .await;
    let got = receiver.take();
    assert_eq!(names(&got), areas);
    once(&got);
}
