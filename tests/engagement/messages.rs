//! A message from its draft until the last school is reached, and a list that nobody changes.

use entity::identity::grant::Role;
use futures_util::future::join;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, act, message};
use crate::support::Caller;

/// The shares of a report in one line: who was addressed, and who was reached.
async fn reach(by: &Caller, query: &str) -> String {
    let report = by.get(&format!("/reports/reach?{query}")).await.expect(200).json();
    let line = |line: &Value| {
        let share = |of: &str| format!("{}/{}", line[of]["numerator"], line[of]["denominator"]);
        format!("{} {} {}", line["group"]["value"], share("addressed"), share("reached"))
    };
    let lines: Vec<_> = report["lines"].as_array().unwrap().iter().chain([&report["total"]]).map(line).collect();
    lines.join("; ")
}

#[actix_web::test]
async fn a_message_is_followed_until_the_last_school_is_reached() {
    let hub = Hub::new().await;
    let email = json!({ "name": "Ada Marlow", "email": "ada@ash.example" });
    let ada = hub.head.post("/people", &email).await.expect(201).id();
    let contact = json!({ "person_id": ada, "school_id": hub.ash, "job_role": "Head teacher" });
    hub.head.post("/contacts", &contact).await.expect(201);
    let closed = hub.app.school(&hub.head, "Dogwood", json!({ "status": "closed", "closed_on": "2014-07-31" })).await;

    let form = message("newsletter", &json!({ "contact_job_role": "head teacher", "note": "Remind them" }));
    let sent = hub.head.post("/communications", &form).await.expect(201).id();
    let path = format!("/communications/{sent}");
    let preview = hub.head.get(&format!("{path}/preview?sort=name&total=true")).await.expect(200);
    assert_eq!((preview.ids(), &preview.json()["total"]), (vec![hub.ash, hub.beech, hub.cedar], &json!(3)));
    assert!(!preview.ids().contains(&closed.id()));
    let counts = hub.head.get(&format!("{path}/preview/counts?by=phase")).await.expect(200).json();
    assert_eq!(counts["groups"][0], json!({ "by": { "phase": "primary" }, "count": 2 }));
    hub.ash_head.get(&path).await.problem(404, "not-found");
    hub.ash_head.get(&format!("{path}/preview")).await.problem(404, "not-found");

    act(&hub.head, &format!("{path}/send")).await.expect(200);
    let list = hub.head.get(&format!("{path}/recipients?sort=school_name")).await.expect(200).json();
    let told = |item: &Value| json!([item["school_name"], item["person_name"], item["email"], item["outcome"]]);
    let told: Vec<_> = list["items"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(told[0], json!(["Ash", "Ada Marlow", "ada@ash.example", "unknown"]));
    assert_eq!(told[1], json!(["Beech", null, null, "unknown"]));
    let export = async |by: &Caller| by.get(&format!("{path}/recipients/export?format=csv")).await.expect(200).text();
    assert!(export(&hub.head).await.contains("ada@ash.example"));
    let governor = hub.app.as_role(Role::Governor).await;
    let seen = export(&governor).await;
    assert!(!seen.contains("ada@ash.example") && !seen.contains("Ada Marlow") && seen.contains("Beech"), "{seen}");

    // A school has the message, and sees nothing of its other recipients.
    let item = hub.ash_head.get(&path).await.expect(200).json();
    assert_eq!((&item["body"], &item["note"], &item["recipient_count"]), (&form["body"], &Value::Null, &Value::Null));
    let own = hub.ash_head.get(&format!("{path}/recipients")).await.expect(200).json();
    assert_eq!(own["items"].as_array().unwrap().len(), 1, "{own}");
    assert_eq!(hub.ash_head.get("/communication-recipients").await.expect(200).ids().len(), 1);
    assert_eq!(
        hub.ash_head.get(&format!("/communications?school_id={}", hub.beech)).await.expect(200).ids(),
        Vec::<Uuid>::new()
    );
    hub.ash_head
        .patch(&hub.recipient(sent, hub.ash).await, &json!({ "outcome": "reached" }), "*")
        .await
        .problem(403, "forbidden");

    assert_eq!(reach(&hub.head, "").await, "\"newsletter\" 3/3 0/3; null 3/3 0/3");
    hub.head.patch(&hub.recipient(sent, hub.ash).await, &json!({ "outcome": "reached" }), "*").await.expect(200);
    let batch = json!({ "items": [
        { "communication_id": sent, "school_id": hub.beech, "outcome": "reached", "reached_on": "2014-09-01" },
        { "communication_id": sent, "school_id": hub.cedar, "outcome": "not_reached" },
        { "communication_id": sent, "school_id": closed.id(), "outcome": "reached" },
    ] });
    let report = hub.head.post("/communication-recipients/batch?mode=each", &batch).await.expect(200).json();
    assert_eq!((&report["updated"], &report["created"], &report["rejected"]), (&json!(1), &json!(0), &json!(2)));
    assert_eq!(report["items"][1]["errors"][0]["pointer"], "/items/1/reason");
    assert_eq!(report["items"][2]["errors"][0]["code"], "unknown_reference");
    assert_eq!(reach(&hub.head, "by=phase").await, "\"primary\" 2/2 1/2; \"secondary\" 1/1 1/1; null 3/3 2/3");
    let unreached = hub.head.get("/reports/unreached-schools").await.expect(200).json();
    assert_eq!((&unreached["found"], &unreached["lines"][0]["school_name"]), (&json!(1), &json!("Cedar")));
    assert_eq!(unreached["lines"][0]["messages"], 1);

    let cedar = hub.recipient(sent, hub.cedar).await;
    let reason = json!({ "outcome": "not_reached", "reason": "The office is closed" });
    hub.head.patch(&cedar, &reason, "*").await.expect(200);
    let late = hub.head.patch(&cedar, &json!({ "outcome": "reached", "reached_on": "2014-09-02" }), "*").await;
    assert_eq!(late.faults(), [("/reached_on".to_owned(), "order".to_owned())]);
    let reached = hub.head.patch(&cedar, &json!({ "outcome": "reached" }), "*").await.expect(200).json();
    assert_eq!((&reached["reached_on"], &reached["reason"]), (&json!("2014-09-01"), &Value::Null));
    assert_eq!(reach(&hub.head, "by=area").await, "null 3/3 3/3; null 3/3 3/3");
    assert_eq!(hub.head.get("/reports/unreached-schools").await.expect(200).json()["found"], 0);
    // What came later was not so on the day before.
    assert_eq!(reach(&hub.head, "as_at=2014-08-31&academic_year=2014/15").await, "null 0/3 0/3");
    act(&hub.head, &format!("{path}/close")).await.expect(200);
    assert_snapshot!(
        hub.head.patch(&cedar, &json!({ "outcome": "unknown" }), "*").await.refusal(409, "conflict"),
        @"cannot record the outcome of a closed message"
    );
}

#[actix_web::test]
async fn the_list_of_recipients_is_fixed_when_a_message_is_sent() {
    let hub = Hub::new().await;
    let nothing = message("announcement", &json!({ "body": null }));
    let empty = hub.head.post("/communications", &nothing).await.expect(201).id();
    assert_snapshot!(
        act(&hub.head, &format!("/communications/{empty}/send")).await.refusal(409, "conflict"),
        @r"
    cannot send a message that says nothing: write what is missing first
    /body missing: write a `body`, or give a `link`
    "
    );
    let few = json!({ "to_school_ids": [hub.ash, hub.beech] });
    let sent = hub.sent("announcement", &few).await;
    let path = format!("/communications/{sent}");
    hub.head.patch(&hub.recipient(sent, hub.ash).await, &json!({ "outcome": "reached" }), "*").await.expect(200);
    hub.app.school(&hub.head, "Elder", json!({})).await;
    assert_eq!(hub.head.get(&format!("{path}/recipients?total=true")).await.expect(200).json()["total"], 2);
    for refused in [
        hub.head.patch(&path, &json!({ "to_school_ids": [hub.cedar] }), "*").await,
        hub.head.get(&format!("{path}/preview")).await,
        hub.head.delete(&path, "*").await,
        act(&hub.head, &format!("{path}/withdraw")).await,
    ] {
        refused.problem(409, "conflict");
    }
    let moved = json!({ "school_id": hub.cedar });
    let moved = hub.head.patch(&hub.recipient(sent, hub.ash).await, &moved, "*").await;
    assert_eq!(moved.faults(), [("/school_id".to_owned(), "fixed".to_owned())]);
    hub.app.at_school(Role::SchoolHead, hub.cedar).await.get(&path).await.problem(404, "not-found");
    // The next message goes to the schools that this one did not reach.
    let rest = hub.sent("survey", &json!({ "to_unreached_only": true })).await;
    let schools = hub.head.all(&format!("/communication-recipients?communication_id={rest}&expand=school")).await;
    let mut names: Vec<_> = schools.iter().map(|one| one["school"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Beech", "Cedar", "Elder"]);
}

#[actix_web::test]
async fn a_school_reads_neither_why_a_message_was_closed_nor_who_sent_it() {
    let hub = Hub::new().await;
    let sent = hub.sent("announcement", &json!({})).await;
    let path = format!("/communications/{sent}");
    let secret = json!({ "reason": "Beech complained about it" });
    hub.head.post(&format!("{path}/close"), &secret).header("if-match", "*").await.expect(200);
    let person = json!(hub.head.person());
    let own = hub.head.get(&path).await.expect(200).json();
    assert_eq!((&own["status_reason"], &own["sent_by_id"]), (&secret["reason"], &person));
    let shown = hub.ash_head.get(&format!("{path}?expand=sent_by")).await.expect(200).json();
    assert_eq!(shown["status"], "closed");
    for field in ["status_reason", "sent_by_id", "sent_by"] {
        assert_eq!(shown[field], Value::Null, "{field}");
    }
    let person = person.as_str().unwrap();
    let mut text = hub.ash_head.get("/communications?expand=sent_by").await.expect(200).text();
    for format in ["csv", "ndjson"] {
        text += &hub.ash_head.get(&format!("/communications/export?format={format}")).await.expect(200).text();
    }
    assert!(text.contains("Sing!") && !text.contains("complained") && !text.contains(person), "{text}");
}

#[actix_web::test]
async fn of_two_who_send_a_message_at_once_one_does() {
    let hub = Hub::new().await;
    let form = message("invitation", &json!({}));
    for _ in 0..5 {
        let draft = hub.head.post("/communications", &form).await.expect(201).id();
        let path = format!("/communications/{draft}/send");
        let (one, other) = join(act(&hub.head, &path), act(&hub.head, &path)).await;
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{one:?} {other:?}");
        let list = format!("/communication-recipients?communication_id={draft}");
        assert_eq!(hub.head.get(&list).await.expect(200).ids().len(), 3);
    }
}

#[actix_web::test]
async fn a_school_writes_no_message_and_sees_no_group_or_meeting() {
    let hub = Hub::new().await;
    let by = &hub.ash_head;
    by.post("/communications", &message("other", &json!({}))).await.problem(403, "forbidden");
    by.post("/meetings", &super::meeting("other", &json!({}))).await.problem(403, "forbidden");
    let group = json!({ "name": "Heads", "kind": "head_teachers", "place": "city" });
    by.post("/stakeholder-groups", &group).await.problem(403, "forbidden");
    by.post("/shared-practice", &super::practice(&json!({}))).await.problem(403, "forbidden");
    by.post("/hub-links", &json!({ "partner_slug": "luton" })).await.problem(403, "forbidden");
    hub.head.post("/stakeholder-groups", &group).await.expect(201);
    let meeting = hub.head.post("/meetings", &super::meeting("other", &json!({}))).await.expect(201).id();
    by.get(&format!("/meetings/{meeting}")).await.problem(404, "not-found");
    for list in ["/meetings", "/stakeholder-groups", "/hub-links", "/hub-shares", "/received-shares"] {
        assert_eq!(by.get(list).await.expect(200).ids(), Vec::<Uuid>::new(), "{list}");
    }
    let staff = hub.app.at_school(Role::SchoolStaff, hub.ash).await;
    staff.post("/consultation-responses", &json!({})).await.problem(403, "forbidden");
}
