//! What is sent again, pings, and secrets that are replaced.

use std::time::Duration;

use serde_json::json;

use super::{Answer, Hook, Receiver, app, names, once, send};

#[actix_web::test]
async fn a_delivery_is_sent_again_under_its_id() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    send(&app).await;
    let first = receiver.take();
    let delivery = hook.deliveries(&head).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/webhook-deliveries/{delivery}/replay");
    let replayed = head.act(&path, None).await.expect(200).json();
    assert_eq!((&replayed["state"], &replayed["attempts"]), (&json!("pending"), &json!(0)));
    head.act(&path, None).await.problem(409, "conflict");
    app.clock.advance(Duration::from_mins(2));
    send(&app).await;
    let again = receiver.take();
    assert_eq!(again.len(), 1);
    assert_eq!((&again[0].id, &again[0].raw), (&first[0].id, &first[0].raw));
    assert_ne!(again[0].timestamp, first[0].timestamp, "signed at the time of sending");
    assert!(again[0].is_signed_with(&hook.secret));
    let log = &hook.deliveries(&head).await[0]["attempt_log"];
    assert_eq!(log.as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn all_changes_since_a_moment_are_sent_again_in_their_order() {
    let (app, mut head) = app().await;
    app.area(&head, "Before").await;
    app.clock.advance(Duration::from_hours(1));
    head = app.again(&head);
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    for name in ["Ash", "Oak"] {
        app.area(&head, name).await;
        app.clock.advance(Duration::from_mins(2));
    }
    send(&app).await;
    let first = receiver.take();
    // Elm waits while the receiver is away; it keeps its place behind the others.
    receiver.answer([Answer::Status(503, "")]);
    app.area(&head, "Elm").await;
    send(&app).await;
    receiver.take();
    let replay = async |since: &str| head.act(&format!("{}/replay?since={since}", hook.path), None).await;
    let progress = replay("2014-09-01T09:31:00Z").await.expect(200).json();
    assert_eq!((&progress["pending"], &progress["behind"]), (&json!(0), &json!(2)));
    send(&app).await;
    let again = receiver.take();
    assert_eq!(names(&again), ["Oak", "Elm"]);
    assert_eq!(again[0].id, first[1].id);
    // From before the webhook was made.
    replay("2014-09-01T08:00:00%2B00:00").await.expect(200);
    send(&app).await;
    let all = receiver.take();
    assert_eq!(names(&all), ["Before", "Ash", "Oak", "Elm"]);
    once(&all);
    assert_eq!(all[1].id, first[0].id);
    // Nothing has happened since.
    replay("2030-01-01T00:00:00Z").await.expect(200);
    assert_eq!(send(&app).await, 0);
    assert_eq!(hook.deliveries(&head).await.len(), 4, "one row for each change");
    replay("yesterday").await.problem(400, "bad-parameter");
    head.act(&format!("{}/replay", hook.path), None).await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn a_ping_is_sent_in_any_state_and_never_again() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    head.act(&format!("{}/pause", hook.path), None).await.expect(200);
    let path = format!("{}/ping", hook.path);
    let reply = head.act(&path, None).await.expect(202);
    let location = reply.header("location").to_owned();
    head.act(&path, None).await.problem(409, "conflict");
    receiver.answer([Answer::Status(410, "")]);
    send(&app).await;
    let got = receiver.take();
    assert_eq!(got.len(), 1);
    assert!(got[0].is_signed_with(&hook.secret));
    let expected = json!({
        "type": "webhook.ping", "timestamp": "2014-09-01T08:30:00.000000Z", "data": { "webhook_id": hook.id },
    });
    assert_eq!(got[0].body, expected);
    let ping = head.get(&format!("{location}?expand=event")).await.expect(200).json();
    assert_eq!((&ping["state"], &ping["reply_status"]), (&json!("failed"), &json!(410)));
    assert_eq!((&ping["number"], &ping["event"]), (&json!(null), &json!(null)));
    assert_eq!(hook.shown(&head).await["state"], "paused", "a ping disables nothing");
    head.act(&path, None).await.expect(202);
    send(&app).await;
    assert_eq!(receiver.take().len(), 1, "a ping, and no change while it is paused");
    head.act(&format!("{}/resume", hook.path), None).await.expect(200);
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash"]);
}

#[actix_web::test]
async fn two_secrets_are_valid_for_a_day_after_a_rotation() {
    let (app, mut head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({ "resources": ["area"] })).await;
    let mut area = 0;
    let mut next = async |head: &crate::support::Caller| {
        area += 1;
        app.area(head, &format!("Area {area}")).await;
        send(&app).await;
        receiver.take().remove(0)
    };
    let rotate = async |head: &crate::support::Caller| {
        let rotated = head.act(&format!("{}/rotate-secret", hook.path), None).await.expect(200).json();
        assert_eq!(rotated["webhook"]["previous_secret_until"].as_str().map(str::len), Some(27));
        rotated["secret"].as_str().unwrap().to_owned()
    };
    let valid = |got: &super::Got, secrets: [&str; 3]| secrets.map(|secret| got.is_signed_with(secret));
    let first = hook.secret.clone();
    assert!(first.starts_with("whsec_") && first.len() == 50, "{first}");
    assert_eq!(next(&head).await.signature.split(' ').count(), 1);
    let second = rotate(&head).await;
    assert_eq!(valid(&next(&head).await, [&first, &second, "whsec_AAAA"]), [true, true, false]);
    let third = rotate(&head).await;
    assert_eq!(valid(&next(&head).await, [&first, &second, &third]), [false, true, true]);
    app.clock.advance(Duration::from_hours(24));
    head = app.again(&head);
    let got = next(&head).await;
    assert_eq!(valid(&got, [&first, &second, &third]), [false, false, true]);
    assert_eq!(got.signature.split(' ').count(), 1);
}
