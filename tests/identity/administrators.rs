//! A hub keeps somebody who can sign in and administer its users, and nobody takes away their own
//! access by mistake.

use std::time::Duration;

use entity::identity::grant::Role;
use entity::identity::user;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::{Value, json};

use super::{GOOD, sign_in, user_with_one_time};
use crate::support::{self, App, Caller, Request, one_text};

/// The requests that take away an administrator, by what they are about.
fn takings(by: &Caller, user: &str, grant: &str) -> Vec<Request> {
    let path = format!("/grants/{grant}?confirm=self");
    vec![
        by.act(&format!("/users/{user}/disable?confirm=self"), None),
        by.delete(&format!("/users/{user}?confirm=self"), "*"),
        by.delete(&path, "*"),
        by.patch(&path, &json!({ "role": "governor" }), "*"),
        by.patch(&path, &json!({ "to_on": "2014-09-30" }), "*"),
        by.patch(&path, &json!({ "from_on": "2014-10-01" }), "*"),
    ]
}

/// The state of another administrator who cannot sign in, by what happened to the user.
async fn other(app: &App, by: &Caller, change: impl FnOnce(&mut user::Model)) {
    let (hub, now) = (app.hub, app.clock.now());
    let caller = app.as_role(Role::Administrator).await;
    let users = by.get(&format!("/users/{}", caller.subject())).await.expect(200).json();
    let mut row = support::rows::user(hub, users["person_id"].as_str().unwrap().parse().unwrap(), "", now);
    row.id = caller.subject();
    row.email = users["email"].as_str().unwrap().to_owned();
    row.email_key.clone_from(&row.email);
    change(&mut row);
    app.write(hub, async |write| write.replace_row::<user::Entity>(&row).await).await;
}

#[actix_web::test]
async fn the_last_administrator_who_can_sign_in_stays() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let grant = json!({ "role": "business_manager" });
    let (id, _) = user_with_one_time(&head, "bm@hub.example", grant).await;
    let grants = head.get(&format!("/grants?user_id={id}")).await.expect(200).ids();
    let now = app.clock.now();
    // None of these signs in: the head who asks has no password either.
    other(&app, &head, |_| {}).await;
    other(&app, &head, |user| (user.password_hash, user.disabled_at) = (Some("x".into()), Some(now))).await;
    other(&app, &head, |user| (user.password_hash, user.must_change_password) = (Some("x".into()), true)).await;
    other(&app, &head, |user| {
        (user.password_hash, user.must_change_password) = (Some("x".into()), true);
        (user.one_time_expires_at, user.one_time_used_at) = (Some(now + Duration::from_hours(1)), Some(now));
    })
    .await;
    let mut refusals = Vec::new();
    for taking in takings(&head, &id, &grants[0].to_string()) {
        refusals.push(taking.await.refusal(409, "conflict"));
    }
    assert_snapshot!(one_text(&refusals), @r"
    cannot remove the last administrator who can sign in: first give another user with a password the
      role head_of_service, business_manager or administrator
    ");
    other(&app, &head, |user| user.password_hash = Some("x".into())).await;
    head.act(&format!("/users/{id}/disable"), None).await.expect(200);
}

#[actix_web::test]
async fn a_one_time_password_that_was_never_used_ends_the_administrator_with_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (first, _) = user_with_one_time(&head, "one@hub.example", json!({ "role": "administrator" })).await;
    let (second, _) = user_with_one_time(&head, "two@hub.example", json!({ "role": "administrator" })).await;
    app.clock.advance(Duration::from_hours(71));
    let head = app.again(&head);
    head.act(&format!("/users/{second}/reset-password"), None).await.expect(200);
    app.clock.advance(Duration::from_hours(2));
    let head = app.again(&head);
    head.act(&format!("/users/{second}/disable"), None).await.problem(409, "conflict");
    head.act(&format!("/users/{first}/disable"), None).await.expect(200);
}

#[actix_web::test]
async fn nobody_takes_away_their_own_access_without_saying_so() {
    let app = support::app().await;
    let keeper = app.as_role(Role::HeadOfService).await;
    let (_, password) = user_with_one_time(&keeper, "k@hub.example", json!({ "role": "head_of_service" })).await;
    let head = app.as_role(Role::HeadOfService).await;
    let (user, grant) = (head.subject(), head.bearer().grant_id.unwrap());
    let (user, grant) = (format!("/users/{user}"), format!("/grants/{grant}"));
    let asked: [(Method, String, Value); 7] = [
        (Method::POST, format!("{user}/disable"), json!(null)),
        (Method::POST, format!("{user}/reset-password"), json!(null)),
        (Method::DELETE, user.clone(), json!(null)),
        (Method::DELETE, grant.clone(), json!(null)),
        (Method::PATCH, grant.clone(), json!({ "to_on": "2014-10-01" })),
        (Method::PATCH, grant.clone(), json!({ "role": "business_manager" })),
        (Method::PATCH, grant.clone(), json!({ "from_on": "2014-10-01" })),
    ];
    let mut refusals = Vec::new();
    for (method, path, body) in &asked {
        let request = head.ask(method.clone(), path);
        let request = if body.is_null() { request } else { request.json(body) };
        refusals.push(request.await.refusal(409, "confirmation-required"));
    }
    assert_snapshot!(one_text(&refusals), @r"
    this takes away your own access: send the same request with `?confirm=self` if you mean it
    ");
    assert_eq!(head.get(&user).await.expect(200).etag(), "\"1\"");
    assert_eq!(head.get(&grant).await.expect(200).etag(), "\"1\"");
    // What takes nothing away needs no word, and another's access is another matter.
    head.patch(&grant, &json!({ "reason": "as before" }), "*").await.expect(200);
    head.act(&format!("/users/{}/reset-password", keeper.subject()), None).await.expect(200);
    head.act(&format!("{user}/disable?confirm=me"), None).await.problem(400, "bad-parameter");
    head.act(&format!("{user}/disable?confirm=self"), None).await.expect(200);
    head.get("/me").await.problem(401, "unauthenticated");
    sign_in(&app, "k@hub.example", &password).await.expect(200);
}

#[actix_web::test]
async fn a_partner_system_confirms_what_takes_away_its_own_access() {
    let app = support::app().await;
    let system = app.as_client("identity:read identity:write").await;
    let path = format!("/clients/{}", system.subject());
    system.act(&format!("{path}/disable"), None).await.problem(409, "confirmation-required");
    system.act(&format!("{path}/rotate-secret"), None).await.problem(409, "confirmation-required");
    system.delete(&path, "*").await.problem(409, "confirmation-required");
    system.patch(&path, &json!({ "name": "Its new name" }), "*").await.expect(200);
    system.act(&format!("{path}/disable?confirm=self"), None).await.expect(200);
    system.get("/clients").await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn the_reset_of_the_last_administrator_leaves_one_who_can_sign_in() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let path = format!("/users/{}/reset-password?confirm=self", head.subject());
    let reset = head.act(&path, None).await.expect(200).json();
    let (email, password) = (reset["email"].as_str().unwrap(), reset["one_time_password"].as_str().unwrap());
    let token = sign_in(&app, email, password).await.expect(200).json();
    let caller = app.nobody().with_token(token["access_token"].as_str().unwrap());
    let change = json!({ "old_password": password, "new_password": GOOD });
    caller.post("/me/password", &change).await.expect(204);
    caller.get("/users").await.expect(200);
}
