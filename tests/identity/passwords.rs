//! One-time passwords that end, and passwords that others could guess.

use std::time::Duration;

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use super::{GOOD, sign_in, signed_in, user_with_one_time};
use crate::support::process::{said, smep};
use crate::support::{self, Database, one_text};

const EMAIL: &str = "h.featherstone@hub.example";

#[actix_web::test]
async fn a_one_time_password_signs_in_once() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (id, password) = user_with_one_time(&head, EMAIL, json!({ "role": "monitor" })).await;
    let first = signed_in(&app, EMAIL, &password).await;
    let user = head.get(&format!("/users/{id}")).await.expect(200).json();
    assert_eq!((&user["must_change_password"], &user["one_time_expires_at"]), (&json!(true), &json!(null)));
    let refused = sign_in(&app, EMAIL, &password).await;
    assert_snapshot!(
        refused.refusal(400, "invalid-grant"),
        @"the one-time password was used, or its 72 hours are over: ask an administrator for another one",
    );
    // The session that it began can still change it.
    let change = json!({ "old_password": password, "new_password": GOOD });
    first.post("/me/password", &change).await.expect(204);
    sign_in(&app, EMAIL, &password).await.problem(400, "invalid-grant");
    for _ in 0..2 {
        sign_in(&app, EMAIL, GOOD).await.expect(200);
    }
}

#[actix_web::test]
async fn of_several_who_use_a_one_time_password_at_once_one_signs_in() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (_, password) = user_with_one_time(&head, EMAIL, json!({ "role": "monitor" })).await;
    let tries = (0..4).map(|_| sign_in(&app, EMAIL, &password));
    let replies = futures_util::future::join_all(tries).await;
    let signed_in = replies.iter().filter(|reply| reply.status == 200).count();
    let refused = replies.iter().filter(|reply| reply.status == 400).count();
    assert_eq!((signed_in, refused), (1, 3), "{replies:?}");
}

#[actix_web::test]
async fn a_one_time_password_ends_after_seventy_two_hours() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (_, unused) = user_with_one_time(&head, EMAIL, json!({ "role": "monitor" })).await;
    let (_, used) = user_with_one_time(&head, "late@hub.example", json!({ "role": "monitor" })).await;
    app.clock.advance(Duration::from_mins(72 * 60 - 1));
    let late = sign_in(&app, "late@hub.example", &used).await.expect(200).json();
    app.clock.advance(Duration::from_mins(1));
    let refused = sign_in(&app, EMAIL, &unused).await.refusal(400, "invalid-grant");
    assert!(refused.starts_with("the one-time password was used, or its 72 hours are over"), "{refused}");
    // The session that an expired one-time password began can neither set a password nor be renewed.
    let caller = app.nobody().with_token(late["access_token"].as_str().unwrap());
    let change = json!({ "old_password": used, "new_password": GOOD });
    let reply = caller.post("/me/password", &change).await;
    reply.problem(422, "invalid");
    assert_eq!(reply.faults(), [("/old_password".to_owned(), "expired".to_owned())]);
    let again = json!({ "grant_type": "refresh_token", "refresh_token": late["refresh_token"] });
    app.nobody().post("/auth/token", &again).await.problem(400, "invalid-grant");
}

#[actix_web::test]
async fn a_password_that_has_to_be_changed_opens_nothing_but_me_and_its_change() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let (_, password) = user_with_one_time(&head, EMAIL, json!({ "role": "monitor" })).await;
    let caller = signed_in(&app, EMAIL, &password).await;
    let mut refusals = Vec::new();
    for path in ["/schools", "/plans", "/hub", "/users"] {
        refusals.push(caller.get(path).await.refusal(403, "password-change-required"));
    }
    assert_snapshot!(one_text(&refusals), @r"
    your password was set by somebody else: change it at POST /api/v1/me/password
    ");
    assert_eq!(caller.get("/me").await.expect(200).json()["user"]["must_change_password"], true);
    let page = app.nobody().get("//problems/password-change-required").await.expect(200).text();
    assert!(page.contains("/me/password"), "{page}");
    caller.post("/me/password", &json!({ "old_password": password, "new_password": GOOD })).await.expect(204);
    caller.get("/plans").await.expect(200);
}

#[actix_web::test]
async fn a_password_made_of_the_hub_s_or_the_person_s_names_is_refused() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    head.patch("/hub", &json!({ "name": "Leicester-Shire Music Education Hub" }), "*").await.expect(200);
    let (_, password) = user_with_one_time(&head, EMAIL, json!({ "role": "monitor" })).await;
    let caller = signed_in(&app, EMAIL, &password).await;
    for personal in [
        "Leicester-Shire-Music",
        "leicester-leicester-2026",
        "Henrietta-Featherstone-9",
        "h.featherstone@hub.example",
        "Educat1on&Mus1c&Featherst0ne",
    ] {
        let reply = caller.post("/me/password", &json!({ "old_password": password, "new_password": personal })).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults()[0].0, "/new_password", "{personal}: {reply:?}");
    }
    caller.post("/me/password", &json!({ "old_password": password, "new_password": GOOD })).await.expect(204);
}

/// Runs a command that reads a password.
fn with_password(database: &Database, arguments: &[&str], password: &str) -> std::process::Output {
    use std::io::Write;
    let url = format!("--database-url={}", database.url());
    let mut command = smep(arguments);
    command.args([url.as_str(), "--password-stdin"]);
    command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[actix_web::test]
async fn the_command_line_refuses_the_same_passwords() {
    let app = support::program(&[]).await;
    let add = ["user", "add", "--hub=leicester", "--name=Henrietta Featherstone", "--role=monitor"];
    let email = format!("--email={EMAIL}");
    let add: Vec<&str> = add.into_iter().chain([email.as_str()]).collect();
    let reset = ["user", "reset", "--hub=leicester", email.as_str()];
    for personal in ["leicester-leicester-26", "Featherstone-Henrietta"] {
        let refused = with_password(&app.database, &add, personal);
        assert!(!refused.status.success() && said(&refused).contains("password"), "{}", said(&refused));
    }
    let added = with_password(&app.database, &add, GOOD);
    assert!(added.status.success(), "{}", said(&added));
    let refused = with_password(&app.database, &reset, "Featherstone-Henrietta");
    assert!(!refused.status.success() && said(&refused).contains("password"), "{}", said(&refused));
    sign_in(&app, EMAIL, GOOD).await.expect(200);
}
