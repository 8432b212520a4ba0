//! Collections, returns, templates, and what they bring in.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{figure, part, publish, record};
use crate::support::{self, App, Caller};

fn line(number: &str, code: &str, required: bool) -> Value {
    json!({ "number": number, "label": format!("Line {number}"), "definition_code": code, "required": required })
}

/// The form of a collection of three lines.
pub fn form() -> Value {
    let mut by_stage = line("1b", "pupils", false);
    by_stage["key_stage"] = json!("ks2");
    json!({
        "title": "Yearly return", "academic_year": "2014/15", "due_on": "2014-08-22",
        "lines": [line("1a", "pupils", true), by_stage, line("2", "ensembles", true)],
    })
}

/// Two schools in scope and one that is closed, asked by an open collection.
async fn world(app: &App) -> (Caller, Uuid, [Uuid; 2]) {
    let head = app.as_role(Role::HeadOfService).await;
    let ash = app.school(&head, "Ash", json!({ "urn": 100_001 })).await.id();
    let beech = app.school(&head, "Beech", json!({})).await.id();
    app.school(&head, "Cedar", json!({ "status": "closed", "closed_on": "2014-01-01" })).await;
    publish(&head, "pupils", "headcount").await;
    publish(&head, "ensembles", "count").await;
    let collection = head.post("/collections", &form()).await.expect(201).id();
    head.act(&format!("/collections/{collection}/open"), Some("*")).await.expect(200);
    (head, collection, [ash, beech])
}

async fn return_of(by: &Caller, school: Uuid) -> String {
    let found = by.get(&format!("/returns?school_id={school}")).await.expect(200).ids();
    format!("/returns/{}", found[0])
}

#[actix_web::test]
async fn a_return_waits_for_its_school_while_the_collection_is_open() {
    let app = support::app().await;
    let (head, collection, [ash, _]) = world(&app).await;
    let school = app.at_school(Role::SchoolHead, ash).await;
    let tasks = school.get("/me/tasks").await.expect(200).json();
    let task = &tasks["items"][0];
    assert_eq!((&task["kind"], &task["title"]), (&json!("return_submit"), &json!("Submit a return: Yearly return")));
    assert_eq!((&task["due_on"], &task["overdue"]), (&json!("2014-08-22"), &json!(true)));
    assert_eq!(json!(return_of(&school, ash).await), json!(task["href"].as_str().unwrap().replace("/api/v1", "")));
    head.act(&format!("/collections/{collection}/close"), Some("*")).await.expect(200);
    assert_eq!(school.get("/me/tasks").await.expect(200).json()["items"], json!([]));
}

#[actix_web::test]
async fn a_form_lists_measures_that_are_in_use_and_is_frozen_when_schools_answer() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    publish(&head, "pupils", "headcount").await;
    let wrong = head.post("/collections", &form()).await;
    assert_snapshot!(wrong.refusal(422, "invalid"), @r"
    no measure `ensembles` is in use: see GET /measure-definitions?status=published, or publish a
      definition with this code
    /lines/2/definition_code unknown_reference: no measure `ensembles` is in use: see GET
      /measure-definitions?status=published, or publish a definition with this code
    ");
    publish(&head, "ensembles", "count").await;
    let mut twice = form();
    twice["lines"][1] = twice["lines"][0].clone();
    let twice = head.post("/collections", &twice).await.refusal(422, "invalid");
    assert!(
        twice.contains("/lines/1/number duplicate") && twice.contains("/lines/1/definition_code duplicate"),
        "{twice}"
    );
    let made = head.post("/collections", &form()).await.expect(201);
    assert!(made.json()["lines"][0]["definition_id"].is_string());
    let path = format!("/collections/{}", made.id());
    head.patch(&path, &json!({ "title": "Return" }), "*").await.expect(200);
    let school = app.school(&head, "Ash", json!({})).await.id();
    let staff = app.at_school(Role::SchoolStaff, school).await;
    staff.get(&path).await.problem(404, "not-found");
    staff.post("/collections", &form()).await.problem(403, "forbidden");
    head.act(&format!("{path}/open"), Some("*")).await.expect(200);
    staff.get(&path).await.expect(200);
    staff.act(&format!("{path}/close"), Some("*")).await.problem(403, "forbidden");
    head.patch(&path, &json!({ "lines": [line("1", "pupils", true)] }), "*").await.problem(409, "conflict");
    head.patch(&path, &json!({ "due_on": "2015-10-30" }), "*").await.expect(200);
    let copy = json!({ "academic_year": "2015/16", "due_on": "2016-10-14" });
    let copy = head.post(&format!("{path}/copy"), &copy).await.expect(201).json();
    assert_eq!((&copy["status"], &copy["title"]), (&json!("draft"), &json!("Return")));
    assert_eq!(copy["lines"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn each_open_school_in_scope_gets_one_return() {
    let app = support::app().await;
    let (head, collection, [ash, _]) = world(&app).await;
    assert_eq!(head.get("/returns").await.expect(200).ids().len(), 2);
    let again = json!({ "collection_id": collection, "school_id": ash });
    head.post("/returns", &again).await.problem(409, "duplicate");
    let later = app.school(&head, "Dogwood", json!({})).await.id();
    let path = format!("/collections/{collection}");
    head.act(&format!("{path}/close"), Some("*")).await.expect(200);
    let one_more = json!({ "collection_id": collection, "school_id": later });
    head.post("/returns", &one_more).await.problem(409, "conflict");
    head.act(&format!("{path}/open"), Some("*")).await.expect(200);
    assert_eq!(head.get("/returns").await.expect(200).ids().len(), 3);
    head.delete(&path, "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_fills_in_and_sends_its_own_return_and_the_hub_decides() {
    let app = support::app().await;
    let (head, _, [ash, beech]) = world(&app).await;
    let school = app.at_school(Role::SchoolHead, ash).await;
    let own = return_of(&school, ash).await;
    assert_eq!(school.get("/returns").await.expect(200).ids().len(), 1);
    school.get(&return_of(&head, beech).await).await.problem(404, "not-found");
    let early = school.act(&format!("{own}/submit"), Some("*")).await;
    assert_snapshot!(early.refusal(409, "conflict"), @r"
    cannot send a return without 2 lines of the form: 1a, 2. Give each a figure, a best estimate, or the
      reason why there is none
    ");
    let mut estimate = figure(ash, "ensembles", 2);
    estimate["estimated"] = json!(true);
    record(&school, &[figure(ash, "pupils", 40), estimate]).await;
    let shown = school.get(&format!("{own}/form")).await.expect(200).json();
    let counts = [&shown["answered"], &shown["estimated"], &shown["missing"], &shown["lines"][0]["value"]];
    assert_eq!(counts, [&json!(2), &json!(1), &json!([]), &json!(40)]);
    let sent = school.act(&format!("{own}/submit"), Some("*")).await.expect(200).json();
    assert_eq!((&sent["status"], &sent["estimated_lines"]), (&json!("submitted"), &json!(1)));
    school.act(&format!("{own}/accept"), Some("*")).await.problem(403, "forbidden");
    let late = school.post("/measure-values", &part(ash, "pupils", ("key_stage", "ks2"), 20)).await;
    assert!(late.refusal(409, "conflict").contains("ask the hub to send the return back"));
    school.patch(&own, &json!({ "note": "Late" }), "*").await.problem(409, "conflict");
    let reason = json!({ "reason": "Ensembles look low" });
    let back = head.post(&format!("{own}/send-back"), &reason).header("if-match", "*").await.expect(200).json();
    assert_eq!((&back["status"], &back["status_reason"]), (&json!("sent_back"), &json!("Ensembles look low")));
    record(&school, &[figure(ash, "ensembles", 3)]).await;
    school.act(&format!("{own}/submit"), Some("*")).await.expect(200);
    head.act(&format!("{own}/accept"), Some("*")).await.expect(200);
    // The hub still corrects figures.
    record(&head, &[figure(ash, "ensembles", 4)]).await;
    let governor = app.as_role(Role::Governor).await;
    governor.act(&format!("{own}/submit"), Some("*")).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_school_sends_nothing_to_a_closed_collection() {
    let app = support::app().await;
    let (head, collection, [ash, _]) = world(&app).await;
    let school = app.at_school(Role::SchoolHead, ash).await;
    record(&school, &[figure(ash, "pupils", 40), figure(ash, "ensembles", 2)]).await;
    head.act(&format!("/collections/{collection}/close"), Some("*")).await.expect(200);
    let own = return_of(&school, ash).await;
    school.act(&format!("{own}/submit"), Some("*")).await.problem(409, "conflict");
    head.act(&format!("{own}/submit"), Some("*")).await.expect(200);
}

#[actix_web::test]
async fn the_hubs_return_adds_up_its_schools_in_the_order_of_the_form() {
    let app = support::app().await;
    let (head, collection, [ash, beech]) = world(&app).await;
    let mut missing = figure(beech, "ensembles", json!(null));
    missing["missing_reason"] = json!("not_collected");
    let mut estimate = figure(beech, "pupils", 4);
    estimate["estimated"] = json!(true);
    record(&head, &[figure(ash, "pupils", 40), figure(ash, "ensembles", 3), estimate, missing]).await;
    let report = async |by: &Caller, more: &str| {
        let path = format!("/reports/hub-return?collection_id={collection}{more}");
        by.get(&path).await.expect(200)
    };
    let told = |report: &Value| -> Vec<Value> {
        let line = |line: &Value| {
            json!([
                line["number"],
                line["value"],
                line["suppressed"],
                line["withheld_figures"],
                line["answered"]["numerator"],
                line["estimated"],
                line["not_collected"],
                line["unanswered"],
            ])
        };
        report["lines"].as_array().unwrap().iter().map(line).collect()
    };
    let exact = report(&head, "").await.json();
    assert_eq!(
        told(&exact),
        [
            json!(["1a", 44, false, 0, 2, 1, 0, 0]),
            json!(["1b", null, false, 0, 0, 0, 0, 2]),
            json!(["2", 3, false, 0, 2, 0, 1, 0]),
        ]
    );
    let governor = app.as_role(Role::Governor).await;
    let shown = report(&governor, "").await.json();
    assert_eq!(told(&shown)[0], json!(["1a", 40, false, 1, 2, 1, 0, 0]));
    let none = report(&head, "&status=accepted").await.json();
    assert_eq!(told(&none)[0], json!(["1a", null, false, 0, 0, 0, 0, 0]));
    let csv = String::from_utf8(report(&head, "&format=csv").await.body).unwrap();
    let numbers: Vec<_> = csv.lines().skip(1).filter_map(|line| line.split(',').nth(3)).collect();
    assert_eq!(numbers, ["1a", "1b", "2"], "{csv}");
    report(&head, "&format=xlsx").await;
    let other = app.as_role_in(app.another_hub("luton").await, Role::HeadOfService, |_| {}).await;
    other.get(&format!("/reports/hub-return?collection_id={collection}")).await.problem(400, "bad-parameter");
}

#[actix_web::test]
async fn the_chasing_list_names_who_has_not_answered() {
    let app = support::app().await;
    let (head, collection, [ash, beech]) = world(&app).await;
    record(&head, &[figure(ash, "pupils", 40), figure(ash, "ensembles", 3), figure(beech, "pupils", 9)]).await;
    head.act(&format!("{}/submit", return_of(&head, ash).await), Some("*")).await.expect(200);
    let person = head.post("/people", &json!({ "name": "Miss Oboe" })).await.expect(201).id();
    let contact = json!({ "person_id": person, "school_id": beech, "job_role": "Head of music", "is_primary": true });
    head.post("/contacts", &contact).await.expect(201);
    let path = format!("/reports/returns-outstanding?collection_id={collection}");
    let report = head.get(&path).await.expect(200).json();
    let lines = report["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{report}");
    let late = &lines[0];
    assert_eq!(
        [&late["school_name"], &late["days_overdue"], &late["answered"], &late["lines"], &late["contact_name"]],
        [&json!("Beech"), &json!(10), &json!(1), &json!(3), &json!("Miss Oboe")]
    );
    let overdue = head.get("/returns?overdue=true").await.expect(200).ids();
    assert_eq!(overdue.len(), 1);
    assert_eq!(head.get("/returns?overdue=false").await.expect(200).ids().len(), 1);
    let governor = app.as_role(Role::Governor).await;
    let unseen = governor.get(&path).await.expect(200).json();
    assert_eq!(unseen["lines"][0]["contact_name"], json!(null));
}

#[actix_web::test]
async fn a_template_has_a_row_for_each_school_and_line() {
    let app = support::app().await;
    let (head, collection, [ash, _]) = world(&app).await;
    record(&head, &[figure(ash, "pupils", 3)]).await;
    let path = format!("/collections/{collection}/template");
    let text = async |by: &Caller, more: &str| {
        String::from_utf8(by.get(&format!("{path}{more}")).await.expect(200).body).unwrap()
    };
    let all = text(&head, "?format=csv").await;
    assert_eq!(all.lines().count(), 7, "{all}");
    assert!(all.contains(&format!("100001,{ash},Ash,2014/15,1a,Line 1a,pupils,,3,,false,")), "{all}");
    assert_eq!(text(&head, &format!("?school_id={ash}")).await.lines().count(), 4);
    let school = app.at_school(Role::SchoolStaff, ash).await;
    let own = text(&school, "").await;
    assert_eq!(own.lines().count(), 4, "{own}");
    let governor = text(&app.as_role(Role::Governor).await, "").await;
    assert!(governor.contains(&format!("100001,{ash},Ash,2014/15,1a,Line 1a,pupils,,,,,")), "{governor}");
    head.get(&format!("{path}?format=xlsx")).await.expect(200);
}
