//! A school answers.

use entity::identity::grant::Role;
use futures_util::future::join_all;
use insta::assert_snapshot;
use serde_json::json;

use super::{Fixture, act, answer_all, open_in, publish, responses};
use crate::frameworks;

#[actix_web::test]
async fn an_evaluation_begins_with_a_response_to_each_criterion_and_says_what_is_missing() {
    let Fixture { head, evaluation, .. } = &Fixture::new().await;
    let all = responses(head, *evaluation).await;
    let places: Vec<_> = all.iter().map(|it| (it["position"].as_i64(), it["levels"].as_i64())).collect();
    assert_eq!(places, [(Some(1), Some(3)), (Some(2), Some(3))]);
    let path = |at: usize| format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
    head.patch(&path(0), &json!({ "not_applicable": true }), "*").await.expect(200);
    let completeness = head.get(&format!("/evaluations/{evaluation}/completeness")).await.expect(200).json();
    assert_eq!((&completeness["complete"], &completeness["answered"]), (&json!(false), &json!(0)));
    let fields: Vec<_> = completeness["missing"].as_array().unwrap().iter().map(|it| it["field"].clone()).collect();
    assert_eq!(fields, [json!("reason"), json!("level")]);
    assert_snapshot!(act(head, *evaluation, "submit").await.refusal(409, "conflict"), @r#"
    cannot submit an incomplete evaluation: add what is missing first
    /responses/0/reason incomplete: "Every pupil sings every week": say why the criterion does not apply
    /responses/1/level incomplete: "There is a choir": choose a level, or say that the criterion does
      not apply and why
    "#);
    head.patch(&path(0), &json!({ "reason": "A hospital school without classes" }), "*").await.expect(200);
    head.patch(&path(1), &json!({ "level": 3 }), "*").await.expect(200);
    act(head, *evaluation, "submit").await.expect(200);
}

#[actix_web::test]
async fn two_people_on_different_criteria_never_meet_and_on_the_same_one_the_second_sees_the_text() {
    let Fixture { head, staff, evaluation, .. } = &Fixture::new().await;
    let all = responses(head, *evaluation).await;
    let path = |at: usize| format!("/evaluation-responses/{}", all[at]["id"].as_str().unwrap());
    for round in 1..=5 {
        let etag = format!("\"{round}\"");
        let text = json!({ "evidence": format!("Draft {round}") });
        let (one, other) = (path(0), path(1));
        let both =
            join_all([head.patch(&one, &text, &etag).into_future(), staff.patch(&other, &text, &etag).into_future()]);
        both.await.into_iter().for_each(|reply| drop(reply.expect(200)));
    }
    head.patch(&path(0), &json!({ "evidence": "The head's words" }), "\"6\"").await.expect(200);
    let late = staff.patch(&path(0), &json!({ "evidence": "The staff's words" }), "\"6\"").await;
    let problem = late.problem(412, "stale-version");
    assert_eq!(
        (&problem["current"]["evidence"], &problem["current"]["version"]),
        (&json!("The head's words"), &json!(7))
    );
    staff.patch(&path(0), &json!({ "evidence": "Both" }), &late.etag()).await.expect(200);
    staff
        .ask(reqwest::Method::PATCH, &path(0))
        .json(&json!({ "level": 1 }))
        .await
        .problem(428, "precondition-required");
}

#[actix_web::test]
async fn a_batch_answers_what_is_there_and_refuses_other_criteria_and_levels() {
    let Fixture { app, hub, staff, evaluation, .. } = &Fixture::new().await;
    let all = responses(staff, *evaluation).await;
    let other = hub.get(&format!("/framework-criteria?framework_id={}", publish(hub, &frameworks::singing()).await));
    let other = other.await.expect(200).ids()[0];
    let item = |criterion: &serde_json::Value, level: i32| {
        json!({
            "evaluation_id": evaluation,
            "criterion_id": criterion,
            "level": level,
        })
    };
    let items = [item(&all[0]["criterion_id"], 2), item(&all[1]["criterion_id"], 4), item(&json!(other), 1)];
    let report =
        staff.post("/evaluation-responses/batch?mode=each", &json!({ "items": items })).await.expect(200).json();
    assert_eq!((&report["updated"], &report["rejected"]), (&json!(1), &json!(2)), "{report}");
    let faults: Vec<_> = report["items"].as_array().unwrap().iter().map(|it| &it["errors"][0]).collect();
    assert_eq!((&faults[1]["pointer"], &faults[1]["code"]), (&json!("/items/1/level"), &json!("too_large")));
    assert_eq!(
        (&faults[2]["pointer"], &faults[2]["code"]),
        (&json!("/items/2/criterion_id"), &json!("unknown_reference")),
    );
    let twice = json!({ "items": [item(&all[0]["criterion_id"], 2), item(&all[0]["criterion_id"], 1)] });
    let report = staff.post("/evaluation-responses/batch", &twice).await.expect(200).json();
    assert_eq!(report["items"][1]["errors"][0]["code"], "duplicate", "{report}");

    // Somebody of another school reaches nothing of it.
    let school = app.school(hub, "Elm", json!({})).await.id();
    let stranger = app.at_school(Role::SchoolHead, school).await;
    let items = json!({ "items": [item(&all[0]["criterion_id"], 3)] });
    let report = stranger.post("/evaluation-responses/batch", &items).await.expect(200).json();
    assert_eq!((&report["applied"], &report["rejected"]), (&json!(false), &json!(1)), "{report}");
    assert_eq!(responses(staff, *evaluation).await[0]["level"], 2);
}

#[actix_web::test]
async fn a_response_keeps_its_place_and_takes_levels_of_its_criterion() {
    let Fixture { head, evaluation, .. } = &Fixture::new().await;
    let all = responses(head, *evaluation).await;
    let path = format!("/evaluation-responses/{}", all[0]["id"].as_str().unwrap());
    assert_snapshot!(head.patch(&path, &json!({ "level": 4 }), "*").await.refusal(422, "invalid"), @r"
    the criterion has 3 levels: send 1 to 3
    /level too_large: the criterion has 3 levels: send 1 to 3
    ");
    let both = head.patch(&path, &json!({ "level": 2, "not_applicable": true }), "*").await;
    assert_eq!(both.faults(), [("/level".to_owned(), "not_applicable".to_owned())]);
    let moved = head.patch(&path, &json!({ "criterion_id": all[1]["criterion_id"] }), "*").await;
    assert_eq!(moved.faults(), [("/criterion_id".to_owned(), "fixed".to_owned())]);
    head.patch(&path, &json!({ "level": 2 }), "*").await.expect(200);
    let answered = responses(head, *evaluation).await[0].clone();
    assert_eq!(answered["answered_by_id"], json!(head.person()));
    assert_eq!(answered["version"], 2);
}

#[actix_web::test]
async fn a_school_has_one_self_evaluation_a_year_by_a_published_framework() {
    let Fixture { hub, head, school, framework, evaluation, .. } = &Fixture::new().await;
    let mut form = json!({ "school_id": school, "framework_id": framework, "academic_year": "2014/15" });
    let second = head.post("/evaluations", &form).await;
    second.problem(409, "duplicate");
    assert_eq!(second.header("location"), format!("/api/v1/evaluations/{evaluation}"));
    form["academic_year"] = json!("2014/16");
    assert_eq!(head.post("/evaluations", &form).await.faults(), [("/academic_year".to_owned(), "order".to_owned())]);
    form["academic_year"] = json!("2015/16");
    let draft = hub.post("/frameworks", &frameworks::singing()).await.expect(201).id();
    form["framework_id"] = json!(draft);
    for by in [head, hub] {
        let refused = by.post("/evaluations", &form).await;
        assert_eq!(refused.faults(), [("/framework_id".to_owned(), "unknown_reference".to_owned())]);
    }
    let mut lessons = frameworks::singing();
    lessons["kind"] = json!("lesson_observation");
    form["framework_id"] = json!(publish(hub, &lessons).await);
    hub.post("/evaluations", &form).await.problem(422, "invalid");
    // Of another kind a school has as many as there are.
    let mut audit = frameworks::singing();
    audit["kind"] = json!("visit_audit");
    let audit = publish(hub, &audit).await;
    assert_ne!(open_in(head, *school, audit, "2014/15").await, open_in(hub, *school, audit, "2014/15").await);
}

#[actix_web::test]
async fn what_was_sent_is_taken_back_or_waits_and_staff_do_not_send() {
    let Fixture { head, staff, evaluation, .. } = &Fixture::new().await;
    answer_all(staff, *evaluation, 2).await;
    assert_snapshot!(
        act(staff, *evaluation, "submit").await.refusal(403, "forbidden"),
        @"your role drafts this evaluation and does not send it: ask the head teacher, or somebody of the hub"
    );
    act(head, *evaluation, "submit").await.expect(200);
    let path = format!("/evaluation-responses/{}", responses(head, *evaluation).await[0]["id"].as_str().unwrap());
    assert_snapshot!(
        staff.patch(&path, &json!({ "level": 1 }), "*").await.refusal(409, "conflict"),
        @"cannot answer an evaluation that is submitted: take it back by POST /evaluations/{id}/withdraw"
    );
    head.delete(&format!("/evaluations/{evaluation}"), "*").await.problem(409, "conflict");
    act(head, *evaluation, "withdraw").await.expect(200);
    staff.patch(&path, &json!({ "level": 1 }), "*").await.expect(200);
    let sent = head.all(&format!("/evaluation-submissions?evaluation_id={evaluation}")).await;
    assert_eq!((&sent[0]["decision"], &sent[0]["answers"][0]["level"]), (&json!("withdrawn"), &json!(2)));
}
