//! Invitations: a token sets the first password, or one for a forgotten password, once and in time.

use std::time::Duration;

use entity::identity::grant::Role;
use entity::identity::{hub, user};
use entity::kernel::{change, idempotency};
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{GOOD, sign_in, signed_in};
use crate::support::{self, App, Caller, Reply};

const EMAIL: &str = "h.featherstone@hub.example";

/// A user with an invitation.
async fn invited(by: &Caller) -> (Uuid, String) {
    let form = json!({
        "email": EMAIL, "name": "Henrietta Featherstone", "grant": { "role": "monitor" }, "invitation": true
    });
    let made = by.post("/users", &form).await.expect(201);
    let token = made.json()["invitation"]["token"].as_str().unwrap().to_owned();
    (made.id(), token)
}

async fn redeem(app: &App, token: &str, password: &str) -> Reply {
    app.nobody().post("/auth/password", &json!({ "token": token, "new_password": password })).await
}

/// The reply to a token that does not work, without what differs from request to request.
async fn refused(app: &App, token: &str) -> Value {
    let mut problem = redeem(app, token, GOOD).await.problem(400, "invalid-invitation");
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

#[actix_web::test]
async fn an_invited_user_sets_the_first_password_once() {
    let app = support::app_with(&["--invitation-url=https://music.example/invite#token="]).await;
    let head = app.as_role(Role::HeadOfService).await;
    let form = json!({ "email": EMAIL, "name": "H", "grant": { "role": "monitor" }, "invitation": true });
    let made = head.post("/users", &form).await.expect(201);
    let invitation = made.json()["invitation"].clone();
    let token = invitation["token"].as_str().unwrap();
    assert_eq!(invitation["link"], format!("https://music.example/invite#token={token}"));
    assert_eq!(invitation["expires_at"], "2014-09-04T08:30:00.000000Z");
    let user = head.get(made.header("location")).await.expect(200);
    assert_eq!((user.etag(), user.json().get("invitation")), (made.etag(), None));
    assert_eq!(user.json()["invitation_expires_at"], invitation["expires_at"]);

    redeem(&app, token, GOOD).await.expect(204);
    sign_in(&app, EMAIL, GOOD).await.expect(200);
    refused(&app, token).await;
    let user = head.get(made.header("location")).await.expect(200).json();
    assert_eq!((&user["has_password"], &user["must_change_password"]), (&json!(true), &json!(false)));
    assert_eq!(user["invitation_expires_at"], json!(null));
}

#[actix_web::test]
async fn of_concurrent_redeemers_of_an_invitation_one_sets_the_password() {
    let app = support::app().await;
    let (_, token) = invited(&app.as_role(Role::HeadOfService).await).await;
    let tries = (0..4).map(|_| redeem(&app, &token, GOOD));
    let mut statuses: Vec<_> = futures_util::future::join_all(tries).await.iter().map(|it| it.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 400, 400, 400]);
}

#[actix_web::test]
async fn a_forgotten_password_is_replaced_and_every_sign_in_ends() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (id, token) = invited(&head).await;
    redeem(&app, &token, GOOD).await.expect(204);
    let before = signed_in(&app, EMAIL, GOOD).await;
    let again = head.act(&format!("/users/{id}/invitation"), None).await.expect(200).json();
    assert_eq!(again["invitation"]["link"], json!(null), "no front end is named");
    // Until it is redeemed the password is the one there was.
    before.get("/plans").await.expect(200);
    let new = "oboe harvest teapot glacier";
    redeem(&app, again["invitation"]["token"].as_str().unwrap(), new).await.expect(204);
    before.get("/me").await.problem(401, "unauthenticated");
    sign_in(&app, EMAIL, GOOD).await.problem(400, "invalid-grant");
    sign_in(&app, EMAIL, new).await.expect(200);
}

#[actix_web::test]
async fn a_token_that_does_not_work_is_like_one_that_never_was() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let unknown = refused(&app, "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA").await;
    let (id, first) = invited(&head).await;
    let path = format!("/users/{id}");
    let token_of = |reply: Reply| reply.json()["invitation"]["token"].as_str().unwrap().to_owned();
    let second = token_of(head.act(&format!("{path}/invitation"), None).await.expect(200));
    assert_eq!(refused(&app, &first).await, unknown, "replaced by a newer one");
    head.ask(reqwest::Method::DELETE, &format!("{path}/invitation")).await.expect(204);
    assert_eq!(refused(&app, &second).await, unknown, "revoked");
    let invite = async || token_of(head.act(&format!("{path}/invitation"), None).await.expect(200));
    let token = invite().await;
    head.act(&format!("{path}/reset-password"), None).await.expect(200);
    assert_eq!(refused(&app, &token).await, unknown, "another way to a password");
    let token = invite().await;
    head.patch(&path, &json!({ "email": "other@hub.example" }), "*").await.expect(200);
    assert_eq!(refused(&app, &token).await, unknown, "sent to another address");
    let token = invite().await;
    head.act(&format!("{path}/disable"), None).await.expect(200);
    assert_eq!(refused(&app, &token).await, unknown, "disabled");
    head.act(&format!("{path}/invitation"), None).await.problem(409, "conflict");
    head.act(&format!("{path}/enable"), None).await.expect(200);
    assert_eq!(refused(&app, &token).await, unknown, "it does not come back");
    let token = invite().await;
    head.delete(&path, "*").await.expect(204);
    assert_eq!(refused(&app, &token).await, unknown, "archived");
}

#[actix_web::test]
async fn an_invitation_ends_after_seventy_two_hours_and_with_its_hub() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (id, token) = invited(&head).await;
    app.clock.advance(Duration::from_secs(72 * 3600 - 1));
    redeem(&app, &token, "short").await.problem(422, "invalid");
    app.clock.advance(Duration::from_secs(1));
    refused(&app, &token).await;
    let head = app.again(&head);
    let again = head.act(&format!("/users/{id}/invitation"), None).await.expect(200).json();
    let now = app.clock.now();
    let mut gone = support::rows::hub(app.hub, "leicester", now);
    gone.archived_at = Some(now);
    app.write(app.hub, async |write| write.replace_row::<hub::Entity>(&gone).await).await;
    refused(&app, again["invitation"]["token"].as_str().unwrap()).await;
}

#[actix_web::test]
async fn a_password_that_is_refused_leaves_the_invitation_as_it_was() {
    let app = support::app().await;
    let (_, token) = invited(&app.as_role(Role::HeadOfService).await).await;
    for weak in ["Henrietta-Featherstone-1", "password1234", "leicester-leicester-26"] {
        let reply = redeem(&app, &token, weak).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults()[0].0, "/new_password", "{weak}");
    }
    redeem(&app, &token, GOOD).await.expect(204);
}

#[actix_web::test]
async fn the_token_is_kept_nowhere_in_the_clear() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let form = json!({ "email": EMAIL, "name": "H", "invitation": true });
    let made = head.post("/users", &form).key("invite").await.expect(201);
    let token = made.json()["invitation"]["token"].as_str().unwrap().to_owned();
    assert!(token.len() >= 43, "256 bits at least");
    head.post("/users", &form).key("invite").await.problem(409, "conflict");
    let again = head.act(&format!("/users/{}/invitation", made.id()), None).key("again").await.expect(200);
    let again = again.json()["invitation"]["token"].as_str().unwrap().to_owned();
    let db = app.state.db.read();
    #[expect(clippy::disallowed_methods, reason = "what is kept is read behind the API")]
    let (users, changes, records) = (
        user::Entity::find().all(db).await.unwrap(),
        change::Entity::find().all(db).await.unwrap(),
        idempotency::Entity::find().all(db).await.unwrap(),
    );
    assert_eq!(records.len(), 2);
    let kept: Vec<String> = users.iter().filter_map(|it| it.invitation_hash.as_deref().map(str::to_owned)).collect();
    let kept = format!("{kept:?} {changes:?} {records:?}");
    assert!(!kept.contains(&token) && !kept.contains(&again), "{kept}");
}

#[actix_web::test]
async fn guesses_at_tokens_count_for_the_address_they_come_from() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (_, token) = invited(&head).await;
    for _ in 0..10 {
        refused(&app, "Wf6Jq0w9cVQ3mY2T5oHk7d1nB4xZ8aLsRtEyUiOpGhA").await;
    }
    let over = redeem(&app, &token, GOOD).await;
    over.problem(429, "too-many-requests");
    assert!(over.header("retry-after").parse::<u64>().unwrap() > 0);
    app.clock.advance(Duration::from_mins(15));
    redeem(&app, &token, GOOD).await.expect(204);
}
