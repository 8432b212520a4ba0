//! Rate limits: whose allowance a request takes from.

use entity::identity::grant::Role;
use serde_json::json;

use crate::support::document::operations;
use crate::support::{self, App, Reply, until};

/// Five requests, and one more each minute.
const FEW: [&str; 3] = ["--rate-limit=1", "--rate-burst=5", "--trusted-proxies=127.0.0.1"];

async fn app() -> App {
    support::app_with(&FEW).await
}

/// What is left of the allowance.
fn left(reply: &Reply) -> u32 {
    let state = reply.header("ratelimit");
    let left = state.split(';').find_map(|part| part.strip_prefix("r="));
    left.and_then(|left| left.parse().ok()).unwrap_or_else(|| panic!("{reply:?}"))
}

#[track_caller]
fn over(reply: &Reply) {
    reply.problem(429, "too-many-requests");
    assert_eq!(left(reply), 0);
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
    assert_eq!(reply.header("ratelimit-policy"), "\"default\";q=5;w=300");
}

#[actix_web::test]
async fn neither_a_new_token_nor_another_spelling_gives_a_new_allowance() {
    let app = app().await;
    let caller = app.as_role(Role::Administrator).await;
    let again = app.again(&caller);
    assert_ne!(caller.token(), again.token());
    let spelled = [format!("bearer {}", caller.token()), format!("BEARER   {} ", again.token())];
    assert_eq!(left(&caller.get("/areas").await.expect(200)), 4);
    assert_eq!(left(&again.get("/areas").await.expect(200)), 3);
    for (spelled, rest) in spelled.iter().zip([2, 1]) {
        let reply = app.nobody().get("/areas").header("authorization", spelled).await.expect(200);
        assert_eq!(left(&reply), rest);
    }
    // It counts, also when it fails.
    assert_eq!(left(&again.get("/nowhere").await.expect(404)), 0);
    over(&caller.get("/areas").await);
    over(&app.nobody().get("/areas").header("authorization", &spelled[1]).await);
    assert_eq!(left(&app.as_role(Role::Administrator).await.get("/areas").await.expect(200)), 4);
}

#[actix_web::test]
async fn signing_in_counts_by_address_despite_the_headers() {
    let app = app().await;
    let form = json!({ "grant_type": "password", "username": "a@b.example", "password": "wrong" });
    let ask = async |from: &str, authorization: String| {
        let request = app.nobody().post("/auth/token", &form).header("x-forwarded-for", from);
        request.header("authorization", authorization).await
    };
    for n in 0..5 {
        assert_eq!(left(&ask("203.0.113.1", format!("Bearer {n}")).await.expect(400)), 4 - n);
    }
    let refused = ask("203.0.113.1", "Bearer 9".to_owned()).await;
    over(&refused);
    let revoked = app.nobody().post("/auth/revoke", &json!({ "token": "x" })).header("x-forwarded-for", "203.0.113.1");
    over(&revoked.await);
    ask("203.0.113.2", "Bearer 9".to_owned()).await.expect(400);
}

#[actix_web::test]
async fn made_up_tokens_count_by_address_and_keep_nobody_else_there_out() {
    let app = app().await;
    let caller = app.as_role(Role::Administrator).await;
    for n in 0..5 {
        let reply = caller.with_token(format!("made-up-{n}")).get("/areas").await;
        reply.problem(401, "unauthenticated");
        assert_eq!(left(&reply), 4 - n);
    }
    over(&caller.with_token("made-up-6").get("/areas").await);
    over(&app.nobody().get("/areas").await);
    // A path is the same however it is escaped.
    over(&app.nobody().ask(reqwest::Method::GET, "//%61pi/v1/areas").await);
    over(&app.nobody().ask(reqwest::Method::GET, "//api/v%31/areas").await);
    assert_eq!(left(&caller.get("/areas").await.expect(200)), 4);
}

#[actix_web::test]
async fn what_is_left_is_sent_exactly_where_the_document_says_so() {
    let app = support::app_with(&["--rate-limit=60000"]).await;
    let nobody = app.nobody();
    let mut told = 0;
    for operation in operations() {
        let path = operation.path.replace("{id}", "1").replace("{system}", "mis").replace("{n}", "1");
        let reply = nobody.ask(operation.method.parse().unwrap(), &format!("/{path}")).await;
        let documented = |name: &str| {
            let replies = operation.statuses().into_iter();
            replies.filter(|status| operation.reply(&status.to_string())["headers"].get(name).is_some()).count()
        };
        for name in ["RateLimit", "RateLimit-Policy"] {
            assert_eq!(reply.maybe(name).is_some(), documented(name) > 0, "{} {name}: {reply:?}", operation.id);
        }
        told += usize::from(documented("RateLimit") > 0);
    }
    assert!(told > 200 && told < operations().len(), "{told}");
}

#[actix_web::test]
async fn who_has_been_quiet_is_forgotten() {
    let app = support::app_with(&["--rate-limit=60000", "--trusted-proxies=127.0.0.1"]).await;
    for n in 0..200 {
        app.nobody().get("/areas").header("x-forwarded-for", format!("203.0.113.{n}")).await.expect(401);
    }
    // An allowance is whole again a millisecond after a request.
    until("all are forgotten", async || {
        app.state.limits().forget_quiet();
        (app.state.limits().remembered() == 0).then_some(())
    })
    .await;
}
