//! Many items in one request.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{self, Caller, Reply, new_school};

fn school(n: usize) -> Value {
    new_school(&format!("School {n}"), json!({ "urn": 200_000 + n }))
}

fn batch(items: impl IntoIterator<Item = Value>) -> Value {
    json!({ "items": items.into_iter().collect::<Vec<_>>() })
}

/// A thousand schools of which one has faults.
fn one_bad_of_a_thousand() -> Value {
    batch((0..1000).map(|n| match n {
        613 => json!({ "kind": "school", "phase": "primary", "status": "opne", "urn": 200_613 }),
        n => school(n),
    }))
}

/// Created, updated, unchanged, rejected.
fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "rejected"].map(|name| report[name].as_u64().unwrap())
}

fn statuses(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().unwrap();
    items.iter().map(|item| item["status"].as_str().unwrap().to_owned()).collect()
}

/// The faults of an item, as pointers with codes.
fn faults(report: &Value, index: usize) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = report["items"][index]["errors"].as_array().unwrap();
    errors.iter().map(|one| (text(&one["pointer"]), text(&one["code"]))).collect()
}

async fn how_many(caller: &Caller) -> u64 {
    let list = caller.get("/schools?total=true&limit=1").await.expect(200).json();
    list["total"].as_u64().unwrap()
}

async fn changes(caller: &Caller) -> Vec<Value> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        let part = caller.get(&format!("/changes?resource=school&limit=200&after={after}")).await;
        let part = part.expect(200).json();
        let items = part["items"].as_array().unwrap().clone();
        if items.is_empty() {
            return all;
        }
        after = part["next"].as_i64().unwrap();
        all.extend(items);
    }
}

#[actix_web::test]
async fn one_bad_item_of_a_thousand_stops_all_or_itself_alone() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = one_bad_of_a_thousand();
    let expected = [
        ("/items/613/name".to_owned(), "required".to_owned()),
        ("/items/613/status".to_owned(), "unknown_value".to_owned()),
    ];
    for (query, applied) in [
        ("", false),
        ("?dry_run=true", false),
        ("?mode=atomic", false),
        ("?mode=each&dry_run=true", false),
        ("?mode=each", true),
    ] {
        let report = caller.post(&format!("/schools/batch{query}"), &body).await.expect(200).json();
        assert_eq!(report["applied"], applied, "{query}");
        assert_eq!(counts(&report), [999, 0, 0, 1], "{query}");
        let items = report["items"].as_array().unwrap();
        assert_eq!(items.len(), 1000);
        assert!(items.iter().enumerate().all(|(n, item)| item["index"] == n));
        let mut found = faults(&report, 613);
        found.sort();
        assert_eq!(found, expected, "{query}");
        assert_eq!(items[0]["id"].is_string(), applied, "an id only of what is there");
        let stored = if applied { 999 } else { 0 };
        assert_eq!(how_many(&caller).await, stored, "{query}");
        assert_eq!(changes(&caller).await.len() as u64, stored, "{query}");
    }
    let log = changes(&caller).await;
    assert!(log.iter().all(|one| one["operation"] == "create" && one["keys"]["urn"].is_number()));
    let numbers: Vec<i64> = log.iter().map(|one| one["number"].as_i64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]));

    // The same again changes nothing.
    let report = caller.post("/schools/batch?mode=each", &body).await.expect(200).json();
    assert_eq!(counts(&report), [0, 0, 999, 1]);
    assert_eq!(changes(&caller).await.len(), 999);
}

#[actix_web::test]
async fn an_item_whose_key_is_known_changes_that_one() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let key = |system: &str, id: &str| json!([{ "system": system, "id": id }]);
    let ash = app.school(&caller, "Ash", json!({ "urn": 120_001, "town": "Oadby" })).await;
    let beech = app.school(&caller, "Beech", json!({ "external_ids": key("mis", "B") })).await;
    let cedar = app.school(&caller, "Cedar", json!({ "urn": 120_003 })).await;
    let elm = app.school(&caller, "Elm", json!({ "urn": 120_005 })).await;
    caller.delete(&format!("/schools/{}", elm.id()), "*").await.expect(204);
    let body = batch([
        json!({ "urn": 120_001, "pupils": 7, "town": null }),
        json!({ "external_ids": key("mis", "B"), "urn": 120_002 }),
        json!({ "urn": 120_003, "name": "Cedar" }),
        new_school("Dogwood", json!({ "external_ids": key("mis", "D") })),
        json!({ "urn": 120_005 }),
        new_school("Fir", json!({})),
    ]);
    let trial = caller.post("/schools/batch?dry_run=true", &body).await.expect(200).json();
    assert_eq!((&trial["applied"], &trial["dry_run"]), (&json!(false), &json!(true)));
    let report = caller.post("/schools/batch", &body).await.expect(200).json();
    let expected = ["updated", "updated", "unchanged", "created", "updated", "created"];
    assert_eq!(statuses(&report), expected);
    assert_eq!(statuses(&trial), expected, "a dry run tells the same");
    assert_eq!(counts(&report), [2, 3, 1, 0]);
    for (index, reply) in [(0, &ash), (1, &beech), (2, &cedar), (4, &elm)] {
        assert_eq!(report["items"][index]["id"], json!(reply.id()));
        assert_eq!(trial["items"][index]["id"], json!(reply.id()));
    }
    let read = async |id: &Value| caller.get(&format!("/schools/{}", id.as_str().unwrap())).await.expect(200).json();
    let [ash, beech, elm, dogwood] = [
        read(&report["items"][0]["id"]).await,
        read(&report["items"][1]["id"]).await,
        read(&report["items"][4]["id"]).await,
        read(&report["items"][3]["id"]).await,
    ];
    assert_eq!((&ash["pupils"], &ash["town"], &ash["version"]), (&json!(7), &json!(null), &json!(2)));
    assert_eq!((&beech["urn"], &beech["name"]), (&json!(120_002), &json!("Beech")));
    assert_eq!((&elm["archived_at"], &elm["version"]), (&json!(null), &json!(3)));
    assert_eq!(dogwood["in_scope"], true, "decided as for one alone");
    // The keys of a new one are known from now on.
    let found = caller.put("/schools/by-key/mis/D", &json!({})).await.expect(200);
    assert_eq!(json!(found.id()), dogwood["id"]);

    let log = changes(&caller).await;
    let tail: Vec<_> = log.iter().skip(5).map(|one| one["operation"].as_str().unwrap()).collect();
    assert_eq!(tail, ["update", "update", "create", "restore", "create"]);
    assert_eq!(log[5]["fields"]["pupils"], json!({ "before": null, "after": 7 }));
}

#[actix_web::test]
async fn each_bad_item_is_reported_with_its_position() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let key = |system: &str, id: &str| json!([{ "system": system, "id": id }]);
    app.school(&caller, "Ash", json!({ "urn": 120_001, "external_ids": key("mis", "A") })).await;
    app.school(&caller, "Beech", json!({ "urn": 120_002 })).await;
    app.school(&caller, "Dogwood", json!({ "urn": 120_005, "external_ids": key("mis", "D") })).await;
    let closed = app.school(&caller, "Cedar", json!({ "urn": 120_003 })).await;
    let path = format!("/schools/{}", closed.id());
    caller.patch(&path, &json!({ "status": "closed" }), "*").await.expect(200);
    let rows = [
        (json!("Ash"), "", "type"),
        (new_school("", json!({})), "/name", "too_short"),
        (new_school("Elm", json!({ "area_id": Uuid::now_v7() })), "/area_id", "unknown_reference"),
        (new_school("Elm", json!({ "lowest_age": 9, "highest_age": 4 })), "/highest_age", "order"),
        (json!({ "urn": 120_002, "external_ids": key("mis", "A") }), "/external_ids/0", "ambiguous"),
        (json!({ "urn": 120_001, "pupils": 7 }), "", ""),
        (json!({ "urn": 120_001, "pupils": 8 }), "/urn", "duplicate"),
        (json!({ "external_ids": key("mis", "A"), "pupils": 9 }), "/external_ids/0", "duplicate"),
        (json!({ "external_ids": key("mis", "D"), "pupils": 7 }), "", ""),
        (json!({ "urn": 120_005, "pupils": 8 }), "", "duplicate"),
        (json!({ "urn": 120_003, "pupils": 7 }), "", "conflict"),
        (new_school("Elm", json!({ "external_ids": key("urn", "1") })), "/external_ids/0/system", "reserved"),
        (new_school("Elm", json!({ "urn": 120_004 })), "", ""),
    ];
    let body = batch(rows.iter().map(|(item, ..)| item.clone()));
    let report = caller.post("/schools/batch?mode=each", &body).await.expect(200).json();
    for (index, (_, pointer, code)) in rows.iter().enumerate() {
        let expected: Vec<(String, String)> =
            if code.is_empty() { Vec::new() } else { vec![(format!("/items/{index}{pointer}"), (*code).to_owned())] };
        assert_eq!(faults(&report, index), expected, "{}", report["items"][index]);
    }
    assert_eq!(counts(&report), [1, 2, 0, 10]);
}

#[actix_web::test]
async fn a_batch_has_its_bounds() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (body, pointer, code) in [
        (batch((0..1001).map(school)), "/items", "too_many"),
        (batch([]), "/items", "too_few"),
        (json!({}), "/items", "required"),
        (json!({ "items": {} }), "/items", "type"),
        (json!({ "items": [school(1)], "mode": "each" }), "/mode", "unknown_field"),
        (json!([school(1)]), "", "type"),
    ] {
        let reply = caller.post("/schools/batch", &body).await;
        reply.problem(422, "invalid");
        assert_eq!(reply.faults(), [(pointer.to_owned(), code.to_owned())]);
    }
    for query in ["?mode=some", "?dry_run=yes", "?dryrun=true"] {
        let reply = caller.post(&format!("/schools/batch{query}"), &batch([school(1)])).await;
        reply.problem(400, "bad-parameter");
    }
    // Twice as much as one item may have, and more than a batch may have.
    let long = |megabytes: usize| {
        batch((0..megabytes * 256).map(|n| new_school(&format!("School {n}"), json!({ "note": "x".repeat(3990) }))))
    };
    let report = caller.post("/schools/batch", &long(2)).await.expect(200).json();
    assert_eq!(counts(&report), [512, 0, 0, 0]);
    caller.post("/schools/batch", &long(5)).await.problem(413, "too-large");
    caller.ask(reqwest::Method::POST, "/schools/batch").raw("{").await.problem(400, "bad-json");
    let reply = caller.get("/schools/batch").await;
    reply.problem(405, "method-not-allowed");
    assert_eq!(reply.header("allow"), "POST, OPTIONS");
    assert_eq!(how_many(&caller).await, 512);
}

#[actix_web::test]
async fn one_key_stands_for_the_whole_batch_and_only_for_what_was_written() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let body = batch([new_school("Ash", json!({})), new_school("Beech", json!({}))]);
    let send = async |query: &str, body: &Value| caller.post(&format!("/schools/batch{query}"), body).key("k1").await;
    let trial = send("?dry_run=true", &body).await.expect(200);
    let first = send("", &body).await.expect(200);
    assert!(trial.maybe("idempotency-replayed").is_none());
    assert!(first.maybe("idempotency-replayed").is_none());
    let again = send("", &body).await.expect(200);
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.body, first.body);
    assert_eq!(how_many(&caller).await, 2);
    send("", &batch([new_school("Cedar", json!({}))])).await.problem(422, "key-reused");

    // A batch that left nothing may be repaired under its key.
    let bad = batch([new_school("Cedar", json!({})), json!({})]);
    let refused = caller.post("/schools/batch", &bad).key("k2").await.expect(200).json();
    assert_eq!((&refused["applied"], &refused["rejected"]), (&json!(false), &json!(1)));
    let good = batch([new_school("Cedar", json!({}))]);
    let repaired = caller.post("/schools/batch", &good).key("k2").await.expect(200).json();
    assert_eq!(repaired["applied"], true);
    assert_eq!(how_many(&caller).await, 3);
}

#[actix_web::test]
async fn batches_of_the_same_new_schools_make_each_once() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let asked = (0..4).map(|n| {
        let caller = caller.clone();
        let mut items: Vec<Value> = (0..60).map(school).collect();
        if n % 2 == 1 {
            items.reverse();
        }
        actix_web::rt::spawn(async move { caller.post("/schools/batch", &batch(items)).await })
    });
    let replies: Vec<Reply> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
    let reports: Vec<Value> = replies.into_iter().map(|reply| reply.expect(200).json()).collect();
    let created: u64 = reports.iter().map(|report| counts(report)[0]).sum();
    let unchanged: u64 = reports.iter().map(|report| counts(report)[2]).sum();
    assert_eq!((created, unchanged), (60, 180));
    assert_eq!(how_many(&caller).await, 60);
    assert_eq!(changes(&caller).await.len(), 60);
}

#[actix_web::test]
async fn assignments_in_a_batch_keep_to_one_lead_at_a_time() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let person = caller.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201).id();
    let ash = app.school(&caller, "Ash", json!({})).await.id();
    let beech = app.school(&caller, "Beech", json!({})).await.id();
    let assignment = |school: Uuid, role: &str, from_on: &str, to_on: Value| {
        json!({
            "person_id": person, "school_id": school, "role": role, "from_on": from_on, "to_on": to_on,
        })
    };
    let first = assignment(beech, "lead", "2014-09-01", json!(null));
    let first = caller.post("/assignments", &first).await.expect(201).id();
    let body = batch([
        assignment(ash, "lead", "2014-09-01", json!("2015-07-31")),
        assignment(ash, "lead", "2015-07-31", json!(null)),
        assignment(ash, "lead", "2015-08-01", json!(null)),
        assignment(ash, "support", "2014-09-01", json!(null)),
        assignment(beech, "lead", "2015-09-01", json!(null)),
        assignment(Uuid::now_v7(), "lead", "2015-09-01", json!(null)),
        assignment(ash, "support", "2015-09-01", json!("2014-09-01")),
    ]);
    let refused = caller.post("/assignments/batch", &body).await.expect(200).json();
    assert_eq!(refused["applied"], false);
    let report = caller.post("/assignments/batch?mode=each", &body).await.expect(200).json();
    assert_eq!(statuses(&report), statuses(&refused));
    let expected = ["created", "rejected", "created", "created", "rejected", "rejected", "rejected"];
    assert_eq!(statuses(&report), expected);
    let message = report["items"][4]["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains(&first.to_string()), "{message}");
    assert_eq!(faults(&report, 5), [("/items/5/school_id".into(), "unknown_reference".into())]);
    assert_eq!(faults(&report, 6), [("/items/6/to_on".into(), "order".into())]);
    assert_eq!(caller.get("/assignments").await.expect(200).ids().len(), 4);
}

#[actix_web::test]
async fn only_writers_of_the_hubs_register_send_batches() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let ash = app.school(&caller, "Ash", json!({ "urn": 120_001 })).await;
    let body = batch([json!({ "urn": 120_001, "pupils": 1 })]);
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let head = app.at_school(role, ash.id()).await;
        head.post("/schools/batch", &body).await.problem(403, "forbidden");
    }
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    let report = stranger.post("/schools/batch", &body).await.expect(200).json();
    assert_eq!(counts(&report), [0, 0, 0, 1], "there is no such school in their hub: {report}");
    assert_eq!(caller.get(&format!("/schools/{}", ash.id())).await.expect(200).json(), ash.json());
}
