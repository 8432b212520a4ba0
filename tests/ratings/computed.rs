//! What a scheme makes of a school, criterion by criterion.

use entity::visits::visit_report::{self, ReportRag, ReportStatus};
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{hub, plans, scheme, visited};
use crate::support::{App, Caller};

async fn explained(head: &Caller, scheme: Uuid, school: Uuid, on: &str) -> Value {
    let path = format!("/rag-schemes/{scheme}/explanation?school_id={school}&on_date={on}");
    head.get(&path).await.expect(200).json()
}

fn told(explanation: &Value) -> Vec<String> {
    let scores = explanation["scores"].as_array().unwrap();
    scores.iter().map(|score| score["explanation"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn without_data_each_criterion_says_so_and_counts_as_the_scheme_says() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let draft = head.post("/rag-schemes", &scheme()).await.expect(201).id();
    let explanation = explained(&head, draft, school, "2014-09-01").await;
    assert_eq!(told(&explanation), ["no data: left out", "no data: counts as red"]);
    assert_eq!(explanation["scores"][0]["value"], Value::Null);
    assert_eq!(json!([explanation["colour"], explanation["need"]]), json!([null, null]), "too little data");

    let shipped = head.get("/shipped-rag-schemes").await.expect(200).json()["schemes"][0].clone();
    let shipped = head.post("/rag-schemes", &shipped).await.expect(201).id();
    let explanation = explained(&head, shipped, school, "2014-09-01").await;
    assert_eq!(
        told(&explanation),
        [
            "no data: left out",
            "no data: left out",
            "no data: counts as amber",
            "no data: counts as red",
            "no data: left out",
            "no data: left out",
        ]
    );
}

#[actix_web::test]
async fn an_explanation_names_the_data_that_it_used_as_it_was_on_the_day() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let old = plans(&head, school, "2012/13", 0).await;
    let new = plans(&head, school, "2013/14", 1).await;
    plans(&head, school, "2014/15", 2).await;
    let visit = visited(&app, &head, school, date!(2013 - 01 - 10)).await;
    let draft = head.post("/rag-schemes", &scheme()).await.expect(201).id();

    let explanation = explained(&head, draft, school, "2014-08-31").await;
    assert_eq!(
        told(&explanation),
        [
            "1 of 2 in the record of 2013/14 hold: amber (green from 60, amber from 30)",
            "19 months since the visit on 2013-01-10: amber (green up to 12, amber up to 24)",
        ]
    );
    let used = &explanation["scores"][0];
    assert_eq!(
        json!([used["value"], used["numerator"], used["denominator"], used["item_id"], used["colour"], used["green"]]),
        json!([50.0, 1, 2, new, "amber", 60.0])
    );
    let used = &explanation["scores"][1];
    assert_eq!(
        json!([used["value"], used["dated"], used["item_id"], used["numerator"]]),
        json!([19.0, "2013-01-10", visit, null])
    );
    assert_eq!(
        json!([explanation["need"], explanation["colour"], explanation["support_code"]]),
        json!([50, "amber", "universal"])
    );

    // The day before the visit, in the academic year before.
    let explanation = explained(&head, draft, school, "2013-01-09").await;
    assert_eq!(explanation["scores"][0]["item_id"], json!(old));
    assert_eq!(told(&explanation)[1], "no data: counts as red");
    assert_eq!(json!([explanation["need"], explanation["support_code"]]), json!([100, "targeted"]));
    assert_eq!(head.get("/rag-ratings?total=true").await.expect(200).json()["total"], 0, "nothing is stored");
}

#[actix_web::test]
async fn a_report_counts_once_the_school_has_it() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let mut form = scheme();
    form["criteria"] = json!([{
        "code": "report", "title": "The last visit", "data": "visit_judgement",
        "green": 2, "amber": 1, "weight": 1, "no_data": "left_out"
    }]);
    let draft = head.post("/rag-schemes", &form).await.expect(201).id();
    let first = visited(&app, &head, school, date!(2014 - 01 - 10)).await;
    let last = visited(&app, &head, school, date!(2014 - 06 - 10)).await;
    report(&app, school, first, ReportRag::Green, true).await;
    let said = async || explained(&head, draft, school, "2014-09-01").await["scores"][0]["explanation"].clone();
    let bounds = "(green from 2, amber from 1)";
    assert_eq!(said().await, format!("the report of the visit on 2014-01-10 says green: green {bounds}"));
    report(&app, school, last, ReportRag::Red, false).await;
    assert_eq!(said().await, format!("the report of the visit on 2014-01-10 says green: green {bounds}"));
    report(&app, school, last, ReportRag::Amber, true).await;
    assert_eq!(said().await, format!("the report of the visit on 2014-06-10 says amber: amber {bounds}"));
}

async fn report(app: &App, school_id: Uuid, visit_id: Uuid, rag: ReportRag, shared: bool) {
    let now = app.clock.now();
    let row = visit_report::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        visit_id,
        school_id,
        number: if shared { 1 } else { 2 },
        seen: None,
        strengths: None,
        areas_to_develop: None,
        judgement: None,
        rag: Some(rag),
        status: if shared { ReportStatus::Shared } else { ReportStatus::Draft },
        shared_at: shared.then_some(now),
        answer_due_on: None,
        answered_at: None,
        answer_comment: None,
        ended_at: None,
    };
    app.insert::<visit_report::Entity>(app.hub, vec![row]).await;
}

#[actix_web::test]
async fn an_explanation_is_of_a_school_of_the_hub_or_of_the_first() {
    let (app, head) = hub().await;
    let draft = head.post("/rag-schemes", &scheme()).await.expect(201).id();
    let path = format!("/rag-schemes/{draft}/explanation");
    head.get(&path).await.problem(400, "bad-parameter");
    app.school(&head, "Beech", json!({})).await;
    let ash = app.school(&head, "Ash", json!({})).await.id();
    assert_eq!(head.get(&path).await.expect(200).json()["school_id"], json!(ash));
    let unknown = head.get(&format!("{path}?school_id={}", Uuid::now_v7())).await;
    assert_eq!(unknown.expect(400).faults(), [("?school_id".to_owned(), "unknown_reference".to_owned())]);
    head.get(&format!("/rag-schemes/{}/explanation", Uuid::now_v7())).await.problem(404, "not-found");
}
