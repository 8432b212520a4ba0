//! The share of schools that were visited, on both sides of the plan's figures.

use super::*;

/// A hub with ten schools in two areas and a plan of two years, whose years are given.
async fn ten_schools() -> (App, Caller, Vec<Uuid>, [Uuid; 2]) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut schools = Vec::new();
    let areas = [app.area(&head, "North").await.id(), app.area(&head, "South").await.id()];
    for number in 0..10 {
        let more = json!({ "area_id": areas[number % 2], "la_code": if number < 3 { "855" } else { "856" } });
        schools.push(app.school(&head, &format!("School {number}"), more).await.id());
    }
    let years = plan_years(&head).await;
    (app, head, schools, years)
}

fn share(line: &Value, field: &str) -> (i64, i64, f64) {
    let share = &line[field];
    assert_eq!(share["scope"], "schools in scope");
    let count = |part: &str| share[part].as_i64().unwrap();
    (count("numerator"), count("denominator"), share["percentage"].as_f64().unwrap())
}

fn counts(line: &Value) -> [i64; 4] {
    ["schools", "due", "overdue", "unassigned"].map(|field| line[field].as_i64().unwrap())
}

#[actix_web::test]
async fn the_figures_of_the_plan_can_be_read_off_its_years() {
    let (app, head, schools, years) = ten_schools().await;
    wait_until(&app, date!(2016 - 06 - 01));
    let head = app.again(&head);
    let visitor = head.person();
    // 60 % of the schools in the first year; in the second one the other 40 %, and 10 % again.
    let first = schools[..6].iter().map(|school| visit(&app, *school, visitor, date!(2015 - 02 - 03)));
    let second = schools[6..].iter().map(|school| visit(&app, *school, visitor, date!(2015 - 10 - 06)));
    let again =
        visit::Model { kind: VisitKind::TargetedSupport, ..visit(&app, schools[0], visitor, date!(2016 - 03 - 31)) };
    let next = visit(&app, schools[1], visitor, date!(2016 - 04 - 01));
    app.insert::<visit::Entity>(app.hub, first.chain(second).chain([again, next]).collect()).await;
    let path = format!("/reports/visit-coverage?by=plan_year&plan_year_id={}", years[0]);
    let report = head.get(&path).await.expect(200).json();
    let lines = report["lines"].as_array().unwrap();
    assert_eq!(lines.iter().map(|line| &line["group"]["label"]).collect::<Vec<_>>(), ["2014/15", "2015/16"]);
    assert_eq!(share(&lines[0], "visited"), (6, 10, 60.0));
    assert_eq!(share(&lines[0], "first_visits"), (6, 10, 60.0));
    assert_eq!(share(&lines[0], "repeats"), (0, 10, 0.0));
    assert_eq!(counts(&lines[0]), [10, 4, 0, 10]);
    assert_eq!(share(&lines[1], "first_visits"), (4, 10, 40.0));
    assert_eq!(share(&lines[1], "repeats"), (1, 10, 10.0));
    assert_eq!(share(&lines[1], "visited"), (5, 10, 50.0));
    assert_eq!(share(&lines[1], "visited_to_date"), (10, 10, 100.0));
    assert_eq!(share(&report["total"], "visited"), (10, 10, 100.0));
    // As on a day in between, later visits are not known.
    let then = head.get(&format!("{path}&as_at=2015-10-05")).await.expect(200).json();
    assert_eq!(share(&then["lines"][0], "visited"), (6, 10, 60.0));
    assert_eq!(share(&then["lines"][1], "visited"), (0, 10, 0.0));
    assert_eq!(share(&then["lines"][1], "visited_to_date"), (6, 10, 60.0));
    assert_eq!(counts(&then["lines"][1]), [10, 4, 0, 10], "the other 40 % are due");
    let targeted = head.get(&format!("{path}&kind=targeted_support")).await.expect(200).json();
    assert_eq!(share(&targeted["lines"][1], "visited"), (1, 10, 10.0));
    let online = head.get(&format!("{path}&mode=online&mode=telephone")).await.expect(200).json();
    assert_eq!(share(&online["total"], "visited"), (0, 10, 0.0));
}

#[actix_web::test]
async fn coverage_is_grouped_by_area_phase_authority_specialist_and_academic_year() {
    let (app, head, schools, _) = ten_schools().await;
    wait_until(&app, date!(2015 - 06 - 01));
    let head = app.again(&head);
    let priya = person(&head, "Priya Nair").await;
    for school in &schools[..2] {
        assign(&head, priya, *school, "lead", ("2014-09-01", None)).await;
    }
    let visits = schools[..3].iter().map(|school| visit(&app, *school, priya, date!(2015 - 02 - 03)));
    let old = visit(&app, schools[3], priya, date!(2013 - 06 - 03));
    app.insert::<visit::Entity>(app.hub, visits.chain([old]).collect()).await;
    let report = async |query: &str| head.get(&format!("/reports/visit-coverage?{query}")).await.expect(200).json();
    let lines = async |query: &str| {
        let report = report(query).await;
        let lines = report["lines"].as_array().unwrap().clone();
        let line = |line: &Value| {
            let (visited, schools, _) = share(line, "visited");
            (line["group"]["label"].as_str().unwrap_or("none").to_owned(), visited, schools)
        };
        lines.iter().map(line).collect::<Vec<_>>()
    };
    let line = |label: &str, visited, schools| (label.to_owned(), visited, schools);
    assert_eq!(lines("by=area").await, [line("North", 2, 5), line("South", 1, 5)]);
    assert_eq!(lines("by=phase").await, [line("primary", 3, 10)]);
    assert_eq!(lines("by=la").await, [line("855", 3, 3), line("856", 0, 7)]);
    assert_eq!(lines("by=specialist").await, [line("Priya Nair", 2, 2), line("none", 1, 8)]);
    let years = "by=academic_year&from_on=2013-01-01&to_on=2015-08-31";
    assert_eq!(lines(years).await, [line("2012/13", 1, 10), line("2013/14", 0, 10), line("2014/15", 3, 10)]);
    assert_eq!(lines("").await, [line("none", 3, 10)]);
    assert_eq!(lines(&format!("by=la&person_id={priya}")).await, [line("855", 2, 2)]);
    // After two years a school is due again, and overdue on the day after.
    let by = async |day: &str| counts(&report(&format!("as_at={day}")).await["total"]);
    assert_eq!(by("2015-06-03").await, [10, 7, 0, 8]);
    assert_eq!(by("2015-06-04").await, [10, 6, 1, 8]);
    let over = report("academic_year=2013/14&as_at=2014-09-01").await;
    assert_eq!(counts(&over["total"]), [10, 0, 9, 8], "what was not done by the end is overdue");
    let refused = head.get("/reports/visit-coverage?by=plan_year").await;
    assert_eq!(refused.faults(), [("?plan_id".to_owned(), "required".to_owned())]);
}

#[actix_web::test]
async fn a_school_counts_from_its_first_day_until_the_day_it_closes_if_the_hub_counts_it() {
    let (app, head, schools, _) = ten_schools().await;
    let closed = json!({ "status": "closed", "closed_on": "2015-03-31" });
    let path = format!("/schools/{}", schools[0]);
    head.patch(&path, &closed, "*").await.expect(200);
    app.school(&head, "Academy", json!({ "opened_on": "2015-04-01" })).await;
    app.school(&head, "Nursery", json!({ "kind": "early_years", "phase": "nursery" })).await;
    app.school(&head, "Out", json!({ "in_scope": false, "scope_reason": "No music in its remit" })).await;
    let on = async |day: &str| {
        let report = head.get(&format!("/reports/visit-coverage?as_at={day}")).await.expect(200).json();
        report["total"]["schools"].as_i64().unwrap()
    };
    assert_eq!(on("2015-03-30").await, 10);
    assert_eq!(on("2015-03-31").await, 9);
    assert_eq!(on("2015-04-01").await, 10);
}

#[actix_web::test]
async fn a_specialist_sees_the_coverage_of_the_own_schools() {
    let (app, head, schools, _) = ten_schools().await;
    wait_until(&app, date!(2015 - 06 - 01));
    let head = app.again(&head);
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assign(&head, specialist.person(), schools[0], "lead", ("2014-09-01", None)).await;
    let visits = schools[..4].iter().map(|school| visit(&app, *school, head.person(), date!(2015 - 02 - 03)));
    app.insert::<visit::Entity>(app.hub, visits.collect()).await;
    for path in ["/reports/visit-coverage", "/reports/visit-coverage?by=area"] {
        let report = specialist.get(path).await.expect(200).json();
        assert_eq!(share(&report["total"], "visited"), (1, 1, 100.0));
        assert_eq!(report["found"], 1);
    }
    app.at_school(Role::SchoolHead, schools[0]).await.get("/reports/visit-coverage").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn once_the_period_is_over_a_later_visit_ends_what_was_due() {
    let (app, head, schools, years) = ten_schools().await;
    wait_until(&app, date!(2016 - 06 - 01));
    let head = app.again(&head);
    let later = [visit(&app, schools[0], head.person(), date!(2015 - 05 - 05))];
    app.insert::<visit::Entity>(app.hub, later.into_iter().collect()).await;
    for query in ["academic_year=2013/14".to_owned(), format!("plan_year_id={}", years[0])] {
        for (day, overdue) in [("2015-05-04", 10), ("2015-05-05", 9)] {
            let query = format!("{query}&as_at={day}");
            let report = head.get(&format!("/reports/visit-coverage?{query}")).await.expect(200).json();
            assert_eq!(share(&report["total"], "visited"), (0, 10, 0.0), "{query}");
            assert_eq!(share(&report["total"], "visited_to_date"), (0, 10, 0.0), "{query}");
            assert_eq!(counts(&report["total"]), [10, 0, overdue, 10], "{query}");
            let due = head.get(&format!("/reports/visit-due?state=overdue&{query}")).await.expect(200).json();
            assert_eq!(due["found"], overdue, "the list says the same: {query}");
        }
    }
    // A line about a year says how it was on the last day.
    let by_year = format!("by=plan_year&plan_year_id={}&as_at=2015-05-05", years[0]);
    let report = head.get(&format!("/reports/visit-coverage?{by_year}")).await.expect(200).json();
    assert_eq!(counts(&report["lines"][0]), [10, 10, 0, 10]);
}
