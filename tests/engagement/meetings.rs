//! A meeting from its plan to its minutes, and what is done after it.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{Hub, act, because, meeting};

#[actix_web::test]
async fn agreed_minutes_stay_as_they_are_until_they_are_opened_again() {
    let hub = Hub::new().await;
    let silent = meeting("governance", &json!({ "notes": null }));
    let made = hub.head.post("/meetings", &silent).await.expect(201).id();
    let path = format!("/meetings/{made}");
    let early = hub.head.patch(&path, &json!({ "minutes_agreed_on": "2014-08-29" }), "*").await;
    assert_eq!(early.faults(), [("/minutes_agreed_on".to_owned(), "not_applicable".to_owned())]);
    act(&hub.head, &format!("{path}/hold")).await.expect(200);
    assert_snapshot!(act(&hub.head, &format!("{path}/minute")).await.refusal(409, "conflict"), @r"
    cannot agree minutes that say nothing: write them first
    /notes missing: write notes, or add a decision
    ");
    let twice = json!({ "decisions": [{ "number": "1", "text": "Sing" }, { "number": "1", "text": "Play" }] });
    let twice = hub.head.patch(&path, &twice, "*").await;
    assert_eq!(twice.faults(), [("/decisions/1/number".to_owned(), "duplicate".to_owned())]);
    let decided = json!({ "decisions": [{ "number": "1", "text": "Sing" }], "minutes_agreed_on": "2014-08-29" });
    hub.head.patch(&path, &decided, "*").await.expect(200);
    let minuted = act(&hub.head, &format!("{path}/minute")).await.expect(200).json();
    assert_eq!((&minuted["status"], &minuted["minutes_agreed_on"]), (&json!("minuted"), &json!("2014-08-29")));
    hub.head.patch(&path, &json!({ "notes": "More" }), "*").await.problem(409, "conflict");
    hub.head.delete(&path, "*").await.problem(409, "conflict");
    let opened = because(&hub.head, &format!("{path}/reopen")).await.expect(200).json();
    assert_eq!((&opened["status"], &opened["minutes_agreed_on"]), (&json!("held"), &Value::Null));
    hub.head.patch(&path, &json!({ "notes": "More" }), "*").await.expect(200);
    let later = meeting("other", &json!({ "starts_at": "2014-09-02T09:00:00Z", "ends_at": "2014-09-02T10:00:00Z" }));
    let later = hub.head.post("/meetings", &later).await.expect(201).id();
    act(&hub.head, &format!("/meetings/{later}/hold")).await.problem(409, "conflict");
}

#[actix_web::test]
async fn an_action_names_the_meeting_that_it_comes_from() {
    let hub = Hub::new().await;
    let made = hub.head.post("/meetings", &meeting("area_group", &json!({}))).await.expect(201).id();
    let action = json!({
        "school_id": hub.ash, "source_kind": "meeting", "source_id": made, "text": "Lend the hall",
        "owner_role": "Head", "due_on": "2014-12-01", "audience": "school",
    });
    let agreed = hub.head.post("/actions", &action).await.expect(201).id();
    assert_eq!(hub.head.get(&format!("/actions?source_id={made}")).await.expect(200).ids(), [agreed]);
    assert_eq!(hub.ash_head.get(&format!("/actions/{agreed}")).await.expect(200).json()["text"], "Lend the hall");
    assert!(
        hub.head.delete(&format!("/meetings/{made}"), "*").await.problem(409, "conflict")["detail"]
            .as_str()
            .unwrap()
            .contains(&agreed.to_string())
    );
    // Somebody who does not see the meeting cannot name it.
    let specialist = hub.app.as_role(entity::identity::grant::Role::SpecialistLeader).await;
    let assignment =
        json!({ "person_id": specialist.person(), "school_id": hub.ash, "role": "lead", "from_on": "2014-04-01" });
    hub.head.post("/assignments", &assignment).await.expect(201);
    let refused = specialist.post("/actions", &action).await;
    assert_eq!(refused.faults(), [("/source_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn a_member_or_attendee_is_one_person_one_school_or_words() {
    let hub = Hub::new().await;
    let person = hub.head.post("/people", &json!({ "name": "Ada" })).await.expect(201).id();
    let attendance = json!([
        { "person_id": person, "presence": "present" },
        { "person_id": person, "presence": "absent" },
        { "presence": "present" },
        { "school_id": hub.ash, "text": "Ash", "presence": "apologies" },
    ]);
    let refused = hub.head.post("/meetings", &meeting("other", &json!({ "attendance": attendance }))).await;
    let places: Vec<_> = refused.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["/attendance/1/person_id", "/attendance/2", "/attendance/3"]);
    let expected = json!([{ "person_id": person, "presence": "present" }]);
    let planned = hub.head.post("/meetings", &meeting("other", &json!({ "attendance": expected }))).await.expect(201);
    assert_eq!(hub.head.get(&format!("/meetings?person_id={person}")).await.expect(200).ids(), [planned.id()]);
    // Who is expected at a planned meeting is not archived; who was at one that was held may be.
    hub.head.delete(&format!("/people/{person}"), "*").await.problem(409, "conflict");
    act(&hub.head, &format!("/meetings/{}/hold", planned.id())).await.expect(200);
    hub.head.delete(&format!("/people/{person}"), "*").await.expect(204);
}
