//! Partner systems: what they are given, by whom, and whose keys they write.

use api::kernel::caller::permission::{PLATFORM_HUB, Reach, Scope, ScopeSet};
use api::kernel::edge::auth::secret::digest;
use api::kernel::edge::auth::token::Bearer;
use entity::identity::client;
use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::platform;
use crate::support::{self, App, Caller, Database, Request, new_school, process, rows};

const VERBS: [&str; 8] = ["create", "change", "extend", "disable", "enable", "rotate-secret", "archive", "restore"];

/// Clients with these scopes, one for each verb, in the state that the verb needs.
async fn targets(app: &App, scopes: ScopeSet) -> Vec<Uuid> {
    let now = app.clock.now();
    let make = |verb: &str| {
        let mut row = rows::client(app.hub, &scopes.to_string(), now);
        row.disabled_at = (verb == "enable").then_some(now);
        row.archived_at = (verb == "restore").then_some(now);
        row
    };
    let made: Vec<_> = VERBS.into_iter().map(make).collect();
    let ids = made.iter().map(|row| row.id).collect();
    app.insert::<client::Entity>(app.hub, made).await;
    ids
}

fn request(by: &Caller, verb: &str, id: Uuid, scopes: ScopeSet, narrow: Uuid) -> Request {
    let path = format!("/clients/{id}");
    let scopes: Vec<_> = scopes.iter().map(Scope::as_str).collect();
    match verb {
        "create" => by.post("/clients", &json!({ "name": "A system", "scopes": scopes })),
        "change" => by.patch(&path, &json!({ "name": "Another name" }), "*"),
        // A client that the caller may change is given more.
        "extend" => by.patch(&format!("/clients/{narrow}"), &json!({ "scopes": scopes }), "*"),
        "archive" => by.delete(&path, "*"),
        verb => by.act(&format!("{path}/{verb}"), None),
    }
}

/// Tries every verb on clients with the scopes of every role.
async fn try_all(app: &App, caller: &Caller, own: &str, mine: ScopeSet) {
    for role in Role::ALL.iter().filter(|role| **role != Role::PlatformAdministrator) {
        let scopes = ScopeSet::of(*role);
        let may = mine.covers(scopes);
        for (verb, id) in VERBS.into_iter().zip(targets(app, scopes).await) {
            let narrow = rows::client(app.hub, "schools:read", app.clock.now());
            let narrow_id = narrow.id;
            app.insert::<client::Entity>(app.hub, vec![narrow]).await;
            let reply = request(caller, verb, id, scopes, narrow_id).await;
            let what = format!("{own} {verb} a client with the scopes of {role}: {reply:?}");
            if may {
                assert!([200, 201, 204].contains(&reply.status), "{what}");
            } else {
                assert_eq!(reply.status, 403, "{what}");
                reply.problem(403, "forbidden");
            }
        }
    }
}

#[actix_web::test]
async fn every_role_acts_only_on_clients_with_no_more_than_its_own_scopes() {
    let app = support::app().await;
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::PlatformAdministrator) {
        let caller = app.as_role(role).await;
        // What reaches less than the hub gives no client anything.
        let over_hub = |scope: &Scope| scope.reach(role).has(Reach::HUB);
        let mine: ScopeSet = ScopeSet::of(role).iter().filter(over_hub).collect();
        if mine.contains(Scope::WriteIdentity) {
            try_all(&app, &caller, role.as_str(), mine).await;
        } else {
            let id = targets(&app, mine).await[0];
            for verb in VERBS {
                request(&caller, verb, id, mine, id).await.problem(403, "forbidden");
            }
        }
    }
}

#[actix_web::test]
async fn a_client_acts_only_on_clients_with_no_more_than_its_own_scopes() {
    let app = support::app().await;
    let scopes = ScopeSet::of(Role::BusinessManager);
    let caller = app.as_client(&scopes.to_string()).await;
    try_all(&app, &caller, "a client", scopes).await;
}

#[actix_web::test]
async fn a_client_gives_no_other_client_the_keys_of_another_system() {
    let app = support::app().await;
    let system = keyed(&app, "identity:read identity:write", Some("mis")).await;
    let form = |system: &str| json!({ "name": "S", "scopes": ["identity:read"], "system": system });
    let made = system.post("/clients", &form("mis")).await.expect(201);
    system.post("/clients", &form("paritor")).await.problem(403, "forbidden");
    let patch = json!({ "system": "paritor" });
    system.patch(&format!("/clients/{}", made.id()), &patch, "*").await.problem(403, "forbidden");
    // The new secret of another system's client would open its keys.
    let other = keyed(&app, "identity:read", Some("paritor")).await;
    system.act(&format!("/clients/{}/rotate-secret", other.subject()), None).await.problem(403, "forbidden");
}

/// A client whose `system` is given.
async fn keyed(app: &App, scopes: &str, system: Option<&str>) -> Caller {
    let row = client::Model { system: system.map(str::to_owned), ..rows::client(app.hub, scopes, app.clock.now()) };
    let bearer = Bearer {
        hub_id: app.hub,
        subject: row.id,
        grant_id: None,
        session_id: None,
        scope: scopes.to_owned(),
        generation: 0,
    };
    app.insert::<client::Entity>(app.hub, vec![row]).await;
    app.nobody().speaking_for(bearer.clone(), None, app.mint(bearer))
}

const REGISTER: &str = "schools:read schools:write people:read people:write partners:read partners:write";

fn key(system: &str, id: &str) -> Value {
    json!({ "system": system, "id": id })
}

#[actix_web::test]
async fn a_client_writes_the_keys_of_its_own_system_only() {
    let app = support::app().await;
    let mis = keyed(&app, REGISTER, Some("mis")).await;
    for (collection, form) in [
        ("schools", new_school("Ash", json!({}))),
        ("people", json!({ "name": "Ada Marlow" })),
        ("partners", json!({ "name": "Soar Band", "kind": "organisation" })),
    ] {
        let with = |ids: &[Value]| {
            let mut form = form.clone();
            form["external_ids"] = json!(ids);
            form
        };
        let list = format!("/{collection}");
        let refused = mis.post(&list, &with(&[key("mis", "1"), key("paritor", "A")])).await;
        refused.problem(403, "forbidden");
        assert_eq!(refused.faults(), [("/external_ids/1/system".to_owned(), "another_system".to_owned())]);
        mis.put(&format!("{list}/by-key/paritor/A"), &form).await.problem(403, "forbidden");
        let made = mis.put(&format!("{list}/by-key/mis/1"), &form).await.expect(201);
        let path = format!("{list}/{}", made.id());
        // An administrator adds the key of another system: the client leaves it as it is.
        let office = app.as_role(Role::Administrator).await;
        let both = json!({ "external_ids": [key("mis", "1"), key("paritor", "A")] });
        office.patch(&path, &both, "*").await.expect(200);
        mis.put(&format!("{list}/by-key/paritor/A"), &json!({})).await.problem(403, "forbidden");
        for ids in [json!([]), json!([key("mis", "1")]), json!([key("mis", "1"), key("paritor", "B")])] {
            mis.patch(&path, &json!({ "external_ids": ids }), "*").await.problem(403, "forbidden");
            mis.put(&format!("{list}/by-key/mis/1"), &json!({ "external_ids": ids })).await.problem(403, "forbidden");
        }
        let changed = json!({ "external_ids": [key("paritor", "A"), key("mis", "2")] });
        assert_eq!(mis.patch(&path, &changed, "*").await.expect(200).json()["external_ids"], changed["external_ids"]);
        mis.delete(&path, "*").await.expect(204);
        mis.act(&format!("{path}/restore"), Some("*")).await.expect(200);
    }
}

#[actix_web::test]
async fn a_client_without_a_system_writes_no_keys() {
    let app = support::app().await;
    let client = keyed(&app, REGISTER, None).await;
    let with_key = new_school("Ash", json!({ "external_ids": [key("mis", "1")] }));
    let refused = client.post("/schools", &with_key).await;
    assert_snapshot!(refused.refusal(403, "forbidden"), @r"
    this client has no `system` and writes no keys: send the keys of `mis` as they are, or have an
      administrator give the client its `system`
    /external_ids/0/system another_system: this client has no `system` and writes no keys: send the keys
      of `mis` as they are, or have an administrator give the client its `system`
    ");
    client.put("/schools/by-key/mis/1", &new_school("Ash", json!({}))).await.problem(403, "forbidden");
    let made = client.put("/schools/by-key/urn/120001", &new_school("Ash", json!({}))).await.expect(201);
    let path = format!("/schools/{}", made.id());
    let add = json!({ "external_ids": [key("mis", "1")] });
    client.patch(&path, &add, "*").await.problem(403, "forbidden");
    app.as_role(Role::Administrator).await.patch(&path, &add, "*").await.expect(200);
    let kept = json!({ "external_ids": [key("mis", "1")], "pupils": 20 });
    client.patch(&path, &kept, "*").await.expect(200);
}

#[actix_web::test]
async fn a_batch_rejects_the_items_with_keys_of_other_systems() {
    let app = support::app().await;
    let mis = keyed(&app, REGISTER, Some("mis")).await;
    let school =
        |urn: u32, ids: Value| new_school(&format!("School {urn}"), json!({ "urn": urn, "external_ids": ids }));
    let items = json!([
        school(120_001, json!([key("mis", "1")])),
        school(120_002, json!([key("paritor", "A")])),
        school(120_003, json!([])),
    ]);
    let report = mis.post("/schools/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    assert_eq!((&report["created"], &report["rejected"]), (&json!(2), &json!(1)), "{report}");
    assert_eq!(report["items"][1]["errors"][0]["pointer"], "/items/1/external_ids/0/system", "{report}");
    let again = json!([school(120_001, json!([])), school(120_003, json!([key("mis", "3")]))]);
    let report = mis.post("/schools/batch?mode=each", &json!({ "items": again })).await.expect(200).json();
    assert_eq!(report["updated"], 2, "its own keys are its own to take away: {report}");
}

#[actix_web::test]
async fn platform_scopes_give_a_client_of_a_hub_nothing() {
    let app = support::app().await;
    platform(&app).await;
    // The row is as the command line could make it once.
    let old = app.as_client("hubs:read hubs:write schools:read").await;
    old.get("/schools").await.expect(200);
    old.get("/hubs").await.problem(403, "forbidden");
    assert_eq!(old.get("/me").await.expect(200).json()["scopes"], json!(["schools:read"]));
    let mut row = rows::client(app.hub, "hubs:read schools:read", app.clock.now());
    row.secret_hash = base64(&digest("the secret of a client")).into();
    let id = row.id;
    app.insert::<client::Entity>(app.hub, vec![row]).await;
    let form = json!({
        "grant_type": "client_credentials", "client_id": id, "client_secret": "the secret of a client"
    });
    assert_eq!(app.nobody().post("/auth/token", &form).await.expect(200).json()["scope"], "schools:read");
    let own = app.as_client_in(PLATFORM_HUB, "hubs:read").await;
    assert_eq!(own.get("/hubs").await.expect(200).ids().len(), 2);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

#[actix_web::test]
async fn platform_scopes_are_refused_for_clients_of_a_hub_by_every_way_in() {
    let app = support::program(&[]).await;
    let anything = app.as_anything().await;
    let form = json!({ "name": "S", "scopes": ["schools:read", "hubs:read"] });
    let refused = anything.post("/clients", &form).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.faults(), [("/scopes/1".to_owned(), "not_applicable".to_owned())]);
    let client = |hub: &str, database: &Database| {
        let url = format!("--database-url={}", database.url());
        let hub = format!("--hub={hub}");
        process::run(&["client", "add", hub.as_str(), "--name=S", "--scope=hubs:read", url.as_str()])
    };
    let made = client("leicester", &app.database);
    assert!(!made.status.success(), "{}", process::said(&made));
    assert!(process::said(&made).contains("`hubs:read` exists in the hub `platform` only"), "{}", process::said(&made));
    let made = client("platform", &app.database);
    assert!(made.status.success(), "{}", process::said(&made));
}
