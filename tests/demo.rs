//! The demonstration: a first school year in which everybody who signs in finds something.

use std::collections::{BTreeMap, BTreeSet};

use entity::identity::grant::Role;
use entity::instant::Instant;
use serde_json::{Value, json};
use time::{Month, OffsetDateTime, Weekday};

use crate::support::{self, App, Caller, DEMO_PASSWORD};

/// The lists of the hub's office, without the ones that only some of its people may read.
const OFFICE: &[&str] = &[
    "/assignments",
    "/visits",
    "/visit-reports",
    "/actions",
    "/actions?overdue=true",
    "/evaluations",
    "/evaluation-judgements",
    "/award-applications",
    "/rag-ratings?current=true",
    "/reports/visit-coverage",
    "/reports/visit-due",
    "/reports/specialist-load",
    "/reports/rating-spread",
    "/reports/rating-movement",
    "/training-events",
    "/attendances",
    "/reports/training",
    "/reports/qualified-people",
    "/packages",
    "/resources",
    "/pilots",
    "/orders",
    "/deliveries",
    "/hand-overs",
    "/reports/income?academic_year=2014/15",
    "/reports/purchases?academic_year=2014/15",
    "/reports/capacity-used?academic_year=2014/15",
];
/// The lists of a school.
const SCHOOL: &[&str] = &["/visits", "/visit-reports", "/actions", "/evaluations", "/award-applications"];
/// What a school buys.
const BUYING: &[&str] = &["/packages", "/resources", "/orders", "/order-lines", "/deliveries"];
/// What the head of service of the hub sees beside it.
const ENGAGEMENT: &[&str] = &[
    "/observations",
    "/stakeholder-groups",
    "/meetings",
    "/communications",
    "/consultation-responses",
    "/practice-openings",
    "/hub-links?status=active",
    "/hub-shares",
    "/received-shares",
    "/reports/reach?from_on=2014-09-01&to_on=2015-08-31",
    "/reports/unreached-schools?from_on=2014-11-01&to_on=2014-11-30",
    "/reports/consultations?from_on=2014-06-01&to_on=2015-08-31",
    "/reports/practice?from_on=2014-09-01&to_on=2015-08-31",
];
/// What the head of a school sees beside it.
const SENT: &[&str] = &[
    "/observations",
    "/rag-ratings",
    "/communications",
    "/communication-recipients",
    "/consultation-responses",
    "/shared-practice",
    "/practice-openings",
];
/// The people who sign in, each with the usual lists and with more.
const PEOPLE: &[(&str, &[&str], &[&str])] = &[
    ("hos@demo.example", OFFICE, &["/observations", "/designations", "/posts", "/post-holdings", "/reports/capacity"]),
    ("hos@demo.example", ENGAGEMENT, &[]),
    ("bm@demo.example", OFFICE, &[]),
    ("aml@demo.example", OFFICE, &[]),
    ("sle@demo.example", OFFICE, &["/observations"]),
    ("gov@demo.example", OFFICE, &["/reports/capacity"]),
    ("monitor@demo.example", SCHOOL, &["/reports/visit-coverage"]),
    ("school@demo.example", SCHOOL, &["/observations", "/rag-ratings", "/training-events", "/attendances"]),
    ("school@demo.example", BUYING, SENT),
    ("staff@demo.example", SCHOOL, BUYING),
    ("staff@demo.example", &["/communications", "/shared-practice"], &[]),
    ("provider@demo.example", &["/visits", "/order-lines", "/deliveries"], &["/partners"]),
    (
        "hos.luton@demo.example",
        SCHOOL,
        &["/assignments", "/observations", "/rag-ratings", "/reports/visit-coverage", "/received-shares"],
    ),
];

async fn signed_in(app: &App, email: &str) -> Caller {
    let form = json!({ "grant_type": "password", "username": email, "password": DEMO_PASSWORD });
    let token = app.nobody().post("/auth/token", &form).await.expect(200).json();
    app.nobody().with_token(token["access_token"].as_str().unwrap())
}

#[actix_web::test]
async fn everybody_who_signs_in_to_the_demo_finds_something_on_each_list() {
    let app = support::demo().await;
    let mut empty = Vec::new();
    for (email, usual, more) in PEOPLE {
        let caller = signed_in(&app, email).await;
        for list in usual.iter().chain(*more) {
            let page = caller.get(list).await.expect(200).json();
            let rows = if list.starts_with("/reports/") { &page["lines"] } else { &page["items"] };
            if rows.as_array().unwrap().is_empty() {
                empty.push(format!("{list} of {email}"));
            }
        }
    }
    assert_eq!(empty, Vec::<String>::new());
}

#[actix_web::test]
async fn the_demo_has_every_state_and_the_coverage_of_the_plan() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    for (list, states) in [
        ("visits", 8),
        ("evaluations", 5),
        ("award-applications", 4),
        ("actions", 3),
        ("training-events", 5),
        ("attendances", 5),
        ("packages", 4),
        ("pilots", 4),
        ("orders", 6),
        ("meetings", 4),
        ("communications", 4),
        ("shared-practice", 3),
    ] {
        let counts = head.get(&format!("/{list}/counts?by=status")).await.expect(200).json();
        assert_eq!(counts["groups"].as_array().unwrap().len(), states, "{list}: {counts}");
    }
    let year = "from_on=2014-04-01&to_on=2015-03-31&as_at=2015-03-31";
    let coverage = head.get(&format!("/reports/visit-coverage?{year}")).await.expect(200).json();
    let visited = &coverage["total"]["visited"];
    let (schools, of) = (visited["numerator"].as_i64().unwrap(), visited["denominator"].as_i64().unwrap());
    assert!(schools * 100 >= of * 60 && (schools - 1) * 100 < of * 60, "the fewest schools that are 60 %: {visited}");
    let reach = head.get("/reports/reach?from_on=2014-11-01&to_on=2014-11-30").await.expect(200).json();
    let reached = &reach["total"]["reached"];
    let (schools, of) = (reached["numerator"].as_i64().unwrap(), reached["denominator"].as_i64().unwrap());
    assert!(schools * 100 >= of * 96 && (schools - 1) * 100 < of * 96, "the fewest schools that are 96 %: {reached}");
    let moves = head.get("/reports/rating-moves?since=2014-12-31&as_at=2015-07-31").await.expect(200).json();
    let moves = moves["lines"].as_array().unwrap();
    let improved = |line: &&Value| line["from_colour"] == "red" || line["to_colour"] == "green";
    assert!(moves.iter().filter(improved).count() >= 2, "{moves:?}");
    let open = head.all("/actions?status=open").await;
    assert!(open.iter().any(|action| action["times_carried"].as_i64().unwrap() > 0), "{open:?}");
    let awarded = head.all("/award-applications?status=awarded").await;
    let soon = |award: &Value| award["valid_until"].as_str().unwrap() < "2026-03-12";
    assert!(awarded.iter().any(soon), "{awarded:?}");
}

#[actix_web::test]
async fn no_visitor_of_the_demo_is_at_two_places_and_no_school_has_two_visits_a_day() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let mut times: BTreeMap<String, Vec<(Instant, Instant)>> = BTreeMap::new();
    let mut days = BTreeSet::new();
    let visits = head.all("/visits").await;
    assert!(visits.len() > 40, "{}", visits.len());
    for visit in &visits {
        let moment = |field: &str| serde_json::from_value::<Instant>(visit[field].clone()).unwrap();
        let (start, end) = (moment("starts_at"), moment("ends_at"));
        let day = OffsetDateTime::from(start).date();
        assert!(day.weekday() != Weekday::Sunday && day.month() != Month::August, "{visit}");
        assert!(days.insert((visit["school_id"].to_string(), day)), "two visits to a school on {day}: {visit}");
        let others = times.entry(visit["visitor_id"].to_string()).or_default();
        assert!(others.iter().all(|(from, to)| end <= *from || *to <= start), "the visitor is elsewhere: {visit}");
        others.push((start, end));
    }
}

#[actix_web::test]
async fn the_first_year_of_the_plan_is_reviewed_and_its_next_revision_can_be_compared() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let in_force = head.all("/plans?status=active").await;
    let reviews = head.all("/reviews").await;
    let in_state = |status: &str| reviews.iter().find(|review| review["status"] == status).unwrap();
    let revised = in_state("revise");
    let [plan, revision] = ["plan_id", "revision_id"].map(|field| revised[field].as_str().unwrap());
    assert!(in_force.iter().any(|active| active["id"] == plan), "the plan stays in force until the review is approved");
    let draft = head.get(&format!("/plans/{revision}")).await.expect(200).json();
    let told = json!([draft["status"], draft["revision"], draft["supersedes_id"]]);
    assert_eq!(told, json!(["draft", 2, plan]));
    let compared = head.get(&format!("/plans/{plan}/compare?with={revision}")).await.expect(200).json();
    let changes = compared["changes"].as_array().unwrap().iter().filter(|node| node["change"] != "dropped");
    let changes: BTreeSet<_> =
        changes.map(|node| format!("{} {}: {}", node["change"], node["kind"], node["to"]["text"])).collect();
    let expected = [
        r#""added" "milestone": "Heads of schools that were visited early tell their neighbours what followed""#,
        r#""added" "resource": "Visits in pairs of a specialist leader and a music leader""#,
        r#""changed" "target": "Best practice is opened by 70 % of schools""#,
    ];
    assert_eq!(changes, expected.map(str::to_owned).into());
    assert!(compared["counts"]["dropped"].as_i64() > Some(30), "the targets of the first year: {}", compared["counts"]);
    // The strategy for singing has come round: its second revision is in force, and is reviewed in turn.
    let [approved, again] = ["approved", "reflect"].map(in_state);
    assert_eq!(again["plan_id"], approved["revision_id"]);
    assert!(in_force.iter().any(|active| active["id"] == again["plan_id"]));
}
