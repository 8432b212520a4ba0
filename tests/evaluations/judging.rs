//! People without a stake judge.

use entity::identity::grant::Role;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fixture, act, answer_all, invite, open_in, responses, send_back};
use crate::support::Caller;

/// The rule that an invitation breaks.
async fn rule(hub: &Caller, evaluation: Uuid, person: Uuid) -> String {
    let refused = invite(hub, evaluation, person).await;
    assert_eq!(refused.faults(), [("/person_id".to_owned(), "stake".to_owned())], "{refused:?}");
    refused.json()["detail"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn nobody_judges_a_school_that_employs_them_or_that_they_led_visited_or_sell_to() {
    let Fixture { app, hub, head, judge, evaluation, school, .. } = &Fixture::new().await;
    answer_all(head, *evaluation, 2).await;
    act(head, *evaluation, "submit").await.expect(200);
    assert!(rule(hub, *evaluation, head.person()).await.contains("employs them"));

    let person = app.as_role(Role::MusicLeader).await.person();
    let job = json!({ "person_id": person, "school_id": school, "job_role": "music lead" });
    hub.post("/contacts", &job).await.expect(201);
    assert!(rule(hub, *evaluation, person).await.contains("employs them"));

    let leader = app.as_role(Role::SpecialistLeader).await.person();
    let led = |from: &str, to: &str| {
        json!({
            "person_id": leader,
            "school_id": school,
            "role": "lead",
            "from_on": from,
            "to_on": to,
        })
    };
    hub.post("/assignments", &led("2012-09-01", "2013-08-31")).await.expect(201);
    let invited = invite(hub, *evaluation, leader).await.expect(201).id();
    hub.act(&format!("/invitations/{invited}/withdraw"), None).await.expect(200);
    hub.post("/assignments", &led("2013-09-01", "2013-10-01")).await.expect(201);
    assert!(rule(hub, *evaluation, leader).await.contains("that they led in the last twelve months"));

    let supplier = json!({ "name": "Violins Ltd", "kind": "supplier", "roles": [] });
    let supplier = hub.post("/partners", &supplier).await.expect(201).id();
    let seller = app.as_role_in(app.hub, Role::Provider, |grant| grant.partner_id = Some(supplier)).await.person();
    assert!(rule(hub, *evaluation, seller).await.contains("sell to"));

    // What happens after the invitation counts when the person judges.
    invite(hub, *evaluation, judge.person()).await.expect(201);
    visited(app, judge.person(), *school).await;
    let refused = act(judge, *evaluation, "moderate").await;
    let detail = refused.problem(403, "forbidden")["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("that they visited in the last twelve months"), "{detail}");
}

/// A visit that was made in the spring.
async fn visited(app: &crate::support::App, visitor_id: Uuid, school_id: Uuid) {
    let now = app.clock.now();
    let row = visit::Model {
        hub_id: app.hub,
        id: Uuid::now_v7(),
        version: 1,
        created_at: now,
        updated_at: now,
        archived_at: None,
        school_id,
        visitor_id,
        co_visitor_ids: Vec::new().into(),
        kind: VisitKind::Initial,
        mode: VisitMode::InPerson,
        provider_id: None,
        starts_at: now,
        ends_at: now,
        purpose: None,
        note: None,
        people_met: Vec::new().into(),
        status: VisitStatus::Closed,
        status_reason: None,
        completed_on: Some(time::macros::date!(2014 - 03 - 10)),
        external_ids: Vec::new().into(),
        search_key: String::new(),
    };
    app.insert::<visit::Entity>(app.hub, vec![row]).await;
}

#[actix_web::test]
async fn an_invited_person_sees_one_evaluation_from_the_invitation_to_its_end() {
    let Fixture { app, hub, judge, evaluation, framework, .. } = &Fixture::new().await;
    let other = app.school(hub, "Elm", json!({})).await.id();
    let other = open_in(hub, other, *framework, "2014/15").await;
    let seen = async || {
        let ids = judge.get("/evaluations").await.expect(200).ids();
        let counted = judge.get("/evaluations/counts?by=status").await.expect(200).json();
        assert_eq!(counted["total"], json!(ids.len()), "{counted}");
        assert_eq!(responses(judge, *evaluation).await.len(), 2 * ids.len());
        judge.get(&format!("/evaluations/{other}")).await.problem(404, "not-found");
        ids
    };
    assert_eq!(seen().await, Vec::<Uuid>::new());
    let invited = invite(hub, *evaluation, judge.person()).await.expect(201);
    assert_eq!(seen().await, [*evaluation]);
    let path = format!("/evaluation-responses/{}", responses(judge, *evaluation).await[0]["id"].as_str().unwrap());
    judge.get(&path).await.expect(200);
    // Who is invited answers nothing and invites nobody.
    judge.patch(&path, &json!({ "level": 1 }), "*").await.problem(403, "forbidden");
    act(judge, *evaluation, "submit").await.problem(403, "forbidden");
    assert!([403, 404, 422].contains(&invite(judge, *evaluation, Uuid::now_v7()).await.status));
    invite(hub, *evaluation, judge.person()).await.problem(409, "duplicate");
    let path = format!("/invitations/{}", invited.id());
    hub.patch(&path, &json!({ "ends_on": "2014-08-31" }), "*").await.problem(422, "invalid");
    hub.act(&format!("{path}/withdraw"), None).await.expect(200);
    assert_eq!(seen().await, Vec::<Uuid>::new());
    assert_eq!(judge.get(&path).await.expect(200).json()["status"], "withdrawn");

    let again = invite(hub, *evaluation, judge.person()).await.expect(201).id();
    judge.act(&format!("/invitations/{again}/decline"), None).await.expect(200);
    assert_eq!(seen().await, Vec::<Uuid>::new());
    let until = json!({
        "evaluation_id": evaluation, "person_id": judge.person(), "part": "peer_reviewer", "ends_on": "2014-09-01",
    });
    hub.post("/invitations", &until).await.expect(201);
    assert_eq!(seen().await, [*evaluation]);
    app.clock.advance(std::time::Duration::from_hours(24));
    let tomorrow = app.again(judge);
    assert_eq!(tomorrow.get("/evaluations").await.expect(200).ids(), Vec::<Uuid>::new());
}

#[actix_web::test]
async fn levels_of_others_are_withheld_from_the_school_until_the_evaluation_is_agreed_or_returned() {
    let fixture = Fixture::in_moderation().await;
    let Fixture { app, head, hub, judge, evaluation, school, .. } = &fixture;
    let given = fixture.judgement(judge, 0, 1).await.expect(201);
    let path = format!("/evaluation-judgements/{}", given.id());
    let shown = async |by: &Caller| -> Vec<Value> {
        let mut shown = by.all("/evaluation-judgements").await;
        for query in [
            format!("?evaluation_id={evaluation}&sort=-updated_at"),
            format!("?school_id={school}&level=1"),
            format!("?judge_id={}&fields=level", judge.person()),
        ] {
            assert_eq!(by.all(&format!("/evaluation-judgements{query}")).await.len(), shown.len(), "{query}");
        }
        let counts = by.get("/evaluation-judgements/counts?by=level").await.expect(200).json();
        assert_eq!(counts["total"], json!(shown.len()), "{counts}");
        let differences = by.get(&format!("/evaluations/{evaluation}/differences")).await.expect(200).json();
        assert_eq!(differences["differing"], json!(shown.len()), "{differences}");
        for it in &mut shown {
            it.as_object_mut().unwrap().remove("updated_at");
        }
        shown
    };
    for by in [head, &app.at_school(Role::SchoolStaff, *school).await] {
        assert_eq!(shown(by).await, Vec::<Value>::new());
        by.get(&path).await.problem(404, "not-found");
        by.get(&format!("{path}/history")).await.problem(404, "not-found");
        let item = by.get(&format!("/evaluations/{evaluation}?expand=school,framework,actions")).await.expect(200);
        assert!(!item.text().contains("In one term only"));
        by.get(&format!("/evaluations/{evaluation}/history")).await.problem(403, "forbidden");
        by.get("/changes").await.problem(403, "forbidden");
    }
    assert_eq!(shown(judge).await.len(), 1);
    assert_eq!(shown(hub).await.len(), 1);
    // The one who gave it changes it, and nobody else.
    hub.patch(&path, &json!({ "level": 2 }), "*").await.problem(403, "forbidden");
    judge.patch(&path, &json!({ "comment": "In one term only, alas" }), "*").await.expect(200);
    send_back(judge, *evaluation, "Say in which terms").await.expect(200);
    assert_eq!(shown(head).await.len(), 1);
    // How it came to be stays with the hub.
    head.get(&format!("{path}/history")).await.problem(403, "forbidden");
    judge.patch(&path, &json!({ "level": 2 }), "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn only_who_is_invited_gives_levels_and_only_in_moderation() {
    let fixture = Fixture::in_moderation().await;
    let Fixture { app, hub, head, evaluation, school, judge, .. } = &fixture;
    let stranger = app.as_role(Role::SpecialistLeader).await;
    fixture.judgement(&stranger, 0, 1).await.problem(422, "invalid");
    let assigned = json!({
        "person_id": stranger.person(), "school_id": school, "role": "support", "from_on": "2014-09-01",
    });
    hub.post("/assignments", &assigned).await.expect(201);
    let detail = act(&stranger, *evaluation, "agree").await.problem(403, "forbidden")["detail"].clone();
    assert!(detail.as_str().unwrap().contains("only who is invited"), "{detail}");
    fixture.judgement(head, 0, 1).await.problem(403, "forbidden");
    let beyond = fixture.judgement(judge, 0, 4).await;
    assert_eq!(beyond.faults(), [("/level".to_owned(), "too_large".to_owned())]);
    fixture.judgement(judge, 0, 1).await.expect(201);
    fixture.judgement(judge, 0, 2).await.problem(409, "duplicate");
    let system = app.as_client("frameworks:read evaluations:judge").await;
    act(&system, *evaluation, "agree").await.problem(403, "forbidden");
    act(judge, *evaluation, "agree").await.expect(200);
    fixture.judgement(hub, 1, 2).await.problem(409, "conflict");
}

#[actix_web::test]
async fn what_the_hub_writes_to_an_invited_person_is_not_for_the_school() {
    let Fixture { app, hub, head, staff, judge, school, evaluation, .. } = &Fixture::new().await;
    let message = "The school is known to think well of itself";
    let form = json!({
        "evaluation_id": evaluation, "person_id": judge.person(), "part": "moderator", "message": message,
    });
    let path = format!("/invitations/{}", hub.post("/invitations", &form).await.expect(201).id());
    let assigned = app.as_role(Role::SpecialistLeader).await;
    let lead = json!({
        "person_id": assigned.person(), "school_id": school, "role": "support", "from_on": "2014-09-01",
    });
    hub.post("/assignments", &lead).await.expect(201);
    for (by, seen) in [(head, false), (staff, false), (&assigned, false), (judge, true), (hub, true)] {
        let expected = if seen { json!(message) } else { Value::Null };
        assert_eq!(by.get(&path).await.expect(200).json()["message"], expected);
        assert_eq!(by.all("/invitations?fields=message").await[0]["message"], expected);
    }
}
