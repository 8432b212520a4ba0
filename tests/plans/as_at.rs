//! The day for which a plan is shown when none is asked for.

use std::time::Duration;

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{hub, make, small};
use crate::support;

#[actix_web::test]
async fn a_plan_that_is_over_is_shown_as_on_its_last_day_everywhere_alike() {
    let app = support::demo().await;
    let head = app.as_role(Role::HeadOfService).await;
    let plan = head.get("/plans?status=active").await.expect(200).ids()[0];
    let last = json!({ "as_at": "2016-03-31", "as_at_reason": "last_day" });
    let told = |shown: &Value| json!({ "as_at": shown["as_at"], "as_at_reason": shown["as_at_reason"] });
    let tree = head.get(&format!("/plans/{plan}?expand=tree")).await.expect(200).json();
    let progress = head.get(&format!("/plans/{plan}/progress")).await.expect(200).json();
    let document = head.get(&format!("/plans/{plan}/document?format=json")).await.expect(200).json();
    for shown in [&tree, &progress, &document] {
        assert_eq!(told(shown), last);
    }
    let targets = head.all(&format!("/targets?plan_id={plan}&expand=status,as_at")).await;
    assert!(targets.iter().all(|target| target["as_at"] == last));
    let status = |id: &Value| {
        let objectives = progress["objectives"].as_array().unwrap().iter();
        let mut targets = objectives.flat_map(|objective| objective["targets"].as_array().unwrap());
        targets.find(|target| target["target_id"] == *id).unwrap()["status"].clone()
    };
    assert!(targets.iter().all(|target| target["status"] == status(&target["id"])));

    // Asked for, a day is the day; another one than today makes another status.
    let asked = head.get(&format!("/plans/{plan}/progress?as_at=2015-03-31")).await.expect(200).json();
    assert_eq!(told(&asked), json!({ "as_at": "2015-03-31", "as_at_reason": "asked" }));
    assert_ne!(asked["counts"], progress["counts"]);
}

#[actix_web::test]
async fn a_plan_is_shown_as_today_while_it_lasts_and_as_on_its_first_day_before() {
    let (app, head) = hub().await;
    let running = make(&head, small()).await;
    let mut form = small();
    for (year, (first_day, last_day)) in form["years"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .zip([("2014-09-03", "2015-03-31"), ("2015-04-01", "2016-03-31")])
    {
        year["first_day"] = json!(first_day);
        year["last_day"] = json!(last_day);
    }
    let later = make(&head, form).await;
    let empty = make(&head, json!({ "kind": "other", "title": "Empty" })).await;
    let day = async |plan| {
        let shown = head.get(&format!("/plans/{plan}/progress")).await.expect(200).json();
        (shown["as_at"].clone(), shown["as_at_reason"].clone())
    };
    assert_eq!(day(running).await, (json!("2014-09-01"), json!("today")));
    assert_eq!(day(later).await, (json!("2014-09-03"), json!("first_day")));
    assert_eq!(day(empty).await, (json!("2014-09-01"), json!("today")));
    app.clock.advance(Duration::from_hours(48));
    let head = app.again(&head);
    let shown = head.get(&format!("/plans/{later}/progress")).await.expect(200).json();
    assert_eq!(shown["as_at_reason"], "today");
}
