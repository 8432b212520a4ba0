//! Schemes: in draft, in use and frozen, edition by edition.

use insta::assert_snapshot;
use serde_json::json;

use super::{active, hub, scheme};

#[actix_web::test]
async fn a_scheme_in_use_is_frozen_and_the_next_edition_takes_its_place() {
    let (_app, head) = hub().await;
    let first = active(&head, scheme()).await;
    let path = format!("/rag-schemes/{first}");
    let refused = head.patch(&path, &json!({ "red_from": 70 }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot change a scheme that is active, which is frozen for good: make the next edition by POST
      /rag-schemes/{id}/next-edition and change that draft
    ");
    head.delete(&path, "*").await.problem(409, "conflict");

    let next = head.act(&format!("{path}/next-edition"), None).await.expect(201).json();
    assert_eq!(
        json!([next["edition"], next["status"], next["lineage_id"], next["previous_id"]]),
        json!([2, "draft", first, first])
    );
    let again = head.act(&format!("{path}/next-edition"), None).await;
    again.problem(409, "conflict");
    assert!(again.header("location").ends_with(next["id"].as_str().unwrap()));

    let draft = format!("/rag-schemes/{}", next["id"].as_str().unwrap());
    head.act(&format!("{draft}/next-edition"), None).await.problem(409, "conflict");
    head.patch(&draft, &json!({ "red_from": 70 }), "*").await.expect(200);
    head.act(&format!("{draft}/activate"), Some("*")).await.expect(200);
    assert_eq!(head.get(&path).await.expect(200).json()["status"], "retired");
    let editions = head.get(&format!("/rag-schemes?lineage_id={first}&status=active")).await.expect(200).json();
    assert_eq!(editions["items"][0]["red_from"], 70);
    assert_eq!(editions["items"].as_array().unwrap().len(), 1);
    head.delete(&path, "*").await.expect(204);
}

#[actix_web::test]
async fn thresholds_that_cross_are_refused_all_at_once_and_nothing_is_written() {
    let (_app, head) = hub().await;
    let mut form = scheme();
    form["criteria"][0]["amber"] = json!(70);
    form["criteria"][1]["code"] = json!("plans");
    form["criteria"][1]["amber"] = json!(6);
    form["amber_from"] = json!(80);
    form["least_with_data"] = json!(3);
    let refused = head.post("/rag-schemes", &form).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    5 faults in the body
    /criteria/0/amber order: more is better here: amber begins at `green` or below
    /criteria/1/amber order: less is better here: amber goes up to `green` or further
    /criteria/1/code duplicate: another criterion of the scheme has this code
    /least_with_data order: the scheme has 2 criteria: ask for data of no more than these
    /red_from order: red begins at `amber_from` or above
    ");
    assert_eq!(head.get("/rag-schemes?total=true").await.expect(200).json()["total"], 0);
    form = scheme();
    form["criteria"][0]["data"] = json!("weather");
    assert_eq!(head.post("/rag-schemes", &form).await.faults()[0].0, "/criteria/0/data");
}

#[actix_web::test]
async fn the_scheme_that_comes_with_the_service_is_created_as_it_is() {
    let (_app, head) = hub().await;
    let shipped = head.get("/shipped-rag-schemes").await.expect(200).json();
    let form = &shipped["schemes"][0];
    let made = head.post("/rag-schemes", form).await.expect(201).json();
    assert_eq!(made["criteria"], form["criteria"]);
    assert!(made["description"].as_str().unwrap().contains("refers to 2.iii"), "{made:#}");
}
