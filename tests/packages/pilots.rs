//! Pilots: what is tried out, by whom, and what came of it.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Shop, act, package, quote, read, step};
use crate::support::Caller;

/// A package that the school tries out, and the pilot by which it does.
async fn tried(shop: &Shop, code: &str, to_on: Value) -> (Uuid, Uuid) {
    let tried = shop.officer.post("/packages", &package(code)).await.expect(201).id();
    act(&shop.officer, &format!("/packages/{tried}/pilot")).await.expect(200);
    let form = json!({
        "title": "Try", "package_id": tried, "school_ids": [shop.school], "from_on": "2014-09-01", "to_on": to_on,
        "outcome": "The school is confident",
    });
    let pilot = shop.officer.post("/pilots", &form).await.expect(201).id();
    (tried, pilot)
}

async fn sees(by: &Caller, package: Uuid) -> bool {
    by.get("/packages").await.expect(200).ids().contains(&package)
}

#[actix_web::test]
async fn a_pilot_that_is_over_shows_its_package_no_more() {
    let shop = Shop::new().await;
    for (code, verbs) in [("ONE", vec!["cancel"]), ("TWO", vec!["start", "complete"])] {
        let (package, pilot) = tried(&shop, code, Value::Null).await;
        let form = quote(shop.school, package, 1);
        let order = shop.staff.post("/orders", &form).await.expect(201).id();
        assert!(sees(&shop.staff, package).await);
        for verb in verbs {
            act(&shop.officer, &format!("/pilots/{pilot}/{verb}")).await.expect(200);
        }
        assert!(!sees(&shop.staff, package).await, "{code}");
        let refused = shop.staff.post("/orders", &form).await;
        assert_eq!(refused.faults(), [("/lines/0/package_id".to_owned(), "unknown_reference".to_owned())]);
        // Neither the school nor the hub orders by the quote that was made in time.
        for by in [&shop.school_head, &shop.officer] {
            let refused = step(by, order, "order").await;
            let detail = refused.problem(409, "conflict")["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("the school takes part in no pilot of it"), "{detail}");
        }
        assert_eq!(read(&shop.staff, order).await["status"], "quote");
        act(&shop.officer, &format!("/packages/{package}/launch")).await.expect(200);
        step(&shop.school_head, order, "order").await.expect(200);
    }
}

#[actix_web::test]
async fn a_package_in_pilot_is_ordered_until_the_last_day_of_the_pilot() {
    let shop = Shop::new().await;
    let (package, _) = tried(&shop, "TRY", json!("2014-09-02")).await;
    let form = quote(shop.school, package, 1);
    let [first, second] = [
        shop.staff.post("/orders", &form).await.expect(201).id(),
        shop.staff.post("/orders", &form).await.expect(201).id(),
    ];
    shop.app.clock.advance(Duration::from_hours(24));
    step(&shop.app.again(&shop.school_head), first, "order").await.expect(200);
    shop.app.clock.advance(Duration::from_hours(24));
    let [head, staff] = [&shop.school_head, &shop.staff].map(|caller| shop.app.again(caller));
    step(&head, second, "order").await.problem(409, "conflict");
    assert_eq!(read(&staff, second).await["status"], "quote");
    let refused = staff.post("/orders", &form).await;
    assert_eq!(refused.faults(), [("/lines/0/package_id".to_owned(), "unknown_reference".to_owned())]);
}

#[actix_web::test]
async fn a_pilot_tries_one_thing_at_named_schools() {
    let shop = Shop::new().await;
    let other = shop.app.school(&shop.head, "Beech", json!({})).await.id();
    let form = json!({
        "title": "Two things", "package_id": shop.package, "resource_id": shop.school, "from_on": "2014-09-02",
        "to_on": "2014-09-01", "school_ids": [shop.school, shop.school],
        "respondents": [{ "school_id": other, "confident": true }],
    });
    let refused = shop.officer.post("/pilots", &form).await;
    let faults = refused.faults();
    for expected in [
        ("/package_id", "one_of"),
        ("/resource_id", "unknown_reference"),
        ("/respondents/0/school_id", "unknown_reference"),
        ("/school_ids/1", "duplicate"),
        ("/to_on", "order"),
    ] {
        assert!(faults.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{expected:?}: {faults:?}");
    }
    let nowhere = json!({ "title": "Nowhere", "package_id": shop.package, "from_on": "2014-09-02" });
    assert_eq!(
        shop.officer.post("/pilots", &nowhere).await.faults(),
        [("/school_ids".to_owned(), "missing".to_owned())]
    );
    assert!(shop.officer.get("/pilots").await.expect(200).ids().is_empty());
}

#[actix_web::test]
async fn a_pilot_ends_with_an_outcome_and_then_stays() {
    let shop = Shop::new().await;
    let form = json!({
        "title": "Leadership", "package_id": shop.package, "school_ids": [shop.school], "from_on": "2014-06-02",
        "respondents": [{ "school_id": shop.school, "role": "Head of music" }],
    });
    let pilot = shop.officer.post("/pilots", &form).await.expect(201).id();
    let path = format!("/pilots/{pilot}");
    act(&shop.officer, &format!("{path}/start")).await.expect(200);
    let early = act(&shop.officer, &format!("{path}/complete")).await;
    assert_snapshot!(
        early.refusal(409, "conflict"),
        @"cannot complete a pilot without an outcome: say by PATCH what came out of it"
    );
    let answered = json!({
        "respondents": [{ "school_id": shop.school, "role": "Head of music", "confident": false }],
        "outcome": "Too long", "next_steps": "Halve it",
    });
    shop.officer.patch(&path, &answered, "*").await.expect(200);
    let done = act(&shop.officer, &format!("{path}/complete")).await.expect(200).json();
    assert_eq!((&done["status"], &done["to_on"]), (&json!("completed"), &json!("2014-09-01")));
    shop.officer.patch(&path, &json!({ "outcome": "Fine" }), "*").await.problem(409, "conflict");
    let found = shop.officer.get(&format!("/pilots?school_id={}&period_from=2014-09-01", shop.school)).await;
    assert_eq!(found.expect(200).ids(), [pilot]);
    let found = shop.officer.get("/pilots?period_from=2014-09-02").await.expect(200).ids();
    assert!(found.is_empty());
}
