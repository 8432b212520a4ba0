//! What is agreed with one school for the plan in force.

use serde_json::{Value, json};

use crate::visits::{Hub, step, with};

#[actix_web::test]
async fn a_road_map_tells_what_is_agreed_and_how_far_it_has_come() {
    let hub = Hub::new().await;
    hub.visit(&["confirm", "complete"]).await;
    let later = json!({ "starts_at": "2014-11-03T13:00:00Z", "ends_at": "2014-11-03T14:00:00Z", "kind": "follow_up" });
    let off = hub.head.post("/visits", &with(hub.form(), later.clone())).await.expect(201).id();
    step(&hub.head, off, "cancel").await.expect(200);
    hub.head.post("/visits", &with(hub.form(), with(later, json!({ "purpose": "The <new> choir" })))).await.expect(201);
    // Before the academic year, which counts where no plan is in force.
    let action = |text: &str, due_on: &str| {
        json!({
            "school_id": hub.school, "source_kind": "meeting", "source_text": "Area group", "text": text,
            "owner_role": "Head of music", "due_on": due_on, "audience": "school",
        })
    };
    hub.head.post("/actions", &action("Long ago", "2014-05-01")).await.expect(201);
    hub.head.post("/actions", &action("Buy two xylophones", "2014-12-19")).await.expect(201);
    let path = format!("/schools/{}/road-map", hub.school);
    let reply = hub.school_head.get(&path).await.expect(200);
    let map = reply.json();
    assert_eq!((&map["from"], &map["to"], &map["plan"]), (&json!("2014-09-01"), &json!("2015-08-31"), &Value::Null));
    let steps: Vec<_> =
        map["steps"].as_array().unwrap().iter().map(|step| (step["title"].clone(), step["state"].clone())).collect();
    let agreed = json!("agreed");
    assert_eq!(steps, [(json!("The <new> choir"), agreed.clone()), (json!("Buy two xylophones"), agreed)]);
    hub.school_head.get(&path).header("if-none-match", reply.header("etag")).await.expect(304);
    let page = hub.school_head.get(&path).header("accept", "text/html").await.expect(200).text();
    for told in ["November 2014", "Visit, follow up", "The &#60;new&#62; choir", "2 to come"] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    hub.school_head.get(&format!("/schools/{elsewhere}/road-map")).await.problem(404, "not-found");
    let empty = hub.head.get(&format!("/schools/{elsewhere}/road-map?format=html")).await.expect(200).text();
    assert!(empty.contains("Nothing is agreed yet."), "{empty}");
}
