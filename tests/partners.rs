//! Partners and the glossary.

use entity::identity::grant::Role;
use serde_json::json;

use crate::support;

#[actix_web::test]
async fn partners_are_found_by_any_of_their_roles() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let mut ids = Vec::new();
    for (name, kind, roles) in [
        ("Abbey Hall", "venue", json!(["performance_venue"])),
        ("Brass Trust", "charity", json!(["ensemble_host", "funder"])),
        ("City College", "organisation", json!([])),
    ] {
        let form = json!({ "name": name, "kind": kind, "roles": roles });
        ids.push(caller.post("/partners", &form).await.expect(201).id());
    }
    for (query, found) in [
        ("role=funder", vec![ids[1]]),
        ("role=funder&role=performance_venue", vec![ids[0], ids[1]]),
        ("role=funder&kind=venue", vec![]),
        ("kind=venue&kind=organisation", vec![ids[0], ids[2]]),
        ("role=strategic", vec![]),
        ("q=BRASS", vec![ids[1]]),
    ] {
        assert_eq!(caller.get(&format!("/partners?{query}")).await.expect(200).ids(), found, "{query}");
    }
    caller.get("/partners?role=founder").await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn a_partner_shows_the_school_or_group_that_it_is() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let school = app.school(&caller, "Ash", json!({ "urn": 120_305 })).await.id();
    let group = json!({ "name": "Woodgate Family", "kind": "cluster", "lead_school_id": school });
    let group = caller.post("/school-groups", &group).await.expect(201).id();
    let form = json!({
        "name": "Ash", "kind": "school", "note": "Late payer",
        "school_id": school, "school_group_id": group,
    });
    let partner = caller.post("/partners", &form).await.expect(201).id();
    let path = format!("/partners/{partner}?expand=school,school_group");
    let shown = caller.get(&path).await.expect(200).json();
    assert_eq!(shown["school"]["urn"], 120_305);
    assert_eq!(shown["school_group"]["name"], "Woodgate Family");

    let other = app.school(&caller, "Beech", json!({})).await.id();
    let head = app.at_school(Role::SchoolHead, other).await;
    let seen = head.get(&path).await.expect(200).json();
    assert_eq!((&seen["school"], &seen["school_group"]["name"]), (&json!(null), &json!("Woodgate Family")));
    assert!(seen["note"].is_null());

    let refused = caller.delete(&format!("/school-groups/{group}"), "*").await;
    let detail = refused.problem(409, "conflict")["detail"].to_string();
    assert!(detail.contains(&format!("partner {partner}")), "{detail}");
}

#[actix_web::test]
async fn a_partner_with_a_grant_or_a_key_that_is_taken_is_refused() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let key = json!([{ "system": "paritor", "id": "ORG-1" }]);
    let form = json!({ "name": "Brass", "kind": "charity", "external_ids": key });
    let partner = caller.post("/partners", &form).await.expect(201).id();
    let again = json!({ "name": "Brass Band", "kind": "charity", "external_ids": key });
    let refused = caller.post("/partners", &again).await;
    refused.problem(409, "duplicate");
    assert_eq!(refused.faults(), [("/external_ids".to_owned(), "duplicate".to_owned())]);
    let two = json!([{ "system": "paritor", "id": "1" }, { "system": "paritor", "id": "2" }]);
    let form = json!({ "name": "Drums", "kind": "charity", "roles": ["funder", "funder"], "external_ids": two });
    let refused = caller.post("/partners", &form).await;
    refused.problem(422, "invalid");
    assert_eq!(refused.faults().len(), 2);

    let path = format!("/partners/{partner}");
    let provider = app.as_role_in(app.hub, Role::Provider, |grant| grant.partner_id = Some(partner)).await;
    assert_eq!(provider.get("/partners").await.expect(200).ids(), [partner]);
    caller.delete(&path, "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_short_form_is_taken_in_any_case() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let form = |code: &str| json!({ "code": code, "meaning": "Head of Service" });
    let term = caller.post("/glossary-terms", &form("HoS")).await.expect(201);
    let path = format!("/glossary-terms/{}", term.id());
    let refused = caller.post("/glossary-terms", &form("HOS")).await;
    assert_eq!(refused.faults(), [("/code".to_owned(), "duplicate".to_owned())]);
    assert_eq!(refused.header("location"), format!("/api/v1{path}"));

    caller.delete(&path, "*").await.expect(204);
    let refused = caller.post("/glossary-terms", &form("hos")).await;
    let detail = refused.problem(409, "duplicate")["detail"].to_string();
    assert!(detail.contains("archived"), "{detail}");
    caller.act(&format!("{path}/restore"), None).await.expect(200);
    for (query, found) in [("code=hos", 1), ("q=service", 1), ("q=ho", 1), ("q=x", 0), ("q=%20", 1)] {
        let page = caller.get(&format!("/glossary-terms?{query}")).await.expect(200);
        assert_eq!(page.ids().len(), found, "{query}");
    }
}
