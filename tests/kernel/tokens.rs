//! Tokens: only ours, whole, in their time, for whom they still hold.
#![expect(clippy::disallowed_methods, reason = "keys are read and users changed behind the API")]

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ed25519_dalek::{Signer, SigningKey};
use entity::identity::grant::{self, Role};
use entity::identity::{client, hub, user};
use entity::kernel::signing_key;
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, Set};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{self, App, Caller, ISSUER, until};

/// The service's own key, and the content of a token that it signed.
struct Forge {
    key: SigningKey,
    header: Value,
    claims: Value,
    now: i64,
}

impl Forge {
    /// A service whose forged tokens are accepted when nothing is wrong with them: the rest fails for its one fault.
    async fn open() -> (App, Caller, Self) {
        let app = support::app().await;
        let caller = app.as_role(Role::HeadOfService).await;
        let forge = Self::of(&app, &caller).await;
        caller.with_token(forge.sound()).get("/areas").await.expect(200);
        (app, caller, forge)
    }

    async fn of(app: &App, caller: &Caller) -> Self {
        let row = signing_key::Entity::find().one(app.state.db.read()).await.unwrap().unwrap();
        assert!(!row.sealed);
        let seed: [u8; 32] = BASE64.decode(&*row.private_key).unwrap().try_into().unwrap();
        let mut parts = caller.token().split('.').map(|part| BASE64.decode(part).unwrap());
        let mut part = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
        let (header, claims) = (part(), part());
        let now = app.clock.now().as_micros() / 1_000_000;
        Self { key: SigningKey::from_bytes(&seed), header, claims, now }
    }

    /// A token that is ours in everything.
    fn sound(&self) -> String {
        self.signed(&self.header, &self.claims)
    }

    /// The head, the body and the signature of a sound token.
    fn pieces(&self) -> [String; 3] {
        let sound = self.sound();
        let pieces: Vec<_> = sound.split('.').map(str::to_owned).collect();
        pieces.try_into().unwrap()
    }

    /// Checks that each token is refused, and that the sound one still works afterwards.
    async fn fails(&self, caller: &Caller, tokens: impl IntoIterator<Item = (&'static str, String)>) {
        for (name, token) in tokens {
            refused(name, &caller.with_token(token).get("/areas").await);
        }
        caller.with_token(self.sound()).get("/areas").await.expect(200);
    }

    fn signed(&self, header: &Value, claims: &Value) -> String {
        signed_by(&self.key, header, claims)
    }

    /// A token of ours whose claims are changed before it is signed.
    fn claiming(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        self.signed(&self.header, &claims)
    }

    /// A token of ours whose header is changed before it is signed.
    fn heading(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header.clone();
        change(&mut header);
        self.signed(&header, &self.claims)
    }
}

fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

fn signed_by(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let text = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(text.as_bytes());
    format!("{text}.{}", BASE64.encode(signature.to_bytes()))
}

#[track_caller]
fn refused(name: &str, reply: &support::Reply) {
    assert_eq!(reply.status, 401, "{name}: {reply:?}");
    reply.problem(401, "unauthenticated");
    let challenge = reply.header("www-authenticate");
    assert!(challenge.starts_with("Bearer"), "{name}: {challenge}");
}

#[actix_web::test]
async fn no_signature_but_the_services_own_is_accepted() {
    let (_app, caller, forge) = Forge::open().await;
    let [head, body, signature] = forge.pieces();
    let public = BASE64.encode(forge.key.verifying_key().as_bytes());
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n");
    let hs256 = |secret: &[u8]| {
        let header = json!({ "alg": "HS256", "typ": "at+jwt", "kid": forge.header["kid"] });
        let text = format!("{}.{body}", part(&header));
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret).unwrap();
        mac.update(text.as_bytes());
        format!("{text}.{}", BASE64.encode(mac.finalize().into_bytes()))
    };
    let none = |alg: &str| {
        let header = json!({ "alg": alg, "typ": "at+jwt", "kid": forge.header["kid"] });
        format!("{}.{body}.", part(&header))
    };
    let other_key = SigningKey::from_bytes(&[7; 32]);
    let mut flipped = BASE64.decode(&signature).unwrap();
    flipped[0] ^= 1;
    forge
        .fails(
            &caller,
            [
                ("alg none", none("none")),
                ("alg None", none("None")),
                ("alg none with the signature", format!("{}{signature}", none("none"))),
                ("no signature", format!("{head}.{body}.")),
                ("no signature at all", format!("{head}.{body}")),
                ("HS256 with the public key", hs256(forge.key.verifying_key().as_bytes())),
                ("HS256 with the public key's text", hs256(public.as_bytes())),
                ("HS256 with the public key's PEM", hs256(pem.as_bytes())),
                ("another key", signed_by(&other_key, &forge.header, &forge.claims)),
                ("another signature", format!("{head}.{body}.{}", BASE64.encode(flipped))),
            ],
        )
        .await;
}

#[actix_web::test]
async fn a_payload_changed_after_signing_is_refused() {
    let (app, caller, forge) = Forge::open().await;
    let other_hub = app.another_hub("luton").await;
    let [head, _, signature] = forge.pieces();
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut claims = forge.claims.clone();
        change(&mut claims);
        format!("{head}.{}.{signature}", part(&claims))
    };
    forge
        .fails(
            &caller,
            [
                ("more scopes", changed(&|it| it["scope"] = json!("schools:write hubs:write"))),
                ("another hub", changed(&|it| it["hub"] = json!(other_hub))),
            ],
        )
        .await;
}

#[actix_web::test]
async fn a_header_that_is_not_the_services_own_is_refused() {
    let (_app, caller, forge) = Forge::open().await;
    let other_key = SigningKey::from_bytes(&[7; 32]);
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64.encode(other_key.verifying_key().as_bytes()) });
    let own_key = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "mine", "jwk": jwk });
    forge
        .fails(
            &caller,
            [
                ("an unknown kid", forge.heading(|it| it["kid"] = json!("0198c5f27b5e7cc2a3a62f6d1c7f5b10"))),
                ("no kid", forge.heading(|it| drop(it.as_object_mut().unwrap().remove("kid")))),
                ("a kid that is a path", forge.heading(|it| it["kid"] = json!("../../../dev/null"))),
                ("a kid that is SQL", forge.heading(|it| it["kid"] = json!("' OR 1=1 --"))),
                ("a key of its own", signed_by(&other_key, &own_key, &forge.claims)),
                ("another typ", forge.heading(|it| it["typ"] = json!("dpop+jwt"))),
                ("a crit it does not know", forge.heading(|it| it["crit"] = json!(["b64"]))),
            ],
        )
        .await;
}

#[actix_web::test]
async fn claims_that_are_missing_wrong_or_out_of_time_are_refused() {
    let (app, caller, forge) = Forge::open().await;
    let other_hub = app.another_hub("luton").await;
    let now = forge.now;
    assert_eq!(forge.claims["iss"], ISSUER);
    forge
        .fails(
            &caller,
            [
                ("expired", forge.claiming(|it| it["exp"] = json!(now - 15 * 60))),
                ("nbf in the future", forge.claiming(|it| it["nbf"] = json!(now + 60))),
                ("iat further ahead than clocks are", forge.claiming(|it| it["iat"] = json!(now + 16 * 60))),
                ("another generation", forge.claiming(|it| it["gen"] = json!(1))),
                ("another iss", forge.claiming(|it| it["iss"] = json!("http://evil.test"))),
                ("another aud", forge.claiming(|it| it["aud"] = json!("other"))),
                ("another hub", forge.claiming(|it| it["hub"] = json!(other_hub))),
                ("another subject", forge.claiming(|it| it["sub"] = json!(uuid::Uuid::now_v7()))),
                ("another grant", forge.claiming(|it| it["grant"] = json!(uuid::Uuid::now_v7()))),
                ("no grant", forge.claiming(|it| drop(it.as_object_mut().unwrap().remove("grant")))),
                ("a session that there is not", forge.claiming(|it| it["sid"] = json!(uuid::Uuid::now_v7()))),
                ("exp as text", forge.claiming(|it| it["exp"] = json!("9999999999"))),
                ("exp beyond all", forge.claiming(|it| it["exp"] = json!(1e300))),
                ("sub as a number", forge.claiming(|it| it["sub"] = json!(1))),
            ],
        )
        .await;
    let without = |claim| forge.claiming(|it| drop(it.as_object_mut().unwrap().remove(claim)));
    let claims = ["iss", "aud", "sub", "hub", "scope", "iat", "nbf", "exp"];
    forge.fails(&caller, claims.map(|claim| (claim, without(claim)))).await;
}

#[actix_web::test]
async fn a_text_that_is_no_token_is_refused() {
    let (_app, caller, forge) = Forge::open().await;
    let sound = forge.sound();
    forge
        .fails(
            &caller,
            [
                ("twice a dot", sound.replacen('.', "..", 1)),
                ("a fourth part", format!("{sound}.x")),
                ("padding", format!("{sound}=")),
                ("nothing", String::new()),
                ("words", "not a token".to_owned()),
                ("a very long one", "x".repeat(6000)),
            ],
        )
        .await;
}

#[actix_web::test]
async fn a_token_counts_only_in_one_bearer_header() {
    let (app, _caller, forge) = Forge::open().await;
    let (nobody, sound) = (app.nobody(), forge.sound());
    for value in ["Basic dXNlcjpwYXNz", "Bearer", sound.as_str(), "Token x"] {
        refused(value, &nobody.get("/areas").header("authorization", value).await);
    }
    let bearer = format!("Bearer {sound}");
    let twice = nobody.get("/areas").header("authorization", &bearer).header("authorization", &bearer);
    refused("two headers", &twice.await);
    refused("in the address", &nobody.get(&format!("/areas?access_token={sound}")).await);
}

#[actix_web::test]
async fn a_token_ends_fifteen_minutes_after_its_ten_however_often_it_was_seen() {
    let app = support::app().await;
    let caller = app.as_role(Role::HeadOfService).await;
    caller.get("/areas").await.expect(200);
    for (minutes, seconds) in [(10, 0), (14, 59)] {
        app.clock.advance(Duration::from_secs(60 * minutes + seconds));
        caller.get("/areas").await.expect(200);
    }
    app.clock.advance(Duration::from_secs(1));
    refused("expired", &caller.get("/areas").await);
    app.again(&caller).get("/areas").await.expect(200);
}

#[actix_web::test]
async fn a_token_is_asked_for_before_a_body_is_read() {
    let app = support::app().await;
    let nobody = app.nobody();
    let reply = nobody.ask(reqwest::Method::POST, "/areas").raw("{").await;
    refused("a broken body", &reply);
    let large = nobody.ask(reqwest::Method::POST, "/areas").raw(vec![b' '; 2 << 20]).sent().await;
    // The service may close while the rest is still on its way.
    if let Ok(reply) = large {
        refused("a large body", &reply);
    }
}

#[actix_web::test]
async fn scopes_in_a_token_count_only_within_the_grant() {
    let app = support::app().await;
    let governor = app.as_role(Role::Governor).await;
    let forge = Forge::of(&app, &governor).await;
    let wide = forge.claiming(|it| it["scope"] = json!("schools:read schools:write people:read"));
    let wide = governor.with_token(wide);
    wide.get("/areas").await.expect(200);
    wide.post("/areas", &json!({ "name": "Soar" })).await.problem(403, "forbidden");

    let head = app.as_role(Role::HeadOfService).await;
    let forge = Forge::of(&app, &head).await;
    let narrow = head.with_token(forge.claiming(|it| it["scope"] = json!("schools:read")));
    narrow.get("/areas").await.expect(200);
    narrow.post("/areas", &json!({ "name": "Soar" })).await.problem(403, "forbidden");
    let strange = head.with_token(forge.claiming(|it| it["scope"] = json!("everything:do")));
    strange.get("/areas").await.problem(403, "forbidden");
}

/// Asks until the change of `since` acts. A caller that asks all the time keeps its rights cached,
/// so that it has to be read again: a request made five seconds after the change is too late.
async fn noticed(caller: &Caller, since: Instant, status: u16) {
    loop {
        let asked = since.elapsed();
        if caller.get("/areas").await.status == status {
            return;
        }
        assert!(asked < Duration::from_secs(5), "asked {asked:?} after the change, and let in");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Changes a row as another instance would: this one does not know of it.
async fn changed<A>(app: &App, row: A)
where
    A: ActiveModelTrait + Send + sea_orm::ActiveModelBehavior,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    row.update(app.state.db.write_pool()).await.unwrap();
}

#[actix_web::test]
async fn what_another_instance_takes_away_is_gone_within_five_seconds() {
    let app = support::app().await;
    let db = app.state.db.clone();
    let later = app.clock.now() + Duration::from_secs(1);
    let asked: Vec<Caller> = {
        let mut callers = Vec::new();
        for _ in 0..7 {
            let caller = app.as_role(Role::HeadOfService).await;
            caller.get("/areas").await.expect(200);
            callers.push(caller);
        }
        callers
    };
    let user_of = async |caller: &Caller| {
        let key = (app.hub, caller.subject());
        user::Entity::find_by_id(key).one(db.read()).await.unwrap().unwrap().into_active_model()
    };
    let grant_of = async |caller: &Caller| {
        let key = (app.hub, caller.bearer().grant_id.unwrap());
        grant::Entity::find_by_id(key).one(db.read()).await.unwrap().unwrap().into_active_model()
    };
    let mut row = user_of(&asked[0]).await;
    row.disabled_at = Set(Some(later));
    changed(&app, row).await;
    let mut row = user_of(&asked[1]).await;
    row.token_generation = Set(1);
    changed(&app, row).await;
    let mut row = grant_of(&asked[2]).await;
    row.archived_at = Set(Some(later));
    changed(&app, row).await;
    let mut row = grant_of(&asked[3]).await;
    row.to_on = Set(Some(time::macros::date!(2014 - 08 - 31)));
    changed(&app, row).await;
    let mut row = user_of(&asked[4]).await;
    row.archived_at = Set(Some(later));
    changed(&app, row).await;
    let mut row = grant_of(&asked[5]).await;
    row.role = Set(Role::Provider);
    changed(&app, row).await;
    let mut row = grant_of(&asked[6]).await;
    row.role = Set(Role::Governor);
    changed(&app, row).await;

    let since = Instant::now();
    let gone = asked[..5].iter().map(|it| noticed(it, since, 401));
    let narrowed = noticed(&asked[5], since, 403);
    futures_util::future::join(futures_util::future::join_all(gone), narrowed).await;
    until("a governor writes no areas", async || {
        let name = format!("Area {}", app.next());
        let reply = asked[6].post("/areas", &json!({ "name": name })).await;
        (reply.status == 403).then_some(())
    })
    .await;
    asked[6].get("/areas").await.expect(200);
}

#[actix_web::test]
async fn a_client_and_a_hub_that_are_switched_off_get_no_further() {
    let app = support::app().await;
    let db = app.state.db.clone();
    let now = app.clock.now();
    let (off, narrowed) = (app.as_client("schools:read").await, app.as_client("schools:read people:read").await);
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::HeadOfService, |_| {}).await;
    for caller in [&off, &narrowed, &stranger] {
        caller.get("/areas").await.expect(200);
    }
    let row = client::Entity::find_by_id((app.hub, off.subject()));
    let mut row = row.one(db.read()).await.unwrap().unwrap().into_active_model();
    row.disabled_at = Set(Some(now));
    changed(&app, row).await;
    let row = client::Entity::find_by_id((app.hub, narrowed.subject()));
    let mut row = row.one(db.read()).await.unwrap().unwrap().into_active_model();
    row.scopes = Set(vec!["people:read".to_owned()].into());
    changed(&app, row).await;
    let row = hub::Entity::find_by_id((luton, luton));
    let mut row = row.one(db.read()).await.unwrap().unwrap().into_active_model();
    row.archived_at = Set(Some(now));
    changed(&app, row).await;
    let since = Instant::now();
    let (off, stranger) = (noticed(&off, since, 401), noticed(&stranger, since, 401));
    futures_util::future::join3(off, noticed(&narrowed, since, 403), stranger).await;
}

#[actix_web::test]
async fn a_delegation_holds_from_its_first_to_its_last_day() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await.id();
    let early = app
        .as_role_in(app.hub, Role::SchoolHead, |grant| {
            grant.school_id = Some(ash);
            grant.from_on = time::macros::date!(2014 - 09 - 02);
            grant.to_on = Some(time::macros::date!(2014 - 09 - 03));
        })
        .await;
    let day = Duration::from_hours(24);
    refused("the day before", &early.get("/schools").await);
    for _ in 0..2 {
        app.clock.advance(day);
        app.again(&early).get("/schools").await.expect(200);
    }
    app.clock.advance(day);
    refused("the day after", &app.again(&early).get("/schools").await);
}

#[actix_web::test]
async fn tokens_of_an_older_key_hold_on_after_a_turn() {
    use api::kernel::edge::auth::{Keys, Seal};
    let app = support::app().await;
    let caller = app.as_role(Role::HeadOfService).await;
    caller.get("/areas").await.expect(200);
    app.clock.advance(Duration::from_secs(3));
    let seal = Seal::new(None);
    Keys::rotate(&app.state.db, &seal, app.clock.now()).await.unwrap();
    // Another instance signs with the new key; this one has not heard of it yet.
    let settings = app.state.settings.clone();
    let other = support::state(settings, app.clock.clone()).await;
    let (new, _) = other.auth().keys.mint(caller.bearer()).unwrap();
    assert_ne!(new.split('.').next(), caller.token().split('.').next(), "another kid");
    caller.get("/areas").await.expect(200);
    caller.with_token(new).get("/areas").await.expect(200);
    assert_eq!(app.state.auth().keys.jwks().keys.len(), 2);
}
