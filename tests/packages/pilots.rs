//! Pilots: what is tried out, by whom, and what came of it.

use insta::assert_snapshot;
use serde_json::json;

use super::{Shop, act};

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
