//! Small numbers: who sees them, and that nothing else gives them away.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{figure, part, publish, record};
use crate::support::{self, App, Caller};

/// A school with a small part, and the parts and the total by which it could be worked out.
async fn world(app: &App) -> (Caller, Uuid) {
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({ "urn": 100_001 })).await.id();
    publish(&head, "pupils", "headcount").await;
    let key_stage = |stage, value| part(school, "pupils", ("key_stage", stage), value);
    record(&head, &[figure(school, "pupils", 43), key_stage("ks1", 3), key_stage("ks2", 10), key_stage("ks3", 30)])
        .await;
    (head, school)
}

/// The figures by key stage, the total first, as a caller sees them.
async fn seen(by: &Caller) -> Vec<Value> {
    let mut items = by.all("/measure-values").await;
    items.sort_by_key(|item| item["key_stage"].as_str().map(str::to_owned));
    items.iter().map(|item| item["value"].clone()).collect()
}

#[actix_web::test]
async fn a_small_figure_and_a_second_one_are_withheld_from_callers_who_see_other_schools() {
    let app = support::app().await;
    let (head, school) = world(&app).await;
    let all = [json!(43), json!(3), json!(10), json!(30)];
    let shown = [json!(43), json!(null), json!(null), json!(30)];
    assert_eq!(seen(&head).await, all);
    assert_eq!(seen(&app.at_school(Role::SchoolHead, school).await).await, all);
    assert_eq!(seen(&app.as_role(Role::BusinessManager).await).await, all);
    for role in [Role::Governor, Role::Executive, Role::Monitor] {
        assert_eq!(seen(&app.as_role(role).await).await, shown, "{role:?}");
    }
    assert_eq!(seen(&app.as_client("outcomes:read").await).await, shown);
    assert_eq!(seen(&app.as_client("outcomes:read outcomes:write").await).await, all);
    let other = app.school(&head, "Beech", json!({})).await.id();
    assert_eq!(seen(&app.at_school(Role::SchoolHead, other).await).await, Vec::<Value>::new());
}

#[actix_web::test]
async fn what_is_withheld_is_in_no_item_export_history_or_feed() {
    let app = support::app().await;
    let (head, _) = world(&app).await;
    let governor = app.as_role(Role::Governor).await;
    let small = head.get("/measure-values?key_stage=ks1").await.expect(200).ids()[0];
    let item = governor.get(&format!("/measure-values/{small}")).await.expect(200);
    assert_eq!((&item.json()["value"], &item.json()["suppressed"]), (&json!(null), &json!(true)));
    let history = governor.get(&format!("/measure-values/{small}/history")).await.expect(200).json();
    assert!(!history.to_string().contains("\"value\""), "{history}");
    let follower = app.as_client("exchange:read outcomes:read").await;
    let feed = follower.get("/changes?resource=measure_value").await.expect(200).json();
    assert_eq!(feed["items"].as_array().unwrap().len(), 4);
    assert!(!feed.to_string().contains("\"value\""), "{feed}");
    let export = governor.get("/measure-values/export?format=csv&fields=key_stage,value").await.expect(200);
    let text = String::from_utf8(export.body).unwrap();
    assert_eq!(text.matches(",30\r\n").count() + text.matches(",43\r\n").count(), 2, "{text}");
    assert!(!text.contains(",3\r\n") && !text.contains(",10\r\n"), "{text}");
}

#[actix_web::test]
async fn a_change_of_one_figure_shows_and_hides_the_others_in_their_next_version() {
    let app = support::app().await;
    let (head, _) = world(&app).await;
    let governor = app.as_role(Role::Governor).await;
    let id = async |stage: &str| head.get(&format!("/measure-values?key_stage={stage}")).await.expect(200).ids()[0];
    let (ks1, ks2) = (id("ks1").await, id("ks2").await);
    let before = governor.get(&format!("/measure-values/{ks2}")).await.expect(200);
    let items = json!({ "items": [
        { "school_id": head.get("/schools").await.expect(200).ids()[0], "academic_year": "2014/15",
          "definition_code": "pupils", "key_stage": "ks1", "value": 8 },
        { "school_id": head.get("/schools").await.expect(200).ids()[0], "academic_year": "2014/15",
          "definition_code": "pupils", "value": 48 },
    ] });
    let report = head.post("/measure-values/batch", &items).await.expect(200).json();
    assert_eq!(report["updated"], 2, "{report}");
    let after = governor.get(&format!("/measure-values/{ks2}")).await.expect(200);
    assert_eq!((&after.json()["value"], &after.json()["suppressed"]), (&json!(10), &json!(false)));
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(governor.get(&format!("/measure-values/{ks1}")).await.expect(200).json()["value"], 8);
}

#[actix_web::test]
async fn figures_of_anything_but_pupils_are_shown() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    publish(&head, "ensembles", "count").await;
    publish(&head, "singing_strategy", "yes_no").await;
    record(&head, &[figure(school, "ensembles", 3), figure(school, "singing_strategy", 1)]).await;
    let governor = app.as_role(Role::Governor).await;
    let items = governor.all("/measure-values").await;
    assert!(items.iter().all(|item| item["suppressed"] == false && item["value"].is_i64()), "{items:?}");
}
