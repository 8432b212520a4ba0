//! A consultation of schools and stakeholder groups, of which each answers once.

use futures_util::future::join;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, act, meeting};
use crate::support::Caller;

async fn group(by: &Caller, name: &str, kind: &str) -> Uuid {
    let form = json!({ "name": name, "kind": kind, "place": "county", "members": [{ "text": "Chair" }] });
    by.post("/stakeholder-groups", &form).await.expect(201).id()
}

fn told(report: &Value) -> Vec<String> {
    let share = |line: &Value, of: &str| format!("{}/{}", line[of]["numerator"], line[of]["denominator"]);
    let line = |line: &Value| {
        let kind = line["kind"].as_str().unwrap_or("schools");
        format!("{kind}: {}, {}, {}", share(line, "answered"), share(line, "buy_in"), line["undecided"])
    };
    report["lines"].as_array().unwrap().iter().map(line).collect()
}

#[actix_web::test]
async fn each_school_and_each_group_answers_a_consultation_once() {
    let hub = Hub::new().await;
    let heads = group(&hub.head, "Heads", "head_teachers").await;
    let governors = group(&hub.head, "Governors", "governors").await;
    let other = group(&hub.head, "Network", "network").await;
    let asks = json!({ "stakeholder_group_ids": [heads, governors], "to_school_ids": [hub.ash, hub.beech] });
    let asked = hub.sent("consultation", &asks).await;
    let of_school = |school: Uuid| json!({ "communication_id": asked, "school_id": school, "buy_in": true });

    let answer = hub.ash_head.post("/consultation-responses", &of_school(hub.ash)).await.expect(201);
    let own = answer.json();
    assert_eq!(own["answered_by_id"], hub.ash_head.person().to_string());
    assert_eq!(own["answered_on"], "2014-09-01");
    let again = hub.head.post("/consultation-responses", &of_school(hub.ash)).await;
    again.problem(409, "duplicate");
    assert!(again.header("location").ends_with(&answer.id().to_string()), "{again:?}");
    // A school answers for itself alone, and sees no other answer.
    let theirs = hub.ash_head.post("/consultation-responses", &of_school(hub.beech)).await;
    assert_eq!(theirs.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);
    hub.beech_head.get(&format!("/consultation-responses/{}", answer.id())).await.problem(404, "not-found");
    assert_eq!(hub.beech_head.get("/consultation-responses/counts?by=buy_in").await.expect(200).json()["total"], 0);
    let not_asked = hub.head.post("/consultation-responses", &of_school(hub.cedar)).await;
    assert_eq!(not_asked.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);

    let of_group = |group: Uuid, buy_in: Value| {
        let form = json!({ "communication_id": asked, "stakeholder_group_id": group, "answered_by": "Chair" });
        crate::visits::with(form, json!({ "buy_in": buy_in }))
    };
    hub.head.post("/consultation-responses", &of_group(heads, json!(false))).await.expect(201);
    let undecided = hub.head.post("/consultation-responses", &of_group(governors, Value::Null)).await.expect(201).id();
    let stranger = hub.head.post("/consultation-responses", &of_group(other, json!(true))).await;
    assert_eq!(stranger.faults(), [("/stakeholder_group_id".to_owned(), "unknown_reference".to_owned())]);
    let report = hub.head.get("/reports/consultations").await.expect(200).json();
    assert_eq!(told(&report), ["governors: 1/1, 0/0, 1", "head_teachers: 1/1, 0/1, 0", "schools: 1/2, 1/1, 0"]);

    // They may change their minds until it is closed.
    let path = format!("/consultation-responses/{undecided}");
    hub.head.patch(&path, &json!({ "buy_in": true }), "*").await.expect(200);
    let fixed = hub.head.patch(&path, &json!({ "stakeholder_group_id": heads }), "*").await;
    assert_eq!(fixed.faults(), [("/stakeholder_group_id".to_owned(), "fixed".to_owned())]);
    act(&hub.head, &format!("/communications/{asked}/close")).await.expect(200);
    assert_snapshot!(
        hub.beech_head.post("/consultation-responses", &of_school(hub.beech)).await.refusal(409, "conflict"),
        @"cannot answer a closed consultation: it must be sent"
    );
    hub.head.patch(&path, &json!({ "buy_in": false }), "*").await.problem(409, "conflict");
    hub.head.delete(&path, "*").await.problem(409, "conflict");
}

#[actix_web::test]
async fn of_two_who_answer_for_a_school_at_once_one_does() {
    let hub = Hub::new().await;
    for _ in 0..5 {
        let asked = hub.sent("consultation", &json!({})).await;
        let form = json!({ "communication_id": asked, "school_id": hub.ash, "answered_by": "Head" });
        let (one, other) = join(async { hub.ash_head.post("/consultation-responses", &form).await }, async {
            hub.head.post("/consultation-responses", &form).await
        })
        .await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409], "{one:?} {other:?}");
    }
}

#[actix_web::test]
async fn a_meeting_consults_the_groups_that_meet_and_the_schools_that_were_expected() {
    let hub = Hub::new().await;
    let heads = group(&hub.head, "Heads", "head_teachers").await;
    let attendance = json!([{ "school_id": hub.ash, "presence": "present" }]);
    let form = meeting("consultation", &json!({ "stakeholder_group_ids": [heads], "attendance": attendance }));
    let asked = hub.head.post("/meetings", &form).await.expect(201).id();
    let answer = |who: Value| crate::visits::with(json!({ "meeting_id": asked, "answered_by": "Chair" }), who);
    let of_group = answer(json!({ "stakeholder_group_id": heads, "buy_in": true }));
    assert_snapshot!(
        hub.head.post("/consultation-responses", &of_group).await.refusal(409, "conflict"),
        @"cannot answer at a planned meeting: it must be held"
    );
    act(&hub.head, &format!("/meetings/{asked}/hold")).await.expect(200);
    hub.head.post("/consultation-responses", &of_group).await.expect(201);
    hub.head.post("/consultation-responses", &answer(json!({ "school_id": hub.ash }))).await.expect(201);
    let absent = hub.head.post("/consultation-responses", &answer(json!({ "school_id": hub.beech }))).await;
    assert_eq!(absent.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);
    // A school does not even see the meeting.
    let own = hub.ash_head.post("/consultation-responses", &answer(json!({ "school_id": hub.ash }))).await;
    assert_eq!(own.faults(), [("/meeting_id".to_owned(), "unknown_reference".to_owned())]);
    let report = hub.head.get("/reports/consultations?from_on=2014-08-01&to_on=2014-08-31").await.expect(200).json();
    assert_eq!(told(&report), ["head_teachers: 1/1, 1/1, 0", "schools: 1/1, 0/0, 1"]);
}
