//! A first copy, and what changes after it.

use serde_json::json;

use super::{Client, Mirror, all_reading, equals, give_scopes, kinds};
use crate::support;
use crate::support::process::said;

#[actix_web::test]
async fn a_copy_of_the_demo_is_what_every_list_shows() {
    let app = support::demo().await;
    // Clients of the tests are made behind the API, so that the feed does not tell of them.
    let writer = app.as_anything().await;
    let caller = app.as_client(&all_reading()).await;
    let client = Client::of(&app, &all_reading()).await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    assert!(equals(&copy, &caller).await > 1000);
    let filled = kinds().len();
    assert!(filled > 60, "{filled}");

    // What changes afterwards: a new item, another value, an archived item and one that comes back.
    let area = app.area(&writer, "Upper Soar").await;
    let path = format!("/areas/{}", area.id());
    writer.patch(&path, &json!({ "code": "US", "note": null }), &area.etag()).await.expect(200);
    let school = app.school(&writer, "Ash", json!({})).await;
    let school_path = format!("/schools/{}", school.id());
    client.copies(app.base(), &copy).await;
    equals(&copy, &caller).await;
    writer.delete(&school_path, &school.etag()).await.expect(204);
    writer.delete(&path, "\"2\"").await.expect(204);
    client.copies(app.base(), &copy).await;
    equals(&copy, &caller).await;
    assert!(!copy.versions("area").await.contains_key(&area.id().to_string()), "an archived item leaves the copy");
    writer.act(&format!("{school_path}/restore"), Some("\"2\"")).await.expect(200);
    client.copies(app.base(), &copy).await;
    equals(&copy, &caller).await;
    assert_eq!(copy.versions("school").await[&school.id().to_string()], 3);
}

#[actix_web::test]
async fn what_is_withheld_from_the_client_stays_out_of_the_copy() {
    let app = support::demo().await;
    let scopes = "exchange:read outcomes:read schools:read";
    let reader = app.as_client(scopes).await;
    let client = Client::of(&app, scopes).await;
    let copy = Mirror::empty().await;
    // Another client of the same version, who sees small numbers, leaves none of them behind.
    let wide = format!("{scopes} outcomes:write");
    Client::of(&app, &wide).await.copies(app.base(), &copy).await;
    equals(&copy, &app.as_client(&wide).await).await;
    client.copies(app.base(), &copy).await;
    equals(&copy, &reader).await;
    let values = reader.all("/measure-values").await;
    let hidden = values.iter().find(|value| value["suppressed"] == true).expect("a small number in the demo");
    assert!(hidden["value"].is_null());
    // A change of a figure brings the others of its school along, as the list shows them.
    let writer = app.as_anything().await;
    let seen = values.iter().find(|value| value["suppressed"] == false && value["value"].is_number()).unwrap();
    let path = format!("/measure-values/{}", seen["id"].as_str().unwrap());
    let item = writer.get(&path).await.expect(200);
    let changed = writer.patch(&path, &json!({ "value": 3 }), &item.etag()).await;
    assert!(changed.status == 200 || changed.status == 422, "{changed:?}");
    client.copies(app.base(), &copy).await;
    equals(&copy, &reader).await;
}

#[actix_web::test]
async fn only_some_kinds_are_copied_under_a_name_of_ones_own() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    app.school(&writer, "Ash", json!({})).await;
    let client = Client::of(&app, &all_reading()).await;
    let copy = Mirror::empty().await;
    let flags = ["--to", copy.url(), "--resource", "area,school_group", "--prefix", "music_"];
    let output = client.follow_once(app.base(), &flags).await;
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(copy.count("music_area").await, 1);
    assert_eq!(copy.count("music_school_group").await, 0);
    let output = client.follow_once(app.base(), &["--to", copy.url(), "--resource", "scool"]).await;
    assert!(said(&output).contains("there is no kind of item `scool`"), "{}", said(&output));

    if copy.url().starts_with("postgres") {
        let flags = ["--to", copy.url(), "--resource", "area", "--schema", "smep"];
        let output = client.follow_once(app.base(), &flags).await;
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(copy.rows("SELECT name FROM smep.area").await.len(), 1);
        // Somebody who may write to a schema, and may not make one.
        copy.run("CREATE SCHEMA music; GRANT ALL ON SCHEMA music TO pg_monitor").await;
        let to = format!("{}?options[role]=pg_monitor", copy.url());
        let output = client.follow_once(app.base(), &["--to", &to, "--resource", "area", "--schema", "music"]).await;
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(copy.rows("SELECT name FROM music.area").await.len(), 1);
    }
}

#[actix_web::test]
async fn a_copy_of_one_hub_is_not_overwritten_by_another() {
    let app = support::app().await;
    let writer = app.as_anything().await;
    app.area(&writer, "Wreake").await;
    writer.post("/partners", &json!({ "kind": "organisation", "name": "Brass" })).await.expect(201);
    let scopes = "exchange:read partners:read schools:read";
    let client = Client::of(&app, scopes).await;
    let copy = Mirror::empty().await;
    client.copies(app.base(), &copy).await;
    // One with fewer rights, in another version.
    let other = support::app().await;
    let client = Client::of(&other, scopes).await;
    give_scopes(&other, &client, &["exchange:read"]).await;
    let output = client.follow_once(other.base(), &["--to", copy.url()]).await;
    assert!(!output.status.success());
    assert!(said(&output).contains("a copy of another hub"), "{}", said(&output));
    equals(&copy, &app.as_client(scopes).await).await;
    assert_eq!((copy.count("area").await, copy.count("partner").await), (1, 1));
}

#[actix_web::test]
async fn a_client_that_cannot_follow_learns_why() {
    let app = support::app().await;
    let client = Client::of(&app, "schools:read").await;
    let output = client.follow_once(app.base(), &[]).await;
    assert!(said(&output).contains("needs the scope exchange:read"), "{}", said(&output));
    let client = Client::of(&app, "exchange:read schools:read").await;
    let stranger = Client { secret: "wrong".to_owned(), ..client };
    let output = stranger.follow_once(app.base(), &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("does not sign the client in"), "{}", said(&output));
    let mut command = support::process::smep(&["follow", "--from", app.base()]);
    let output = command.output().unwrap();
    assert!(said(&output).contains("set SMEP_CLIENT_ID"), "{}", said(&output));
}
