//! What the feed is silent about: other rights, an earlier state of the service, other fields.

use serde_json::json;

use super::{Client, Mirror, all_reading, equals, give_scopes};
use crate::support::process::{run, said};
use crate::support::{self, until};

#[actix_web::test]
async fn what_the_client_may_no_longer_see_leaves_the_copy_and_comes_back() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    writer.post("/partners", &json!({ "kind": "organisation", "name": "Brass" })).await.expect(201);
    let client = Client::of(&app, "exchange:read schools:read partners:read").await;
    let copy = Mirror::empty().await;
    let _follower = client.follow(app.base(), &["--to", copy.url(), "--every", "0.1"]);
    let has = async |partners: i64, areas: i64| {
        until("the copy follows", async || {
            copy.position().await?;
            (copy.count("partner").await == partners && copy.count("area").await == areas).then_some(())
        })
        .await;
    };
    has(1, 1).await;
    give_scopes(&app, &client, &["exchange:read", "schools:read"]).await;
    has(0, 1).await;
    // What is changed while it is not seen is there afterwards.
    writer.post("/partners", &json!({ "kind": "organisation", "name": "Strings" })).await.expect(201);
    app.area(&writer, "Soar").await;
    has(0, 2).await;
    give_scopes(&app, &client, &["exchange:read", "schools:read", "partners:read"]).await;
    has(2, 2).await;
}

#[actix_web::test]
async fn what_a_client_loses_with_all_else_leaves_the_copy_as_well() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    writer.post("/partners", &json!({ "kind": "organisation", "name": "Brass" })).await.expect(201);
    let given = ["exchange:read", "partners:read", "schools:read"];
    let client = Client::of(&app, &given.join(" ")).await;
    let copy = Mirror::empty().await;
    let flags = ["--to", copy.url(), "--resource", "area,partner"];
    let has = async || (copy.count("area").await, copy.count("partner").await);
    client.follow_once(app.base(), &flags).await;
    assert_eq!(has().await, (1, 1));
    for (left, told, kept) in [
        ("schools:read", "needs the scope exchange:read", (1, 0)),
        ("exchange:read", "the client sees none of the lists", (0, 0)),
    ] {
        give_scopes(&app, &client, &[left]).await;
        let output = client.follow_once(app.base(), &flags).await;
        assert!(said(&output).contains(told), "{}", said(&output));
        assert_eq!(has().await, kept, "{left}");
    }
    give_scopes(&app, &client, &given).await;
    client.follow_once(app.base(), &flags).await;
    assert_eq!(has().await, (1, 1));
}

#[actix_web::test]
async fn rights_that_come_and_go_between_two_looks_lose_no_change() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    let given = ["exchange:read", "schools:read", "partners:read"];
    let client = Client::of(&app, &given.join(" ")).await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    // As if the feed had been read while the scope was away: the change is behind the position.
    app.area(&writer, "Soar").await;
    copy.run("UPDATE smep_position SET \"after\" = \"after\" + 1").await;
    give_scopes(&app, &client, &given[..2]).await;
    give_scopes(&app, &client, &given).await;
    let end = writer.get("/changes/position").await.expect(200).json()["after"].as_i64().unwrap();
    assert!(copy.position().await.unwrap() < end);
    client.copies(app.base(), &copy).await;
    assert_eq!(copy.count("area").await, 2);
}

#[actix_web::test]
async fn a_restored_service_is_copied_again_without_an_empty_moment() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    for n in 0..300 {
        app.area(&writer, &format!("Area {n:03}")).await;
    }
    let client = Client::of(&app, "exchange:read schools:read").await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    // What the restore has undone: the copy knows an item that the service does not.
    let ghost = "INSERT INTO \"area\" (\"id\", \"name\") VALUES ('0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10', 'Ghost')";
    copy.run(ghost).await;
    assert_eq!(copy.count("area").await, 301);
    let output = run(&["feed", "new-epoch", "--database-url", app.database.url()]);
    assert!(output.status.success(), "{}", said(&output));
    let _follower = client.follow(app.base(), &["--to", copy.url(), "--every", "0.1"]);
    let mut counts = Vec::new();
    until("the copy is the new one", async || {
        counts.push(copy.count("area").await);
        (counts.last() == Some(&300)).then_some(())
    })
    .await;
    counts.dedup();
    assert_eq!(counts, [301, 300], "the old copy, then the new one");
    app.area(&writer, "Soar").await;
    until("it goes on", async || (copy.count("area").await == 301).then_some(())).await;
    equals(&copy, &app.as_client("exchange:read schools:read").await).await;
    assert_eq!(copy.rows("SELECT * FROM smep_position").await.len(), 1, "no copy is being made any more");
}

#[actix_web::test]
async fn a_field_of_a_later_version_becomes_a_column() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    writer.post("/areas", &json!({ "name": "Wreake", "code": "WR" })).await.expect(201);
    let client = Client::of(&app, "exchange:read schools:read").await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    // The copy as a version left it that had no codes, and a view that somebody built on it.
    copy.run("ALTER TABLE \"area\" DROP COLUMN \"code\"").await;
    copy.run("UPDATE smep_copy SET \"columns\" = replace(\"columns\", ',code text', '') WHERE \"kind\" = 'area'").await;
    copy.run("UPDATE smep_position SET \"shape\" = 'earlier'").await;
    copy.run("CREATE VIEW named AS SELECT \"name\" FROM \"area\"").await;
    client.copies(app.base(), &copy).await;
    let rows = copy.rows("SELECT \"code\" FROM \"area\"").await;
    assert_eq!(rows[0].try_get_by_index::<String>(0).unwrap(), "WR");
    assert_eq!(copy.rows("SELECT * FROM named").await.len(), 1, "the table is the same one");
    equals(&copy, &app.as_client("exchange:read schools:read").await).await;
}

#[actix_web::test]
async fn an_erased_person_is_forgotten_by_the_copy() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    let person = writer.post("/people", &json!({ "name": "Quentin Quaver" })).await.expect(201).id();
    let note = json!({ "name": "Wreake", "note": "Led by Quentin Quaver" });
    writer.post("/areas", &note).await.expect(201);
    let client = Client::of(&app, &all_reading()).await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    let named = r#"SELECT 1 FROM "area" WHERE "note" LIKE '%Quaver%'
                   UNION ALL SELECT 1 FROM "person" WHERE "name" LIKE '%Quaver%'"#;
    assert_eq!(copy.rows(named).await.len(), 2);
    writer.delete(&format!("/people/{person}"), "*").await.expect(204);
    let form = json!({ "person_id": person, "reason": "Asked for it" });
    let begun = writer.post("/erasures", &form).await.expect(202).id();
    until("the person is erased", async || {
        let job = writer.get(&format!("/jobs/{begun}")).await.expect(200).json();
        (job["state"] == "finished").then_some(())
    })
    .await;
    client.copies(app.base(), &copy).await;
    assert_eq!(copy.rows(named).await.len(), 0);
}
