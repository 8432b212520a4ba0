//! What evaluations found: by section, since the last time, and beside similar schools.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fixture, act, answer_all, open_in, publish, responses};
use crate::frameworks;
use crate::support::Caller;

async fn results(by: &Caller, evaluation: Uuid) -> Value {
    by.get(&format!("/evaluations/{evaluation}/results")).await.expect(200).json()
}

#[actix_web::test]
async fn a_section_shows_its_level_without_what_does_not_apply_and_its_change_across_editions() {
    let Fixture { head, hub, school, framework, evaluation, .. } = &Fixture::new().await;
    answer_all(head, *evaluation, 1).await;
    act(head, *evaluation, "submit").await.expect(200);
    let first = results(head, *evaluation).await;
    assert_eq!((&first["sections"][0]["average_level"], &first["previous"]), (&json!(1.0), &Value::Null));

    let next = hub.act(&format!("/frameworks/{framework}/next-edition"), None).await.expect(201).id();
    hub.act(&format!("/frameworks/{next}/publish"), Some("*")).await.expect(200);
    let second = open_in(head, *school, next, "2015/16").await;
    let all = responses(head, second).await;
    let path = |at: usize| format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
    head.patch(&path(0), &json!({ "level": 3 }), "*").await.expect(200);
    let none = json!({ "not_applicable": true, "reason": "A school of four pupils" });
    head.patch(&path(1), &none, "*").await.expect(200);
    let found = results(head, second).await;
    let section = &found["sections"][0];
    assert_eq!(found["previous"]["id"], json!(evaluation));
    assert_eq!((&section["counted"], &section["not_applicable"]), (&json!(1), &json!(1)));
    assert_eq!((&section["average_level"], &section["levels"]), (&json!(3.0), &json!(3)));
    assert_eq!(section["change"], json!({ "compared": 1, "before": 1.0, "now": 3.0 }));

    let picture = head.get(&format!("/evaluations/{second}/picture")).await.expect(200);
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    let text = picture.text();
    for part in ["<title", "Levels by section, 2015/16", "Singing: 3.0 of 3, up 2.0.", "▲ up 2.0", "2014/15"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let known = head.get(&format!("/evaluations/{second}/picture")).header("if-none-match", picture.etag());
    known.await.expect(304);
    let page = head.get(&format!("/evaluations/{second}/document")).await.expect(200);
    assert!(page.header("content-security-policy").contains("style-src 'sha256-"));
    for part in ["Ash", "Singing in our school, 2015/16", "A school of four pupils", "3 of 3: Secure", "<svg"] {
        assert!(page.text().contains(part), "{part}");
    }
}

#[actix_web::test]
async fn five_other_schools_of_the_phase_show_a_spread_and_four_do_not() {
    let Fixture { app, hub, head, framework, evaluation, .. } = &Fixture::new().await;
    answer_all(head, *evaluation, 2).await;
    let similar = async || results(head, *evaluation).await["sections"][0]["similar"].clone();
    let other = async |phase: &str, level: i32| {
        let school = app.school(hub, &format!("School {}", app.next()), json!({ "phase": phase })).await.id();
        let made = open_in(hub, school, *framework, "2014/15").await;
        answer_all(hub, made, level).await;
        made
    };
    for level in [1, 1, 2, 3] {
        let made = other("primary", level).await;
        act(hub, made, "submit").await.expect(200);
    }
    let draft = other("primary", 3).await;
    let secondary = other("secondary", 3).await;
    act(hub, secondary, "submit").await.expect(200);
    assert_eq!(similar().await, Value::Null);
    act(hub, draft, "submit").await.expect(200);
    let expected = json!({ "schools": 5, "lower_quartile": 1.0, "median": 2.0, "upper_quartile": 3.0 });
    assert_eq!(similar().await, expected);
}

#[actix_web::test]
async fn an_agreed_level_counts_and_a_private_one_does_not() {
    let fixture = Fixture::in_moderation().await;
    let Fixture { head, judge, evaluation, .. } = &fixture;
    fixture.judgement(judge, 0, 1).await.expect(201);
    assert_eq!(results(head, *evaluation).await["sections"][0]["average_level"], 2.0);
    act(judge, *evaluation, "agree").await.expect(200);
    assert_eq!(results(head, *evaluation).await["sections"][0]["average_level"], 1.5);
    let page = head.get(&format!("/evaluations/{evaluation}/document")).await.expect(200).text();
    assert!(page.contains("1 of 3: Emerging") && page.contains("The school’s own: 2"), "{page}");
}

/// Says that the first criterion does not apply, gives the second a level, and sends this. The hub gives the first one
/// a level, and agrees.
async fn agreed_where_it_does_not_apply(school: &Caller, hub: &Caller, evaluation: Uuid, level: i32) {
    let all = responses(school, evaluation).await;
    let path = |at: usize| format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
    let none = json!({ "not_applicable": true, "reason": "A school of four pupils" });
    school.patch(&path(0), &none, "*").await.expect(200);
    school.patch(&path(1), &json!({ "level": 1 }), "*").await.expect(200);
    act(school, evaluation, "submit").await.expect(200);
    act(hub, evaluation, "moderate").await.expect(200);
    let form = json!({ "evaluation_id": evaluation, "criterion_id": all[0]["criterion_id"], "level": level });
    hub.post("/evaluation-judgements", &form).await.expect(201);
    act(hub, evaluation, "agree").await.expect(200);
}

#[actix_web::test]
async fn an_agreed_level_counts_also_where_the_school_says_that_the_criterion_does_not_apply() {
    let Fixture { app, hub, head, framework, evaluation, .. } = &Fixture::new().await;
    agreed_where_it_does_not_apply(head, hub, *evaluation, 2).await;
    let levels: Vec<_> = responses(head, *evaluation).await.iter().map(|it| it["agreed_level"].clone()).collect();
    assert_eq!(levels, [json!(2), json!(1)]);
    for _ in 0..5 {
        let school = app.school(hub, &format!("School {}", app.next()), json!({ "phase": "primary" })).await.id();
        let other = open_in(hub, school, *framework, "2014/15").await;
        agreed_where_it_does_not_apply(hub, hub, other, 3).await;
    }
    let section = results(head, *evaluation).await["sections"][0].clone();
    let counts = ["counted", "not_applicable", "unanswered"].map(|field| section[field].clone());
    assert_eq!((counts, &section["average_level"]), ([json!(2), json!(0), json!(0)], &json!(1.5)));
    let similar = json!({ "schools": 5, "lower_quartile": 2.0, "median": 2.0, "upper_quartile": 2.0 });
    assert_eq!(section["similar"], similar);
    let page = head.get(&format!("/evaluations/{evaluation}/document")).await.expect(200).text();
    assert!(page.contains("2 of 3: Developing") && page.contains("The school’s own: does not apply"), "{page}");
}

#[actix_web::test]
async fn weights_count_and_other_text_in_a_page_is_harmless() {
    let Fixture { hub, head, school, .. } = &Fixture::new().await;
    let mut form = frameworks::singing();
    form["kind"] = json!("visit_audit");
    form["sections"][0]["criteria"][0]["weight"] = json!(3);
    form["sections"][0]["title"] = json!("<script>alert(1)</script>");
    let made = open_in(head, *school, publish(hub, &form).await, "2014/15").await;
    let all = responses(head, made).await;
    for (at, level) in [(0, 1), (1, 3)] {
        let path = format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
        head.patch(&path, &json!({ "level": level, "evidence": "</style><b>" }), "*").await.expect(200);
    }
    assert_eq!(results(head, made).await["sections"][0]["average_level"], 1.5);
    for address in ["picture", "document"] {
        let text = head.get(&format!("/evaluations/{made}/{address}")).await.expect(200).text();
        assert!(!text.contains("<script>") && !text.contains("</style><b>"), "{text}");
    }
}
