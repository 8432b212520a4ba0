//! What a screen needs, in one call: reports with their visits, replies to changes with what follows, schools with
//! their ratings and visits.

use serde_json::{Value, json};

use super::{Hub, with};

#[actix_web::test]
async fn a_report_tells_who_came_and_what_was_agreed() {
    let hub = Hub::new().await;
    hub.designate("Specialist leader").await;
    let (visit, report) = hub.shared().await;
    for (text, audience) in [("Timetable the choir", "school"), ("Ask the governors", "hub")] {
        let action = json!({
            "school_id": hub.school, "source_kind": "visit", "source_id": visit, "text": text,
            "owner_role": "Head of music", "due_on": "2014-10-01", "audience": audience,
        });
        hub.head.post("/actions", &action).await.expect(201);
    }
    let path = format!("/visit-reports/{report}?expand=visit,visitor,visitors,follow_ups");
    let seen = hub.head.get(&path).await.expect(200).json();
    let name = hub.name_of_specialist().await;
    let who = json!([{ "name": name, "role": "Specialist leader" }]);
    assert_eq!((&seen["visitor"]["name"], &seen["visitors"]), (&json!(name), &who));
    assert_eq!(seen["follow_ups"].as_array().unwrap().len(), 2);
    // A school learns the name and the role, and no more of the person; and of the actions its own.
    let seen = hub.school_head.get(&path).await.expect(200).json();
    assert_eq!((&seen["visitors"], seen.get("visitor")), (&who, None));
    let agreed: Vec<_> = seen["follow_ups"].as_array().unwrap().iter().map(|it| &it["text"]).collect();
    assert_eq!(agreed, ["Timetable the choir"]);
    let visits = hub.school_head.get("/visits?expand=visitors").await.expect(200).json();
    assert_eq!(visits["items"][0]["visitors"], who);
    // Names are read by `people:read` where nobody visits the caller.
    let client = hub.app.as_client("visits:read").await;
    assert_eq!(client.get("/visits?expand=visitors").await.expect(200).json()["items"][0].get("visitors"), None);
}

#[actix_web::test]
async fn the_reply_to_a_change_embeds_what_the_item_does() {
    let hub = Hub::new().await;
    let visit = hub.visit(&[]).await;
    let path = format!("/visits/{visit}");
    // The reply to a change may also warn of something.
    let same = async |mut reply: Value| {
        reply.as_object_mut().unwrap().remove("warnings");
        let read = hub.head.get(&format!("{path}?expand=school,actions")).await.expect(200);
        assert_eq!(reply, read.json());
    };
    let step = hub.head.act(&format!("{path}/confirm?expand=school,actions"), Some("*")).await.expect(200);
    let verbs: Vec<_> = step.json()["actions"].as_array().unwrap().iter().map(|it| it["verb"].clone()).collect();
    assert_eq!(verbs, ["decline", "cancel", "complete"]);
    same(step.json()).await;
    let change = json!({ "purpose": "Hear the band" });
    let changed = hub.head.patch(&format!("{path}?expand=school,actions"), &change, "*").await.expect(200);
    same(changed.json()).await;
    // What is not changed is shown in the same way, and the version in the ETag stays the item's.
    let unchanged =
        hub.head.patch(&format!("{path}?expand=school,actions"), &change, &changed.etag()).await.expect(200);
    assert_eq!((unchanged.json(), unchanged.etag()), (changed.json(), changed.etag()));
    // A name that is unknown changes nothing.
    let wrong = hub.head.patch(&format!("{path}?expand=actoins"), &json!({ "purpose": "Sing" }), "*").await;
    let told = wrong.problem(400, "bad-parameter");
    assert!(told["errors"][0]["message"].as_str().unwrap().contains("did you mean `actions`"), "{told}");
    assert_eq!(hub.head.get(&path).await.json()["purpose"], "Hear the band");
}

#[actix_web::test]
async fn schools_are_listed_with_their_rating_their_lead_and_their_last_visit() {
    let hub = Hub::new().await;
    hub.designate("Specialist leader").await;
    let other = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    hub.visit(&["confirm", "complete"]).await;
    let later = json!({ "starts_at": "2014-08-29T09:00:00Z", "ends_at": "2014-08-29T10:00:00Z", "kind": "follow_up" });
    let later = hub.head.post("/visits", &with(hub.form(), later)).await.expect(201).id();
    for verb in ["confirm", "complete"] {
        super::step(&hub.head, later, verb).await.expect(200);
    }
    let rate = async |on: &str, colour: &str| {
        let rating = json!({
            "school_id": hub.school, "on_date": on, "colour": colour, "source": "by_hand", "reason": "As seen",
            "valid_until": "2015-08-31", "support_code": "targeted",
        });
        hub.head.post("/rag-ratings", &rating).await.expect(201).id()
    };
    rate("2014-08-01", "red").await;
    let current = rate("2014-08-28", "amber").await;

    let list = hub.head.get("/schools?expand=rating,lead,last_visit").await.expect(200).json();
    let [ash, beech] = [&list["items"][0], &list["items"][1]];
    assert_eq!((&ash["rating"]["id"], &ash["rating"]["colour"]), (&json!(current), &json!("amber")));
    assert_eq!(
        (&ash["lead"]["name"], &ash["lead"]["role"]),
        (&json!(hub.name_of_specialist().await), &json!("Specialist leader")),
    );
    assert_eq!((&ash["last_visit"]["id"], &ash["last_visit"]["completed_on"]), (&json!(later), &json!("2014-08-29")),);
    for absent in ["rating", "lead", "last_visit"] {
        assert_eq!(beech.get(absent), None, "{absent}");
    }
    let found = async |query: &str| hub.head.get(&format!("/schools?{query}")).await.expect(200).ids();
    assert_eq!(found("rating=amber").await, [hub.school]);
    assert_eq!(found("rating=amber&rating=green").await, [hub.school]);
    assert!(found("rating=red").await.is_empty());
    assert_eq!((found("rated=true").await, found("rated=false").await), (vec![hub.school], vec![other]));
    assert_eq!(hub.head.get("/schools/counts?by=phase&rating=amber").await.expect(200).json()["total"], 1);

    // A school sees a rating once it is shared, and finds itself by no other.
    let own = async |query: &str| hub.school_head.get(&format!("/schools?{query}")).await.expect(200).json();
    let seen = own("expand=rating,lead").await;
    assert_eq!(seen["items"][0].get("rating"), None);
    assert_eq!(seen["items"][0]["lead"]["role"], "Specialist leader");
    assert_eq!(own("rating=amber").await["items"], json!([]));
    hub.head.act(&format!("/rag-ratings/{current}/share"), Some("*")).await.expect(200);
    assert_eq!(own("expand=rating&rating=amber").await["items"][0]["rating"]["colour"], "amber");
    // Without `ratings:read` nobody is found by a colour.
    let client = hub.app.as_client("schools:read").await;
    for (query, expected) in [("rating=amber", 0), ("rated=true", 0), ("rated=false", 2)] {
        assert_eq!(client.get(&format!("/schools?{query}")).await.expect(200).ids().len(), expected, "{query}");
    }
}
