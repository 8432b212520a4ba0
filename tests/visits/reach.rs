//! Who sees what of visits and their reports, and who may write it.

use entity::identity::grant::Role;
use futures_util::future::join3;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Hub, answer, form, report, status, step, with};
use crate::support::Caller;

/// Everything that a caller can read of visits, their reports and actions, as one text.
async fn everything(by: &Caller) -> String {
    let mut read = String::new();
    for list in ["/visits", "/visit-reports", "/actions"] {
        let expand = match list {
            "/visits" => "school,visitor,provider,report,follow_ups,actions",
            "/visit-reports" => "visit,school,actions",
            _ => "school,owner,criterion,carried_to,actions",
        };
        for id in by.get(list).await.expect(200).ids() {
            read += &by.get(&format!("{list}/{id}")).await.expect(200).text();
            read += &by.get(&format!("{list}/{id}?expand={expand}")).await.expect(200).text();
            read += &by.get(&format!("{list}/{id}/history")).await.text();
        }
        for query in [String::new(), format!("?expand={expand}"), "/counts?by=status".to_owned()] {
            read += &by.get(&format!("{list}{query}")).await.expect(200).text();
        }
        for format in ["csv", "ndjson"] {
            read += &by.get(&format!("{list}/export?format={format}")).await.expect(200).text();
        }
    }
    read += &by.get("/visits?fields=id,note").await.expect(200).text();
    read + &by.get("/changes").await.text()
}

#[actix_web::test]
async fn a_school_never_reads_an_internal_note_or_a_draft() {
    let hub = Hub::new().await;
    let (visit, draft) = hub.drafted().await;
    let secret = json!({ "judgement": "The draft says so", "seen": "A draft" });
    hub.head.patch(&format!("/visit-reports/{draft}"), &secret, "*").await.expect(200);
    let school = hub.school_head.clone();
    let read = everything(&school).await;
    for hidden in ["piano", "draft says", "A draft", &draft.to_string()] {
        assert!(!read.contains(hidden), "{hidden}: {read}");
    }
    assert!(read.contains("Hear the choir"), "{read}");
    let everywhere = everything(&hub.head).await;
    for shown in ["piano", "draft says"] {
        assert!(everywhere.contains(shown), "{shown}");
    }
    school.get(&format!("/visit-reports/{draft}")).await.problem(404, "not-found");
    let counts = school.get("/visit-reports/counts?by=status").await.expect(200).json();
    assert_eq!(counts["total"], 0);

    answer(&hub.head, draft, "share", None).await.expect(200);
    let next = hub.head.act(&format!("/visit-reports/{draft}/next-version"), Some("*")).await.expect(201).id();
    hub.head.patch(&format!("/visit-reports/{next}"), &json!({ "seen": "Version two" }), "*").await.expect(200);
    let read = everything(&school).await;
    assert!(read.contains("draft says") && !read.contains("Version two"), "{read}");
    assert!(!read.contains("piano"), "{read}");
    let shown = school.get(&format!("/visits/{visit}?expand=report")).await.expect(200).json();
    assert_eq!(shown["report"]["id"], json!(draft));
    let shown = hub.head.get(&format!("/visits/{visit}?expand=report")).await.expect(200).json();
    assert_eq!(shown["report"]["id"], json!(next));
}

#[actix_web::test]
async fn a_specialist_who_loses_a_school_finishes_the_report_and_loses_all_else_at_once() {
    let hub = Hub::new().await;
    let (closed, old) = hub.shared().await;
    answer(&hub.school_head, old, "accept", None).await.expect(200);
    let made = hub.visit(&["confirm", "complete"]).await;
    let to_do = json!({
        "school_id": hub.school, "source_kind": "visit", "source_id": made, "text": "Plan composing",
        "owner_role": "Head of music", "due_on": "2014-12-19", "audience": "hub",
    });
    let action = hub.head.post("/actions", &to_do).await.expect(201).id();
    let other = hub.app.as_role(Role::MusicLeader).await.person();
    let theirs = with(
        form(hub.school, other),
        json!({ "starts_at": "2014-03-28T09:00:00Z", "ends_at": "2014-03-28T10:00:00Z" }),
    );
    let theirs = hub.head.post("/visits", &theirs).await.expect(201).id();
    let specialist = &hub.specialist;
    for path in [
        format!("/visits/{closed}"),
        format!("/visit-reports/{old}"),
        format!("/visits/{theirs}"),
        format!("/actions/{action}"),
    ] {
        specialist.get(&path).await.expect(200);
    }

    let assignment = hub.head.get("/assignments").await.expect(200).ids()[0];
    let ended = json!({ "to_on": "2014-08-31" });
    hub.head.patch(&format!("/assignments/{assignment}"), &ended, "*").await.expect(200);
    for path in [
        format!("/visits/{closed}"),
        format!("/visit-reports/{old}"),
        format!("/visits/{theirs}"),
        format!("/actions/{action}"),
    ] {
        specialist.get(&path).await.problem(404, "not-found");
    }
    assert_eq!(specialist.get("/visits").await.expect(200).ids(), [made]);
    specialist.post("/visits", &hub.form()).await.problem(422, "invalid");
    specialist.post("/actions", &to_do).await.problem(422, "invalid");

    let draft = specialist.post("/visit-reports", &report(made)).await.expect(201);
    let path = format!("/visit-reports/{}", draft.id());
    let changed = specialist.patch(&path, &json!({ "rag": "green" }), &draft.etag()).await.expect(200);
    specialist.act(&format!("{path}/share"), Some(&changed.etag())).await.expect(200);
    assert_eq!(status(specialist, &path).await, "shared");
    answer(&hub.school_head, draft.id(), "accept", None).await.expect(200);
    specialist.get(&path).await.problem(404, "not-found");
    assert!(specialist.get("/visits").await.expect(200).ids().is_empty());
}

#[actix_web::test]
async fn a_specialist_assigned_on_the_day_of_a_visit_may_finish_its_report() {
    let hub = Hub::new().await;
    let other = hub.app.as_role(Role::MusicLeader).await.person();
    let make = async |starts_at: &str, ends_at: &str| {
        let times = json!({ "starts_at": starts_at, "ends_at": ends_at });
        let visit = hub.head.post("/visits", &with(form(hub.school, other), times)).await.expect(201).id();
        step(&hub.head, visit, "confirm").await.expect(200);
        step(&hub.head, visit, "complete").await.expect(200);
        visit
    };
    let before = make("2014-03-31T09:00:00Z", "2014-03-31T10:00:00Z").await;
    let within = make("2014-04-01T09:00:00Z", "2014-04-01T10:00:00Z").await;
    let last = make("2014-08-30T09:00:00Z", "2014-08-30T10:00:00Z").await;
    let assignment = hub.head.get("/assignments").await.expect(200).ids()[0];
    let path = format!("/assignments/{assignment}");
    hub.head.patch(&path, &json!({ "to_on": "2014-08-30" }), "*").await.expect(200);
    assert_eq!(hub.specialist.get("/visits?sort=starts_at").await.expect(200).ids(), [within, last]);
    hub.specialist.post("/visit-reports", &report(within)).await.expect(201);
    hub.specialist.post("/visit-reports", &report(before)).await.problem(422, "invalid");
}

#[actix_web::test]
async fn people_reach_the_visits_that_they_make_until_these_are_over() {
    let hub = Hub::new().await;
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    let own = form(elsewhere, hub.specialist.person());
    hub.specialist.post("/visits", &own).await.problem(422, "invalid");
    let visit = hub.head.post("/visits", &own).await.expect(201).id();
    let leader = hub.app.as_role(Role::MusicLeader).await.person();
    let along = json!({ "co_visitor_ids": [hub.specialist.person()], "kind": "moderation" });
    let second = hub.head.post("/visits", &with(form(elsewhere, leader), along)).await.expect(201).id();
    assert_eq!(hub.specialist.get("/visits").await.expect(200).ids(), [visit, second]);
    let moved = json!({ "ends_at": "2014-08-28T10:45:00Z" });
    hub.specialist.patch(&format!("/visits/{visit}"), &moved, "*").await.expect(200);
    step(&hub.specialist, second, "confirm").await.expect(200);
    step(&hub.specialist, visit, "cancel").await.expect(200);
    assert_eq!(hub.specialist.get("/visits").await.expect(200).ids(), [second]);
    hub.specialist.get(&format!("/visits/{visit}")).await.problem(404, "not-found");
}

#[actix_web::test]
async fn a_partner_reads_the_visits_that_it_provides() {
    let hub = Hub::new().await;
    let partner = json!({ "name": "Soar Valley Band", "kind": "organisation" });
    let partner = hub.head.post("/partners", &partner).await.expect(201).id();
    hub.visit(&[]).await;
    let provided = with(hub.form(), json!({ "provider_id": partner }));
    let provided = hub.head.post("/visits", &provided).await.expect(201).id();
    let provider = hub.app.as_role_in(hub.app.hub, Role::Provider, |grant| grant.partner_id = Some(partner)).await;
    let seen = provider.get("/visits").await.expect(200);
    assert_eq!(seen.ids(), [provided]);
    assert_eq!(seen.json()["items"][0]["note"], Value::Null);
    let refused = provider.patch(&format!("/visits/{provided}"), &json!({ "purpose": "Play" }), "*").await;
    assert_snapshot!(
        refused.refusal(403, "forbidden"),
        @"this needs the scope `visits:write`, which you do not have: ask an administrator of your hub for it"
    );
    assert!(provider.get("/visit-reports").await.expect(200).ids().is_empty());
    hub.head.delete(&format!("/partners/{partner}"), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn people_and_schools_stay_while_a_visit_names_them() {
    let hub = Hub::new().await;
    let leader = hub.head.post("/people", &json!({ "name": "Ada Marlow" })).await.expect(201).id();
    let visit = hub.head.post("/visits", &form(hub.school, leader)).await.expect(201).id();
    let path = format!("/people/{leader}");
    let refused = hub.head.delete(&path, "*").await.problem(409, "conflict");
    assert!(refused["detail"].as_str().unwrap().contains(&format!("visit {visit}")), "{refused}");
    step(&hub.head, visit, "cancel").await.expect(200);
    hub.head.delete(&path, "*").await.expect(204);
}

#[actix_web::test]
async fn a_report_shared_while_the_schools_access_ends_is_seen_whole_or_not_at_all() {
    let hub = Hub::new().await;
    for _ in 0..10 {
        let (_, draft) = hub.drafted().await;
        let head = hub.app.at_school(Role::SchoolHead, hub.school).await;
        let path = format!("/visit-reports/{draft}");
        head.get(&path).await.problem(404, "not-found");
        let Some(grant) = head.bearer().grant_id else { panic!("a person acts by a grant") };
        let (shared, ended, seen) = join3(
            async { hub.head.act(&format!("{path}/share"), Some("*")).await },
            async { hub.head.delete(&format!("/grants/{grant}"), "*").await },
            async { head.get(&path).await },
        )
        .await;
        shared.expect(200);
        assert!(ended.status < 300, "{ended:?}");
        if seen.status == 200 {
            assert_eq!(seen.json()["status"], "shared");
        } else {
            assert!([401, 404].contains(&seen.status), "{seen:?}");
        }
        head.get(&path).await.problem(401, "unauthenticated");
    }
}
