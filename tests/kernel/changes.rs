//! The change log: everything that was written, in the order of its commits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entity::identity::grant::Role;
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::{self, Caller, redacted};

/// The feed from its beginning to its end.
async fn feed(caller: &Caller) -> Vec<Value> {
    let mut items = Vec::new();
    let mut after = 0;
    loop {
        let part = caller.get(&format!("/changes?after={after}&limit=200")).await.expect(200).json();
        let some = part["items"].as_array().unwrap().clone();
        if some.is_empty() {
            assert!(part["next"].as_i64().unwrap() >= after, "what cannot be seen is read as well");
            return items;
        }
        after = part["next"].as_i64().unwrap();
        assert!(after >= some.last().unwrap()["number"].as_i64().unwrap());
        items.extend(some);
    }
}

#[actix_web::test]
async fn a_reader_who_sees_nothing_gets_on() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    for n in 1..=3 {
        app.area(&office, &format!("Area {n}")).await;
    }
    let blind = app.as_client("exchange:read people:read").await;
    let next = async |caller: &Caller, query: &str| {
        let part = caller.get(&format!("/changes?{query}")).await.expect(200).json();
        (part["items"].as_array().unwrap().len(), part["next"].clone())
    };
    assert_eq!(next(&blind, "after=0").await, (0, json!(3)));
    assert_eq!(next(&blind, "after=3").await, (0, json!(3)), "nothing new");
    app.area(&office, "Area 4").await;
    assert_eq!(next(&blind, "after=3").await, (0, json!(4)));
    assert_eq!(next(&office, "resource=school").await, (0, json!(4)), "none of the kind asked for");
    assert_eq!(next(&office, "after=1&limit=2").await, (2, json!(3)), "a full part ends where it ends");
}

#[actix_web::test]
async fn every_write_leaves_one_entry_with_before_and_after() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let made = app.school(&office, "Ash", json!({ "urn": 120_001, "pupils": 200 })).await;
    let path = format!("/schools/{}", made.id());
    app.clock.advance(std::time::Duration::from_mins(1));
    office.patch(&path, &json!({ "pupils": 210, "town": "Leicester" }), "\"1\"").await.expect(200);
    office.delete(&path, "\"2\"").await.expect(204);
    office.act(&format!("{path}/restore"), Some("\"3\"")).await.expect(200);

    let changes = feed(&office).await;
    let seen: Vec<_> = changes
        .iter()
        .map(|it| (it["number"].as_i64().unwrap(), it["operation"].as_str().unwrap(), it["version"].as_i64().unwrap()))
        .collect();
    assert_eq!(seen, [(1, "create", 1), (2, "update", 2), (3, "archive", 3), (4, "restore", 4)]);
    for change in &changes {
        assert_eq!((&change["id"], &change["school_id"]), (&json!(made.id()), &json!(made.id())));
        assert_eq!(change["actor_id"], json!(office.subject()));
        assert_eq!(change["actor_person_id"], json!(office.person()));
    }
    assert_eq!(changes[0]["fields"]["pupils"], json!({ "before": null, "after": 200 }));
    let fields = json!({
        "town": { "before": null, "after": "Leicester" },
        "pupils": { "before": 200, "after": 210 },
    });
    assert_eq!(changes[1]["fields"], fields, "in whichever order the database keeps them");
    let apart = ["/id", "/school_id", "/actor_id", "/actor_person_id", "/fields"];
    assert_json_snapshot!(redacted(&changes[1], &apart), @r#"
    {
      "number": 2,
      "resource": "school",
      "id": "[/id]",
      "version": 2,
      "keys": {
        "urn": 120001,
        "dfe_number": null,
        "external_ids": []
      },
      "school_id": "[/school_id]",
      "operation": "update",
      "at": "2014-09-01T08:31:00.000000Z",
      "actor_kind": "user",
      "actor_id": "[/actor_id]",
      "actor_person_id": "[/actor_person_id]",
      "reason": null,
      "fields": "[/fields]"
    }
    "#);

    // The history is the same, the latest first, in parts.
    let history = office.get(&format!("{path}/history?limit=3")).await.expect(200).json();
    let mut told = history["items"].as_array().unwrap().clone();
    let next = history["next"].as_i64().unwrap();
    let rest = office.get(&format!("{path}/history?before={next}")).await.expect(200).json();
    told.extend(rest["items"].as_array().unwrap().clone());
    told.reverse();
    assert_eq!(told, changes);
    assert!(rest["next"].is_null(), "the beginning");
}

#[actix_web::test]
async fn what_is_refused_leaves_no_entry() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let area = app.area(&office, "Charnwood").await;
    let path = format!("/areas/{}", area.id());
    office.post("/areas", &json!({ "name": "Charnwood" })).await.expect(409);
    office.post("/areas", &json!({})).await.expect(422);
    office.patch(&path, &json!({ "name": "Soar" }), "\"7\"").await.expect(412);
    office.act(&format!("{path}/restore"), None).await.expect(409);
    app.as_role(Role::Governor).await.post("/areas", &json!({ "name": "X" })).await.expect(403);
    assert_eq!(feed(&office).await.len(), 1);
    // Nor does it take a number.
    app.area(&office, "Soar").await;
    assert_eq!(feed(&office).await[1]["number"], 2);
}

#[actix_web::test]
async fn a_follower_misses_nothing_under_concurrent_writers() {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let done = Arc::new(AtomicBool::new(false));
    let follower = {
        let (office, done) = (office.clone(), done.clone());
        actix_web::rt::spawn(async move {
            let (mut after, mut seen) = (0, Vec::new());
            loop {
                // Asked before the poll: what was written before it was set has to be in the poll.
                let last = done.load(Ordering::SeqCst);
                let part = office.get(&format!("/changes?after={after}&limit=7")).await;
                let part = part.expect(200).json();
                let items = part["items"].as_array().unwrap();
                seen.extend(
                    items.iter().map(|it| (it["number"].as_i64().unwrap(), it["id"].as_str().unwrap().to_owned())),
                );
                after = part["next"].as_i64().unwrap();
                if last && items.is_empty() {
                    return seen;
                }
            }
        })
    };
    let writers = (0..WRITERS).map(|writer| {
        let office = office.clone();
        actix_web::rt::spawn(async move {
            let mut wrote = Vec::new();
            for n in 0..EACH {
                let name = format!("Area {writer} {n}");
                let area = office.post("/areas", &json!({ "name": name })).await.expect(201);
                let path = format!("/areas/{}", area.id());
                wrote.push(area.id().to_string());
                if n % 3 == 0 {
                    office.patch(&path, &json!({ "code": "C" }), "*").await.expect(200);
                    wrote.push(area.id().to_string());
                }
                if n % 4 == 0 {
                    office.delete(&path, "*").await.expect(204);
                    wrote.push(area.id().to_string());
                }
            }
            wrote
        })
    });
    let mut wrote = Vec::new();
    for writer in futures_util::future::join_all(writers).await {
        wrote.extend(writer.unwrap());
    }
    done.store(true, Ordering::SeqCst);
    let seen = follower.await.unwrap();
    let numbers: Vec<i64> = seen.iter().map(|(number, _)| *number).collect();
    let expected: Vec<i64> = (1..=i64::try_from(wrote.len()).unwrap()).collect();
    assert_eq!(numbers, expected, "rising without gaps, each once");
    let mut ids: Vec<String> = seen.into_iter().map(|(_, id)| id).collect();
    ids.sort();
    wrote.sort();
    assert_eq!(ids, wrote);
}

#[actix_web::test]
async fn the_feed_shows_each_kind_under_the_readers_own_scope() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let luton = app.another_hub("luton").await;
    let stranger = app.as_role_in(luton, Role::Administrator, |_| {}).await;
    app.area(&office, "Charnwood").await;
    app.school(&office, "Ash", json!({})).await;
    app.area(&stranger, "Dallow").await;

    assert_eq!(feed(&office).await.len(), 2);
    assert_eq!(feed(&stranger).await.len(), 1, "another hub's changes are not there");
    assert_eq!(feed(&stranger).await[0]["number"], 1, "each hub counts for itself");
    let reader = app.as_client("exchange:read schools:read").await;
    assert_eq!(feed(&reader).await.len(), 2);
    let blind = app.as_client("exchange:read people:read").await;
    assert_eq!(feed(&blind).await.len(), 0, "schools and areas are under schools:read");
    let none = app.as_client("schools:read").await;
    none.get("/changes").await.problem(403, "forbidden");

    let areas = reader.get("/changes?resource=area").await.expect(200).json();
    assert_eq!(areas["items"].as_array().unwrap().len(), 1);
    let both = reader.get("/changes?resource=area&resource=school").await.expect(200).json();
    assert_eq!(both["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn history_is_the_hubs_and_goes_on_after_archiving() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let ash = app.school(&office, "Ash", json!({})).await;
    let beech = app.school(&office, "Beech", json!({})).await;
    let head = app.at_school(Role::SchoolHead, ash.id()).await;
    let (mine, theirs) = (format!("/schools/{}/history", ash.id()), format!("/schools/{}/history", beech.id()));
    head.get(&mine).await.problem(403, "forbidden");
    head.get(&theirs).await.problem(404, "not-found");
    office.delete(&format!("/schools/{}", ash.id()), "*").await.expect(204);
    assert_eq!(office.get(&mine).await.expect(200).json()["items"].as_array().unwrap().len(), 2);
}

#[actix_web::test]
async fn the_feed_refuses_numbers_that_are_none() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    for query in ["after=-1", "after=1.5", "after=x", "after=99999999999999999999", "limit=0", "limit=201"] {
        office.get(&format!("/changes?{query}")).await.problem(400, "bad-parameter");
    }
    office.get("/changes?after=9007199254740991").await.problem(410, "feed-restarted");
}
