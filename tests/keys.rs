//! The keys that sign tokens: sealed, revoked, and followed by instances whose clocks differ.

use std::time::{Duration, Instant};

use api::kernel::base::clock::Clock;
use entity::identity::grant::Role;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::support::process::{run, said};
use crate::support::{self, App, Caller, Database, Process};

const SEAL: &str = "--seal-key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const OTHER_SEAL: &str = "--seal-key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What `smep keys` prints, line by line.
#[track_caller]
fn keys(app: &App, arguments: &[&str]) -> Vec<Value> {
    let url = format!("--database-url={}", app.database.url());
    let output = run(&[&["keys"], arguments, &[url.as_str()]].concat());
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Why the service does not start.
#[track_caller]
fn refused(database: &Database, flags: &[&str]) -> String {
    let Err(log) = Process::try_serve(database.url(), flags) else { panic!("it started") };
    log.lines().find(|line| line.starts_with("smep: ")).unwrap_or_else(|| panic!("{log}")).to_owned()
}

async fn execute(app: &App, statement: &str) {
    app.state.db.write_pool().execute_unprepared(statement).await.unwrap();
}

/// Asks until the key's tokens are refused: a request made five seconds after it was revoked is
/// too late.
async fn noticed(caller: &Caller, since: Instant) {
    loop {
        let asked = since.elapsed();
        if caller.get("/areas").await.status == 401 {
            return;
        }
        assert!(asked < Duration::from_secs(5), "asked {asked:?} after the key was revoked, and let in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn tokens_of_a_revoked_key_are_refused_on_every_instance_within_five_seconds() {
    let app = support::program(&[]).await;
    let second = Process::serve(app.database.url(), &[]);
    let caller = app.as_role(Role::Governor).await;
    let elsewhere = caller.at(second.base());
    for one in [&caller, &elsewhere] {
        one.get("/areas").await.expect(200);
    }
    let known = keys(&app, &["list"]);
    assert_eq!((known.len(), &known[0]["signs"]), (1, &json!(true)));
    let kid = known[0]["kid"].as_str().unwrap();
    let revoked = keys(&app, &["revoke", kid]);
    let since = Instant::now();
    assert_eq!(revoked[0]["revoked"], kid);
    futures_util::future::join(noticed(&caller, since), noticed(&elsewhere, since)).await;

    let jwks = caller.get("//.well-known/jwks.json").await.expect(200).json();
    assert_eq!(jwks["keys"].as_array().unwrap().len(), 1);
    assert_eq!(jwks["keys"][0]["kid"], revoked[0]["signing"]);
    app.state.auth().keys.refresh().await.unwrap();
    app.again(&elsewhere).get("/areas").await.expect(200);
    let unknown = run(&["keys", "revoke", kid, "--database-url", app.database.url()]);
    assert!(!unknown.status.success() && said(&unknown).contains("smep keys list"), "{}", said(&unknown));
}

#[actix_web::test]
async fn keys_that_are_not_sealed_are_refused_where_a_seal_is_set_until_they_are_sealed() {
    let app = support::program(&[]).await;
    let caller = app.as_role(Role::Governor).await;
    assert!(refused(&app.database, &[SEAL]).contains("smep keys seal"));
    let unset = run(&["keys", "seal", "--database-url", app.database.url()]);
    assert!(!unset.status.success() && said(&unset).contains("SMEP_SEAL_KEY"), "{}", said(&unset));
    let sealed = keys(&app, &["seal", SEAL]);
    let kid = keys(&app, &["list"])[0]["kid"].clone();
    assert_eq!(sealed, [json!({ "sealed": [kid, "account", "cursor", "link", "webhook"] })]);
    assert_eq!(keys(&app, &["seal", SEAL]), [json!({ "sealed": [] })]);

    let service = Process::serve(app.database.url(), &[SEAL]);
    caller.at(service.base()).get("/areas").await.expect(200);
    assert!(refused(&app.database, &[]).contains("SMEP_SEAL_KEY"));
    assert!(refused(&app.database, &[OTHER_SEAL]).contains("SMEP_SEAL_KEY"));
}

#[actix_web::test]
async fn a_sealed_key_with_another_public_half_or_name_stops_the_start_until_it_is_revoked() {
    let app = support::program(&[]).await;
    keys(&app, &["seal", SEAL]);
    let kid = keys(&app, &["list"])[0]["kid"].as_str().unwrap().to_owned();
    execute(&app, "UPDATE signing_key SET public_key = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'").await;
    let line = refused(&app.database, &[SEAL]);
    assert!(line.contains("altered") && line.contains(&format!("smep keys revoke {kid}")), "{line}");
    execute(&app, "UPDATE signing_key SET kid = 'another'").await;
    assert!(refused(&app.database, &[SEAL]).contains("another"));
    keys(&app, &["revoke", "another", SEAL]);
    let service = Process::serve(app.database.url(), &[SEAL]);
    app.nobody().at(service.base()).get("//health/ready").await.expect(200);
}

#[actix_web::test]
async fn tokens_are_accepted_between_instances_whose_clocks_are_eleven_minutes_apart() {
    let app = support::app().await;
    let (state, base) = app.beside(Clock::fixed(app.clock.now() + Duration::from_mins(11))).await;
    let of_behind = app.as_role(Role::Governor).await;
    let of_ahead = of_behind.with_token(state.auth().keys.mint(of_behind.bearer()).unwrap().0);
    for caller in [&of_behind, &of_ahead] {
        for address in [app.base(), &base] {
            caller.at(address).get("/areas").await.expect(200);
        }
    }
    // By its own clock a token lives ten minutes, and the other instance still accepts it then.
    app.clock.advance(Duration::from_mins(9));
    of_behind.get("/areas").await.expect(200);
    of_behind.at(&base).get("/areas").await.expect(200);

    // What is further apart than the bound is refused in both directions.
    let (far, far_base) = app.beside(Clock::fixed(app.clock.now() + Duration::from_mins(26))).await;
    app.again(&of_behind).at(&far_base).get("/areas").await.problem(401, "unauthenticated");
    let of_far = of_behind.with_token(far.auth().keys.mint(of_behind.bearer()).unwrap().0);
    of_far.get("/areas").await.problem(401, "unauthenticated");
}

#[actix_web::test]
async fn an_instance_that_is_eleven_minutes_ahead_puts_nobody_out() {
    let app = support::app().await;
    let ahead = Clock::fixed(app.clock.now() + Duration::from_mins(11));
    let (state, base) = app.beside(ahead).await;
    let head = app.as_role(Role::HeadOfService).await;
    let (token, _) = state.auth().keys.mint(head.bearer()).unwrap();
    let head = head.with_token(token);
    // Its tokens are good here, though by this clock they are of the future.
    head.get("/areas").await.expect(200);

    let user = app.with_password(app.hub, Role::Governor, "g@hub.example", "viola otter quarry lantern").await;
    let sign_in = async |at: &str, password: &str| {
        let form = json!({ "grant_type": "password", "username": "g@hub.example", "password": password });
        app.nobody().at(at).post("/auth/token", &form).await.expect(200).json()
    };
    let old = sign_in(app.base(), "viola otter quarry lantern").await;
    let reset = head.at(&base).post(&format!("/users/{}/reset-password", user.id), &json!({})).await.expect(200);
    let one_time = reset.json()["one_time_password"].as_str().unwrap().to_owned();
    let new = sign_in(app.base(), &one_time).await;
    let me = |reply: &Value| app.nobody().with_token(reply["access_token"].as_str().unwrap()).get("/me");
    me(&new).await.expect(200);
    me(&old).await.expect(401);
    let refresh = async |at: &str, reply: &Value| {
        let form = json!({ "grant_type": "refresh_token", "refresh_token": reply["refresh_token"] });
        app.nobody().at(at).post("/auth/token", &form).await
    };
    refresh(app.base(), &old).await.problem(400, "invalid-grant");
    me(&refresh(&base, &new).await.expect(200).json()).await.expect(200);
}
