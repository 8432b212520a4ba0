//! Which schools are due for a visit, and why in that order.

use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus, SupportCode};

use super::*;

/// Schools in a row from west to east, a kilometre from each to the next, by name.
async fn schools(app: &App, head: &Caller, names: &[&str]) -> Vec<Uuid> {
    let mut schools = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let more = json!({ "easting": 458_000 + 1000 * place, "northing": 304_000 });
        schools.push(app.school(head, name, more).await.id());
    }
    schools
}

fn rating(app: &App, school_id: Uuid, colour: RatingColour, days: (Date, Option<Date>)) -> rag_rating::Model {
    let now = app.clock.now();
    rag_rating::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        scheme_id: None,
        visit_id: None,
        on_date: days.0,
        colour,
        need: None,
        scores: Default::default(),
        source: RatingSource::ByHand,
        reason: Some("A new head of music".to_owned()),
        valid_until: days.1,
        support_code: None,
        status: RatingStatus::Accepted,
        decided_at: Some(now),
        shared_on: None,
    }
}

async fn lines(caller: &Caller, query: &str) -> Vec<Value> {
    let report = caller.get(&format!("/reports/visit-due?{query}")).await.expect(200).json();
    report["lines"].as_array().unwrap().clone()
}

/// The names of the schools with their reasons.
fn told(lines: &[Value]) -> Vec<String> {
    let reasons = |line: &Value| {
        let reasons: Vec<_> = line["reasons"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
        reasons.join(", ")
    };
    lines.iter().map(|line| format!("{}: {}", line["school_name"].as_str().unwrap(), reasons(line))).collect()
}

#[actix_web::test]
async fn the_order_is_state_rating_support_and_time_and_each_row_says_why() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let names = ["Amber", "Green", "Late", "Never", "Planned", "Recent", "Red", "Targeted"];
    let of = schools(&app, &head, &names).await;
    wait_until(&app, date!(2015 - 06 - 01));
    let head = app.again(&head);
    let priya = person(&head, "Priya Nair").await;
    for school in &of[..7] {
        assign(&head, priya, *school, "lead", ("2014-09-01", None)).await;
    }
    let [old, older, recent] = [date!(2013 - 07 - 01), date!(2013 - 03 - 01), date!(2015 - 02 - 03)];
    let made = [(0, old), (1, old), (2, older), (5, recent), (7, old)];
    let visits = made.into_iter().map(|(school, on)| visit(&app, of[school], priya, on));
    let planned = visit(&app, of[4], priya, date!(2015 - 06 - 15));
    app.insert::<visit::Entity>(app.hub, visits.chain([planned]).collect()).await;
    let ends = Some(date!(2015 - 12 - 31));
    let since = date!(2015 - 01 - 01);
    let ratings = vec![
        rating(&app, of[0], RatingColour::Amber, (since, ends)),
        rating(&app, of[1], RatingColour::Green, (since, None)),
        rating(&app, of[6], RatingColour::Green, (date!(2014 - 09 - 01), ends)),
        rating(&app, of[6], RatingColour::Red, (since, ends)),
        rag_rating::Model {
            support_code: Some(SupportCode::Targeted),
            ..rating(&app, of[7], RatingColour::Amber, (since, ends))
        },
        rag_rating::Model { status: RatingStatus::Suggestion, ..rating(&app, of[3], RatingColour::Red, (since, ends)) },
        rating(&app, of[3], RatingColour::Red, (since, Some(date!(2015 - 05 - 31)))),
    ];
    app.insert::<rag_rating::Entity>(app.hub, ratings).await;
    let list = lines(&head, "").await;
    assert_snapshot!(told(&list).join("\n"), @r"
    Late: overdue
    Red: due, rated_red, never_visited
    Targeted: due, rated_amber, targeted, unassigned
    Amber: due, rated_amber
    Never: due, never_visited
    Planned: due, never_visited, visit_planned
    Green: due
    ");
    let [late, red, ..] = &list[..] else { panic!("{list:?}") };
    assert_eq!(
        (&late["place"], &late["due_on"], &late["last_visit_on"]),
        (&json!(1), &json!("2015-03-01"), &json!("2013-03-01"))
    );
    assert_eq!((&red["rating"], &red["due_on"]), (&json!("red"), &json!("2015-08-31")));
    assert_eq!((&late["km_from_previous"], &red["km_from_previous"]), (&Value::Null, &json!(4.0)));
    assert_eq!(late["km_from_last_visit"], 3.0, "the last visit of its lead was at the sixth school");
    assert_eq!(list[5]["planned_on"], "2015-06-15");
    let asked = async |query: &str| lines(&head, query).await.len();
    assert_eq!(asked("state=not_due").await, 1);
    assert_eq!(asked("unassigned=true").await, 1);
    assert_eq!(asked("planned=false").await, 6);
    assert_eq!(asked(&format!("person_id={priya}")).await, 6);
    assert_eq!(asked("limit=2").await, 2);
    assert_eq!(asked("interval_months=60&state=due").await, 3, "only the ones that were never visited");
    let report = head.get("/reports/visit-due?limit=2").await.expect(200).json();
    assert_eq!(report["found"], 7);
    // Somebody who does not see ratings gets the order without them.
    let monitor = lines(&app.as_role(Role::Monitor).await, "").await;
    assert!(monitor.iter().all(|line| line["rating"] == Value::Null && line["targeted"] == false), "{monitor:?}");
    assert_eq!(told(&monitor)[1], "Never: due, never_visited");
}

#[actix_web::test]
async fn a_specialist_sees_the_own_schools_that_are_due_and_a_school_none() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let of = schools(&app, &head, &["Ash", "Beech"]).await;
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assert_eq!(lines(&specialist, "").await.len(), 0);
    assign(&head, specialist.person(), of[1], "lead", ("2014-09-01", Some("2014-12-31"))).await;
    assert_eq!(told(&lines(&specialist, "").await), ["Beech: due, never_visited"]);
    wait_until(&app, date!(2015 - 01 - 01));
    assert_eq!(lines(&app.again(&specialist), "").await.len(), 0, "the school is lost");
    app.at_school(Role::SchoolHead, of[0]).await.get("/reports/visit-due").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn in_a_year_of_a_plan_visits_before_the_plan_do_not_count() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let of = schools(&app, &head, &["Ash"]).await;
    let years = plan_years(&head).await;
    let before = visit(&app, of[0], head.person(), date!(2014 - 03 - 31));
    app.insert::<visit::Entity>(app.hub, vec![before]).await;
    let year = format!("plan_year_id={}", years[0]);
    let state = async |query: &str| {
        let line = lines(&head, &format!("state=overdue&state=due&state=not_due&{query}")).await.swap_remove(0);
        (line["state"].clone(), line["last_visit_on"].clone())
    };
    let coverage = async |query: &str| {
        let report = head.get(&format!("/reports/visit-coverage?{query}")).await.expect(200).json();
        report["total"]["due"].clone()
    };
    assert_eq!((state(&year).await, coverage(&year).await), ((json!("due"), json!(null)), json!(1)));
    let since = format!("{year}&since_on=2014-03-01");
    assert_eq!((state(&since).await.0, coverage(&since).await), (json!("not_due"), json!(0)));
    let days = "from_on=2014-04-01&to_on=2015-03-31";
    assert_eq!((state(days).await.0, coverage(days).await), (json!("not_due"), json!(0)), "the days alone are no plan");
    let within = visit(&app, of[0], head.person(), date!(2014 - 04 - 01));
    app.insert::<visit::Entity>(app.hub, vec![within]).await;
    for year in years {
        let line = state(&format!("plan_year_id={year}")).await;
        assert_eq!(line.1, "2014-04-01", "it counts from the first day of the plan, not of the year");
    }
}
