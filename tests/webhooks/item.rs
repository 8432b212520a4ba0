//! Webhooks as items: who may make them for whom, and that nobody reads their secrets.
#![expect(clippy::disallowed_methods, reason = "rows are looked at behind the service")]

use std::time::Duration;

use api::kernel::resource::job;
use entity::exchange::{webhook, webhook_delivery};
use entity::identity::grant::Role;
use insta::assert_snapshot;
use sea_orm::EntityTrait;
use serde_json::json;

use super::{Hook, Receiver, app, form, in_state, send};
use crate::support::{Reply, until};

const URL: &str = "https://music-database.example/smep";

#[actix_web::test]
async fn a_webhook_gives_nobody_more_than_its_maker_sees() {
    let (app, head) = app().await;
    let narrow = app.as_client("exchange:read exchange:write schools:read").await;
    let wide = app.as_client("exchange:read schools:read people:read").await.subject();
    let reply = narrow.post("/webhooks", &form(wide, URL, json!({}))).await;
    assert!(reply.problem(403, "forbidden")["detail"].as_str().unwrap().contains("`people:read`"));
    let own = narrow.post("/webhooks", &form(narrow.subject(), URL, json!({}))).await.expect(201);
    let own = own.json()["id"].as_str().unwrap().to_owned();
    narrow.patch(&format!("/webhooks/{own}"), &json!({ "client_id": wide }), "*").await.problem(403, "forbidden");
    // The same for all that lets one send again; stopping one is open to everybody who writes.
    let theirs = Hook::of(&app, &head, "exchange:read people:read", URL, json!({})).await.path;
    for verb in ["rotate-secret", "replay?since=2014-01-01T00:00:00Z"] {
        narrow.act(&format!("{theirs}/{verb}"), None).await.problem(403, "forbidden");
    }
    narrow.act(&format!("{theirs}/pause"), None).await.expect(200);
    narrow.act(&format!("{theirs}/resume"), None).await.problem(403, "forbidden");
    narrow.patch(&theirs, &json!({ "url": "https://elsewhere.example/" }), "*").await.problem(403, "forbidden");
    for role in [Role::Governor, Role::MusicLeader, Role::SpecialistLeader] {
        app.as_role(role).await.get("/webhooks").await.problem(403, "forbidden");
    }
}

fn detail(reply: &Reply, status: u16, code: &str) -> String {
    reply.problem(status, code)["detail"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_form_that_cannot_work_is_refused_with_the_reason() {
    let (app, head) = app().await;
    let deaf = app.as_client("schools:read").await.subject();
    let good = app.as_client("exchange:read schools:read").await.subject();
    let refused = async |client, url: &str, more| head.post("/webhooks", &form(client, url, more)).await;
    let no_scope = refused(deaf, URL, json!({})).await;
    assert_eq!(no_scope.faults(), [("/client_id".to_owned(), "not_applicable".to_owned())]);
    assert_snapshot!(
        detail(&no_scope, 422, "invalid"),
        @"the partner system does not follow changes: give it the scope `exchange:read` first"
    );
    let inside = refused(good, "https://10.0.0.1/", json!({})).await;
    let why = detail(&inside, 422, "invalid");
    assert!(why.starts_with("10.0.0.1 is a private address: use a public address"), "{why}");
    let unknown = json!({ "resources": ["shool"], "operations": ["Update!"], "school_ids": [deaf] });
    let faults = refused(good, URL, unknown).await.faults();
    let faults: Vec<_> = faults.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
    assert_eq!(faults, [("/operations/0", "pattern"), ("/resources/0", "unknown_value")]);
    let faults = refused(good, URL, json!({ "school_ids": [deaf] })).await.faults();
    assert_eq!(faults, [("/school_ids/0".to_owned(), "unknown_reference".to_owned())]);
    refused(good, "music-database", json!({})).await.problem(422, "invalid");
    let hook = in_state(&app, &head, "active").await;
    let patched = head.patch(&format!("/webhooks/{hook}"), &json!({ "url": "https://[::1]/" }), "*").await;
    assert_eq!(patched.faults(), [("/url".to_owned(), "refused_address".to_owned())]);
}

#[actix_web::test]
async fn a_hub_has_fifty_webhooks_at_most() {
    let (app, head) = app().await;
    let client = app.as_client("exchange:read").await.subject();
    let mut first = None;
    for _ in 0..50 {
        first.get_or_insert(head.post("/webhooks", &form(client, URL, json!({}))).await.expect(201).id());
    }
    let one_more = head.post("/webhooks", &form(client, URL, json!({}))).await;
    assert_snapshot!(
        detail(&one_more, 409, "conflict"),
        @"limit reached: a hub has at most 50 webhooks; archive one first"
    );
    let first = format!("/webhooks/{}", first.unwrap());
    head.delete(&first, "*").await.expect(204);
    head.post("/webhooks", &form(client, URL, json!({}))).await.expect(201);
    let restored = head.act(&format!("{first}/restore"), None).await;
    assert!(detail(&restored, 409, "conflict").starts_with("limit reached"));
}

#[actix_web::test]
async fn the_secret_is_shown_once_and_kept_nowhere() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let client = app.as_client("exchange:read schools:read").await.subject();
    let made = head.post("/webhooks", &form(client, &receiver.url, json!({}))).key("once").await.expect(201);
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    let path = format!("/webhooks/{}", made.id());
    // A repetition does not show it again, and makes no second webhook.
    head.post("/webhooks", &form(client, &receiver.url, json!({}))).key("once").await.problem(409, "conflict");
    app.area(&head, "Ash").await;
    send(&app).await;
    let rotated = head.act(&format!("{path}/rotate-secret"), None).await.expect(200).json();
    let secrets = [secret, rotated["secret"].as_str().unwrap().to_owned()];
    let mut told = Vec::new();
    for address in [
        format!("{path}?expand=client,progress,actions"),
        "/webhooks".to_owned(),
        format!("{path}/history"),
        "/changes?limit=200".to_owned(),
        "/webhook-deliveries?expand=event".to_owned(),
    ] {
        told.push(head.get(&address).await.expect(200).text());
    }
    let row = webhook::Entity::find().one(app.state.db.read()).await.unwrap().unwrap();
    for salt in [&row.secret_salt, row.previous_salt.as_ref().unwrap()] {
        assert_eq!(salt.len(), 22);
        assert!(told.iter().all(|text| !text.contains(&**salt)));
    }
    told.push(format!("{row:?} {}", row.name));
    for secret in secrets {
        let bare = secret.trim_start_matches("whsec_");
        assert!(told.iter().all(|text| !text.contains(bare)), "{told:?}");
    }
    let kept = sqlite_or_postgres_text(&app).await;
    assert!(!kept.contains("whsec_"));
}

/// What the database keeps of replies and of changes.
async fn sqlite_or_postgres_text(app: &crate::support::App) -> String {
    let replies = entity::kernel::idempotency::Entity::find().all(app.state.db.read()).await.unwrap();
    let changes = entity::kernel::change::Entity::find().all(app.state.db.read()).await.unwrap();
    format!("{replies:?} {changes:?}")
}

#[actix_web::test]
async fn archived_webhooks_send_nothing_and_go_on_where_they_stopped() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    app.area(&head, "Ash").await;
    send(&app).await;
    let delivery = hook.deliveries(&head).await[0]["id"].as_str().unwrap().to_owned();
    head.delete(&hook.path, "*").await.expect(204);
    app.area(&head, "Oak").await;
    send(&app).await;
    head.act(&format!("{}/ping", hook.path), None).await.problem(404, "not-found");
    head.act(&format!("/webhook-deliveries/{delivery}/replay"), None).await.problem(409, "conflict");
    assert_eq!(super::names(&receiver.take()), ["Ash"]);
    head.act(&format!("{}/restore", hook.path), None).await.expect(200);
    send(&app).await;
    assert_eq!(super::names(&receiver.take()), ["Oak"]);
}

#[actix_web::test]
async fn deliveries_are_forgotten_thirty_days_after_their_end() {
    let (app, mut head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    app.area(&head, "Ash").await;
    send(&app).await;
    app.clock.advance(Duration::from_hours(24 * 20));
    head = app.again(&head);
    app.area(&head, "Oak").await;
    send(&app).await;
    app.clock.advance(Duration::from_hours(24 * 11));
    head = app.again(&head);
    head.act(&format!("{}/pause", hook.path), None).await.expect(200);
    app.area(&head, "Elm").await;
    let kind = app.state.kind("forget-webhook-deliveries").unwrap();
    app.write(app.hub, async |write| job::wait(write, kind).await.map(drop)).await;
    job::look(&app.state).await.unwrap();
    until("one is left", async || {
        let left = webhook_delivery::Entity::find().all(app.state.db.read()).await.unwrap();
        (left.len() == 1).then_some(())
    })
    .await;
    let left = hook.deliveries(&head).await;
    assert_eq!(left[0]["event_type"], "area.create");
    assert_eq!(left[0]["created_at"], "2014-09-21T08:30:00.000000Z");
}
