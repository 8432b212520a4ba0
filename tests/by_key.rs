//! Items made and changed by the keys that people and partner systems know them by.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, Caller, Reply, new_school};

const ASH: &str = "/schools/by-key/urn/120001";

/// The operations in the history of an item, the latest first.
async fn history(caller: &Caller, collection: &str, id: Uuid) -> Vec<String> {
    let page = caller.get(&format!("/{collection}/{id}/history")).await.expect(200).json();
    let items = page["items"].as_array().unwrap();
    items.iter().map(|one| one["operation"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn the_first_put_makes_it_and_the_same_again_changes_nothing() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = new_school("Ash", json!({ "pupils": 200, "in_scope": false }));
    let made = caller.put(ASH, &form).await.expect(201);
    assert_eq!(made.etag(), "\"1\"");
    assert_eq!(made.header("location"), format!("/api/v1/schools/{}", made.id()));
    assert_eq!(made.json()["urn"], 120_001);
    app.clock.advance(std::time::Duration::from_mins(1));
    // Even where a rule decides otherwise than the form says.
    assert_eq!(made.json()["in_scope"], true);
    for _ in 0..2 {
        let same = caller.put(ASH, &form).await.expect(200);
        assert_eq!(same.etag(), made.etag());
        assert_eq!(same.json(), made.json());
    }
    assert_eq!(history(&caller, "schools", made.id()).await, ["create"]);
    let read = caller.get(&format!("/schools/{}", made.id())).await.expect(200);
    assert_eq!(read.json(), made.json());
}

#[actix_web::test]
async fn what_is_left_out_stays_and_null_clears() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = new_school("Ash", json!({ "pupils": 200, "town": "Leicester" }));
    let made = caller.put(ASH, &form).await.expect(201);
    let after = caller.put(ASH, &json!({ "pupils": null, "name": "Ash Primary" })).await.expect(200);
    assert_eq!(after.id(), made.id());
    assert_eq!(after.etag(), "\"2\"");
    let school = after.json();
    assert_eq!((&school["pupils"], &school["town"]), (&Value::Null, &json!("Leicester")));
    assert_eq!((&school["name"], &school["urn"]), (&json!("Ash Primary"), &json!(120_001)));
    assert_eq!(history(&caller, "schools", made.id()).await, ["update", "create"]);
    // The item is checked as it would be, and the form as it stands where there is no item.
    for (path, form, pointer) in [
        (ASH, json!({ "name": null }), "/name"),
        (ASH, json!({ "naem": null }), "/naem"),
        (ASH, json!({ "lowest_age": 11, "highest_age": 4 }), "/highest_age"),
        (ASH, json!({ "area_id": Uuid::now_v7() }), "/area_id"),
        ("/schools/by-key/urn/120002", json!({ "kind": "school", "phase": "primary", "status": "open" }), "/name"),
    ] {
        let reply = caller.put(path, &form).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults()[0].0, pointer, "{reply:?}");
    }
    assert_eq!(caller.get("/schools").await.expect(200).ids(), [made.id()]);
}

#[actix_web::test]
async fn a_key_in_the_body_is_that_of_the_address_or_a_fault() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = |more: Value| new_school("Ash", more);
    caller.put(ASH, &form(json!({ "urn": 120_001 }))).await.expect(201);
    let paritor = |id: &str| json!([{ "system": "mis", "id": "1" }, { "system": "paritor", "id": id }]);
    let other = "/schools/by-key/urn/120002";
    let by_paritor = "/schools/by-key/paritor/A1";
    for (path, more, pointer, code) in [
        (ASH, json!({ "urn": 120_002 }), "/urn", "differs"),
        (ASH, json!({ "urn": null }), "/urn", "differs"),
        (other, json!({ "urn": 120_001 }), "/urn", "differs"),
        (by_paritor, json!({ "external_ids": paritor("A2") }), "/external_ids/1/id", "differs"),
    ] {
        let reply = caller.put(path, &form(more)).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(pointer.to_owned(), code.to_owned())], "{reply:?}");
    }
    // What is no key is a fault of the address.
    for (path, part, code) in [
        ("/schools/by-key/urn/abc", "{id}", "type"),
        ("/schools/by-key/urn/0120001", "{id}", "type"),
        ("/schools/by-key/urn/99", "{id}", "minimum"),
        ("/schools/by-key/urn/99999999999999999999", "{id}", "type"),
        ("/schools/by-key/urn/9999999999", "{id}", "maximum"),
        ("/schools/by-key/Paritor!/1", "{system}", "pattern"),
    ] {
        let reply = caller.put(path, &form(json!({}))).await;
        reply.problem(400, "bad-parameter");
        assert_eq!(reply.faults(), [(part.to_owned(), code.to_owned())], "{reply:?}");
    }
    // The name of a field is no partner's system.
    let reserved = form(json!({ "external_ids": [{ "system": "urn", "id": "120001" }] }));
    let reply = caller.post("/schools", &reserved).await;
    reply.problem(422, "invalid");
    assert_eq!(reply.faults(), [("/external_ids/0/system".to_owned(), "reserved".to_owned())]);
    assert_eq!(caller.get("/schools").await.expect(200).ids().len(), 1);
}

#[actix_web::test]
async fn a_partners_key_of_any_characters_finds_the_item() {
    let app = support::app().await;
    let system = app.as_role(Role::Administrator).await;
    let school = new_school("Ash", json!({}));
    let person = json!({ "name": "Ada Marlow" });
    let partner = json!({ "name": "Soar Band", "kind": "organisation" });
    for (collection, form) in [("schools", school), ("people", person), ("partners", partner)] {
        let path = format!("/{collection}/by-key/paritor/855%2F4003%20%2B%C3%A9");
        let made = system.put(&path, &form).await.expect(201);
        let key = json!({ "system": "paritor", "id": "855/4003 +é" });
        assert_eq!(made.json()["external_ids"], json!([key]));
        let same = system.put(&path, &form).await.expect(200);
        assert_eq!((same.id(), same.etag()), (made.id(), made.etag()));
        // The same key of another system is another item's.
        let other = system.put(&format!("/{collection}/by-key/mis/855%2F4003%20%2B%C3%A9"), &form);
        assert_ne!(other.await.expect(201).id(), made.id());
        // A list that is sent replaces the one there was, and keeps the key of the address.
        let mis = json!({ "system": "mis", "id": "9" });
        let more = system.put(&path, &json!({ "external_ids": [mis] })).await.expect(200);
        assert_eq!(more.json()["external_ids"], json!([mis, key]));
        let found = system.put(&format!("/{collection}/by-key/mis/9"), &json!({})).await.expect(200);
        assert_eq!((found.id(), found.etag()), (made.id(), more.etag()));
        let cleared = system.put(&path, &json!({ "external_ids": [] })).await.expect(200);
        assert_eq!(cleared.json()["external_ids"], json!([key]));
        // The key that was given up is anybody's.
        let next = system.put(&format!("/{collection}/by-key/mis/9"), &form).await.expect(201);
        assert_ne!(next.id(), made.id());
        let taken = json!({ "external_ids": [key] });
        let reply = system.put(&format!("/{collection}/by-key/mis/9"), &taken).await;
        reply.problem(409, "duplicate");
        assert_eq!(reply.faults()[0].0, "/external_ids", "{reply:?}");
    }
}

#[actix_web::test]
async fn names_and_codes_are_keys_regardless_of_case() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let made = caller.put("/areas/by-key/name/Soar%20Valley", &json!({ "code": "SV" })).await;
    let made = made.expect(201);
    assert_eq!(made.json()["name"], "Soar Valley");
    let same = caller.put("/areas/by-key/name/SOAR%20valley", &json!({})).await.expect(200);
    assert_eq!(same.json(), made.json(), "it keeps its own spelling");
    let spelt = caller.put("/areas/by-key/name/soar%20valley", &json!({ "name": "SOAR Valley" }));
    assert_eq!(spelt.await.expect(200).json()["name"], "SOAR Valley");

    let term = json!({ "meaning": "Pupil Referral Unit" });
    let made = caller.put("/glossary-terms/by-key/code/PRU", &term).await.expect(201);
    let found = caller.put("/glossary-terms/by-key/code/pru", &json!({ "meaning": "Unit" })).await;
    assert_eq!((found.expect(200).id(), 1), (made.id(), 1));
    // Who has no partners' keys knows no partner's system.
    for path in ["/areas/by-key/paritor/1", "/glossary-terms/by-key/name/PRU"] {
        let problem = caller.put(path, &term).await.problem(404, "not-found");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("known is"), "{detail}");
    }
}

#[actix_web::test]
async fn preconditions_hold_where_they_are_sent() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = new_school("Ash", json!({}));
    let change = json!({ "pupils": 7 });
    caller.put(ASH, &form).header("if-match", "*").await.problem(412, "stale-version");
    let made = caller.put(ASH, &form).header("if-none-match", "*").await.expect(201);
    let there = caller.put(ASH, &form).header("if-none-match", "*").await;
    there.problem(412, "already-there");
    assert_eq!(there.etag(), made.etag());
    let stale = caller.put(ASH, &change).header("if-match", "\"7\"").await;
    stale.problem(412, "stale-version");
    assert_eq!(stale.etag(), made.etag());
    let after = caller.put(ASH, &change).header("if-match", made.etag()).await.expect(200);
    assert_eq!(after.etag(), "\"2\"");

    // What is archived is there all the same.
    caller.delete(&format!("/schools/{}", made.id()), &after.etag()).await.expect(204);
    caller.put(ASH, &form).header("if-none-match", "*").await.problem(412, "already-there");
    assert!(caller.get("/schools").await.expect(200).ids().is_empty());
}

#[actix_web::test]
async fn an_archived_item_is_restored_by_its_key() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = new_school("Ash", json!({ "external_ids": [{ "system": "mis", "id": "1" }] }));
    let made = caller.put(ASH, &form).await.expect(201);
    let path = format!("/schools/{}", made.id());
    caller.delete(&path, "*").await.expect(204);
    let back = caller.put(ASH, &form).await.expect(200);
    assert_eq!((back.id(), back.etag().as_str()), (made.id(), "\"3\""));
    assert_eq!(back.json()["archived_at"], Value::Null);
    assert_eq!(caller.get(&path).await.expect(200).json(), back.json());

    caller.delete(&path, "*").await.expect(204);
    let back = caller.put("/schools/by-key/mis/1", &json!({ "pupils": 9 })).await.expect(200);
    assert_eq!((back.id(), &back.json()["pupils"]), (made.id(), &json!(9)));
    let operations = history(&caller, "schools", made.id()).await;
    assert_eq!(operations, ["restore", "archive", "restore", "archive", "create"]);

    // What a closed school says stays as it is on that way too.
    caller.patch(&path, &json!({ "status": "closed" }), "*").await.expect(200);
    caller.put(ASH, &json!({ "pupils": 10 })).await.problem(409, "conflict");
    caller.delete(&path, "*").await.expect(204);
    caller.put(ASH, &json!({ "pupils": 10 })).await.problem(409, "conflict");
    caller.put(ASH, &json!({})).await.expect(200);
}

#[actix_web::test]
async fn of_concurrent_puts_of_a_new_key_one_creates_the_item() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for round in 0..3 {
        for path in [format!("/schools/by-key/urn/13000{round}"), format!("/schools/by-key/mis/{round}")] {
            let asked = (0..8).map(|n| {
                let (caller, path) = (caller.clone(), path.clone());
                let form = new_school(&format!("School {n}"), json!({}));
                actix_web::rt::spawn(async move { caller.put(&path, &form).await })
            });
            let replies: Vec<Reply> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
            let made = replies.iter().filter(|reply| reply.status == 201).count();
            let found = replies.iter().filter(|reply| reply.status == 200).count();
            assert_eq!((made, found), (1, 7), "{replies:?}");
            assert!(replies.iter().all(|reply| reply.id() == replies[0].id()));
        }
    }
    assert_eq!(caller.all("/schools").await.len(), 6);
}

#[actix_web::test]
async fn who_may_not_write_puts_nothing_and_each_hub_has_its_own_keys() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = new_school("Ash", json!({}));
    let made = caller.put(ASH, &form).await.expect(201);
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let head = app.at_school(role, made.id()).await;
        head.put(ASH, &json!({ "pupils": 1 })).await.problem(403, "forbidden");
    }
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    let theirs = stranger.put(ASH, &form).await.expect(201);
    assert_ne!(theirs.id(), made.id());
    assert_eq!(caller.get("/schools").await.expect(200).ids(), [made.id()]);
}

#[actix_web::test]
async fn the_address_of_a_key_takes_nothing_else() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for method in [Method::PATCH, Method::POST, Method::DELETE] {
        let reply = caller.ask(method, ASH).await;
        reply.problem(405, "method-not-allowed");
        assert_eq!(reply.header("allow"), "GET, HEAD, PUT, OPTIONS");
    }
    caller.get("/schools/by-key/urn").await.problem(404, "not-found");
    for id in ["%00", "%ff", "a%00b", "%ed%a0%80"] {
        let path = format!("/schools/by-key/mis/{id}");
        caller.put(&path, &new_school("Ash", json!({}))).await.problem(400, "bad-request");
    }
    let long = format!("/schools/by-key/mis/{}", "x".repeat(101));
    let reply = caller.put(&long, &new_school("Ash", json!({}))).await;
    reply.problem(400, "bad-parameter");
    assert_eq!(reply.faults()[0].0, "{id}");
    for body in [json!([]), json!("x"), json!(null)] {
        caller.put(ASH, &body).await.problem(422, "invalid");
    }
    assert!(caller.get("/schools").await.expect(200).ids().is_empty());
}
