//! Lessons are observed, and few people see what was observed.

use entity::identity::grant::Role;
use serde_json::{Value, json};

use super::{Fixture, publish};
use crate::frameworks;
use crate::support::Caller;

fn lesson(school: uuid::Uuid, framework: uuid::Uuid, observer: &Caller, second: &Caller) -> Value {
    json!({
        "school_id": school,
        "framework_id": framework,
        "observed_on": "2014-09-01",
        "key_stage": "ks2",
        "class_name": "Year 4, ukulele",
        "observer_id": observer.person(),
        "second_observer_id": second.person(),
    })
}

#[actix_web::test]
async fn two_observers_give_their_own_levels_and_agree_and_few_others_see_them() {
    let Fixture { app, hub, head, staff, judge, school, evaluation, .. } = &Fixture::new().await;
    let mut framework = frameworks::singing();
    framework["kind"] = json!("lesson_observation");
    let framework = publish(hub, &framework).await;
    let criterion = hub.get(&format!("/framework-criteria?framework_id={framework}")).await.expect(200).ids()[0];
    let second = app.as_role(Role::SpecialistLeader).await;
    let made = judge.post("/observations", &lesson(*school, framework, judge, &second)).await.expect(201);
    let path = format!("/observations/{}", made.id());
    let levels = |level: i32| json!([{ "criterion_id": criterion, "level": level }]);
    judge.patch(&path, &json!({ "observer_levels": levels(2) }), "*").await.expect(200);
    judge.patch(&path, &json!({ "second_observer_levels": levels(2) }), "*").await.problem(403, "forbidden");
    let early = judge.patch(&path, &json!({ "agreed_levels": levels(2) }), "*").await;
    assert_eq!(early.faults(), [("/agreed_levels".to_owned(), "missing".to_owned())]);
    let beyond = second.patch(&path, &json!({ "second_observer_levels": levels(4) }), "*").await;
    assert_eq!(beyond.faults(), [("/second_observer_levels/0/level".to_owned(), "too_large".to_owned())]);
    second.patch(&path, &json!({ "second_observer_levels": levels(3) }), "*").await.expect(200);
    second.patch(&path, &json!({ "agreed_levels": levels(3) }), "*").await.expect(200);

    let deputy = app.as_role(Role::DeputyHeadOfService).await;
    for by in [judge, &second, hub, &deputy, head] {
        assert_eq!(by.get("/observations?total=true").await.expect(200).json()["total"], 1);
        by.get(&path).await.expect(200);
    }
    let assigned = app.as_role(Role::SpecialistLeader).await;
    let form = json!({
        "person_id": assigned.person(), "school_id": school, "role": "lead", "from_on": "2014-09-01",
    });
    hub.post("/assignments", &form).await.expect(201);
    let elm = app.school(hub, "Elm", json!({})).await.id();
    let stranger = app.at_school(Role::SchoolHead, elm).await;
    for by in [&assigned, &stranger] {
        assert_eq!(by.get("/observations?total=true").await.expect(200).json()["total"], 0);
        by.get(&path).await.problem(404, "not-found");
    }
    for role in [Role::BusinessManager, Role::MusicLeader, Role::Governor, Role::Monitor] {
        app.as_role(role).await.get(&path).await.problem(403, "forbidden");
    }
    staff.get(&path).await.problem(403, "forbidden");
    head.patch(&path, &json!({ "note": "Thank you" }), "*").await.problem(403, "forbidden");
    // No feed has it, not even that of somebody who sees it.
    let changes = hub.get("/changes?limit=200").await.expect(200).text();
    assert!(changes.contains(&evaluation.to_string()) && !changes.contains("ukulele"));
    assert!(!app.state.document.json().to_string().contains("/observations/export"));
}

#[actix_web::test]
async fn an_observation_is_of_a_lesson_framework_and_by_the_one_who_writes_it_down() {
    let Fixture { app, hub, judge, school, framework, .. } = &Fixture::new().await;
    let second = app.as_role(Role::SpecialistLeader).await;
    let wrong = judge.post("/observations", &lesson(*school, *framework, judge, &second)).await;
    assert_eq!(wrong.faults(), [("/framework_id".to_owned(), "unknown_reference".to_owned())]);
    let mut form = frameworks::singing();
    form["kind"] = json!("lesson_observation");
    let lessons = publish(hub, &form).await;
    let other = app.as_role(Role::SpecialistLeader).await;
    let refused = other.post("/observations", &lesson(*school, lessons, judge, &second)).await;
    assert_eq!(refused.faults(), [("/observer_id".to_owned(), "fixed".to_owned())]);
    let mut tomorrow = lesson(*school, lessons, judge, judge);
    tomorrow["observed_on"] = json!("2014-09-02");
    let refused = judge.post("/observations", &tomorrow).await;
    assert_eq!(refused.faults(), [("/second_observer_id".to_owned(), "duplicate".to_owned())]);
    tomorrow["second_observer_id"] = Value::Null;
    let refused = judge.post("/observations", &tomorrow).await;
    assert_eq!(refused.faults(), [("/observed_on".to_owned(), "in_future".to_owned())]);
}

#[actix_web::test]
async fn the_second_observer_stays_once_that_person_has_given_levels() {
    let Fixture { app, hub, judge, school, .. } = &Fixture::new().await;
    let mut framework = frameworks::singing();
    framework["kind"] = json!("lesson_observation");
    let framework = publish(hub, &framework).await;
    let criterion = hub.get(&format!("/framework-criteria?framework_id={framework}")).await.expect(200).ids()[0];
    let [first, second] = [app.as_role(Role::SpecialistLeader).await, app.as_role(Role::SpecialistLeader).await];
    let made = judge.post("/observations", &lesson(*school, framework, judge, &first)).await.expect(201);
    let path = format!("/observations/{}", made.id());
    let levels = |level: i32| json!([{ "criterion_id": criterion, "level": level }]);

    // While there are no levels, another person may take the place, and gives the levels afterwards.
    let taken = json!({ "second_observer_id": hub.person(), "second_observer_levels": levels(1) });
    hub.patch(&path, &taken, "*").await.problem(403, "forbidden");
    judge.patch(&path, &json!({ "second_observer_id": second.person() }), "*").await.expect(200);
    second.patch(&path, &json!({ "second_observer_levels": levels(3) }), "*").await.expect(200);
    let fixed = [("/second_observer_id".to_owned(), "fixed".to_owned())];
    let other = json!({ "second_observer_id": first.person() });
    for (by, form) in [(judge, &other), (hub, &other), (hub, &taken), (&second, &other)] {
        assert_eq!(by.patch(&path, form, "*").await.expect(422).faults(), fixed);
    }
    let shown = hub.get(&path).await.expect(200).json();
    assert_eq!(shown["second_observer_id"], json!(second.person()));
    assert_eq!(shown["second_observer_levels"][0]["level"], 3);
}
