//! Reports put before meetings: the same bytes for ever.

use std::collections::BTreeSet;

use calamine::{Data, Reader, Xlsx};
use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::Cursor;
use uuid::Uuid;

use crate::plans::{activate, id, make, small, tree};
use crate::support::document::operations;
use crate::support::{self, App, Caller, Reply, until};
use crate::{engagement, plans};

async fn meeting(head: &Caller) -> Uuid {
    head.post("/meetings", &engagement::meeting("governance", &json!({}))).await.expect(201).id()
}

fn paper(meeting: Uuid, report: &str, format: &str, more: &Value) -> Value {
    let mut form = json!({ "meeting_id": meeting, "title": "A paper", "report": report, "format": format });
    for (field, value) in more.as_object().into_iter().flatten() {
        form[field] = value.clone();
    }
    form
}

async fn content(by: &Caller, tabled: Uuid) -> Reply {
    by.get(&format!("/tabled-reports/{tabled}/content")).header("accept", "*/*").await
}

fn digits(bytes: &[u8]) -> String {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|half| char::from_digit(u32::from(half), 16).unwrap());
    Sha256::digest(bytes).iter().flat_map(digits).collect()
}

/// A hub with a school and a meeting.
async fn hub() -> (App, Caller, Uuid, Uuid) {
    let (app, head) = plans::hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let meeting = meeting(&head).await;
    (app, head, school, meeting)
}

#[actix_web::test]
async fn a_tabled_report_stays_byte_for_byte_when_its_figures_change() {
    let (app, head, _, meeting) = hub().await;
    let mut tabled = Vec::new();
    for format in ["json", "csv", "xlsx"] {
        let form = paper(meeting, "visit-coverage", format, &json!({ "query": "as_at=2014-09-01&by=phase" }));
        let made = head.post("/tabled-reports", &form).await.expect(201);
        let live = head.get(&format!("/reports/visit-coverage?as_at=2014-09-01&by=phase&format={format}")).await;
        let kept = content(&head, made.id()).await.expect(200);
        assert_eq!(kept.body, live.expect(200).body, "{format}: what is kept is what the report gives");
        let told = made.json();
        assert_eq!(told["sha256"], digits(&kept.body), "{format}");
        assert_eq!(told["size_bytes"], kept.body.len());
        let day = if format == "json" { "" } else { "-2014-09-01" };
        assert_eq!(told["file_name"], format!("visit-coverage{day}.{format}"));
        assert_eq!((&told["tabled_on"], &told["tabled_by_id"]), (&json!("2014-09-01"), &json!(head.person())));
        assert_eq!(kept.header("content-type"), told["content_type"].as_str().unwrap());
        tabled.push((made.id(), kept));
    }
    app.school(&head, "Beech", json!({})).await.expect(201);
    let live = head.get("/reports/visit-coverage?as_at=2014-09-01&by=phase").await.expect(200).json();
    assert_eq!(live["total"]["schools"], 2);
    for (id, before) in &tabled {
        let after = content(&head, *id).await.expect(200);
        assert_eq!((&after.body, after.etag()), (&before.body, before.etag()));
        let known = head.get(&format!("/tabled-reports/{id}/content")).header("accept", "*/*");
        known.header("if-none-match", before.etag()).await.expect(304);
    }
    let json: Value = serde_json::from_slice(&tabled[0].1.body).unwrap();
    assert_eq!(json["total"]["schools"], 1);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(tabled[2].1.body.clone())).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.get((0, 0)), Some(&Data::String("as_at".to_owned())));
}

#[actix_web::test]
async fn pages_of_plans_and_reviews_are_tabled() {
    let (app, head, _, meeting) = hub().await;
    let plan = make(&head, small()).await;
    activate(&app, &head, plan).await;
    let review = json!({ "plan_id": plan, "title": "First review" });
    let review = head.post("/reviews", &review).await.expect(201).id();
    let copy = head.act(&format!("/plans/{plan}/copy"), None).await.expect(201).id();
    let with = format!("with={copy}");
    let mut kept = Vec::new();
    for (report, format, item, query, words) in [
        ("plan-document", "html", plan, None, "Half of the first cohort"),
        ("plan-document", "csv", plan, Some("as_at=2014-08-01"), "Half of the first cohort"),
        ("plan-targets", "json", plan, None, "\"counts\""),
        ("plan-dashboard", "html", plan, None, "Status by objective"),
        ("plan-comparison", "csv", plan, Some(with.as_str()), "kind,change"),
        ("review-document", "html", review, None, "First review"),
    ] {
        let form = paper(meeting, report, format, &json!({ "item_id": item, "query": query }));
        let made = head.post("/tabled-reports", &form).await.expect(201).id();
        let reply = content(&head, made).await.expect(200);
        assert!(reply.text().contains(words), "{report}: {}", reply.text());
        kept.push((made, reply));
    }
    // The plan is closed and the review cancelled, and its draft changed.
    let reason = json!({ "reason": "Over" });
    head.post(&format!("/reviews/{review}/cancel"), &reason).header("if-match", "*").await.expect(200);
    plans::act(&head, plan, "close").await.expect(200);
    let target = format!("/targets/{}", id(&tree(&head, copy).await, "/objectives/0/targets/0"));
    head.patch(&target, &json!({ "value": 70 }), "*").await.expect(200);
    for (id, before) in kept {
        assert_eq!(content(&head, id).await.expect(200).body, before.body);
    }
    let page = head.all(&format!("/tabled-reports?report=plan-dashboard&meeting_id={meeting}")).await;
    assert_eq!(page.len(), 1);
    let counts = head.get("/tabled-reports/counts?by=report").await.expect(200).json();
    assert_eq!(counts["groups"].as_array().unwrap().len(), 5);
}

#[actix_web::test]
async fn what_cannot_be_tabled_is_refused_with_the_reason() {
    let (app, head, _, meeting) = hub().await;
    let plan = make(&head, small()).await;
    for (form, pointer, code) in [
        (paper(meeting, "visit-covrage", "csv", &json!({})), "/report", "unknown_value"),
        (paper(meeting, "visit-coverage", "html", &json!({})), "/format", "unknown_value"),
        (paper(meeting, "visit-coverage", "csv", &json!({ "query": "bye=area" })), "/query", "unknown_parameter"),
        (paper(meeting, "visit-coverage", "csv", &json!({ "item_id": plan })), "/item_id", "not_needed"),
        (paper(meeting, "plan-document", "html", &json!({})), "/item_id", "required"),
        (paper(Uuid::now_v7(), "visit-coverage", "csv", &json!({})), "/meeting_id", "unknown_reference"),
    ] {
        let refused = head.post("/tabled-reports", &form).await;
        assert_eq!(refused.faults(), [(pointer.to_owned(), code.to_owned())], "{form} {refused:?}");
    }
    let near = head.post("/tabled-reports", &paper(meeting, "visit-covrage", "csv", &json!({}))).await;
    assert!(near.text().contains("did you mean `visit-coverage`?"), "{near:?}");
    let nowhere = paper(meeting, "plan-document", "html", &json!({ "item_id": Uuid::now_v7() }));
    let refused = head.post("/tabled-reports", &nowhere).await;
    assert_eq!(refused.faults(), [("/item_id".to_owned(), "unknown_reference".to_owned())]);
    let cancelled = self::meeting(&head).await;
    let reason = json!({ "reason": "Snow" });
    head.post(&format!("/meetings/{cancelled}/cancel"), &reason).header("if-match", "*").await.expect(200);
    let refused = head.post("/tabled-reports", &paper(cancelled, "visit-coverage", "csv", &json!({}))).await;
    assert_eq!(refused.faults(), [("/meeting_id".to_owned(), "cancelled".to_owned())]);
    // Who reads reports does not table them.
    for role in [Role::Governor, Role::MusicLeader, Role::SpecialistLeader] {
        let form = paper(meeting, "visit-coverage", "csv", &json!({}));
        app.as_role(role).await.post("/tabled-reports", &form).await.problem(403, "forbidden");
    }
    // A client that freezes reports, and does not see ratings.
    let client = app.as_client("reports:write reports:read engagement:read").await;
    let form = paper(meeting, "rating-spread", "csv", &json!({}));
    assert_snapshot!(client.post("/tabled-reports", &form).await.refusal(403, "forbidden"), @r"
    the report `rating-spread` needs the scope `ratings:read`
    ");
    assert!(head.all("/tabled-reports").await.is_empty());
}

#[actix_web::test]
async fn readers_of_reports_over_the_hub_see_it_and_nobody_else_does() {
    let (app, head, school, meeting) = hub().await;
    let form = paper(meeting, "rating-spread", "json", &json!({}));
    let made = head.post("/tabled-reports", &form).key("once").await.expect(201).id();
    assert_eq!(head.post("/tabled-reports", &form).key("once").await.expect(201).id(), made);
    let governor = app.as_role(Role::Governor).await;
    content(&governor, made).await.expect(200);
    governor.delete(&format!("/tabled-reports/{made}"), "*").await.problem(403, "forbidden");
    // A monitor reads reports and no ratings.
    let monitor = app.as_role(Role::Monitor).await;
    monitor.get(&format!("/tabled-reports/{made}")).await.expect(200);
    assert_snapshot!(content(&monitor, made).await.refusal(403, "forbidden"), @r"
    this content needs the scope `ratings:read` over the whole hub
    ");
    let specialist = app.as_role(Role::SpecialistLeader).await;
    specialist.get(&format!("/tabled-reports/{made}")).await.problem(404, "not-found");
    content(&specialist, made).await.problem(404, "not-found");
    app.at_school(Role::SchoolHead, school).await.get("/tabled-reports").await.problem(403, "forbidden");
    let elsewhere = app.another_hub("elsewhere").await;
    let stranger = app.as_role_in(elsewhere, Role::HeadOfService, |_| {}).await;
    content(&stranger, made).await.problem(404, "not-found");
    assert!(stranger.all("/tabled-reports").await.is_empty());
    stranger.post("/tabled-reports", &form).await.problem(422, "invalid");
}

#[actix_web::test]
async fn what_was_before_a_meeting_with_agreed_minutes_stays() {
    let (app, head, _, _) = hub().await;
    let meeting = head.post("/meetings", &engagement::meeting("governance", &json!({}))).await.expect(201).id();
    let made = head.post("/tabled-reports", &paper(meeting, "reach", "csv", &json!({}))).await.expect(201).id();
    let path = format!("/tabled-reports/{made}");
    head.delete(&format!("/meetings/{meeting}"), "*").await.problem(409, "conflict");
    head.delete(&path, "*").await.expect(204);
    content(&head, made).await.problem(404, "not-found");
    head.act(&format!("{path}/restore"), Some("*")).await.expect(200);
    content(&head, made).await.expect(200);
    for verb in ["hold", "minute"] {
        head.act(&format!("/meetings/{meeting}/{verb}"), Some("*")).await.expect(200);
    }
    head.delete(&path, "*").await.problem(409, "conflict");
    drop(app);
}

#[actix_web::test]
async fn an_erased_person_is_gone_from_what_was_tabled() {
    let (app, head, _, meeting) = hub().await;
    let person = head.post("/people", &json!({ "name": "Zenobia O'Quill" })).await.expect(201).id();
    let mut form = small();
    form["objectives"][0]["leads"] = json!([{ "text": "Zenobia O'Quill" }, { "role_code": "DHoS" }]);
    let plan = make(&head, form).await;
    let mut tabled = Vec::new();
    for format in ["json", "csv", "html", "xlsx"] {
        let form = paper(meeting, "plan-document", format, &json!({ "item_id": plan }));
        let made = head.post("/tabled-reports", &form).await.expect(201);
        if format != "xlsx" {
            assert!(content(&head, made.id()).await.text().contains("Zenobia O'Quill"), "{format}");
        }
        tabled.push((format, made.id(), made.json()["sha256"].clone()));
    }
    head.delete(&format!("/people/{person}"), "*").await.expect(204);
    let erasure = json!({ "person_id": person, "reason": "Asked for it" });
    let job = head.post("/erasures", &erasure).await.expect(202).id();
    until("the erasure ends", async || {
        let job = head.get(&format!("/jobs/{job}")).await.expect(200).json();
        (job["state"] == "finished").then_some(())
    })
    .await;
    for (format, id, sha256) in tabled {
        let after = content(&head, id).await;
        if format == "xlsx" {
            after.problem(404, "not-found");
            continue;
        }
        let text = after.expect(200).text();
        assert!(!text.contains("Zenobia") && text.contains("(erased)"), "{format}: {text}");
        let told = head.get(&format!("/tabled-reports/{id}")).await.expect(200).json();
        assert_eq!(told["sha256"], sha256, "what was tabled is still known by its hash");
        assert_ne!(digits(text.as_bytes()), sha256.as_str().unwrap());
    }
    drop(app);
}

/// Every report of the document that has lines is made by its name.
#[actix_web::test]
async fn every_report_can_be_tabled() {
    let app = support::app().await;
    let head = app.as_role(Role::HeadOfService).await;
    let meeting = meeting(&head).await;
    let refused = head.post("/tabled-reports", &paper(meeting, "nothing-of-the-kind", "csv", &json!({}))).await;
    let text = refused.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    let (_, names) = text.split_once("There are: ").unwrap();
    let known: BTreeSet<&str> = names.split(", ").collect();
    assert_eq!(names.split(", ").count(), known.len(), "a name stands for one report, under one scope: {names}");
    let reports = operations().iter().filter_map(|one| one.path.strip_prefix("/api/v1/reports/"));
    let reports: BTreeSet<&str> = reports.filter(|name| !name.contains('/')).collect();
    let missing: Vec<_> = reports.difference(&known).collect();
    assert!(reports.len() > 15 && missing.is_empty(), "not among named_reports: {missing:?}");
}
