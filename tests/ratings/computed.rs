//! What a scheme makes of a school, criterion by criterion.

use api::kernel::base::clock::day_begins;
use entity::visits::visit_report::{self, ReportRag, ReportStatus};
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{hub, plans, scheme, visited};
use crate::support::{App, Caller};
use crate::{evaluations, frameworks};

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

/// A draft of a scheme that asks for the colour of the last report alone.
async fn by_the_last_report(head: &Caller) -> Uuid {
    let mut form = scheme();
    form["criteria"] = json!([{
        "code": "report", "title": "The last visit", "data": "visit_judgement",
        "green": 2, "amber": 1, "weight": 1, "no_data": "left_out"
    }]);
    head.post("/rag-schemes", &form).await.expect(201).id()
}

#[actix_web::test]
async fn a_report_counts_once_the_school_has_it() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let draft = by_the_last_report(&head).await;
    let first = visited(&app, &head, school, date!(2014 - 01 - 10)).await;
    let last = visited(&app, &head, school, date!(2014 - 06 - 10)).await;
    insert(&app, vec![shared(report(&app, school, first, 1), ReportRag::Green)]).await;
    let said = async || explained(&head, draft, school, "2014-09-01").await["scores"][0]["explanation"].clone();
    let bounds = "(green from 2, amber from 1)";
    assert_eq!(said().await, format!("the report of the visit on 2014-01-10 says green: green {bounds}"));
    let red = Some(ReportRag::Red);
    insert(&app, vec![visit_report::Model { rag: red, ..report(&app, school, last, 2) }]).await;
    assert_eq!(said().await, format!("the report of the visit on 2014-01-10 says green: green {bounds}"));
    insert(&app, vec![shared(report(&app, school, last, 1), ReportRag::Amber)]).await;
    assert_eq!(said().await, format!("the report of the visit on 2014-06-10 says amber: amber {bounds}"));
}

#[actix_web::test]
async fn of_the_versions_of_a_report_the_last_one_that_the_school_had_by_the_day_counts() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let draft = by_the_last_report(&head).await;
    let visit = visited(&app, &head, school, date!(2014 - 06 - 10)).await;
    let older = visit_report::Model {
        status: ReportStatus::Superseded,
        shared_at: Some(day_begins(date!(2014 - 07 - 01))),
        ..shared(report(&app, school, visit, 1), ReportRag::Red)
    };
    let newer = visit_report::Model {
        rag: None,
        shared_at: Some(day_begins(date!(2014 - 08 - 01))),
        ..shared(report(&app, school, visit, 2), ReportRag::Green)
    };
    insert(&app, vec![older, newer]).await;
    let said = async |on: &str| explained(&head, draft, school, on).await["scores"][0]["explanation"].clone();
    assert_eq!(said("2014-06-30").await, "no data: left out", "the school had no version yet");
    let red = "the report of the visit on 2014-06-10 says red: red (green from 2, amber from 1)";
    assert_eq!(said("2014-07-01").await, red);
    assert_eq!(said("2014-07-31").await, red);
    assert_eq!(said("2014-08-01").await, "no data: left out", "the last version gives no colour");
}

#[actix_web::test]
async fn a_level_that_was_agreed_counts_in_a_self_evaluation_where_the_school_left_it_out() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let mut form = scheme();
    form["criteria"] = json!([{
        "code": "own", "title": "Its own view", "data": "self_evaluation",
        "green": 80, "amber": 50, "weight": 1, "no_data": "left_out"
    }]);
    let draft = head.post("/rag-schemes", &form).await.expect(201).id();
    let framework = evaluations::publish(&head, &frameworks::singing()).await;
    let evaluation = evaluations::open_in(&head, school, framework, "2014/15").await;
    let responses = evaluations::responses(&head, evaluation).await;
    let left_out = json!({ "not_applicable": true, "reason": "There is no hall" });
    for (response, answer) in responses.iter().zip([left_out, json!({ "level": 3 })]) {
        let path = format!("/evaluation-responses/{}", response["id"].as_str().unwrap());
        head.patch(&path, &answer, "*").await.expect(200);
    }
    let verb = async |verb: &str| head.act(&format!("/evaluations/{evaluation}/{verb}"), Some("*")).await.expect(200);
    let found = async || {
        let score = explained(&head, draft, school, "2014-09-01").await["scores"][0].clone();
        json!([score["numerator"], score["denominator"]])
    };
    verb("submit").await;
    assert_eq!(found().await, json!([3, 3]));
    verb("moderate").await;
    let level = json!({ "evaluation_id": evaluation, "criterion_id": responses[0]["criterion_id"], "level": 1 });
    head.post("/evaluation-judgements", &level).await.expect(201);
    verb("agree").await;
    assert_eq!(found().await, json!([4, 6]));
}

async fn insert(app: &App, reports: Vec<visit_report::Model>) {
    app.insert::<visit_report::Entity>(app.hub, reports).await;
}

/// A version that the school has since now, with a colour.
fn shared(draft: visit_report::Model, rag: ReportRag) -> visit_report::Model {
    let shared_at = Some(draft.created_at);
    visit_report::Model { rag: Some(rag), status: ReportStatus::Shared, shared_at, ..draft }
}

/// The draft of a version of a report.
fn report(app: &App, school_id: Uuid, visit_id: Uuid, number: i32) -> visit_report::Model {
    let now = app.clock.now();
    visit_report::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        visit_id,
        school_id,
        number,
        seen: None,
        strengths: None,
        areas_to_develop: None,
        judgement: None,
        rag: None,
        status: ReportStatus::Draft,
        shared_at: None,
        answer_due_on: None,
        answered_at: None,
        answer_comment: None,
        ended_at: None,
    }
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
