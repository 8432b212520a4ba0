//! Receivers that answer badly, slowly or not at all.

use std::time::Duration;

use api::exchange::webhook::look;
use entity::exchange::webhook_delivery;
use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{Answer, Hook, Receiver, app, names, send};
use crate::support::{App, until};

const DAY: Duration = Duration::from_hours(24);

/// Lets webhooks send, and says how long that took.
async fn timed(app: &App) -> Duration {
    let began = std::time::Instant::now();
    send(app).await;
    began.elapsed()
}

/// The moment of a field.
fn moment(value: &Value) -> entity::instant::Instant {
    value.as_str().unwrap_or_else(|| panic!("{value}")).parse().unwrap()
}

#[actix_web::test]
async fn a_failure_is_tried_again_later_and_keeps_its_place() {
    let (app, mut head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    let elsewhere = Receiver::start();
    // How long the receiver waits with each answer.
    let late = [120, 0, 200, 80].map(Duration::from_millis);
    receiver.answer([
        Answer::Late(500, late[0]),
        Answer::Redirect(elsewhere.url.clone()),
        Answer::Late(404, late[2]),
        Answer::Late(200, late[3]),
    ]);
    let mut took = vec![timed(&app).await];
    assert_eq!(names(&receiver.got()), ["Ash"], "Oak waits for Ash");
    app.clock.advance(Duration::from_secs(4));
    assert_eq!(send(&app).await, 0, "it is not tried before its time");
    for _ in 0..3 {
        let progress = &hook.shown(&head).await["progress"];
        let (failing, next) = (moment(&progress["failing_since"]), moment(&progress["next_attempt_at"]));
        assert_eq!(failing.to_string(), "2014-09-01T08:30:00.000000Z");
        assert!(next > app.clock.now(), "{progress}");
        app.clock.advance(Duration::from_mins(6));
        head = app.again(&head);
        took.push(timed(&app).await);
    }
    let got = receiver.take();
    assert_eq!(names(&got), ["Ash", "Ash", "Ash", "Ash", "Oak"]);
    assert!(got[..4].iter().all(|it| it.id == got[0].id), "the same message");
    assert!(got.iter().all(|it| it.is_signed_with(&hook.secret)));
    assert!(elsewhere.got().is_empty(), "a redirect is not followed");
    let delivery = &hook.deliveries(&head).await[0];
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(4)));
    let log = delivery["attempt_log"].as_array().unwrap();
    let statuses: Vec<_> = log.iter().map(|it| it["reply_status"].clone()).collect();
    assert_eq!(statuses, [500, 302, 404, 200]);
    assert_eq!(log[0]["error"], "the receiver answered 500");
    assert!(log[1]["error"].as_str().unwrap().contains("redirects are not followed"));
    assert_eq!(log[3]["error"], json!(null));
    let durations: Vec<_> = log.iter().map(|it| Duration::from_millis(it["duration_ms"].as_u64().unwrap())).collect();
    assert!(durations.iter().zip(late).all(|(duration, late)| *duration >= late), "{durations:?}");
    assert!(durations.iter().zip(&took).all(|(duration, took)| duration <= took), "{durations:?} in {took:?}");
    assert_eq!(delivery["duration_ms"], log[3]["duration_ms"], "the last one");
    assert_eq!(hook.shown(&head).await["progress"]["failing_since"], json!(null));
}

#[actix_web::test]
async fn a_long_reply_is_cut_and_any_bytes_are_kept_as_text() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    let long: &'static str = Box::leak("\0é".repeat(3000).into_boxed_str());
    receiver.answer([Answer::Status(200, long)]);
    app.area(&head, "Ash").await;
    send(&app).await;
    let kept = hook.deliveries(&head).await[0]["reply_body"].as_str().unwrap().to_owned();
    assert!(kept.starts_with("\u{fffd}é\u{fffd}é"), "{kept}");
    // 2,048 bytes of the reply; the last one may be half a letter.
    assert!((1365..=1367).contains(&kept.chars().count()), "{}", kept.chars().count());
}

#[actix_web::test]
async fn a_receiver_that_is_gone_is_sent_nothing_more_until_the_webhook_is_resumed() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    receiver.answer([Answer::Status(410, "gone")]);
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash"]);
    let shown = hook.shown(&head).await;
    assert_eq!((&shown["state"], &shown["disabled_reason"]), (&json!("disabled"), &json!("gone")));
    assert_eq!(shown["disabled_at"], "2014-09-01T08:30:00.000000Z");
    app.clock.advance(DAY);
    assert_eq!(send(&app).await, 0);
    // The log of changes says so.
    let head = app.again(&head);
    let history = head.get(&format!("{}/history", hook.path)).await.expect(200).json();
    let entry = &history["items"][0];
    assert_eq!((&entry["operation"], &entry["actor_kind"]), (&json!("disable"), &json!("system")));
    assert_eq!(entry["reason"], "the receiver answered 410");
    head.act(&format!("{}/resume", hook.path), None).await.expect(200);
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash", "Oak"], "nothing was lost");
}

#[actix_web::test]
async fn after_three_days_a_delivery_is_given_up_and_after_five_the_webhook_is_disabled() {
    let (app, mut head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    receiver.answer((0..200).map(|_| Answer::Status(503, "away")));
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    let mut first_given_up = None;
    for hour in 0..125 {
        send(&app).await;
        head = app.again(&head);
        let deliveries = hook.deliveries(&head).await;
        if first_given_up.is_none() && deliveries[0]["state"] == "failed" {
            first_given_up = Some(hour);
            assert_eq!(deliveries[0]["attempts"], 12);
            assert_eq!(deliveries[1]["attempts"], 1, "the next one has its turn at once");
        }
        if hook.shown(&head).await["state"] == "disabled" {
            break;
        }
        app.clock.advance(Duration::from_hours(1));
    }
    // The hours are counted up to the first look after a time, and delays differ by chance.
    assert!(matches!(first_given_up, Some(64..=85)), "{first_given_up:?}");
    let shown = hook.shown(&head).await;
    assert_eq!((&shown["state"], &shown["disabled_reason"]), (&json!("disabled"), &json!("failing")));
    let days = (moment(&shown["disabled_at"]).as_micros() - moment(&shown["created_at"]).as_micros()) / 86_400_000_000;
    assert_eq!(days, 5);
    let states: Vec<_> = hook.deliveries(&head).await.iter().map(|it| it["state"].clone()).collect();
    assert_eq!(states, ["failed", "pending"]);
    let feed = head.get("/changes?resource=webhook&limit=200").await.expect(200).json();
    let last = feed["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["operation"], &last["id"]), (&json!("disable"), &json!(hook.id)));
    assert_eq!(last["reason"], "no request has succeeded for five days");
}

#[actix_web::test]
async fn slow_and_silent_receivers_keep_neither_others_nor_the_api_waiting() {
    let (app, head) = app().await;
    // One that accepts connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent_url = format!("http://{}/hook", silent.local_addr().unwrap());
    // One that nobody listens on.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_url = format!("http://{}/hook", closed.local_addr().unwrap());
    drop(closed);
    let (slow, quick) = (Receiver::start(), Receiver::start());
    slow.answer([Answer::Late(200, Duration::from_mins(1))]);
    let mut bad = Vec::new();
    for url in [&silent_url, &slow.url, &closed_url] {
        bad.push(Hook::new(&app, &head, url, json!({})).await);
    }
    Hook::new(&app, &head, &quick.url, json!({ "resources": ["area"] })).await;
    let began = std::time::Instant::now();
    app.area(&head, "Ash").await;
    look(&app.state).await.unwrap();
    until("the quick one has it", async || (!quick.got().is_empty()).then_some(())).await;
    app.area(&head, "Oak").await;
    head.get("/areas").await.expect(200);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    app.state.jobs.ended().await;
    assert!(began.elapsed() < Duration::from_secs(40), "a request has a time limit: {:?}", began.elapsed());
    let mut errors = Vec::new();
    for hook in &bad {
        let deliveries = hook.deliveries(&head).await;
        let first = deliveries.iter().find(|it| it["attempts"] == 1).unwrap();
        assert_eq!((&first["state"], &first["reply_status"]), (&json!("pending"), &json!(null)));
        errors.push(first["error"].as_str().unwrap().to_owned());
    }
    assert_eq!(errors[0], "the receiver did not answer within 15 seconds");
    assert_eq!(errors[1], errors[0]);
    assert!(errors[2].starts_with("no connection: "), "{errors:?}");
    assert!(errors.iter().all(|error| !error.contains("127.0.0.1")), "{errors:?}");
}

#[actix_web::test]
async fn a_delivery_that_cannot_be_taken_is_skipped_by_hand() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    receiver.answer([Answer::Status(422, "no such area")]);
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    send(&app).await;
    let first = hook.deliveries(&head).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/webhook-deliveries/{first}/skip");
    let reader = app.as_client("exchange:read schools:read").await;
    reader.act(&path, None).await.problem(403, "forbidden");
    head.act(&path, Some("\"1\"")).await.problem(412, "stale-version");
    let skipped = head.act(&path, None).await.expect(200).json();
    assert_eq!((&skipped["state"], &skipped["attempts"]), (&json!("failed"), &json!(1)));
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash", "Oak"]);
    app.as_role(Role::Governor).await.get("/webhook-deliveries").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn what_somebody_does_while_a_request_is_on_its_way_holds_when_it_fails() {
    let (app, head) = app().await;
    let receiver = Receiver::start();
    let hook = Hook::new(&app, &head, &receiver.url, json!({})).await;
    let on_its_way = async || {
        receiver.answer([Answer::Late(503, Duration::from_secs(1))]);
        app.clock.advance(Duration::from_secs(30));
        look(&app.state).await.unwrap();
        until("it is on its way", async || (!receiver.got().is_empty()).then_some(())).await;
    };
    app.area(&head, "Ash").await;
    app.area(&head, "Oak").await;
    // One that is skipped: the next one does not wait.
    on_its_way().await;
    let first = hook.deliveries(&head).await[0]["id"].as_str().unwrap().to_owned();
    head.act(&format!("/webhook-deliveries/{first}/skip"), None).await.expect(200);
    app.state.jobs.ended().await;
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Ash", "Oak"]);
    let skipped = head.get(&format!("/webhook-deliveries/{first}")).await.expect(200).json();
    assert_eq!((&skipped["state"], &skipped["attempts"]), (&json!("failed"), &json!(1)));
    // The last attempt, while the webhook is resumed: what waits has three days again, from now on.
    app.area(&head, "Elm").await;
    receiver.answer([Answer::Status(503, "")]);
    send(&app).await;
    let last: uuid::Uuid = hook.deliveries(&head).await[2]["id"].as_str().unwrap().parse().unwrap();
    app.write(app.hub, async |write| {
        let before = write.row::<webhook_delivery::Entity>(last).await?;
        write.replace_row::<webhook_delivery::Entity>(&webhook_delivery::Model { attempts: 11, ..before }).await
    })
    .await;
    receiver.take();
    on_its_way().await;
    for verb in ["pause", "resume"] {
        head.act(&format!("{}/{verb}", hook.path), None).await.expect(200);
    }
    app.state.jobs.ended().await;
    let waiting = hook.deliveries(&head).await[2].clone();
    assert_eq!((&waiting["state"], &waiting["attempts"]), (&json!("pending"), &json!(1)));
    send(&app).await;
    assert_eq!(names(&receiver.take()), ["Elm", "Elm"]);
}
