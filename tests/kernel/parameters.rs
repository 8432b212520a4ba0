//! Query parameters: known, spelt right, of their kind; or 400 with the way to fix it.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use crate::support;

#[actix_web::test]
async fn what_is_misspelt_gets_a_suggestion() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (query, pointer, suggestion) in [
        ("lmit=5", "?lmit", "limit"),
        ("phse=primary", "?phse", "phase"),
        ("sort=nmae", "?sort", "name"),
        ("sort=-pupil", "?sort", "-pupils"),
        ("phase=primry", "?phase", "primary"),
        ("status=opne", "?status", "open"),
        ("expand=aera", "?expand", "area"),
        ("pupils_form=1", "?pupils_form", "pupils_from"),
    ] {
        let reply = caller.get(&format!("/schools?{query}")).await;
        let problem = reply.problem(400, "bad-parameter");
        let fault = &problem["errors"][0];
        assert_eq!(fault["pointer"], pointer, "{query}: {problem}");
        let message = fault["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{suggestion}`")), "{query}: {message}");
    }
}

#[actix_web::test]
async fn an_unknown_name_far_from_all_gets_the_list_of_names() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let reply = caller.get("/areas?zzzzzzzz=1").await;
    assert_snapshot!(reply.refusal(400, "bad-parameter"), @r"
    ?zzzzzzzz: unknown parameter; known are: q, sort, fields, expand, limit, cursor, total, id,
      updated_after, archived
    ?zzzzzzzz unknown_parameter: unknown parameter; known are: q, sort, fields, expand, limit, cursor,
      total, id, updated_after, archived
    ");
}

#[actix_web::test]
async fn a_value_of_another_kind_or_given_twice_is_refused() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    for (query, pointer) in [
        ("limit=5&limit=6", "?limit"),
        ("limit=5&limit=5", "?limit"),
        ("q=a&q=b", "?q"),
        ("total=yes", "?total"),
        ("total=", "?total"),
        ("total=1", "?total"),
        ("archived=TRUE", "?archived"),
        ("urn=abc", "?urn"),
        ("urn=120001.5", "?urn"),
        ("urn=1", "?urn"),
        ("area_id=7", "?area_id"),
        ("pupils_from=-1", "?pupils_from"),
        ("updated_after=yesterday", "?updated_after"),
        ("updated_after=2014-09-01", "?updated_after"),
        ("sort=", "?sort"),
        ("sort=name,urn", "?sort"),
        ("sort=note", "?sort"),
        ("q=", "?q"),
    ] {
        let reply = caller.get(&format!("/schools?{query}")).await;
        reply.problem(400, "bad-parameter");
        assert_eq!(reply.faults()[0].0, pointer, "{query}: {reply:?}");
    }
}

#[actix_web::test]
async fn all_faults_of_a_query_are_reported_at_once() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let reply = caller.get("/schools?limit=0&sort=nmae&phase=x&zip=1").await;
    assert_snapshot!(reply.refusal(400, "bad-parameter"), @r"
    4 faults in the query
    ?limit minimum: at least 1
    ?phase unknown_value: one of: nursery, primary, middle_deemed_primary, middle_deemed_secondary,
      secondary, sixteen_plus, all_through, not_applicable
    ?sort unknown_value: one of: name, -name, urn, -urn, pupils, -pupils, postcode, -postcode, la_code,
      -la_code, opened_on, -opened_on, updated_at, -updated_at, created_at, -created_at; did you mean
      `name`?
    ?zip unknown_parameter: unknown parameter; known are: q, urn, postcode, la_code, phase, kind,
      status, area_id, school_group_id, rating, rated, pupils_from, pupils_to, in_scope, special,
      missing_from_source, sort, fields, expand, limit, cursor, total, id, updated_after, archived
    ");
}

#[actix_web::test]
async fn operations_without_a_query_refuse_one_as_well() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    caller.get(&format!("/areas/{area}?expnd=lead")).await.problem(400, "bad-parameter");
    caller.get(&format!("/areas/{area}/history?sort=at")).await.problem(400, "bad-parameter");
    caller.get("/changes?afetr=1").await.problem(400, "bad-parameter");
    caller.get("/changes?resource=schol").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn filters_narrow_a_list_and_add_up() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let area = app.area(&caller, "Charnwood").await.id();
    for (name, more) in [
        ("St Mary's", json!({ "urn": 120_001, "pupils": 100, "postcode": "LE11 2TX", "area_id": area })),
        ("Été 100% Primary", json!({ "urn": 120_002, "pupils": 200, "phase": "secondary", "postcode": "LE1 1AA" })),
        ("Under_score", json!({ "pupils": 300, "la_code": "855", "kind": "college" })),
    ] {
        app.school(&caller, name, more).await;
    }
    for (query, expected) in [
        ("q=st%20mary", vec!["St Mary's"]),
        ("q=MARY%27S", vec!["St Mary's"]),
        ("q=mary%E2%80%99s", vec!["St Mary's"]),
        ("q=ete", vec!["Été 100% Primary"]),
        ("q=%25", vec!["Été 100% Primary"]),
        ("q=_", vec!["Under_score"]),
        ("q=%5C", vec![]),
        ("urn=120001&urn=120002", vec!["Été 100% Primary", "St Mary's"]),
        ("phase=primary", vec!["St Mary's", "Under_score"]),
        ("phase=primary&phase=secondary&pupils_from=200", vec!["Été 100% Primary", "Under_score"]),
        ("pupils_from=100&pupils_to=200", vec!["Été 100% Primary", "St Mary's"]),
        ("postcode=LE1", vec!["Été 100% Primary", "St Mary's"]),
        ("postcode=le11", vec!["St Mary's"]),
        ("postcode=LE11%202", vec!["St Mary's"]),
        ("postcode=le112tx", vec!["St Mary's"]),
        ("postcode=le1%201", vec!["Été 100% Primary"]),
        ("la_code=855", vec!["Under_score"]),
        ("kind=college", vec!["Under_score"]),
        ("in_scope=false", vec!["Under_score"]),
        ("special=true", vec![]),
        ("status=closed", vec![]),
    ] {
        let page = caller.get(&format!("/schools?{query}&total=true")).await.expect(200).json();
        let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect();
        assert_eq!(names, expected, "{query}");
        assert_eq!(page["total"], expected.len(), "{query}");
    }
    let found = caller.get(&format!("/schools?area_id={area}")).await.expect(200).json();
    assert_eq!(found["items"][0]["name"], "St Mary's");
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn updated_after_gives_what_changed_since() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    app.area(&caller, "Before").await;
    let moment = app.clock.now().to_string();
    app.clock.advance(std::time::Duration::from_micros(1));
    app.area(&caller, "After").await;
    let page = caller.get(&format!("/areas?updated_after={moment}")).await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    assert_eq!(page["items"][0]["name"], "After");
}
