//! A school never sees a rating that is not shared with it, wherever it looks.

use entity::identity::grant::Role;
use serde_json::json;

use super::{active, hub, rate, scheme, suggested};

#[actix_web::test]
async fn a_rating_that_is_not_shared_is_nowhere_for_the_school() {
    let (app, head) = hub().await;
    let own = app.school(&head, "Ash", json!({})).await.id();
    let other = app.school(&head, "Beech", json!({})).await.id();
    let shared = rate(&head, own, "amber", "2014-05-01").await;
    let secret = rate(&head, own, "red", "2014-06-01").await;
    let open = suggested(&app, own).await;
    let elsewhere = rate(&head, other, "green", "2014-06-01").await;
    head.act(&format!("/rag-ratings/{shared}/share"), Some("*")).await.expect(200);
    head.act(&format!("/rag-ratings/{elsewhere}/share"), Some("*")).await.expect(200);

    let school = app.at_school(Role::SchoolHead, own).await;
    assert_eq!(school.get("/rag-ratings").await.expect(200).ids(), [shared]);
    assert_eq!(school.get("/rag-ratings?total=true").await.expect(200).json()["total"], 1);
    for hidden in [secret, open, elsewhere] {
        school.get(&format!("/rag-ratings/{hidden}")).await.problem(404, "not-found");
        school.get(&format!("/rag-ratings/{hidden}/history")).await.problem(404, "not-found");
        let by_id = format!("/rag-ratings/{hidden}?expand=school,scheme,actions");
        school.get(&by_id).await.problem(404, "not-found");
    }
    // Of what it sees it sees the present alone.
    school.get(&format!("/rag-ratings/{shared}/history")).await.problem(403, "forbidden");
    school.get("/changes?resource=rag_rating").await.problem(403, "forbidden");
    assert_eq!(school.get("/rag-ratings?archived=true").await.expect(200).ids(), Vec::<uuid::Uuid>::new());

    // What is current among what it sees, also where a later one is not shared: nothing tells that there is one.
    assert_eq!(school.get("/rag-ratings?current=true").await.expect(200).ids(), [shared]);
    assert_eq!(school.get("/rag-ratings?current_on=2014-07-01").await.expect(200).ids(), [shared]);
    let counts = school.get("/rag-ratings/counts?by=colour&current=true").await.expect(200).json();
    assert_eq!(counts["groups"], json!([{ "by": { "colour": "amber" }, "count": 1 }]));
    let file = school.get("/rag-ratings/export?format=csv&fields=colour").await.expect(200).text();
    assert_eq!(file.trim_start_matches('\u{feff}').lines().collect::<Vec<_>>(), ["colour", "amber"]);
    let moves = school.get("/reports/rating-moves?since=2014-01-01").await.expect(200).json();
    assert_eq!((&moves["found"], &moves["lines"][0]["to_colour"]), (&json!(1), &json!("amber")));
    let spread = school.get("/reports/rating-spread").await.expect(200).json();
    let counts = ["red", "amber", "green"].map(|colour| spread["total"][colour]["numerator"].clone());
    assert_eq!((&spread["total"]["schools"], counts), (&json!(1), [json!(0), json!(1), json!(0)]));

    // Once it is shared, it is there.
    head.act(&format!("/rag-ratings/{secret}/share"), Some("*")).await.expect(200);
    assert_eq!(school.get("/rag-ratings").await.expect(200).ids(), [shared, secret]);
    assert_eq!(school.get("/rag-ratings?current=true").await.expect(200).ids(), [secret]);
}

#[actix_web::test]
async fn a_school_changes_no_rating_and_sees_no_draft_of_a_scheme() {
    let (app, head) = hub().await;
    let own = app.school(&head, "Ash", json!({})).await.id();
    let rating = rate(&head, own, "amber", "2014-05-01").await;
    head.act(&format!("/rag-ratings/{rating}/share"), Some("*")).await.expect(200);
    let draft = head.post("/rag-schemes", &scheme()).await.expect(201).id();
    let used = active(&head, scheme()).await;
    let school = app.at_school(Role::SchoolHead, own).await;
    assert_eq!(school.get("/rag-schemes").await.expect(200).ids(), [used]);
    school.get(&format!("/rag-schemes/{draft}")).await.problem(404, "not-found");
    school.get(&format!("/rag-schemes/{used}/explanation?school_id={own}")).await.problem(403, "forbidden");
    school.patch(&format!("/rag-ratings/{rating}"), &json!({ "colour": "green" }), "*").await.problem(403, "forbidden");
    let staff = app.at_school(Role::SchoolStaff, own).await;
    staff.get("/rag-ratings").await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_specialist_leader_rates_the_assigned_schools_alone() {
    let (app, head) = hub().await;
    let own = app.school(&head, "Ash", json!({})).await.id();
    let other = app.school(&head, "Beech", json!({})).await.id();
    let leader = app.as_role(Role::SpecialistLeader).await;
    let form = json!({
        "person_id": leader.person(), "school_id": own, "role": "lead", "from_on": "2014-01-01", "to_on": "2014-09-01"
    });
    head.post("/assignments", &form).await.expect(201);
    let [own_open, other_open] = [suggested(&app, own).await, suggested(&app, other).await];
    assert_eq!(leader.get("/rag-ratings").await.expect(200).ids(), [own_open]);
    leader.get(&format!("/rag-ratings/{other_open}")).await.problem(404, "not-found");
    leader.act(&format!("/rag-ratings/{other_open}/accept"), Some("*")).await.problem(404, "not-found");
    leader.act(&format!("/rag-ratings/{own_open}/accept"), Some("*")).await.expect(200);
    let given = super::by_hand(own, "red", "2014-08-01", "2015-08-01");
    leader.post("/rag-ratings", &given).await.expect(201);
    let elsewhere = leader.post("/rag-ratings", &super::by_hand(other, "red", "2014-08-01", "2015-08-01")).await;
    assert_eq!(elsewhere.expect(422).faults()[0].0, "/school_id");
    let scheme = active(&head, scheme()).await;
    let explained = async |school| leader.get(&format!("/rag-schemes/{scheme}/explanation?school_id={school}")).await;
    explained(own).await.expect(200);
    explained(other).await.problem(400, "bad-parameter");
    // What is done for the whole hub is not the leader's.
    leader.act(&format!("/rag-schemes/{scheme}/recompute"), Some("*")).await.problem(403, "forbidden");
    leader.act(&format!("/rag-schemes/{scheme}/retire"), Some("*")).await.problem(403, "forbidden");
    leader.act(&format!("/rag-schemes/{scheme}/next-edition"), None).await.problem(403, "forbidden");
    // The assignment ends, and with it all that the leader saw.
    app.clock.advance(std::time::Duration::from_hours(24));
    let leader = app.again(&leader);
    assert_eq!(leader.get("/rag-ratings").await.expect(200).ids(), Vec::<uuid::Uuid>::new());
}
