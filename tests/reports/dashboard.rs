//! The page for governors.

use entity::identity::grant::Role;
use entity::visits::visit;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{person, visit as visited};
use crate::plans::{self, activate, id, make, small, tree};
use crate::support::{App, Caller};
use crate::visits::with;

/// A plan in force with a live target, a figure and an overdue milestone, and two schools of which one was visited.
async fn world() -> (App, Caller, Uuid) {
    let (app, head) = plans::hub().await;
    let mut form = small();
    form["objectives"][0]["targets"][1]["dues"] =
        json!([{ "first_day": "2014-05-01", "last_day": "2014-06-30", "precision": "range", "label": "May-June" }]);
    let plan = make(&head, form).await;
    activate(&app, &head, plan).await;
    let visitor = person(&head, "Vivace Rondo").await;
    let [ash, _] = [app.school(&head, "Ash", json!({})).await.id(), app.school(&head, "Beech", json!({})).await.id()];
    app.insert::<visit::Entity>(app.hub, vec![visited(&app, ash, visitor, date!(2014 - 06 - 10))]).await;
    (app, head, plan)
}

async fn report(app: &App, head: &Caller, target: Uuid, value: f64) {
    let leader = app.as_role(Role::MusicLeader).await;
    let form = json!({ "target_id": target, "on_date": "2014-08-30", "value": value, "narrative": "As counted." });
    let update = leader.post("/progress-updates", &form).await.expect(201).id();
    head.act(&format!("/progress-updates/{update}/accept"), Some("*")).await.expect(200);
}

#[actix_web::test]
async fn the_page_has_the_status_of_each_target_and_what_is_overdue() {
    let (app, head, plan) = world().await;
    report(&app, &head, id(&tree(&head, plan).await, "/objectives/0/targets/0"), 55.0).await;
    let governor = app.as_role(Role::Governor).await;
    let told = governor.get(&format!("/plans/{plan}/dashboard?as_at=2014-09-01")).await.expect(200).json();
    let counts = &told["progress"]["counts"];
    assert_eq!((&counts["all"], &counts["met"], &counts["missed"]), (&json!(3), &json!(1), &json!(1)), "{counts}");
    assert_eq!((&told["year"], &told["status"], &told["revision"]), (&json!("2014/15"), &json!("active"), &json!(1)));
    let overdue: Vec<Value> = told["overdue"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["kind"], one["objective"], one["due_on"], one["days_late"], one["leads"]]))
        .collect();
    let expected = [
        json!(["milestone", 1, "2014-05-31", 93, ["ML", "DHoS"]]),
        json!(["target", 1, "2014-06-30", 63, ["Everyone"]]),
    ];
    assert_eq!(overdue, expected, "{told:#}");
    // The live target comes first: one of two schools was visited.
    let live = &told["headlines"][0];
    assert_eq!(live["metric"], "schools_visited");
    let points = live["points"].as_array().unwrap();
    assert_eq!(
        points.last().map(|point| (&point["as_at"], &point["value"])),
        Some((&json!("2014-09-01"), &json!(50.0)))
    );
    assert_eq!(told["headlines"].as_array().unwrap().len(), 2);
    assert_eq!((&told["ratings"]["schools"], &told["ratings"]["without_rating"]["numerator"]), (&json!(2), &json!(2)));
    // As on an earlier day nothing of what came later is known.
    let before = governor.get(&format!("/plans/{plan}/dashboard?as_at=2014-06-01")).await.expect(200).json();
    assert_eq!(before["headlines"][0]["points"].as_array().unwrap().last().unwrap()["value"], 0.0);
    assert_eq!(before["overdue"].as_array().unwrap().len(), 1);
}

/// The targets of eight objectives by their statuses on 1 September 2014.
const STATUSES: [&[&str]; 8] = [
    &["met"],
    &["on_track"],
    &["at_risk"],
    &["missed"],
    &["not_started"],
    &["met", "missed"],
    &["at_risk", "on_track"],
    &["not_started", "met", "at_risk"],
];

/// A target of such a status.
fn target(status: &&str) -> Value {
    let due = |day: &str| json!({ "first_day": day, "last_day": day, "precision": "day", "label": day });
    let in_words = |due: Value| json!({ "kind": "text", "dues": [due] });
    let measured = |starts_on: &str| {
        json!({
            "kind": "measured", "baseline": 0, "comparator": "at_least", "value": 50, "unit": "count",
            "starts_on": starts_on, "dues": [due("2015-03-31")],
        })
    };
    let target = match *status {
        "met" => in_words(with(due("2014-06-30"), json!({ "done_on": "2014-06-12" }))),
        "missed" => in_words(due("2014-06-30")),
        "on_track" => in_words(due("2015-03-31")),
        "at_risk" => measured("2014-04-01"),
        _ => measured("2014-10-01"),
    };
    with(target, json!({ "year": "2014/15", "statement": format!("It is {status}") }))
}

#[actix_web::test]
async fn eight_objectives_stand_on_the_page_with_the_status_of_each_target() {
    let (app, head) = plans::hub().await;
    let objective = |(number, statuses): (usize, &[&str])| {
        json!({
            "title": format!("Objective {number}"), "leads": [{ "role_code": "DHoS" }],
            "monitors": [{ "role_code": "HoS" }], "targets": statuses.iter().map(target).collect::<Vec<_>>(),
        })
    };
    let mut form = small();
    form["objectives"] = (1..).zip(STATUSES).map(objective).collect();
    let plan = make(&head, form).await;
    activate(&app, &head, plan).await;
    let governor = app.as_role(Role::Governor).await;
    let path = format!("/plans/{plan}/dashboard?as_at=2014-09-01");
    let told = governor.get(&path).await.expect(200).json();
    let of_objective = |objective: &Value| {
        let targets = objective["targets"].as_array().unwrap().iter();
        targets.map(|target| target["status"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let objectives = told["progress"]["objectives"].as_array().unwrap();
    assert_eq!(objectives.iter().map(of_objective).collect::<Vec<_>>(), STATUSES);
    let page = governor.get(&path).header("accept", "text/html").await.expect(200).text();
    let articles: Vec<_> = page.split("<article>").skip(1).collect();
    assert_eq!(articles.len(), STATUSES.len());
    for ((article, statuses), number) in articles.iter().zip(STATUSES).zip(1..) {
        assert!(article.contains(&format!("<span class=\"number\">{number}</span> Objective {number} ")), "{article}");
        let targets = article.split("<span class=\"word ").skip(1);
        let words: Vec<_> = targets.filter_map(|target| target.split(['<', '>']).nth(1)).collect();
        assert_eq!(words.join("; ").to_lowercase(), statuses.join("; ").replace('_', " "), "{article}");
        assert!(statuses.iter().all(|status| article.contains(&format!("It is {status}"))), "{article}");
    }
}

#[actix_web::test]
async fn the_page_says_the_status_by_colour_word_and_shape() {
    let (app, _, plan) = world().await;
    let governor = app.as_role(Role::Governor).await;
    let path = format!("/plans/{plan}/dashboard?as_at=2014-09-01");
    let page = governor.get(&path).header("accept", "text/html").await.expect(200);
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let etag = page.etag();
    governor.get(&path).header("accept", "text/html").header("if-none-match", &etag).await.expect(304);
    let text = page.text();
    for words in [
        "<svg class=\"shape\"",
        "Missed",
        "1 Sep 2014",
        "Status by objective",
        "Month by month",
        "Overdue",
        "Support that schools need",
        "A road map is out",
        "Engage with schools",
        "3 months late",
    ] {
        assert!(text.contains(words), "{words}");
    }
    // Nothing is loaded from elsewhere.
    assert!(!text.contains("http://") || text.matches("http://").count() == text.matches("http://www.w3.org/").count());
}

#[actix_web::test]
async fn a_school_a_stranger_and_a_caller_without_ratings_see_what_they_may() {
    let (app, head, plan) = world().await;
    let path = format!("/plans/{plan}/dashboard");
    let school = app.school(&head, "Cedar", json!({})).await.id();
    app.at_school(Role::SchoolHead, school).await.get(&path).await.problem(403, "forbidden");
    let elsewhere = app.another_hub("elsewhere").await;
    app.as_role_in(elsewhere, Role::Governor, |_| {}).await.get(&path).await.problem(404, "not-found");
    let monitor = app.as_role(Role::Monitor).await.get(&path).await.expect(200).json();
    assert_eq!(monitor["ratings"], Value::Null);
    let draft = make(&head, small()).await;
    let told = head.get(&format!("/plans/{draft}/dashboard")).await.expect(200).json();
    assert_eq!(told["status"], "draft");
    let empty = head.post("/plans", &json!({ "kind": "other", "title": "Empty" })).await.expect(201).id();
    let page = head.get(&format!("/plans/{empty}/dashboard")).header("accept", "text/html").await.expect(200);
    assert!(page.text().contains("Nothing is overdue."));
}
