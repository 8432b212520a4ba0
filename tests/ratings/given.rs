//! Ratings by hand and after a visit: what they need, how long they hold, and how they are found.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{by_hand, hub, rate, suggested, visited};

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}

#[actix_web::test]
async fn a_rating_by_hand_needs_a_reason_and_an_end_and_none_is_sent_as_computed() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let other = app.school(&head, "Beech", json!({})).await.id();
    let visit = visited(&app, &head, other, date!(2014 - 06 - 10)).await;
    let whole = by_hand(school, "red", "2014-08-01", "2015-08-01");
    let faults = async |changes: Value| {
        let mut form = whole.clone();
        form.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        head.post("/rag-ratings", &form).await.expect(422).faults()
    };
    let nothing = json!({ "reason": null, "valid_until": null });
    assert_eq!(faults(nothing).await, [fault("/reason", "missing"), fault("/valid_until", "missing")]);
    assert_eq!(faults(json!({ "valid_until": "2014-07-31" })).await, [fault("/valid_until", "order")]);
    assert_eq!(faults(json!({ "on_date": "2014-09-02" })).await, [fault("/on_date", "order")]);
    assert_eq!(faults(json!({ "source": "computed" })).await, [fault("/source", "fixed")]);
    assert_eq!(faults(json!({ "source": "visit" })).await, [fault("/visit_id", "missing")]);
    assert_eq!(faults(json!({ "visit_id": visit })).await, [fault("/visit_id", "exclusive")]);
    let elsewhere = json!({ "source": "visit", "visit_id": visit });
    assert_eq!(faults(elsewhere).await, [fault("/visit_id", "unknown_reference")]);
    assert_eq!(head.get("/rag-ratings?total=true").await.expect(200).json()["total"], 0);

    let own = visited(&app, &head, school, date!(2014 - 06 - 10)).await;
    let mut form = whole.clone();
    form.as_object_mut().unwrap().extend([("source".to_owned(), json!("visit")), ("visit_id".to_owned(), json!(own))]);
    let made = head.post("/rag-ratings", &form).await.expect(201).json();
    assert_eq!((&made["status"], &made["decided_at"]), (&json!("accepted"), &json!(app.clock.now())));
    assert_eq!(head.get(&format!("/rag-ratings?visit_id={own}")).await.expect(200).ids().len(), 1);
}

#[actix_web::test]
async fn a_rating_is_current_until_it_expires_or_another_follows() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let give = async |colour: &str, from: &str, to: &str| {
        head.post("/rag-ratings", &by_hand(school, colour, from, to)).await.expect(201).id()
    };
    let red = give("red", "2014-01-10", "2014-12-31").await;
    let amber = give("amber", "2014-05-01", "2014-06-30").await;
    suggested(&app, school).await;
    let on = async |day: &str| head.get(&format!("/rag-ratings?current_on={day}")).await.expect(200).ids();
    for (day, current) in [
        ("2014-01-09", vec![]),
        ("2014-01-10", vec![red]),
        ("2014-05-01", vec![amber]),
        ("2014-06-30", vec![amber]),
        // The later one has expired, and the earlier one still stands.
        ("2014-07-01", vec![red]),
        ("2014-12-31", vec![red]),
        ("2015-01-01", vec![]),
    ] {
        assert_eq!(on(day).await, current, "{day}");
    }
    assert_eq!(head.get("/rag-ratings?current=true").await.expect(200).ids(), [red]);
    assert_eq!(head.get("/rag-ratings?current=false").await.expect(200).ids().len(), 2);
    // Of two on one day the one given last counts.
    let green = give("green", "2014-01-10", "2014-12-31").await;
    assert_eq!(head.get("/rag-ratings?current=true").await.expect(200).ids(), [green]);
    let expiring = "/rag-ratings?valid_until_to=2014-08-31";
    assert_eq!(head.get(expiring).await.expect(200).ids(), [amber]);
}

#[actix_web::test]
async fn a_shared_rating_stays_as_it_is_and_others_keep_what_makes_them() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let given = format!("/rag-ratings/{}", rate(&head, school, "red", "2014-08-01").await);
    head.patch(&given, &json!({ "colour": "amber" }), "*").await.expect(200);
    let refused = head.patch(&given, &json!({ "source": "computed" }), "*").await;
    assert_eq!(refused.expect(422).faults(), [fault("/source", "fixed")]);
    head.act(&format!("{given}/share"), Some("*")).await.expect(200);
    let refused = head.patch(&given, &json!({ "colour": "red" }), "*").await;
    assert_snapshot!(
        refused.refusal(409, "conflict"),
        @"cannot change a rating that is shared with the school: give another rating by POST /rag-ratings"
    );
    head.delete(&given, "*").await.problem(409, "conflict");
    let again = head.act(&format!("{given}/share"), Some("*")).await;
    assert_snapshot!(
        again.refusal(409, "conflict"),
        @"cannot share a rating twice: the school sees it since 2014-09-01"
    );

    let suggestion = format!("/rag-ratings/{}", suggested(&app, school).await);
    let refused = head.patch(&suggestion, &json!({ "colour": "green" }), "*").await;
    assert_eq!(refused.expect(422).faults(), [fault("/colour", "fixed")]);
    head.patch(&suggestion, &json!({ "support_code": "targeted" }), "*").await.expect(200);
    head.delete(&suggestion, "*").await.problem(409, "conflict");
    head.patch(&given, &json!({ "colour": "red" }), "\"1\"").await.problem(412, "stale-version");
}

#[actix_web::test]
async fn ratings_are_found_by_what_a_screen_asks_for_and_counted_by_colour() {
    let (app, head) = hub().await;
    let north = app.area(&head, "North").await.id();
    let ash = app.school(&head, "Ash", json!({ "area_id": north })).await.id();
    let beech = app.school(&head, "Beech", json!({ "phase": "secondary" })).await.id();
    let group = json!({ "name": "Cluster", "kind": "cluster" });
    let group = head.post("/school-groups", &group).await.expect(201).id();
    let member = json!({ "school_group_id": group, "school_id": beech });
    head.post("/school-group-members", &member).await.expect(201);
    let red = rate(&head, ash, "red", "2014-03-01").await;
    let amber = rate(&head, ash, "amber", "2014-04-01").await;
    let green = rate(&head, beech, "green", "2014-05-01").await;
    let open = suggested(&app, beech).await;
    let found = async |query: &str| head.get(&format!("/rag-ratings?{query}")).await.expect(200).ids();
    for (query, ids) in [
        ("colour=red&colour=green", vec![red, green]),
        ("status=suggestion", vec![open]),
        ("source=computed", vec![open]),
        (&format!("school_id={ash}"), vec![red, amber]),
        (&format!("area_id={north}"), vec![red, amber]),
        ("phase=secondary", vec![green, open]),
        (&format!("school_group_id={group}"), vec![green, open]),
        ("on_date_from=2014-04-01&on_date_to=2014-05-01", vec![amber, green]),
        ("sort=-on_date&status=accepted", vec![green, amber, red]),
        ("shared=true", Vec::<Uuid>::new()),
    ] {
        assert_eq!(found(query).await, ids, "{query}");
    }
    let counts = head.get("/rag-ratings/counts?by=colour&current=true").await.expect(200).json();
    let group = |colour: &str| json!({ "by": { "colour": colour }, "count": 1 });
    assert_eq!(counts["groups"], json!([group("amber"), group("green")]));
    let shown = head.get(&format!("/rag-ratings/{open}?expand=school,actions")).await.expect(200).json();
    assert_eq!(shown["school"]["name"], "Beech");
    let verbs: Vec<_> = shown["actions"].as_array().unwrap().iter().map(|it| it["verb"].clone()).collect();
    assert_eq!(verbs, ["accept", "dismiss"]);
    let governor = app.as_role(Role::Governor).await;
    governor.post("/rag-ratings", &by_hand(ash, "red", "2014-08-01", "2015-08-01")).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_rating_after_a_visit_names_one_that_was_made() {
    let (app, head) = hub().await;
    let school = app.school(&head, "Ash", json!({})).await.id();
    let visit = json!({
        "school_id": school, "visitor_id": head.person(), "kind": "initial", "mode": "in_person",
        "starts_at": "2014-08-28T09:00:00Z", "ends_at": "2014-08-28T10:30:00Z",
    });
    let visit = head.post("/visits", &visit).await.expect(201).id();
    let mut form = by_hand(school, "red", "2014-08-28", "2015-08-01");
    form.as_object_mut()
        .unwrap()
        .extend([("source".to_owned(), json!("visit")), ("visit_id".to_owned(), json!(visit))]);
    let refused = async || head.post("/rag-ratings", &form).await.refusal(422, "invalid");
    assert_snapshot!(refused().await, @"
    the visit is planned and was not made
    /visit_id unknown_reference: the visit is planned and was not made
    ");
    let reason = json!({ "reason": "The hall is closed" });
    head.post(&format!("/visits/{visit}/cancel"), &reason).header("if-match", "*").await.expect(200);
    assert_snapshot!(refused().await, @"
    the visit is cancelled and was not made
    /visit_id unknown_reference: the visit is cancelled and was not made
    ");
}
