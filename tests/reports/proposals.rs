//! Who visits whom when, as a proposal.

use super::*;

/// Four schools in two areas, each with a lead but the last one.
async fn four_schools() -> (App, Caller, Uuid, Vec<Uuid>) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let priya = person(&head, "Priya Nair").await;
    let areas = [app.area(&head, "North").await.id(), app.area(&head, "South").await.id()];
    let mut schools = Vec::new();
    for (place, name) in ["Ash", "Beech", "Cedar", "Dogwood"].into_iter().enumerate() {
        let more = json!({ "area_id": areas[place % 2], "easting": 458_000 + 1000 * place, "northing": 304_000 });
        schools.push(app.school(&head, name, more).await.id());
    }
    for school in &schools[..3] {
        assign(&head, priya, *school, "lead", ("2014-09-01", None)).await;
    }
    (app, head, priya, schools)
}

fn term(visitor: Value) -> Value {
    json!({ "from_on": "2014-09-01", "to_on": "2014-12-19", "visitors": [visitor] })
}

/// The visits as day, time and name of the school.
fn told(proposal: &Value, schools: &[Uuid]) -> Vec<String> {
    let names = ["Ash", "Beech", "Cedar", "Dogwood"];
    let items = proposal["items"].as_array().unwrap().iter();
    let line = |item: &Value| {
        let place = schools.iter().position(|school| item["school_id"] == school.to_string()).unwrap();
        format!("{} {}", item["starts_at"].as_str().unwrap(), names[place])
    };
    items.map(line).collect()
}

#[actix_web::test]
async fn a_proposal_keeps_to_an_area_a_day_and_saves_nothing() {
    let (app, head, priya, schools) = four_schools().await;
    let visitor = json!({ "person_id": priya, "weekdays": ["tuesday"] });
    let proposal = head.post("/visits/proposals", &term(visitor)).await.expect(200).json();
    assert_snapshot!(told(&proposal, &schools).join("\n"), @r"
    2014-09-02T08:30:00.000000Z Ash
    2014-09-02T10:45:00.000000Z Cedar
    2014-09-09T08:30:00.000000Z Beech
    2014-09-09T10:45:00.000000Z Dogwood
    ");
    assert_eq!(proposal["left_over"], json!([]));
    assert_eq!(proposal["days"][0]["visits"], 2);
    assert_eq!((&proposal["days"][0]["kilometres"], &proposal["days"][0]["day"]), (&json!(2.0), &json!("2014-09-02")));
    assert_eq!(proposal["items"][0]["kind"], "initial");
    let batch = json!({ "items": proposal["items"] });
    let report = head.post("/visits/batch?dry_run=true", &batch).await.expect(200).json();
    assert_eq!((&report["created"], &report["rejected"]), (&json!(4), &json!(0)), "the batch takes them as they are");
    let due = head.get("/reports/visit-due?planned=true").await.expect(200).json();
    assert_eq!(due["found"], 0);
    // Planned visits take their time, and their schools are not visited twice.
    let taken = visit(&app, schools[0], priya, date!(2014 - 09 - 02));
    app.insert::<visit::Entity>(app.hub, vec![taken]).await;
    let visitor = json!({ "person_id": priya, "weekdays": ["tuesday"], "visits_at_most": 2 });
    let mut form = term(visitor);
    form["closed_days"] = json!(["2014-09-09"]);
    let proposal = head.post("/visits/proposals", &form).await.expect(200).json();
    assert_snapshot!(told(&proposal, &schools).join("\n"), @r"
    2014-09-02T10:45:00.000000Z Beech
    2014-09-16T08:30:00.000000Z Cedar
    ");
    assert_eq!(proposal["left_over"][0]["reason"], "no_time_left");
}

#[actix_web::test]
async fn what_cannot_be_is_refused_with_its_place() {
    let (_app, head, priya, _) = four_schools().await;
    let visitor = json!({ "person_id": priya, "days": ["2014-08-31"], "weekdays": ["monday"] });
    let mut form = term(visitor.clone());
    form["visitors"] = json!([visitor, { "person_id": priya }]);
    let refused = head.post("/visits/proposals", &form).await;
    refused.problem(422, "invalid");
    let fault = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let expected = [
        fault("/visitors/0/days/0", "order"),
        fault("/visitors/0/weekdays", "exclusive"),
        fault("/visitors/1/person_id", "duplicate"),
    ];
    assert_eq!(refused.faults(), expected);
    let unknown = head.post("/visits/proposals", &term(json!({ "person_id": Uuid::now_v7() }))).await;
    assert_eq!(unknown.faults(), [fault("/visitors/0/person_id", "unknown_reference")]);
    let mut form = term(json!({ "person_id": priya }));
    form["to_on"] = json!("2015-09-01");
    assert_eq!(head.post("/visits/proposals", &form).await.faults(), [fault("/to_on", "too_large")]);
    form["to_on"] = json!("2014-08-31");
    assert_eq!(head.post("/visits/proposals", &form).await.faults(), [fault("/to_on", "order")]);
}

#[actix_web::test]
async fn a_specialist_gets_a_proposal_for_the_own_schools() {
    let (app, head, _, schools) = four_schools().await;
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assign(&head, specialist.person(), schools[3], "lead", ("2014-09-01", None)).await;
    let form = term(json!({ "person_id": specialist.person() }));
    let proposal = specialist.post("/visits/proposals", &form).await.expect(200).json();
    assert_eq!(told(&proposal, &schools), ["2014-09-01T08:30:00.000000Z Dogwood"]);
    let school = app.at_school(Role::SchoolHead, schools[3]).await;
    school.post("/visits/proposals", &form).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_term_may_end_on_the_last_day_of_the_calendar() {
    let (_app, head, priya, schools) = four_schools().await;
    let mut form = term(json!({ "person_id": priya, "weekdays": ["friday"], "visits_at_most": 1 }));
    (form["from_on"], form["to_on"]) = (json!("9999-12-20"), json!("9999-12-31"));
    let proposal = head.post("/visits/proposals", &form).await.expect(200).json();
    assert_eq!(told(&proposal, &schools), ["9999-12-24T09:30:00.000000Z Ash"]);
}
