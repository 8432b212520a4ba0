//! Figures that come in by the template of a collection, as CSV and as a workbook.

use entity::identity::grant::Role;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{figure, publish, record};
use crate::imports::{ended, has_authorities};
use crate::support::{self, App, Caller};

const HEAD: &str = "urn,school_id,academic_year,measure,breakdown,value,missing_reason,estimated,note\r\n";

/// A hub with two schools and two measures, and an administrator.
async fn world(app: &App) -> (Caller, [Uuid; 2]) {
    let office = app.as_role(Role::Administrator).await;
    has_authorities(&office).await;
    let head = app.as_role(Role::HeadOfService).await;
    let ash = app.school(&head, "Ash", json!({ "urn": 100_001 })).await.id();
    let beech = app.school(&head, "Beech", json!({})).await.id();
    publish(&head, "pupils", "headcount").await;
    publish(&head, "ensembles", "count").await;
    (office, [ash, beech])
}

async fn imported(office: &Caller, query: &str, body: impl Into<Vec<u8>>) -> Value {
    let path = format!("/imports?source=measure-values{query}");
    let job = office.ask(Method::POST, &path).raw_of("text/csv", body).await.expect(202);
    ended(office, job.id()).await
}

/// Created, updated, unchanged, rejected and out of area.
fn counts(job: &Value) -> [i64; 5] {
    assert_eq!(job["state"], "finished", "{job}");
    ["created", "updated", "unchanged", "rejected", "out_of_area"].map(|count| job[count].as_i64().unwrap())
}

#[actix_web::test]
async fn a_file_by_the_template_is_taken_once() {
    let app = support::app().await;
    let (office, [ash, beech]) = world(&app).await;
    let rows = format!(
        "{HEAD}100001,,2014/15,pupils,,43,,,\r\n\
         100001,,2014/15,pupils,key_stage=ks1,3,,false,\r\n\
         100001,,2014/15,pupils,key_stage=ks2,10,,,\r\n\
         100001,,2014/15,pupils,key_stage=ks3,30,,,\r\n\
         ,{beech},2014/15,ensembles,,,not_collected,,The post is vacant\r\n\
         ,{beech},2014/15,pupils,,25,,yes,\r\n\
         100002,,2014/15,pupils,,25,,,\r\n\
         ,{beech},2014/15,pupils,sex=girls,,,,\r\n"
    );
    let dry = imported(&office, "&dry_run=true", rows.clone()).await;
    assert_eq!(counts(&dry), [6, 0, 1, 0, 1]);
    assert_eq!(office.get("/measure-values").await.expect(200).ids().len(), 0);
    let first = imported(&office, "", rows.clone()).await;
    assert_eq!((counts(&first), &first["written"]), ([6, 0, 1, 0, 1], &json!(6)));
    let again = imported(&office, "", rows).await;
    assert_eq!((counts(&again), &again["to_write"]), ([0, 0, 7, 0, 1], &json!(0)));
    // Small figures are withheld as if they had been sent one by one.
    let governor = app.as_role(Role::Governor).await;
    let shown = governor.all(&format!("/measure-values?school_id={ash}")).await;
    let withheld = shown.iter().filter(|item| item["suppressed"] == true);
    assert_eq!(withheld.count(), 2, "{shown:?}");
    let estimate = office.all(&format!("/measure-values?school_id={beech}&definition_code=pupils")).await;
    assert_eq!((&estimate[0]["estimated"], &estimate[0]["source"]), (&json!(true), &json!("imported")));
}

#[actix_web::test]
async fn rows_that_do_not_fit_are_rejected_by_line_with_column_and_reason() {
    let app = support::app().await;
    let (office, [ash, _]) = world(&app).await;
    record(&office, &[figure(ash, "pupils", 20)]).await;
    let rows = format!(
        "{HEAD}100001,,2014/15,pupils,key_stage=ks1,25,,,\r\n\
         100001,,2014/15,pupil,,3,,,\r\n\
         100001,,2014/15,ensembles,,three,,,\r\n\
         100001,,2014/15,ensembles,,3,,,\r\n\
         100001,,2014/15,ensembles,,4,,,\r\n\
         100001,,2014/16,ensembles,,4,,,\r\n\
         100001,,2013/14,pupils,sex=boy,4,,,\r\n"
    );
    let job = imported(&office, "", rows.clone()).await;
    assert_eq!(counts(&job), [1, 0, 0, 6, 0]);
    let rows_of = format!("/imports/{}/rows?outcome=rejected", job["id"].as_str().unwrap());
    let told = office.get(&rows_of).await.expect(200).json();
    let told: Vec<_> =
        told["items"].as_array().unwrap().iter().map(|row| json!([row["line"], row["code"], row["column"]])).collect();
    assert_eq!(
        told,
        [
            json!([2, "contradiction", "value"]),
            json!([3, "unknown_measure", "measure"]),
            json!([4, "invalid", "value"]),
            json!([6, "repeated", "measure"]),
            json!([7, "at_odds", "academic_year"]),
            json!([8, "at_odds", "breakdown"]),
        ]
    );
    let atomic = imported(&office, "&mode=atomic", rows).await;
    assert_eq!((&atomic["state"], &atomic["error"]["code"]), (&json!("failed"), &json!("rejected_rows")));
    let other = office.ask(Method::POST, "/imports?source=measure-values").raw_of("text/csv", "URN,LinkURN\r\n1,2\r\n");
    other.await.problem(422, "invalid");
}

#[actix_web::test]
async fn a_template_comes_back_as_it_was_given_out() {
    let app = support::app().await;
    let (office, [ash, beech]) = world(&app).await;
    let collection = office.post("/collections", &super::collections::form()).await.expect(201).id();
    office.act(&format!("/collections/{collection}/open"), Some("*")).await.expect(200);
    record(&office, &[figure(ash, "pupils", 3), figure(beech, "ensembles", 2)]).await;
    for format in ["csv", "xlsx"] {
        let path = format!("/collections/{collection}/template?format={format}");
        let file = office.get(&path).await.expect(200).body;
        let job = imported(&office, "", file).await;
        assert_eq!((counts(&job), &job["to_write"]), ([0, 0, 6, 0, 0], &json!(0)), "{format}");
    }
}
