//! Versions of reports, and what the school answers.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;

use super::{Hub, answer, report, status, step};

#[actix_web::test]
async fn a_report_that_the_school_disputes_gets_another_version() {
    let hub = Hub::new().await;
    let (visit, first) = hub.shared().await;
    answer(&hub.school_head, first, "dispute", None).await.problem(415, "unsupported-media-type");
    let disputed = answer(&hub.school_head, first, "dispute", Some("We compose every spring")).await.expect(200).json();
    assert_eq!((&disputed["status"], &disputed["ended_at"]), (&json!("disputed"), &json!(null)));
    assert_eq!(disputed["answer_comment"], "We compose every spring");
    let next = format!("/visit-reports/{first}/next-version");
    let second = hub.specialist.act(&next, Some("*")).await.expect(201);
    assert_eq!((&second.json()["number"], &second.json()["seen"]), (&json!(2), &json!("Two lessons")));
    let again = hub.specialist.act(&next, Some("*")).await;
    again.problem(409, "conflict");
    assert!(again.header("location").ends_with(&second.id().to_string()));
    let path = format!("/visit-reports/{}", second.id());
    hub.specialist.patch(&path, &json!({ "areas_to_develop": null }), &second.etag()).await.expect(200);
    // Two versions that are not the same: the school has the first until it gets the second.
    assert_eq!(hub.school_head.all("/visit-reports").await.len(), 1);
    answer(&hub.specialist, second.id(), "share", None).await.expect(200);
    assert_eq!(status(&hub.school_head, &format!("/visit-reports/{first}")).await, "superseded");
    answer(&hub.school_head, first, "accept", None).await.problem(409, "conflict");
    let accepted = answer(&hub.school_head, second.id(), "accept", Some("Thank you")).await.expect(200).json();
    assert_eq!((&accepted["status"], &accepted["answer_comment"]), (&json!("accepted"), &json!("Thank you")));
    assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "closed");
}

#[actix_web::test]
async fn a_disputed_report_is_closed_with_both_views() {
    let hub = Hub::new().await;
    for by_visit in [false, true] {
        let (visit, report) = hub.shared().await;
        let early = step(&hub.head, visit, "close").await.problem(409, "conflict");
        assert_eq!(early["detail"], "cannot close the visit: the school may answer until 2014-09-15");
        answer(&hub.school_head, report, "dispute", Some("We compose every spring")).await.expect(200);
        if by_visit {
            step(&hub.head, visit, "close").await.expect(200);
        } else {
            answer(&hub.head, report, "close", None).await.expect(200);
        }
        let kept = hub.school_head.get(&format!("/visit-reports/{report}")).await.expect(200).json();
        assert_eq!((&kept["status"], &kept["areas_to_develop"]), (&json!("closed"), &json!("Composing")));
        assert_eq!(kept["answer_comment"], "We compose every spring");
        assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "closed");
        let more = hub.head.post("/visit-reports", &super::report(visit)).await.problem(409, "conflict");
        assert_eq!(more["detail"], "cannot report a closed visit");
    }
}

#[actix_web::test]
async fn a_report_is_not_closed_while_its_next_version_is_written() {
    let hub = Hub::new().await;
    let (visit, report) = hub.shared().await;
    answer(&hub.school_head, report, "dispute", Some("We compose every spring")).await.expect(200);
    let next = hub.head.act(&format!("/visit-reports/{report}/next-version"), Some("*")).await.expect(201);
    for refused in [step(&hub.head, visit, "close").await, answer(&hub.head, report, "close", None).await] {
        let detail = refused.problem(409, "conflict")["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with("version 2 is being written: share it, or archive it first"), "{detail}");
    }
    hub.head.delete(&format!("/visit-reports/{}", next.id()), "*").await.expect(204);
    answer(&hub.head, report, "close", None).await.expect(200);
}

#[actix_web::test]
async fn what_the_school_has_is_never_changed() {
    let hub = Hub::new().await;
    let (_, report) = hub.shared().await;
    let path = format!("/visit-reports/{report}");
    let refused = hub.head.patch(&path, &json!({ "seen": "Three lessons" }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot change a shared report, which the school has: write the next version by POST
      /visit-reports/{id}/next-version
    ");
    hub.head.delete(&path, "*").await.problem(409, "conflict");
    answer(&hub.school_head, report, "accept", None).await.expect(200);
    let refused = hub.head.patch(&path, &json!({ "seen": "Three lessons" }), "*").await;
    assert_snapshot!(refused.refusal(409, "conflict"), @"cannot change a report that is accepted: it stays as it is");
}

#[actix_web::test]
async fn a_report_is_changed_and_answered_in_the_version_that_was_read() {
    let hub = Hub::new().await;
    let (_, report) = hub.drafted().await;
    let path = format!("/visit-reports/{report}");
    let body = json!({ "seen": "Three lessons" });
    hub.head.ask(reqwest::Method::PATCH, &path).json(&body).await.problem(428, "precondition-required");
    hub.head.act(&format!("{path}/share"), None).await.problem(428, "precondition-required");
    let changed = hub.specialist.patch(&path, &body, "\"1\"").await.expect(200);
    hub.head.patch(&path, &json!({ "seen": "Four lessons" }), "\"1\"").await.problem(412, "stale-version");
    hub.head.act(&format!("{path}/share"), Some("\"1\"")).await.problem(412, "stale-version");
    hub.head.act(&format!("{path}/share"), Some(&changed.etag())).await.expect(200);
}

#[actix_web::test]
async fn an_incomplete_report_is_not_handed_over() {
    let hub = Hub::new().await;
    let visit = hub.visit(&["confirm", "complete"]).await;
    let draft = hub.head.post("/visit-reports", &json!({ "visit_id": visit, "seen": "Two lessons" })).await.expect(201);
    let refused = answer(&hub.head, draft.id(), "share", None).await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot hand over an incomplete report: write what is missing first
    /judgement missing: give a judgement
    ");
    step(&hub.head, visit, "report").await.problem(409, "conflict");
    assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "completed");
}

#[actix_web::test]
async fn an_archived_draft_comes_back_only_where_there_is_no_other() {
    let hub = Hub::new().await;
    let (visit, first) = hub.drafted().await;
    hub.head.post("/visit-reports", &report(visit)).await.problem(409, "conflict");
    hub.head.delete(&format!("/visit-reports/{first}"), "*").await.expect(204);
    let second = hub.head.post("/visit-reports", &report(visit)).await.expect(201);
    assert_eq!(second.json()["number"], 2);
    let restore = format!("/visit-reports/{first}/restore");
    hub.head.act(&restore, Some("*")).await.problem(409, "conflict");
    hub.head.delete(&format!("/visit-reports/{}", second.id()), "*").await.expect(204);
    hub.head.act(&restore, Some("*")).await.expect(200);
    hub.head.delete(&format!("/visits/{visit}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_school_answers_what_it_has_and_nobody_answers_for_it_but_the_office() {
    let hub = Hub::new().await;
    let (_, draft) = hub.drafted().await;
    answer(&hub.school_head, draft, "accept", None).await.problem(404, "not-found");
    let (_, shared) = hub.shared().await;
    answer(&hub.specialist, shared, "accept", None).await.problem(403, "forbidden");
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    let stranger = hub.app.at_school(Role::SchoolHead, elsewhere).await;
    answer(&stranger, shared, "accept", None).await.problem(404, "not-found");
    let office = hub.app.as_role(Role::Administrator).await;
    answer(&office, shared, "accept", Some("By letter of 8 September")).await.expect(200);
}

#[actix_web::test]
async fn a_version_being_written_ends_when_the_school_accepts_the_one_that_it_has() {
    let hub = Hub::new().await;
    let (visit, first) = hub.shared().await;
    let next = hub.head.act(&format!("/visit-reports/{first}/next-version"), Some("*")).await.expect(201);
    let accepted = answer(&hub.school_head, first, "accept", Some("Thank you")).await.expect(200).json();
    assert_eq!((&accepted["status"], &accepted["answer_comment"]), (&json!("accepted"), &json!("Thank you")));
    assert_eq!(status(&hub.head, &format!("/visits/{visit}")).await, "closed");
    let path = format!("/visit-reports/{}", next.id());
    hub.head.get(&path).await.problem(404, "not-found");
    let reports = hub.head.get(&format!("/visit-reports?visit_id={visit}&archived=true")).await.expect(200);
    assert_eq!(reports.ids(), [next.id()]);
    let changes = hub.head.get("/changes?resource=visit_report&limit=200").await.expect(200).json();
    let entries = changes["items"].as_array().unwrap().iter();
    let mut of_draft = entries.filter(|it| it["id"] == json!(next.id()) && it["operation"] == "archive");
    assert_eq!(of_draft.next().unwrap()["reason"], "the school accepted version 1", "{changes}");
    hub.head.act(&format!("{path}/restore"), Some("*")).await.problem(409, "conflict");
}
