//! Suggestions for all schools of a hub.

use std::time::Duration;

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::json;
use time::macros::date;
use uuid::Uuid;

use super::{active, came_of, hub, plans, recompute, scheme, visited};
use crate::support::until;

#[actix_web::test]
async fn what_has_not_changed_is_not_suggested_again() {
    let (app, head) = hub().await;
    let schools = [
        app.school(&head, "Ash", json!({})).await.id(),
        app.school(&head, "Beech", json!({})).await.id(),
        app.school(&head, "Cedar", json!({})).await.id(),
    ];
    app.school(&head, "Closed", json!({ "status": "closed", "closed_on": "2013-08-31" })).await;
    app.school(&head, "Out", json!({ "in_scope": false, "scope_reason": "Private" })).await;
    let record = plans(&head, schools[0], "2013/14", 0).await;
    plans(&head, schools[1], "2013/14", 2).await;
    let scheme = active(&head, scheme()).await;

    let first = recompute(&head, scheme).await;
    assert_eq!((&first["schools"], came_of(&first)), (&json!(3), [2, 0, 0, 1]));
    let made = head.all("/rag-ratings?sort=on_date").await;
    let of = |school: Uuid| made.iter().find(|rating| rating["school_id"] == json!(school)).unwrap();
    let [ash, beech] = [of(schools[0]), of(schools[1])];
    assert_eq!(
        json!([ash["status"], ash["source"], ash["colour"], ash["need"], ash["valid_until"], ash["support_code"]]),
        json!(["suggestion", "computed", "red", 100, "2015-09-01", "targeted"])
    );
    assert_eq!(json!([beech["colour"], beech["need"]]), json!(["amber", 50]));
    assert_eq!(head.get("/rag-ratings?current=true").await.expect(200).ids(), Vec::<Uuid>::new());

    // Decided on or not: the same is not suggested again.
    let beech_path = format!("/rag-ratings/{}", beech["id"].as_str().unwrap());
    head.act(&format!("{beech_path}/dismiss"), Some("*")).await.expect(200);
    assert_eq!(came_of(&recompute(&head, scheme).await), [0, 0, 2, 1]);

    // The open suggestion is replaced, and one that was decided on is followed by another.
    let known = json!({ "in_development_plan": true, "in_self_evaluation": true });
    head.patch(&format!("/school-plan-records/{record}"), &known, "*").await.expect(200);
    visited(&app, &head, schools[1], date!(2014 - 06 - 10)).await;
    assert_eq!(came_of(&recompute(&head, scheme).await), [1, 1, 0, 1]);
    let ash_path = format!("/rag-ratings/{}", ash["id"].as_str().unwrap());
    let replaced = head.get(&ash_path).await.expect(200).json();
    assert_eq!(json!([replaced["colour"], replaced["version"]]), json!(["amber", 2]));
    let history = head.get(&format!("{ash_path}/history")).await.expect(200).json();
    assert_eq!(history["items"][0]["fields"]["colour"], json!({ "before": "red", "after": "amber" }));
    assert_eq!(history["items"][0]["reason"], "computed by \"Need of support\", edition 1");
    assert_eq!(head.all(&format!("/rag-ratings?school_id={}", schools[1])).await.len(), 2);

    // Accepted, it counts.
    head.act(&format!("{ash_path}/accept"), Some("*")).await.expect(200);
    let current = head.get("/rag-ratings?current=true").await.expect(200).json();
    assert_eq!(current["items"][0]["id"], ash["id"]);
}

#[actix_web::test]
async fn an_accepted_rating_that_has_expired_is_suggested_again_and_an_expired_suggestion_is_not_accepted() {
    let (app, head) = hub().await;
    let [ash, beech] =
        [app.school(&head, "Ash", json!({})).await.id(), app.school(&head, "Beech", json!({})).await.id()];
    for school in [ash, beech] {
        plans(&head, school, "2013/14", 0).await;
    }
    let scheme = active(&head, scheme()).await;
    recompute(&head, scheme).await;
    let rating = async |head: &crate::support::Caller, school| {
        head.get(&format!("/rag-ratings?school_id={school}")).await.expect(200).ids()[0]
    };
    let [accepted, open] = [rating(&head, ash).await, rating(&head, beech).await];
    head.act(&format!("/rag-ratings/{accepted}/accept"), Some("*")).await.expect(200);
    app.clock.advance(Duration::from_hours(24 * 366));
    let head = app.again(&head);
    let refused = head.act(&format!("/rag-ratings/{open}/accept"), Some("*")).await;
    assert_snapshot!(refused.refusal(409, "conflict"), @r"
    cannot accept a suggestion that expired on 2015-09-01: compute it again by POST
      /rag-schemes/{id}/recompute
    ");
    // Of an open suggestion of the same data only the date is old.
    assert_eq!(came_of(&recompute(&head, scheme).await), [1, 1, 0, 0]);
    head.act(&format!("/rag-ratings/{open}/accept"), Some("*")).await.expect(200);
}

#[actix_web::test]
async fn a_hub_computes_once_at_a_time_by_a_scheme_in_use() {
    let (app, head) = hub().await;
    app.school(&head, "Ash", json!({})).await;
    let draft = head.post("/rag-schemes", &scheme()).await.expect(201).id();
    let refused = head.act(&format!("/rag-schemes/{draft}/recompute"), Some("*")).await;
    assert_snapshot!(refused.refusal(409, "conflict"), @"cannot compute by a scheme that is draft: it must be active");
    let used = active(&head, scheme()).await;
    let path = format!("/rag-schemes/{used}/recompute");
    let future = head.post(&path, &json!({ "on_date": "2014-09-02" })).header("if-match", "*").await;
    assert_eq!(future.expect(422).faults(), [("/on_date".to_owned(), "order".to_owned())]);

    // Another computation of the hub waits for a place.
    let kind = api::ratings::recomputation::RagRecomputation::KIND;
    let waiting = app.write(app.hub, async |write| api::kernel::resource::job::wait(write, &kind).await).await;
    let refused = head.act(&path, Some("*")).await;
    refused.problem(409, "conflict");
    assert_eq!(refused.header("location"), format!("/api/v1/jobs/{}", waiting.id));
    head.act(&format!("/jobs/{}/cancel", waiting.id), None).await.expect(202);

    let begun = head.act(&path, Some("*")).key("once").await.expect(202);
    let again = head.act(&path, Some("*")).key("once").await.expect(202);
    assert_eq!(begun.id(), again.id());
    let job = until("the job has ended", async || {
        let job = head.get(begun.header("location")).await.expect(200).json();
        (job["state"] == "finished").then_some(job)
    })
    .await;
    assert_eq!(job["href"], format!("/api/v1/rag-recomputations/{}", begun.id()));
    assert_eq!(job["progress"], json!({ "percent": 100, "done": 1, "of": 1 }));
    let governor = app.as_role(Role::Governor).await;
    governor.act(&path, Some("*")).await.problem(403, "forbidden");
    assert_eq!(governor.get("/rag-recomputations").await.expect(200).ids(), [begun.id()]);
}
