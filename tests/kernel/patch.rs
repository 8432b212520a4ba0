//! Merge patches, and how a body's faults are reported.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use crate::support::{self, new_school};

#[actix_web::test]
async fn null_clears_absent_keeps_and_a_value_replaces() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = json!({
        "pupils": 200, "town": "Leicester", "gender": "mixed", "fsm_percentage": 12.5, "opened_on": "2001-09-01",
    });
    let made = app.school(&caller, "Ash", form).await;
    let path = format!("/schools/{}", made.id());
    let patch =
        json!({ "pupils": null, "fsm_percentage": null, "opened_on": null, "gender": null, "name": "Ash Primary" });
    let after = caller.patch(&path, &patch, &made.etag()).await.expect(200);
    assert_eq!(after.etag(), "\"2\"");
    let read = caller.get(&path).await.expect(200);
    for reply in [&after, &read] {
        let school = reply.json();
        for field in ["pupils", "fsm_percentage", "opened_on", "gender"] {
            assert_eq!(school[field], Value::Null, "{field}: {school}");
        }
        assert_eq!(school["town"], "Leicester");
        assert_eq!(school["name"], "Ash Primary");
        assert_eq!(school["version"], 2);
    }
    assert_eq!(after.json(), read.json(), "the reply is what is stored");
}

#[actix_web::test]
async fn a_list_is_replaced_as_a_whole() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let keys = json!([{ "system": "paritor", "id": "1" }, { "system": "mis", "id": "2" }]);
    let made = app.school(&caller, "Ash", json!({ "external_ids": keys })).await;
    let path = format!("/schools/{}", made.id());
    let patch = json!({ "external_ids": [{ "system": "mis", "id": "3" }] });
    let after = caller.patch(&path, &patch, "*").await.expect(200).json();
    assert_eq!(after["external_ids"], patch["external_ids"]);
    // The key that was given up can be another school's now.
    app.school(&caller, "Beech", json!({ "external_ids": [{ "system": "paritor", "id": "1" }] })).await;
    let taken = new_school("Cedar", json!({ "external_ids": [{ "system": "mis", "id": "3" }] }));
    let taken = caller.post("/schools", &taken).await;
    taken.problem(409, "duplicate");
    assert_eq!(taken.faults()[0].0, "/external_ids");
}

#[actix_web::test]
async fn what_changes_nothing_keeps_the_etag_and_leaves_no_entry() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let made = app.school(&caller, "Ash", json!({ "pupils": 200 })).await;
    let path = format!("/schools/{}", made.id());
    app.clock.advance(std::time::Duration::from_mins(1));
    for patch in
        [json!({}), json!({ "pupils": 200 }), json!({ "pupils": 200.0 }), json!({ "town": null, "name": "Ash" })]
    {
        let same = caller.patch(&path, &patch, &made.etag()).await.expect(200);
        assert_eq!(same.etag(), made.etag(), "{patch}");
        assert_eq!(same.json(), made.json(), "{patch}");
    }
    let history = caller.get(&format!("{path}/history")).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 1, "{history}");
}

#[actix_web::test]
async fn every_fault_of_a_body_is_reported_at_once_and_nothing_is_written() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = json!({
        "kind": "scool",
        "naem": "Ash",
        "phase": "primary",
        "status": "open",
        "urn": 5,
        "la_code": "85",
        "pupils": "many",
        "postcode": "nowhere",
        "opened_on": "2014-02-30",
        "area_id": "7",
        "external_ids": [{ "system": "Not Good", "id": "" }],
    });
    let reply = caller.post("/schools", &body).await;
    let problem = reply.problem(422, "invalid");
    let faults = reply.faults();
    let expected = [
        ("/area_id", "format"),
        ("/external_ids/0/id", "too_short"),
        ("/external_ids/0/system", "pattern"),
        ("/kind", "unknown_value"),
        ("/la_code", "pattern"),
        ("/naem", "unknown_field"),
        ("/name", "required"),
        ("/opened_on", "format"),
        ("/postcode", "pattern"),
        ("/pupils", "type"),
        ("/urn", "minimum"),
    ];
    let expected: Vec<_> = expected.iter().map(|(at, code)| ((*at).to_owned(), (*code).to_owned())).collect();
    assert_eq!(faults, expected, "{problem}");
    let message = |pointer: &str| {
        let errors = problem["errors"].as_array().unwrap();
        let fault = errors.iter().find(|one| one["pointer"] == pointer).unwrap();
        fault["message"].as_str().unwrap().to_owned()
    };
    assert!(message("/naem").contains("`name`"), "{}", message("/naem"));
    assert!(message("/kind").contains("`school`"), "{}", message("/kind"));

    let list = caller.get("/schools?total=true").await.expect(200).json();
    assert_eq!(list["total"], 0);
    let changes = caller.get("/changes").await.expect(200).json();
    assert_eq!(changes["items"], json!([]));
}

#[actix_web::test]
async fn a_patch_is_checked_as_the_item_would_be() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let made = app.school(&caller, "Ash", json!({ "lowest_age": 4, "highest_age": 11 })).await;
    let path = format!("/schools/{}", made.id());
    for (patch, pointer) in [
        (json!({ "name": null }), "/name"),
        (json!({ "name": "" }), "/name"),
        (json!({ "lowest_age": 12 }), "/highest_age"),
        (json!({ "urn": null, "nmae": null }), "/nmae"),
        (json!({ "id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10" }), "/id"),
        (json!({ "version": 9 }), "/version"),
        (json!({ "hub_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10" }), "/hub_id"),
        (json!({ "area_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10" }), "/area_id"),
        (json!({ "note": "x".repeat(4001) }), "/note"),
        (json!([]), ""),
        (json!("name"), ""),
        (json!(null), ""),
    ] {
        let reply = caller.patch(&path, &patch, &made.etag()).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults()[0].0, pointer, "{patch}: {reply:?}");
    }
    assert_eq!(caller.get(&path).await.expect(200).json(), made.json());
}

#[actix_web::test]
async fn lengths_count_characters_not_bytes() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let name = "🎵".repeat(120);
    let made = app.area(&caller, &name).await;
    assert_eq!(made.json()["name"], name);
    let long = caller.post("/areas", &json!({ "name": "🎵".repeat(121) })).await;
    long.problem(422, "invalid");
    assert_eq!(long.faults(), [("/name".to_owned(), "too_long".to_owned())]);
}

#[actix_web::test]
async fn a_reference_has_to_exist_for_the_caller() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    let theirs = app.area(&stranger, "Dallow").await.id();
    let gone = app.area(&caller, "Gone").await;
    caller.delete(&format!("/areas/{}", gone.id()), &gone.etag()).await.expect(204);
    for area in [theirs, gone.id(), uuid::Uuid::now_v7()] {
        let reply = caller.post("/schools", &new_school("Ash", json!({ "area_id": area }))).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults()[0].0, "/area_id", "{reply:?}");
    }
}

#[actix_web::test]
async fn a_key_that_is_taken_names_the_row_even_an_archived_one() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let made = app.school(&caller, "Ash", json!({ "urn": 120_001 })).await;
    let again = new_school("Beech", json!({ "urn": 120_001 }));
    let reply = caller.post("/schools", &again).await;
    let problem = reply.problem(409, "duplicate");
    assert_eq!(reply.header("location"), format!("/api/v1/schools/{}", made.id()));
    assert_eq!(reply.faults()[0].0, "/urn", "{reply:?}");
    assert!(problem["detail"].as_str().unwrap().contains(&made.id().to_string()));

    caller.delete(&format!("/schools/{}", made.id()), &made.etag()).await.expect(204);
    let problem = caller.post("/schools", &again).await.problem(409, "duplicate");
    assert!(problem["detail"].as_str().unwrap().contains("restore"), "{problem}");

    // Another hub has its own keys.
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    stranger.post("/schools", &again).await.expect(201);
}
