//! Signing in while somebody guesses: who is slowed down, and who is not.
#![expect(clippy::disallowed_methods, reason = "rows are read behind the API")]

use std::time::Duration;

use entity::identity::grant::Role;
use entity::identity::{client, sign_in_address, sign_in_failure};
use sea_orm::EntityTrait;
use serde_json::json;
use uuid::Uuid;

use crate::support::{self, App, Reply, rows};

const OWNER: &str = "owner@hub.example";
const RIGHT: &str = "viola otter quarry lantern";

async fn app() -> App {
    let app = support::app_with(&["--trusted-proxies=127.0.0.1"]).await;
    app.with_password(app.hub, Role::Governor, OWNER, RIGHT).await;
    app
}

async fn sign_in(app: &App, from: &str, email: &str, password: &str, hub: Option<&str>) -> Reply {
    let mut form = json!({ "grant_type": "password", "username": email, "password": password });
    if let Some(hub) = hub {
        form["hub"] = json!(hub);
    }
    app.nobody().post("/auth/token", &form).header("x-forwarded-for", from).await
}

/// Failures of one login from an address.
async fn fail(app: &App, from: &str, email: &str, times: usize) {
    for _ in 0..times {
        sign_in(app, from, email, "wrong", None).await.problem(400, "invalid-grant");
    }
}

#[track_caller]
fn slowed(reply: &Reply) {
    let problem = reply.problem(429, "too-many-requests");
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&seconds), "{reply:?}");
    assert!(problem["detail"].as_str().unwrap().contains("try again in"), "{reply:?}");
}

#[actix_web::test]
async fn strangers_at_other_addresses_cannot_close_an_account() {
    let app = app().await;
    sign_in(&app, "198.51.100.1", OWNER, RIGHT, None).await.expect(200);
    for stranger in 1..=5 {
        fail(&app, &format!("203.0.113.{stranger}"), OWNER, 5).await;
    }
    fail(&app, "203.0.113.9", OWNER, 5).await;
    slowed(&sign_in(&app, "203.0.113.9", OWNER, RIGHT, None).await);

    // Where the owner signed in before, all tries are left, and one anywhere else.
    fail(&app, "198.51.100.1", OWNER, 9).await;
    sign_in(&app, "198.51.100.1", OWNER, RIGHT, None).await.expect(200);
    sign_in(&app, "198.51.100.2", OWNER, RIGHT, None).await.expect(200);
}

#[actix_web::test]
async fn ten_failures_close_the_address_they_came_from_for_a_quarter_of_an_hour() {
    let app = app().await;
    fail(&app, "203.0.113.1", OWNER, 10).await;
    slowed(&sign_in(&app, "203.0.113.1", OWNER, RIGHT, None).await);
    // Spelled otherwise it is the same, and so is another address of the same IPv6 network.
    slowed(&sign_in(&app, "203.0.113.1", " OWNER@hub.example ", RIGHT, None).await);
    sign_in(&app, "203.0.113.2", OWNER, RIGHT, None).await.expect(200);
    fail(&app, "2001:db8:1:2::1", "other@hub.example", 10).await;
    slowed(&sign_in(&app, "2001:db8:1:2:ffff::9", "other@hub.example", RIGHT, None).await);
    app.clock.advance(Duration::from_mins(15));
    sign_in(&app, "203.0.113.1", OWNER, RIGHT, None).await.expect(200);
}

#[actix_web::test]
async fn a_success_in_one_hub_resets_no_counter_of_another() {
    let app = app().await;
    let luton = app.another_hub("luton").await;
    app.with_password(luton, Role::Governor, OWNER, "a password of another hub").await;
    let here = "203.0.113.1";
    for _ in 0..9 {
        sign_in(&app, here, OWNER, "wrong", Some("leicester")).await.problem(400, "invalid-grant");
    }
    sign_in(&app, here, OWNER, "a password of another hub", Some("luton")).await.expect(200);
    sign_in(&app, here, OWNER, "wrong", Some("leicester")).await.problem(400, "invalid-grant");
    slowed(&sign_in(&app, here, OWNER, RIGHT, Some("leicester")).await);
}

#[actix_web::test]
async fn an_account_that_is_not_there_is_counted_like_one_that_is() {
    let app = app().await;
    let mut statuses = Vec::new();
    for email in [OWNER, "nobody@hub.example"] {
        let mut seen = Vec::new();
        for (from, hub) in [("203.0.113.1", Some("leicester")), ("203.0.113.2", None), ("203.0.113.1", None)] {
            for _ in 0..11 {
                seen.push(sign_in(&app, from, email, "wrong", hub).await.status);
            }
        }
        statuses.push(seen);
    }
    assert_eq!(statuses[0], statuses[1]);
    assert!(statuses[0].contains(&429));
}

#[actix_web::test]
async fn the_database_keeps_no_address_and_no_e_mail_of_failed_sign_ins() {
    let app = app().await;
    fail(&app, "203.0.113.1", OWNER, 1).await;
    sign_in(&app, "203.0.113.1", OWNER, RIGHT, None).await.expect(200);
    let failures = sign_in_failure::Entity::find().all(app.state.db.read()).await.unwrap();
    let addresses = sign_in_address::Entity::find().all(app.state.db.read()).await.unwrap();
    let kept = format!("{failures:?} {addresses:?}");
    assert_eq!((failures.len(), addresses.len()), (1, 1));
    assert!(!kept.contains("203.0.113.1") && !kept.contains("owner"), "{kept}");
    app.clock.advance(Duration::from_hours(91 * 24));
    api::identity::limit::prune(&app.state).await.unwrap();
    let addresses = sign_in_address::Entity::find().all(app.state.db.read()).await.unwrap();
    assert!(addresses.is_empty());
}

#[actix_web::test]
async fn a_partner_system_with_the_right_secret_is_never_held_up() {
    let app = app().await;
    let secret = api::kernel::edge::auth::Secret::random();
    let row =
        client::Model { secret_hash: secret.hash().into(), ..rows::client(app.hub, "schools:read", app.clock.now()) };
    let id = row.id;
    app.insert::<client::Entity>(app.hub, vec![row]).await;
    let ask = async |secret: &str, id: Uuid| {
        let form = json!({ "grant_type": "client_credentials", "client_id": id, "client_secret": secret });
        app.nobody().post("/auth/token", &form).header("x-forwarded-for", "203.0.113.1").await
    };
    for _ in 0..10 {
        ask("wrong", id).await.problem(401, "invalid-client");
    }
    slowed(&ask("wrong", id).await);
    ask(secret.reveal(), id).await.expect(200);
    ask("wrong", Uuid::now_v7()).await.problem(401, "invalid-client");
}
