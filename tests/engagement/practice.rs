//! Practice before schools: for whom, and for how long.

use std::time::Duration;

use entity::identity::grant::Role;
use futures_util::future::join;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, act, because, practice};
use crate::support::Caller;

const DAY: Duration = Duration::from_hours(24);

async fn sees(by: &Caller, practice: Uuid) -> bool {
    let item = by.get(&format!("/shared-practice/{practice}")).await;
    let listed = by.get("/shared-practice?total=true").await.expect(200);
    let counted = by.get("/shared-practice/counts?by=kind").await.expect(200).json()["total"].clone();
    assert_eq!(listed.json()["total"], counted);
    let seen = listed.ids().contains(&practice);
    assert_eq!(item.status, if seen { 200 } else { 404 }, "{item:?}");
    seen
}

#[actix_web::test]
async fn practice_is_seen_by_its_audience_until_the_consent_ends() {
    let hub = Hub::new().await;
    let group = json!({ "name": "Family", "kind": "cluster" });
    let group = hub.head.post("/school-groups", &group).await.expect(201).id();
    let member = json!({ "school_group_id": group, "school_id": hub.ash });
    hub.head.post("/school-group-members", &member).await.expect(201);
    let form = practice(&json!({
        "audience": "chosen", "to_school_group_ids": [group], "consent_by": null, "consent_confirmed_on": null,
        "consent_until": "2014-09-02",
    }));
    let made = hub.head.post("/shared-practice", &form).await.expect(201).id();
    let path = format!("/shared-practice/{made}");
    assert_snapshot!(act(&hub.head, &format!("{path}/publish")).await.refusal(409, "conflict"), @r"
    cannot publish practice that is not ready: put it right first
    /consent_by missing: say who confirmed that it may be shared
    /consent_confirmed_on missing: say when the consent was confirmed
    ");
    let consent = json!({ "consent_by": "Head", "consent_confirmed_on": "2014-08-25" });
    hub.head.patch(&path, &consent, "*").await.expect(200);
    assert!(!sees(&hub.ash_head, made).await, "a draft");
    act(&hub.head, &format!("{path}/publish")).await.expect(200);
    assert!(sees(&hub.ash_head, made).await && !sees(&hub.beech_head, made).await);
    let item = hub.ash_head.get(&path).await.expect(200).json();
    for internal in ["to_school_group_ids", "consent_by", "consent_confirmed_on", "note"] {
        assert_eq!(item[internal], Value::Null, "{internal}");
    }
    hub.ash_head.get(&format!("{path}/history")).await.problem(403, "forbidden");
    let text = hub.head.patch(&path, &json!({ "text": "Another story" }), "*").await;
    assert_eq!(text.faults(), [("/text".to_owned(), "fixed".to_owned())]);
    let wider = json!({ "to_school_ids": [hub.beech] });
    hub.head.patch(&path, &wider, "*").await.expect(200);
    assert!(sees(&hub.beech_head, made).await);
    hub.head.patch(&path, &json!({ "to_school_ids": null }), "*").await.expect(200);
    assert!(!sees(&hub.beech_head, made).await, "no longer among them");

    let opened = json!({ "school_id": hub.ash });
    let open = format!("{path}/open");
    let (one, other) =
        join(async { hub.ash_head.post(&open, &opened).await }, async { hub.head.post(&open, &opened).await }).await;
    assert_eq!(one.expect(200).json()["id"], other.expect(200).json()["id"], "once a day");
    for (by, school) in [(&hub.ash_head, hub.beech), (&hub.head, hub.beech)] {
        let refused = by.post(&open, &json!({ "school_id": school })).await;
        assert_eq!(refused.faults(), [("/school_id".to_owned(), "unknown_reference".to_owned())]);
    }
    hub.beech_head.post(&open, &json!({ "school_id": hub.beech })).await.problem(404, "not-found");
    let governor = hub.app.as_role(Role::Governor).await;
    governor.post(&open, &opened).await.problem(403, "forbidden");
    let report = hub.head.get("/reports/practice?by=phase").await.expect(200).json();
    let told = |line: &Value| {
        ["shared", "opened"].map(|of| format!("{}/{}", line[of]["numerator"], line[of]["denominator"])).join(" ")
    };
    // Beech was given it on this day too.
    let lines: Vec<_> = report["lines"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        (lines, told(&report["total"])),
        (vec!["1/2 1/2".to_owned(), "1/1 0/1".to_owned()], "2/3 1/3".to_owned())
    );

    hub.app.clock.advance(DAY);
    let (head, ash_head) = (hub.app.again(&hub.head), hub.app.again(&hub.ash_head));
    let staff = hub.app.at_school(Role::SchoolStaff, hub.ash).await;
    staff.post(&open, &opened).await.expect(200);
    assert_eq!(head.get(&format!("/practice-openings?school_id={}", hub.ash)).await.expect(200).ids().len(), 2);
    assert!(sees(&ash_head, made).await, "the last day");
    hub.app.clock.advance(DAY);
    let (head, ash_head) = (hub.app.again(&head), hub.app.again(&ash_head));
    assert!(!sees(&ash_head, made).await, "the consent is over");
    ash_head.post(&open, &opened).await.problem(404, "not-found");
    let expanded = ash_head.get("/practice-openings?expand=shared_practice").await.expect(200).json();
    assert_eq!(expanded["items"][0]["shared_practice"], Value::Null, "{expanded}");
    assert!(sees(&head, made).await, "the hub has it still");
    head.patch(&path, &json!({ "consent_until": "2014-12-31" }), "*").await.expect(200);
    assert!(sees(&ash_head, made).await);
    because(&head, &format!("{path}/withdraw")).await.expect(200);
    assert!(!sees(&ash_head, made).await);
}

#[actix_web::test]
async fn practice_for_all_reaches_schools_that_come_later() {
    let hub = Hub::new().await;
    let named = hub.head.post("/shared-practice", &practice(&json!({ "to_school_ids": [hub.ash] }))).await;
    assert_eq!(named.faults(), [("/audience".to_owned(), "not_applicable".to_owned())]);
    let nobody = hub.head.post("/shared-practice", &practice(&json!({ "audience": "chosen" }))).await;
    assert_eq!(nobody.faults(), [("/to_school_ids".to_owned(), "missing".to_owned())]);
    let made = hub.published(&json!({ "school_id": hub.cedar })).await;
    let elder = hub.app.school(&hub.head, "Elder", json!({})).await.id();
    assert!(sees(&hub.app.at_school(Role::SchoolStaff, elder).await, made).await);
    hub.head.delete(&format!("/shared-practice/{made}"), "*").await.problem(409, "conflict");
}
