//! `Idempotency-Key`: a caller that is not sure sends the request again.

use std::time::Duration;

use api::kernel::caller::permission::PLATFORM_HUB;
use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::json;
use uuid::Uuid;

use crate::support::{self, Reply, one_text, until};

#[actix_web::test]
async fn many_requests_with_one_key_make_one_row() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for round in 0..5 {
        let key = Uuid::now_v7().to_string();
        let body = json!({ "kind": "school", "name": format!("School {round}"), "phase": "primary", "status": "open" });
        let asked = (0..10).map(|_| {
            let (caller, key, body) = (caller.clone(), key.clone(), body.clone());
            actix_web::rt::spawn(async move { caller.post("/schools", &body).key(&key).await })
        });
        let replies: Vec<Reply> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
        let made: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
        assert!(!made.is_empty(), "{replies:?}");
        for reply in replies.iter().filter(|reply| reply.status != 201) {
            reply.problem(409, "key-in-flight");
            assert_eq!(reply.header("retry-after"), "1");
        }
        let new = made.iter().filter(|reply| reply.maybe("idempotency-replayed").is_none()).count();
        assert_eq!(new, 1, "one was the first");
        for reply in &made {
            assert_eq!(reply.body, made[0].body);
            assert_eq!(reply.etag(), made[0].etag());
            assert_eq!(reply.header("location"), made[0].header("location"));
        }
        let rows = caller.get(&format!("/schools?q=School%20{round}")).await.expect(200);
        assert_eq!(rows.ids(), [made[0].id()]);
    }
    let changes = caller.get("/changes?resource=school").await.expect(200).json();
    assert_eq!(changes["items"].as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn what_has_finished_is_given_again_however_often_and_by_how_many_it_is_repeated() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" });
    let first = caller.post("/areas", &body).key("k").await.expect(201);
    for _ in 0..200 {
        let again = caller.post("/areas", &body).key("k").await.expect(201);
        assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &first.body));
    }
    let together = (0..40).map(|_| caller.post("/areas", &body).key("k").into_future());
    for again in join_all(together).await {
        assert_eq!(again.expect(201).body, first.body);
    }
}

#[actix_web::test]
async fn a_key_that_cannot_be_read_makes_nothing() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" });
    let mut refusals = Vec::new();
    for key in [&b"\xe9"[..], b"", b"a b", &[b'a'; 256]] {
        let refused = caller.post("/areas", &body).header("idempotency-key", key).await;
        refusals.push(refused.refusal(400, "bad-request"));
    }
    assert_snapshot!(one_text(&refusals), @r"
    an `Idempotency-Key` has 1 to 255 visible ASCII characters, such as a UUID
    ");
    let twice = caller.post("/areas", &body).key("a").key("a").await;
    assert_snapshot!(twice.refusal(400, "bad-request"), @"`idempotency-key` is sent more than once: send it once");
    assert!(caller.get("/areas").await.expect(200).ids().is_empty());
}

#[actix_web::test]
async fn a_repetition_gets_the_first_reply_even_when_the_row_has_changed_since() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" });
    let first = caller.post("/areas", &body).key("k1").await.expect(201);
    assert!(first.maybe("idempotency-replayed").is_none());
    let path = format!("/areas/{}", first.id());
    caller.patch(&path, &json!({ "name": "Soar" }), &first.etag()).await.expect(200);
    let again = caller.post("/areas", &body).key("k1").await.expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    for name in ["content-type", "etag", "location"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert_eq!(again.body, first.body);
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
}

#[actix_web::test]
async fn another_body_under_the_key_is_refused() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    caller.post("/areas", &json!({ "name": "Charnwood" })).key("k1").await.expect(201);
    let other = caller.post("/areas", &json!({ "name": "Soar" })).key("k1").await;
    other.problem(422, "key-reused");
    assert_eq!(caller.get("/areas").await.expect(200).ids().len(), 1);
}

#[actix_web::test]
async fn a_repetition_without_the_precondition_of_the_first_request_is_refused() {
    let app = support::app().await;
    let caller = app.as_role(Role::HeadOfService).await;
    let body = json!({ "kind": "self_evaluation", "title": "Music in our school" });
    let framework = caller.post("/frameworks", &body).await.expect(201);
    let path = format!("/frameworks/{}", framework.id());
    caller.delete(&path, &framework.etag()).await.expect(204);
    let restore = format!("{path}/restore");
    let restored = caller.act(&restore, Some("\"2\"")).key("k").await.expect(200);
    for sent in ["\"2\"", "\"3\""] {
        let again = caller.act(&restore, Some(sent)).key("k").await.expect(200);
        assert_eq!((again.header("idempotency-replayed"), &again.body), ("true", &restored.body));
    }
    caller.act(&restore, None).key("k").await.problem(422, "key-reused");
}

#[actix_web::test]
async fn a_key_belongs_to_its_caller_and_its_route() {
    let app = support::app().await;
    let one = app.as_role(Role::Administrator).await;
    let two = app.as_role(Role::Administrator).await;
    let system = app.as_client("schools:read schools:write").await;
    let mut ids = Vec::new();
    for (n, caller) in [&one, &two, &system].into_iter().enumerate() {
        let reply = caller.post("/areas", &json!({ "name": format!("Area {n}") })).key("k1").await;
        let reply = reply.expect(201);
        assert!(reply.maybe("idempotency-replayed").is_none(), "{reply:?}");
        ids.push(reply.id());
    }
    // The same key at another address is another request.
    let school = json!({ "kind": "school", "name": "Ash", "phase": "primary", "status": "open" });
    one.post("/schools", &school).key("k1").await.expect(201);
    for id in &ids {
        one.ask(reqwest::Method::DELETE, &format!("/areas/{id}")).await.expect(204);
    }
    let first = one.act(&format!("/areas/{}/restore", ids[0]), None).key("k1").await.expect(200);
    let second = one.act(&format!("/areas/{}/restore", ids[1]), None).key("k1").await.expect(200);
    assert_ne!(first.id(), second.id());
    let again = one.act(&format!("/areas/{}/restore", ids[0]), None).key("k1").await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
}

#[actix_web::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let first = caller.post("/areas", &json!({ "name": "Charnwood" })).key("k1").await.expect(201);
    app.clock.advance(Duration::from_secs(24 * 3600 - 1));
    let caller = app.again(&caller);
    let again = caller.post("/areas", &json!({ "name": "Charnwood" })).key("k1").await.expect(201);
    assert_eq!(again.id(), first.id());
    app.clock.advance(Duration::from_secs(2));
    let next = caller.post("/areas", &json!({ "name": "Soar" })).key("k1").await.expect(201);
    assert!(next.maybe("idempotency-replayed").is_none());
    assert_ne!(next.id(), first.id());
    let replayed = caller.post("/areas", &json!({ "name": "Soar" })).key("k1").await.expect(201);
    assert_eq!(replayed.id(), next.id());
}

#[actix_web::test]
async fn a_failure_is_not_kept() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let taken = app.area(&caller, "Charnwood").await;
    let body = json!({ "name": "Charnwood" });
    for _ in 0..2 {
        caller.post("/areas", &body).key("k1").await.problem(409, "duplicate");
    }
    caller.post("/areas", &json!({ "name": "" })).key("k1").await.problem(422, "invalid");
    let path = format!("/areas/{}", taken.id());
    caller.patch(&path, &json!({ "name": "Soar" }), "*").await.expect(200);
    let made = caller.post("/areas", &body).key("k1").await.expect(201);
    assert!(made.maybe("idempotency-replayed").is_none());
}

#[actix_web::test]
async fn a_key_is_short_and_not_empty() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" });
    for key in ["", &"k".repeat(256)] {
        caller.post("/areas", &body).key(key).await.problem(400, "bad-request");
    }
    caller.post("/areas", &body).key(&"k".repeat(255)).await.expect(201);
}

#[actix_web::test]
async fn a_hub_is_made_once_and_its_password_shown_once() {
    let app = support::app().await;
    app.make_hub(PLATFORM_HUB, "platform").await;
    let platform = app.as_client_in(PLATFORM_HUB, "hubs:read hubs:write").await;
    let first_user = json!({ "email": "ada@soar.example", "name": "Ada Marlow", "role": "head_of_service" });
    let body = json!({ "slug": "soar-valley", "name": "Soar Valley", "first_user": first_user });
    let made = platform.post("/hubs", &body).key("k1").await.expect(201);
    let again = platform.post("/hubs", &body).key("k1").await;
    assert_snapshot!(again.refusal(409, "conflict"), @r"
    the first request succeeded, and its reply held a secret that is shown only once: create a new
      secret
    ");
    let mut other = body;
    other["slug"] = json!("wreake-valley");
    platform.post("/hubs", &other).key("k1").await.problem(422, "key-reused");
    let hubs = platform.get("/hubs?q=valley").await.expect(200);
    assert_eq!(hubs.ids(), [made.json()["hub"]["id"].as_str().unwrap().parse::<Uuid>().unwrap()]);
}

#[actix_web::test]
async fn a_program_killed_in_between_repeats_safely() {
    let mut app = support::program(&[]).await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({ "name": "Charnwood" });
    let first = caller.post("/areas", &body).key("k1").await.expect(201);
    app.process().kill();
    app.start(&[]);
    let caller = caller.at(app.base());
    let again = until("the killed one's lock is gone", async || {
        let reply = caller.post("/areas", &body).key("k1").await;
        (reply.status != 409).then_some(reply)
    })
    .await
    .expect(201);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    assert_eq!(caller.get("/areas").await.expect(200).ids(), [first.id()]);
}
