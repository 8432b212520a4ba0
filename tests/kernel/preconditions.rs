//! ETags: nobody overwrites what another wrote meanwhile.

use std::time::Duration;

use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use reqwest::Method;
use serde_json::json;

use crate::support::{self, new_school};

#[actix_web::test]
async fn of_many_changes_from_one_version_exactly_one_succeeds() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let mut etag = app.school(&caller, "Ash", json!({})).await;
    let path = format!("/schools/{}", etag.id());
    for round in 0..5 {
        let tag = etag.etag();
        let asked = (0..12).map(|n| {
            let (caller, path, tag) = (caller.clone(), path.clone(), tag.clone());
            actix_web::rt::spawn(async move { caller.patch(&path, &json!({ "pupils": round * 100 + n }), &tag).await })
        });
        let replies: Vec<_> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
        let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(won.len(), 1, "{replies:?}");
        for reply in lost {
            reply.problem(412, "stale-version");
            assert_eq!(reply.etag(), won[0].etag(), "the current version");
        }
        let read = caller.get(&path).await.expect(200);
        assert_eq!(read.json(), won[0].json());
        etag = read;
    }
    let history = caller.get(&format!("{path}/history")).await.expect(200).json();
    assert_eq!(history["items"].as_array().unwrap().len(), 6);
}

#[actix_web::test]
async fn the_refusal_of_a_stale_change_says_who_came_in_between_and_when() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await;
    let path = format!("/schools/{}", school.id());
    let name = caller.get("/me").await.expect(200).json()["user"]["name"].clone();
    app.clock.advance(Duration::from_mins(1));
    caller.patch(&path, &json!({ "pupils": 1 }), &school.etag()).await.expect(200);
    let colleague = app.as_role(Role::HeadOfService).await;
    let problem = colleague.delete(&path, &school.etag()).await.problem(412, "stale-version");
    let at = caller.get(&path).await.json()["updated_at"].clone();
    assert_eq!(problem["last_change"], json!({ "version": 2, "at": at, "by": name }));
    assert_eq!(problem["detail"], "somebody has changed it since you read it: read it again, and change version 2");
    // Who does not see people learns when it was, and not who.
    let client = app.as_client("schools:read schools:write").await;
    let problem = client.patch(&path, &json!({ "pupils": 2 }), &school.etag()).await.problem(412, "stale-version");
    assert_eq!((&problem["last_change"]["version"], &problem["last_change"]["by"]), (&json!(2), &json!(null)));
}

#[actix_web::test]
async fn what_several_people_edit_needs_if_match() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await;
    let path = format!("/schools/{}", school.id());
    let bare = caller.ask(reqwest::Method::PATCH, &path).json(&json!({ "pupils": 1 }));
    bare.await.problem(428, "precondition-required");
    caller.ask(reqwest::Method::DELETE, &path).await.problem(428, "precondition-required");
    let area = app.area(&caller, "Charnwood").await;
    let free = caller.ask(reqwest::Method::PATCH, &format!("/areas/{}", area.id()));
    free.json(&json!({ "code": "C" })).await.expect(200);
    caller.ask(reqwest::Method::DELETE, &format!("/areas/{}", area.id())).await.expect(204);
}

#[actix_web::test]
async fn a_condition_that_cannot_be_read_changes_nothing() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await;
    let path = format!("/areas/{}", area.id());
    let body = json!({ "name": "Soar" });
    for value in [&b"1"[..], b"\"1", b"\"\xe9\"", b"\"1\" \"2\"", b""] {
        let (patch, delete) = (Method::PATCH, Method::DELETE);
        for request in [caller.ask(patch, &path).json(&body), caller.ask(delete, &path)] {
            let problem = request.header("if-match", value).await.problem(400, "bad-request");
            assert!(problem["detail"].as_str().unwrap().contains("send `If-Match: \""), "{problem}");
        }
    }
    let twice = caller.patch(&path, &body, "\"1\"").header("if-match", "\"1\"").await;
    twice.problem(400, "bad-request");
    let bare = caller.patch(&path, &body, "4").await;
    assert_snapshot!(bare.refusal(400, "bad-request"), @r#"
    `If-Match` cannot be read: the quotes belong to the ETag; send `If-Match: "4"`
    "#);
    // A read is only spared by it, and goes on as without it; a write could make what must not be there.
    let read = caller.get(&path).header("if-none-match", "1").await.expect(200);
    assert_eq!(read.json(), area.json());
    let put = caller.put("/schools/by-key/urn/120001", &new_school("Ash", json!({}))).header("if-none-match", "x y");
    assert_snapshot!(put.await.refusal(400, "bad-request"), @r#"
    `If-None-Match` cannot be read: it takes ETags as replies have them; send `If-None-Match: "4"`
    "#);
    assert!(caller.get("/schools").await.expect(200).ids().is_empty());
}

#[actix_web::test]
async fn if_match_compares_the_number_alone() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({})).await;
    let path = format!("/schools/{}", school.id());
    let mut pupils = 0;
    for tag in ["\"1-abc\"", "\"2\"", "*", "\"7\", \"4\"", "\"9\",\"5-x\""] {
        pupils += 1;
        caller.patch(&path, &json!({ "pupils": pupils }), tag).await.expect(200);
    }
    for tag in ["\"1\"", "\"5\"", "\"66\"", "\"\"", "\"-6\"", "\"+6\"", "W/\"6\"", "\"nonsense\""] {
        let reply = caller.patch(&path, &json!({ "pupils": 99 }), tag).await;
        reply.problem(412, "stale-version");
    }
    caller.delete(&path, "\"5\"").await.problem(412, "stale-version");
    caller.delete(&path, "\"6\"").await.expect(204);
}

#[actix_web::test]
async fn if_none_match_spares_the_body_of_what_is_known() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    let school = app.school(&caller, "Ash", json!({ "area_id": area })).await;
    let path = format!("/schools/{}", school.id());
    let known = caller.get(&path).header("if-none-match", school.etag()).await.expect(304);
    assert!(known.body.is_empty());
    assert_eq!(known.etag(), school.etag());
    for tag in ["\"0\", \"1\"", "W/\"1\"", "*"] {
        caller.get(&path).header("if-none-match", tag).await.expect(304);
    }
    for tag in ["\"2\"", "1", "\"1-abc\"", "\"11\""] {
        caller.get(&path).header("if-none-match", tag).await.expect(200);
    }

    // With what is embedded the whole reply counts: another area's name is another reply.
    let wide = format!("{path}?expand=area");
    let before = caller.get(&wide).await.expect(200);
    assert!(before.etag().starts_with("\"1-"), "{before:?}");
    assert_eq!(before.json()["area"]["name"], "Charnwood");
    caller.get(&wide).header("if-none-match", before.etag()).await.expect(304);
    caller.get(&wide).header("if-none-match", school.etag()).await.expect(200);
    caller.patch(&format!("/areas/{area}"), &json!({ "name": "Soar" }), "*").await.expect(200);
    let after = caller.get(&wide).header("if-none-match", before.etag()).await.expect(200);
    assert_ne!(after.etag(), before.etag());
    assert_eq!(after.json()["area"]["name"], "Soar");
    // And it serves as it is for a change of the school.
    caller.patch(&path, &json!({ "pupils": 1 }), &after.etag()).await.expect(200);
}

#[actix_web::test]
async fn expand_embeds_under_the_callers_own_permission() {
    let app = support::app().await;
    let office = app.as_role(Role::Administrator).await;
    let lead = office.person();
    let area = office.post("/areas", &json!({ "name": "Charnwood", "lead_person_id": lead })).await.expect(201).id();
    let path = format!("/areas/{area}?expand=lead");
    assert_eq!(office.get(&path).await.expect(200).json()["lead"]["id"], lead.to_string());
    // A governor sees areas, not people.
    let governor = app.as_role(Role::Governor).await;
    let seen = governor.get(&path).await.expect(200).json();
    assert!(seen["lead"].is_null(), "{seen}");
    assert_eq!(seen["name"], "Charnwood");
    let list = office.get("/areas?expand=lead").await.expect(200).json();
    assert_eq!(list["items"][0]["lead"]["id"], lead.to_string());
    let plain = office.get("/areas").await.expect(200).json();
    assert!(plain["items"][0].get("lead").is_none(), "nothing is embedded unasked");
}
