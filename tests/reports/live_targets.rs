//! Live targets: the figure, its evidence and its series come from the hub's own records as on any day.

use super::*;

/// A hub with ten schools and a plan with a live target: 60 % are visited by March 2015. Six schools are, one of them
/// twice, the first on 10 October 2014; a seventh in the next year.
async fn visited() -> (App, Caller, Vec<Uuid>, Uuid) {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut schools = Vec::new();
    for number in 0..10 {
        let phase = if number < 4 { "secondary" } else { "primary" };
        schools.push(app.school(&head, &format!("School {number}"), json!({ "phase": phase })).await.id());
    }
    let target = target(&head, json!({})).await.expect(201).id();
    wait_until(&app, date!(2016 - 06 - 01));
    let head = app.again(&head);
    let visitor = head.person();
    let days = [
        (0, date!(2014 - 10 - 10)),
        (1, date!(2014 - 11 - 12)),
        (2, date!(2014 - 11 - 12)),
        (3, date!(2015 - 01 - 20)),
        (4, date!(2015 - 02 - 03)),
        (5, date!(2015 - 03 - 31)),
        (0, date!(2015 - 03 - 02)),
        (6, date!(2015 - 04 - 01)),
    ];
    let visits = days.map(|(school, day)| visit(&app, schools[school], visitor, day));
    app.insert::<visit::Entity>(app.hub, visits.to_vec()).await;
    (app, head, schools, target)
}

/// Makes a target of a new plan: live, 60 % of schools visited in the first year, but for what is given.
async fn target(head: &Caller, more: Value) -> Reply {
    let year = plan_years(head).await[0];
    let plan = head.get(&format!("/plan-years/{year}")).await.expect(200).json()["plan_id"].clone();
    let objective = json!({ "plan_id": plan, "title": "Visit every school" });
    let objective = head.post("/objectives", &objective).await.expect(201).id();
    let mut form = json!({
        "objective_id": objective, "plan_year_id": year, "kind": "measured", "statement": "60 % of schools are visited",
        "baseline": 0, "comparator": "at_least", "value": 60, "unit": "percent", "metric": "schools_visited",
        "dues": [{
            "first_day": "2015-03-01", "last_day": "2015-03-31", "precision": "month", "label": "Mar 2015",
        }],
    });
    for (field, value) in more.as_object().unwrap() {
        form[field] = value.clone();
    }
    head.post("/targets", &form).await
}

/// Numerator, denominator, figure and status on a day.
async fn value(head: &Caller, target: Uuid, day: &str) -> (f64, f64, f64, String) {
    let told = head.get(&format!("/targets/{target}/value?as_at={day}")).await.expect(200).json();
    assert_eq!(told["live"]["value"], told["value"]);
    assert_eq!(told["live"]["scope"], "schools in scope");
    let figure = |value: &Value| value.as_f64().unwrap();
    let live = &told["live"];
    let status = told["status"].as_str().unwrap().to_owned();
    (figure(&live["numerator"]), figure(&live["denominator"]), figure(&told["value"]), status)
}

#[actix_web::test]
async fn a_live_target_knows_its_figure_on_the_day_before_of_and_after_a_visit() {
    let (_app, head, _, target) = visited().await;
    for (day, count, status) in [
        ("2014-10-09", 0.0, "at_risk"),
        ("2014-10-10", 1.0, "at_risk"),
        ("2014-11-11", 1.0, "at_risk"),
        ("2014-11-12", 3.0, "at_risk"),
        ("2015-03-30", 5.0, "at_risk"),
        ("2015-03-31", 6.0, "met"),
        ("2015-04-01", 6.0, "met"),
    ] {
        let expected = (count, 10.0, count * 10.0, status.to_owned());
        assert_eq!(value(&head, target, day).await, expected, "{day}");
    }
    // What a visit after the target's year adds is not what the target was about.
    let told = head.get(&format!("/targets/{target}/value?as_at=2016-01-01")).await.expect(200).json();
    assert_eq!((&told["from_on"], &told["until_on"]), (&json!("2014-04-01"), &json!("2015-03-31")));
    let midway = head.get(&format!("/targets/{target}/value?as_at=2014-09-30")).await.expect(200).json();
    assert_eq!(midway["expected"], 30.0, "half of the way from 1 April to 31 March");
}

#[actix_web::test]
async fn progress_the_list_of_targets_and_the_document_show_the_same_figure() {
    let (_app, head, _, target) = visited().await;
    let shown = head.get("/targets?live=true&expand=status,progress&as_at=2015-01-31").await.expect(200);
    let shown = shown.json()["items"][0].clone();
    assert_eq!(shown["id"], target.to_string());
    assert_eq!((&shown["status"], &shown["progress"]["last_value"]), (&json!("at_risk"), &json!(40.0)));
    let plan = &shown["plan_id"].as_str().unwrap().to_owned();
    let progress = head.get(&format!("/plans/{plan}/progress?as_at=2015-01-31")).await.expect(200).json();
    let line = &progress["objectives"][0]["targets"][0];
    assert_eq!((&line["status"], &line["last_value"]), (&json!("at_risk"), &json!(40.0)));
    assert_eq!((&line["last_value_on"], &line["live"]["evidence"]), (&json!("2015-01-31"), &json!(4)));
    let document = head.get(&format!("/plans/{plan}/document?format=csv&as_at=2015-03-31")).await.expect(200).text();
    assert!(document.contains("60"), "{document}");
    let met = head.get(&format!("/targets?plan_id={plan}&status=met&as_at=2015-03-31")).await.expect(200).ids();
    assert_eq!(met, [target]);
    assert!(
        head.get(&format!("/targets?plan_id={plan}&status=met&as_at=2015-03-30")).await.expect(200).ids().is_empty()
    );
}

#[actix_web::test]
async fn evidence_lists_the_schools_that_count_and_the_ones_that_do_not_page_by_page() {
    let (_app, head, schools, target) = visited().await;
    let path = format!("/targets/{target}/evidence?as_at=2015-03-31");
    let found = head.all(&path).await;
    let rows: Vec<_> = found.iter().map(|row| (row["school"]["name"].clone(), row["on_date"].clone())).collect();
    let row = |number: usize, day: &str| (json!(format!("School {number}")), json!(day));
    // Two of one day stand in the order of their ids, which is the order in which they were made.
    assert_eq!(
        rows,
        [
            row(0, "2014-10-10"),
            row(1, "2014-11-12"),
            row(2, "2014-11-12"),
            row(3, "2015-01-20"),
            row(4, "2015-02-03"),
            row(5, "2015-03-31"),
        ]
    );
    let lacking = head.all(&format!("{path}&counts=false")).await;
    let mut lacking: Vec<_> = lacking.iter().map(|row| row["school"]["id"].as_str().unwrap().to_owned()).collect();
    lacking.sort();
    let mut expected: Vec<_> = schools[6..].iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(lacking, expected);
    // Pages of two follow each other, and a cursor fits its own list alone.
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = head.get(&format!("{path}&limit=2{cursor}")).await.expect(200);
        pages.extend(page.ids());
        let Some(next) = page.json()["next_cursor"].as_str().map(str::to_owned) else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(pages, schools[..6]);
    let page = head.get(&format!("{path}&limit=2")).await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    head.get(&format!("{path}&counts=false&limit=2&cursor={cursor}")).await.problem(400, "bad-cursor");
}

#[actix_web::test]
async fn a_series_and_its_picture_tell_the_way_to_the_target() {
    let (_app, head, _, target) = visited().await;
    let series = head.get(&format!("/targets/{target}/series")).await.expect(200).json();
    let points = series["points"].as_array().unwrap();
    let figures: Vec<_> = points.iter().map(|point| point["value"].as_f64().unwrap()).collect();
    // The first of April, the ends of twelve months.
    assert_eq!(figures, [0., 0., 0., 0., 0., 0., 0., 10., 30., 30., 40., 50., 60.]);
    assert_eq!((&points[0]["as_at"], &points[12]["as_at"]), (&json!("2014-04-01"), &json!("2015-03-31")));
    assert_eq!(points[12]["expected"], 60.0);
    let picture = head.get(&format!("/targets/{target}/series/picture")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let picture = picture.text();
    assert!(picture.contains("31 Mar 2015: 60 %, met") && picture.contains("target 60 %"), "{picture}");
}

#[actix_web::test]
async fn a_series_of_more_than_ten_years_says_how_many_months_it_leaves_out() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let series = async |starts_on: &str| {
        let target = target(&head, json!({ "starts_on": starts_on })).await.expect(201).id();
        let series = head.get(&format!("/targets/{target}/series")).await.expect(200).json();
        let days: Vec<_> = series["points"].as_array().unwrap().iter().map(|point| point["as_at"].clone()).collect();
        let picture = head.get(&format!("/targets/{target}/series/picture")).await.expect(200).text();
        (days, series["left_out"].clone(), picture)
    };
    let (days, left_out, picture) = series("2004-10-15").await;
    assert_eq!((days.len(), left_out), (121, json!(0)));
    assert!(!picture.contains("left out"), "{picture}");
    // Another 57 months, which stand between the first two points.
    let (longer, left_out, picture) = series("2000-01-01").await;
    assert_eq!((longer.len(), left_out), (121, json!(57)));
    assert_eq!(longer[..2], ["2000-01-01", "2004-10-31"]);
    assert_eq!(longer[1..], days[1..]);
    assert!(picture.contains("; early months left out: 57"), "{picture}");
}

#[actix_web::test]
async fn a_cohort_and_a_filter_narrow_what_is_counted() {
    let (app, head, schools, counted) = visited().await;
    let row = head.get(&format!("/targets/{counted}")).await.expect(200).json();
    let cohort = json!({ "plan_id": row["plan_id"], "number": 1, "name": "First cohort" });
    let cohort = head.post("/cohorts", &cohort).await.expect(201).id();
    for school in [0, 1, 9] {
        let member = json!({ "cohort_id": cohort, "school_id": schools[school] });
        head.post("/cohort-members", &member).await.expect(201);
    }
    let path = format!("/targets/{counted}");
    let change = async |more: Value| {
        let etag = head.get(&path).await.expect(200).etag();
        head.patch(&path, &more, &etag).await.expect(200);
    };
    change(json!({ "cohort_id": cohort })).await;
    let (numerator, denominator, ..) = value(&head, counted, "2015-03-31").await;
    assert_eq!((numerator, denominator), (2.0, 3.0));
    change(json!({ "cohort_id": null, "metric_filter": { "schools": { "phase": ["secondary"] } } })).await;
    let (numerator, denominator, ..) = value(&head, counted, "2015-03-31").await;
    assert_eq!((numerator, denominator), (4.0, 4.0));
    change(json!({ "metric_filter": { "schools": null, "kind": ["moderation"] } })).await;
    let (numerator, denominator, ..) = value(&head, counted, "2015-03-31").await;
    assert_eq!((numerator, denominator), (0.0, 10.0));
    change(json!({ "metric_filter": { "kind": null, "from_on": "2015-03-01" } })).await;
    let (numerator, denominator, ..) = value(&head, counted, "2015-03-31").await;
    assert_eq!((numerator, denominator), (2.0, 10.0));
    // No school of this phase is there: a percentage of nothing is none.
    change(json!({ "metric_filter": { "from_on": null, "schools": { "phase": ["nursery"] } } })).await;
    let told = head.get(&format!("{path}/value?as_at=2015-03-31")).await.expect(200).json();
    assert_eq!((&told["value"], &told["live"]["unknown"]), (&Value::Null, &json!("empty_population")));
    drop(app);
}

#[actix_web::test]
async fn what_a_target_asks_of_a_metric_is_refused_where_the_catalogue_does_not_know_it() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let refused = async |more: Value| target(&head, more).await.refusal(422, "invalid");
    assert_snapshot!(refused(json!({ "metric": "school_visited" })).await, @"
    no such metric; did you mean `schools_visited`? GET /metrics-catalogue lists them all
    /metric unknown_metric: no such metric; did you mean `schools_visited`? GET /metrics-catalogue lists
      them all
    ");
    assert_snapshot!(refused(json!({ "metric_filter": { "kinds": ["initial"] } })).await, @"
    unknown field; did you mean `kind`?
    /metric_filter/kinds unknown_field: unknown field; did you mean `kind`?
    ");
    assert_snapshot!(refused(json!({ "metric_filter": { "kind": ["inital"], "schools": { "phase": 7 } } })).await, @"
    2 faults in the body
    /metric_filter/kind/0 unknown_value: one of: initial, follow_up, targeted_support, moderation,
      peer_review; did you mean `initial`?
    /metric_filter/schools/phase type: has to be a list, not a number
    ");
    assert_snapshot!(refused(json!({ "unit": "count" })).await, @"
    the metric `schools_visited` gives percent: use that unit
    /unit other_unit: the metric `schools_visited` gives percent: use that unit
    ");
    let catalogue = head.get("/metrics-catalogue?part=visits").await.expect(200).json();
    let metric =
        catalogue["metrics"].as_array().unwrap().iter().find(|item| item["code"] == "schools_visited").unwrap();
    let names: Vec<_> =
        metric["parameters"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "kind",
            "mode",
            "first",
            "from_on",
            "to_on",
            "schools.area_id",
            "schools.phase",
            "schools.la_code",
            "schools.school_group_id",
            "schools.person_id",
        ]
    );
    assert_eq!(metric["parameters"][0]["values"][0], "initial");
    let one = head.get("/metrics-catalogue?code=schools_visited&code=none").await.expect(200).json();
    assert_eq!(one["metrics"], json!([metric]));
}

#[actix_web::test]
async fn who_does_not_see_what_is_counted_gets_neither_the_figure_nor_the_evidence() {
    let (app, head, schools, target) = visited().await;
    let (value, evidence) = (format!("/targets/{target}/value"), format!("/targets/{target}/evidence"));
    let plans_alone = app.as_client("plans:read").await;
    let told = plans_alone.get(&value).await.expect(200).json();
    assert_eq!((&told["value"], &told["live"]["unknown"]), (&Value::Null, &json!("not_seen")));
    plans_alone.get(&evidence).await.problem(403, "forbidden");
    // A specialist leader sees the plan, and visits of assigned schools alone: no part of the figure is given.
    let specialist = app.as_role(Role::SpecialistLeader).await;
    assign(&head, specialist.person(), schools[0], "lead", ("2014-09-01", None)).await;
    let told = specialist.get(&value).await.expect(200).json();
    assert_eq!(
        told["live"],
        json!({
            "value": null, "numerator": null, "denominator": null, "scope": null, "evidence": 0, "unknown": "not_seen",
        })
    );
    specialist.get(&evidence).await.problem(403, "forbidden");
    for role in [Role::SchoolHead, Role::SchoolStaff] {
        let school = app.at_school(role, schools[0]).await;
        for path in [&value, &evidence, &format!("/targets/{target}/series")] {
            let status = school.get(path).await.status;
            assert!(status == 403 || status == 404, "{path}: {status}");
        }
    }
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await;
    for path in [&value, &evidence, &format!("/targets/{target}/series/picture")] {
        stranger.get(path).await.problem(404, "not-found");
    }
    for role in [Role::Governor, Role::Monitor] {
        let told = app.as_role(role).await.get(&format!("{value}?as_at=2015-03-31")).await.expect(200).json();
        assert_eq!(told["value"], 60.0, "{role:?}");
    }
}
