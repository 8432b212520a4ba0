//! Definitions in editions, and figures that fit them and each other.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;
use uuid::Uuid;

use super::{definition, figure, part, publish, record};
use crate::support;

#[actix_web::test]
async fn a_published_definition_never_changes_and_its_next_edition_replaces_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let first = publish(&head, "pupils", "headcount").await;
    let path = format!("/measure-definitions/{first}");
    let frozen = head.patch(&path, &json!({ "meaning": "Another" }), "*").await;
    assert_snapshot!(frozen.refusal(409, "conflict"), @r"
    cannot change a definition that is published, which is frozen for good: make the next edition by
      POST /measure-definitions/{id}/next-edition and change that draft
    ");
    head.post("/measure-definitions", &definition("pupils", "headcount")).await.problem(409, "duplicate");
    let next = head.act(&format!("{path}/next-edition"), None).await.expect(201).json();
    assert_eq!((&next["edition"], &next["status"], &next["code"]), (&json!(2), &json!("draft"), &json!("pupils")));
    let draft = format!("/measure-definitions/{}", next["id"].as_str().unwrap());
    head.patch(&draft, &json!({ "code": "others" }), "*").await.problem(422, "invalid");
    head.patch(&draft, &json!({ "meaning": "Another" }), "*").await.expect(200);
    head.act(&format!("{draft}/publish"), Some("*")).await.expect(200);
    assert_eq!(head.get(&path).await.expect(200).json()["status"], "retired");
    let staff = app.as_role(Role::Governor).await;
    staff.act(&format!("{draft}/retire"), Some("*")).await.problem(403, "forbidden");
    staff.post("/measure-definitions", &definition("more", "count")).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_figure_fits_its_measure() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    publish(&head, "first_access_pupils", "headcount").await;
    publish(&head, "singing_strategy", "yes_no").await;
    let send = async |form| head.post("/measure-values", &form).await.refusal(422, "invalid");
    let unknown = send(figure(school, "first_acess_pupils", 10)).await;
    assert_snapshot!(unknown, @r"
    no measure `first_acess_pupils` is in use: did you mean `first_access_pupils`?
    /definition_code unknown_reference: no measure `first_acess_pupils` is in use: did you mean
      `first_access_pupils`?
    ");
    let code = send(part(school, "first_access_pupils", ("key_stage", "ks22"), 10)).await;
    assert!(code.contains("/key_stage unknown_code") && code.contains("did you mean `ks2`?"), "{code}");
    let dimension = send(part(school, "singing_strategy", ("sex", "girls"), 1)).await;
    assert!(dimension.contains("/sex unknown_dimension"), "{dimension}");
    let beyond = send(figure(school, "singing_strategy", 2)).await;
    assert!(beyond.contains("/value out_of_range: 1 for yes, 0 for no"), "{beyond}");
    let mut both = figure(school, "singing_strategy", 1);
    both["missing_reason"] = json!("not_collected");
    both["academic_year"] = json!("2014/16");
    let both = send(both).await;
    assert!(both.contains("/missing_reason exclusive") && both.contains("/academic_year order"), "{both}");
    let mut neither = figure(school, "singing_strategy", 1);
    neither["value"] = json!(null);
    assert!(send(neither).await.contains("/value missing"));
    send(figure(Uuid::now_v7(), "singing_strategy", 1)).await;
    let made = head.post("/measure-values", &figure(school, "singing_strategy", 1)).await.expect(201);
    let again = head.post("/measure-values", &figure(school, "singing_strategy", 0)).await;
    again.problem(409, "duplicate");
    assert!(again.header("location").ends_with(&made.id().to_string()));
}

#[actix_web::test]
async fn a_breakdown_that_contradicts_its_total_is_refused_with_both() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    publish(&head, "pupils", "headcount").await;
    let total = head.post("/measure-values", &figure(school, "pupils", 50)).await.expect(201).id();
    let ks1 = head.post("/measure-values", &part(school, "pupils", ("key_stage", "ks1"), 20)).await.expect(201).id();
    let more = head.post("/measure-values", &part(school, "pupils", ("key_stage", "ks2"), 31)).await;
    assert_snapshot!(more.refusal(422, "invalid"), @r"
    `pupils` by key_stage adds up to 51 (ks1 20, ks2 31), and the total is 50: correct one of the two,
      or send both in one batch
    /value contradiction: `pupils` by key_stage adds up to 51 (ks1 20, ks2 31), and the total is 50:
      correct one of the two, or send both in one batch
    ");
    let less = head.patch(&format!("/measure-values/{total}"), &json!({ "value": 19 }), "*").await;
    assert!(less.refusal(422, "invalid").contains("adds up to 20 (ks1 20), and the total is 19"));
    // A pupil may learn two instruments.
    for instrument in ["violin", "voice"] {
        let form = part(school, "pupils", ("instrument", instrument), 40);
        head.post("/measure-values", &form).await.expect(201);
    }
    // Together they are held against each other as they will be.
    let items = [figure(school, "pupils", 70), part(school, "pupils", ("key_stage", "ks2"), 45)];
    record(&head, &items).await;
    assert_eq!(head.get(&format!("/measure-values/{total}")).await.expect(200).json()["value"], 70);
    let report = head.post("/measure-values/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["unchanged"], 2, "{report}");
    let items = [figure(school, "pupils", 60), part(school, "pupils", ("key_stage", "ks3"), 1)];
    let report = head.post("/measure-values/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    assert_eq!((&report["rejected"], &report["items"][0]["errors"][0]["code"]), (&json!(2), &json!("contradiction")));
    // Without the part that is too much the rest holds.
    head.delete(&format!("/measure-values/{ks1}"), "*").await.expect(204);
    head.patch(&format!("/measure-values/{total}"), &json!({ "value": 45 }), "*").await.expect(200);
    head.act(&format!("/measure-values/{ks1}/restore"), Some("*")).await.problem(422, "invalid");
}

#[actix_web::test]
async fn figures_are_found_by_what_they_are_about() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let north = app.area(&head, "North").await.id();
    let ash = app.school(&head, "Ash", json!({ "area_id": north })).await.id();
    let beech = app.school(&head, "Beech", json!({})).await.id();
    publish(&head, "pupils", "headcount").await;
    publish(&head, "ensembles", "count").await;
    let mut missing = figure(beech, "ensembles", json!(null));
    missing["missing_reason"] = json!("not_collected");
    let mut guessed = figure(beech, "pupils", 30);
    guessed["source"] = json!("estimated");
    guessed["estimated"] = json!(true);
    let mut old = figure(ash, "pupils", 20);
    old["academic_year"] = json!("2013/14");
    record(&head, &[figure(ash, "pupils", 40), part(ash, "pupils", ("sex", "girls"), 25), guessed, missing, old]).await;
    let count = async |query: &str| {
        head.get(&format!("/measure-values?total=true&{query}")).await.expect(200).json()["total"].clone()
    };
    assert_eq!(count(&format!("area_id={north}")).await, 3);
    assert_eq!(count(&format!("school_id={beech}")).await, 2);
    assert_eq!(count("academic_year=2014/15&definition_code=pupils").await, 3);
    assert_eq!(count("breakdown=").await, 4);
    assert_eq!(count("breakdown=sex").await, 1);
    assert_eq!(count("sex=girls").await, 1);
    assert_eq!(count("source=estimated").await, 1);
    assert_eq!(count("estimated=false").await, 4);
    assert_eq!(count("missing_reason=not_collected").await, 1);
    head.get("/measure-values?sort=value").await.problem(400, "bad-parameter");
    head.get("/measure-values?value=3").await.problem(400, "bad-parameter");
    let counts = head.get("/measure-values/counts?by=definition_code").await.expect(200).json();
    assert_eq!(counts["total"], 5);
}

#[actix_web::test]
async fn a_provider_records_its_own_figures_and_sees_no_others() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    publish(&head, "pupils", "headcount").await;
    let partner = json!({ "name": "SoundLINCS", "kind": "organisation", "roles": ["outreach_workshops"] });
    let partner = head.post("/partners", &partner).await.expect(201).id();
    let provider = app.as_role_in(app.hub, Role::Provider, |grant| grant.partner_id = Some(partner)).await;
    record(&head, &[figure(school, "pupils", 40)]).await;
    let mut own = figure(school, "pupils", 12);
    provider.post("/measure-values", &own).await.problem(422, "invalid");
    own["provider_id"] = json!(partner);
    let made = provider.post("/measure-values", &own).await.expect(201).json();
    assert_eq!((&made["breakdown"], &made["value"]), (&json!("provider"), &json!(12)));
    assert_eq!(provider.get("/measure-values").await.expect(200).ids().len(), 1);
    let mut small = own.clone();
    small["academic_year"] = json!("2013/14");
    small["value"] = json!(4);
    let hidden = provider.post("/measure-values", &small).await.expect(201).json();
    assert_eq!((&hidden["value"], &hidden["suppressed"]), (&json!(null), &json!(true)));
}
