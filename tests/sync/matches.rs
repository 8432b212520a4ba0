//! Contacts that lead to no school by themselves, and what people decide about them.

use entity::identity::grant::Role;
use serde_json::{Map, Value, json};

use super::fixture::{World, counts};

/// How many contacts are in a state for each reason.
async fn reasons(world: &World, state: &str) -> Value {
    let counted = world.office.get(&format!("/sync-matches/counts?by=reason&state={state}")).await.expect(200).json();
    let groups = counted["groups"].as_array().unwrap().iter();
    groups
        .map(|it| (it["by"]["reason"].as_str().unwrap().to_owned(), it["count"].clone()))
        .collect::<Map<_, _>>()
        .into()
}

/// The only contact of a filter.
async fn the_one(world: &World, filter: &str) -> Value {
    let mut found = world.office.all(&format!("/sync-matches?{filter}")).await;
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

async fn act(world: &World, item: &Value, verb: &str, body: Value) -> Value {
    let path = format!("/sync-matches/{}", item["id"].as_str().unwrap());
    let etag = world.office.get(&path).await.expect(200).etag();
    world.office.act(&format!("{path}/{verb}"), Some(&etag)).json(&body).await.expect(200).json()
}

fn name_of(item: &Value) -> &str {
    item["name"].as_str().unwrap()
}

#[actix_web::test]
async fn what_is_in_doubt_is_asked_with_proposals_and_the_rest_leads_or_is_out_of_area() {
    let Some(world) = World::new().await else { return };
    let run = world.synced().await;
    let expected = json!({
        "keys_disagree": 6, "name_elsewhere": 4, "no_key": 31, "other_authority": 1, "unknown_key": 6,
    });
    assert_eq!(reasons(&world, "open").await, expected);
    let open: i64 = reasons(&world, "open").await.as_object().unwrap().values().filter_map(Value::as_i64).sum();
    assert_eq!(counts(&run, "schools")["review"], open);
    assert_eq!(counts(&run, "schools")["out_of_area"], 16);

    // Two schools stand on one site under names that begin alike.
    let shared = the_one(&world, "q=merrydale%20primary").await;
    let proposed: Vec<_> = shared["proposals"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(shared["reason"], "no_key");
    assert!(proposed.len() >= 2, "{shared:#}");
    let unknown = the_one(&world, "q=zz%20test").await;
    assert_eq!((&unknown["reason"], &unknown["proposals"]), (&json!("no_key"), &json!([])));

    // A mistyped key is reported, and the other key leads.
    let codes = world.office.get(&format!("/sync-runs/{}/rows/counts?by=code", run["id"].as_str().unwrap())).await;
    let codes = codes.expect(200).json();
    let count = |code: &str| {
        let group = codes["groups"].as_array().unwrap().iter().find(|it| it["by"]["code"] == code);
        group.map_or(0, |it| it["count"].as_i64().unwrap())
    };
    assert_eq!(count("bad_urn"), 5);
    assert!(count("no_urn") >= 26, "{codes:#}");
    assert!(count("closed") >= 12, "{codes:#}");
    let closed = world.rows(&run, "code=closed").await;
    assert!(closed.iter().any(|row| row["message"].as_str().unwrap().contains("(URN 151155)")), "{closed:#?}");
}

#[actix_web::test]
async fn a_decision_is_remembered_until_the_source_says_something_else() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let item = the_one(&world, "q=merrydale%20primary").await;
    let waiting = |rows: &[Value]| rows.len();
    let school = item["proposals"][0]["school_id"].clone();
    let decided = act(&world, &item, "match", json!({ "school_id": school, "reason": "The office says so" })).await;
    assert_eq!((&decided["state"], &decided["school_id"]), (&json!("matched"), &school));
    assert_eq!(decided["note"], "The office says so");
    assert_eq!(decided["decided_by_kind"], "user");

    let run = world.synced().await;
    let led = world.rows(&run, &format!("section=schools&source_key={}", item["contact_key"].as_str().unwrap())).await;
    assert_eq!((&led[0]["outcome"], &led[0]["school_id"]), (&json!("created"), &school), "{led:#?}");
    let people = world.rows(&run, &format!("section=associations&school_id={}", school.as_str().unwrap())).await;
    assert!(waiting(&people) >= 2, "who waited is taken over: {people:#?}");
    assert_eq!(world.synced().await["written"], 0);

    // Another postcode is another question.
    let key = item["contact_key"].as_str().unwrap().to_owned();
    world.edit("address", &format!(",{key},"), |line| {
        line.replace(item["postcode"].as_str().unwrap().trim(), "LE99 1ZZ")
    });
    world.days_later(1);
    world.synced().await;
    let asked = the_one(&world, &format!("contact_key={key}")).await;
    assert_eq!((&asked["state"], &asked["school_id"]), (&json!("open"), &Value::Null), "{asked:#}");
    assert!(!asked["reopened_at"].is_null());
    let history = world.office.get(&format!("/sync-matches/{}/history", asked["id"].as_str().unwrap())).await;
    let history = history.expect(200).json();
    let operations: Vec<_> = history["items"].as_array().unwrap().iter().map(|it| it["operation"].clone()).collect();
    assert_eq!(operations, ["doubt", "match", "create"]);
}

#[actix_web::test]
async fn who_is_ignored_is_asked_about_no_more_and_can_be_asked_about_again() {
    let Some(world) = World::new().await else { return };
    world.synced().await;
    let item = the_one(&world, "q=home%20educated").await;
    let ignored = act(&world, &item, "ignore", json!({ "reason": "No school" })).await;
    assert_eq!(ignored["state"], "ignored");
    let run = world.synced().await;
    assert_eq!(counts(&run, "schools")["ignored"], 1);
    assert_eq!(the_one(&world, "q=home%20educated").await["state"], "ignored");
    act(&world, &item, "reopen", json!({})).await;
    let run = world.synced().await;
    assert!(!counts(&run, "schools").contains_key("ignored"));
}

#[actix_web::test]
async fn keys_that_the_source_fills_in_settle_the_question() {
    let Some(mut world) = World::new().await else { return };
    world.synced().await;
    let before = reasons(&world, "open").await;
    world.days_later(9);
    world.register(3).await;
    world.files_of(4);
    world.synced().await;
    let settled = world.office.all("/sync-matches?state=settled").await;
    // Three URNs were filled in, and a contact was merged away.
    assert!(settled.len() >= 3, "{:#?}", settled.iter().map(name_of).collect::<Vec<_>>());
    assert_ne!(reasons(&world, "open").await, before);
    for item in &settled {
        let path = format!("/sync-matches/{}/match", item["id"].as_str().unwrap());
        let etag = world.office.get(path.trim_end_matches("/match")).await.expect(200).etag();
        world.office.act(&path, Some(&etag)).json(&json!({})).await.problem(409, "conflict");
    }
}

#[actix_web::test]
async fn a_match_needs_a_version_and_a_school_of_the_hub_and_somebody_who_decides() {
    let Some(world) = World::new().await else { return };
    world.synced().await;
    let item = the_one(&world, "q=zz%20test").await;
    let path = format!("/sync-matches/{}/match", item["id"].as_str().unwrap());
    world.office.act(&path, None).json(&json!({})).await.problem(428, "precondition-required");
    world.office.act(&path, Some("\"9\"")).json(&json!({})).await.problem(412, "stale-version");
    let none = world.office.act(&path, Some("\"1\"")).json(&json!({})).await;
    none.problem(422, "invalid");
    assert_eq!(none.faults()[0].0, "/school_id");
    let other = json!({ "school_id": "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b11" });
    let stranger = world.office.act(&path, Some("\"1\"")).json(&other).await;
    assert_eq!(stranger.status, 422, "{stranger:?}");

    let leader = world.app.as_role(Role::MusicLeader).await;
    leader.get("/sync-matches").await.expect(200);
    leader.act(&path.replace("/match", "/ignore"), Some("\"1\"")).await.expect(200);
    let school = world.school(120_305).await;
    if let Some(id) = school["id"].as_str() {
        let head = world.app.at_school(Role::SchoolHead, id.parse().unwrap()).await;
        head.get("/sync-matches").await.problem(403, "forbidden");
    }
    let monitor = world.app.as_role(Role::Monitor).await;
    monitor.get("/sync-runs").await.problem(403, "forbidden");
}
