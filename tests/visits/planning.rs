//! Planning visits: their times, warnings, batches, keys and filters.

use entity::identity::grant::Role;
use insta::assert_snapshot;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Hub, form, step, with};

fn at(starts_at: &str, ends_at: &str) -> Value {
    json!({ "starts_at": format!("2014-09-10T{starts_at}:00Z"), "ends_at": format!("2014-09-10T{ends_at}:00Z") })
}

/// The codes of the warnings in a reply or a result.
fn warned(item: &Value) -> Vec<&str> {
    let warnings = item["warnings"].as_array().into_iter().flatten();
    warnings.map(|warning| warning["code"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_visit_ends_after_it_begins_and_names_each_person_once() {
    let hub = Hub::new().await;
    let refused = hub.head.post("/visits", &with(hub.form(), at("10:00", "10:00"))).await;
    assert_snapshot!(refused.refusal(422, "invalid"), @r"
    a visit ends after it begins
    /ends_at order: a visit ends after it begins
    ");
    let long = json!({ "ends_at": "2014-08-30T09:00:00Z" });
    assert_snapshot!(hub.head.post("/visits", &with(hub.form(), long)).await.refusal(422, "invalid"), @r"
    a visit lasts 24 hours at most: plan one for each day
    /ends_at order: a visit lasts 24 hours at most: plan one for each day
    ");
    let twice = json!({ "co_visitor_ids": [hub.specialist.person()] });
    let refused = hub.head.post("/visits", &with(hub.form(), twice)).await;
    assert_eq!(refused.faults(), [("/co_visitor_ids/0".to_owned(), "duplicate".to_owned())]);
    assert_eq!(hub.head.all("/visits").await, Vec::<Value>::new());
}

#[actix_web::test]
async fn visits_of_the_same_people_at_once_are_warned_of_and_planned_all_the_same() {
    let hub = Hub::new().await;
    let music_leader = hub.app.as_role(Role::MusicLeader).await.person();
    let plan = async |form: Value| hub.head.post("/visits", &form).await.expect(201);
    let first = plan(with(hub.form(), at("09:00", "10:30"))).await;
    assert_eq!(first.json().get("warnings"), None);
    let second = plan(with(hub.form(), at("10:00", "11:00"))).await;
    assert_eq!(warned(&second.json()), ["overlap"]);
    let message = second.json()["warnings"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&first.id().to_string()), "{message}");
    let touching = plan(with(hub.form(), at("11:00", "12:00"))).await;
    assert_eq!(touching.json().get("warnings"), None);

    let other = with(form(hub.school, music_leader), at("09:30", "10:00"));
    assert_eq!(plan(other.clone()).await.json().get("warnings"), None);
    let along = with(other, json!({ "co_visitor_ids": [hub.specialist.person()] }));
    assert_eq!(warned(&plan(along).await.json()), ["overlap", "overlap"]);

    let path = format!("/visits/{}", touching.id());
    let noted = hub.head.patch(&path, &json!({ "purpose": "Hear the band" }), "*").await.expect(200);
    assert_eq!(noted.json().get("warnings"), None);
    let moved = hub.head.patch(&path, &at("10:45", "12:00"), "*").await.expect(200);
    assert_eq!(warned(&moved.json()), ["overlap"]);
    step(&hub.head, second.id(), "cancel").await.expect(200);
    let back = hub.head.patch(&path, &at("10:50", "12:00"), "*").await.expect(200);
    assert_eq!(back.json().get("warnings"), None);
}

#[actix_web::test]
async fn of_many_visits_each_has_its_warnings_in_the_batch_or_with_others() {
    let hub = Hub::new().await;
    let planned = hub.head.post("/visits", &with(hub.form(), at("09:00", "10:00"))).await.expect(201).id();
    let mut wrong = with(hub.form(), at("15:00", "14:00"));
    wrong["kind"] = json!("follow_up");
    let items = [
        with(hub.form(), at("09:30", "10:30")),
        with(hub.form(), at("12:00", "13:00")),
        with(hub.form(), at("12:30", "13:30")),
        wrong,
        with(hub.form(), at("16:00", "17:00")),
    ];
    let sent = json!({ "items": items });
    for query in ["mode=each&dry_run=true", "mode=each"] {
        let report = hub.head.post(&format!("/visits/batch?{query}"), &sent).await.expect(200).json();
        let results = report["items"].as_array().unwrap();
        let warned: Vec<_> = results.iter().map(warned).collect();
        assert_eq!(warned, [vec!["overlap"], vec!["overlap"], vec!["overlap"], vec![], vec![]], "{report}");
        assert_eq!(results[3]["errors"][0]["pointer"], "/items/3/ends_at");
        assert_eq!(report.get("warnings"), None);
        let message = results[0]["warnings"][0]["message"].as_str().unwrap();
        assert!(message.contains(&planned.to_string()), "{message}");
    }
    assert_eq!(hub.head.all("/visits").await.len(), 5);
    hub.specialist.post("/visits/batch", &sent).await.problem(403, "forbidden");
}

#[actix_web::test]
async fn a_partner_system_keeps_a_visit_by_its_own_key() {
    let hub = Hub::new().await;
    let path = "/visits/by-key/paritor/VIS-1";
    let made = hub.head.put(path, &hub.form()).await.expect(201);
    let moved = hub.head.put(path, &at("09:00", "10:00")).await.expect(200);
    assert_eq!(made.id(), moved.id());
    assert_eq!(hub.head.get(path).await.expect(200).json()["starts_at"], "2014-09-10T09:00:00.000000Z");
    let items = json!({ "items": [{ "external_ids": [{ "system": "paritor", "id": "VIS-1" }], "mode": "online" }] });
    let report = hub.head.post("/visits/batch", &items).await.expect(200).json();
    assert_eq!((&report["updated"], &report["items"][0]["id"]), (&json!(1), &json!(made.id())));
}

#[actix_web::test]
async fn visits_are_found_as_a_screen_needs_them() {
    let hub = Hub::new().await;
    let area = hub.app.area(&hub.head, "North").await.id();
    let there = hub.app.school(&hub.head, "Beech", json!({ "area_id": area })).await.id();
    let group = json!({ "name": "Trust", "kind": "trust" });
    let group = hub.head.post("/school-groups", &group).await.expect(201).id();
    let member = json!({ "school_group_id": group, "school_id": there });
    hub.head.post("/school-group-members", &member).await.expect(201);
    let band = hub.app.as_role(Role::MusicLeader).await.person();
    let plan = async |form: Value| hub.head.post("/visits", &form).await.expect(201).id();
    let past = plan(hub.form()).await;
    let along = json!({ "co_visitor_ids": [band], "kind": "moderation", "mode": "online", "purpose": "Hear the band" });
    let next = plan(with(with(form(there, hub.specialist.person()), at("09:00", "10:00")), along)).await;
    step(&hub.head, past, "confirm").await.expect(200);
    step(&hub.head, past, "complete").await.expect(200);
    let nobody = Uuid::now_v7();
    for (query, found) in [
        (format!("school_id={there}"), vec![next]),
        (format!("visitor_id={}", hub.specialist.person()), vec![past, next]),
        (format!("visitor_id={band}"), vec![next]),
        (format!("visitor_id={band}&visitor_id={nobody}"), vec![next]),
        (format!("visitor_id={nobody}"), vec![]),
        ("kind=moderation".to_owned(), vec![next]),
        ("mode=in_person".to_owned(), vec![past]),
        ("status=completed&status=planned".to_owned(), vec![past, next]),
        ("status=completed".to_owned(), vec![past]),
        ("starts_from=2014-09-01T00:00:00Z".to_owned(), vec![next]),
        ("starts_to=2014-09-01T00:00:00Z".to_owned(), vec![past]),
        ("completed_from=2014-08-01&completed_to=2014-08-31".to_owned(), vec![past]),
        (format!("area_id={area}"), vec![next]),
        (format!("school_group_id={group}"), vec![next]),
        ("q=BAND".to_owned(), vec![next]),
        // What only the hub's own people read is not searched.
        ("q=piano".to_owned(), vec![]),
    ] {
        assert_eq!(hub.head.get(&format!("/visits?{query}")).await.expect(200).ids(), found, "{query}");
    }
    let counts = hub.head.get("/visits/counts?by=kind,status").await.expect(200).json();
    assert_eq!(counts["total"], 2, "{counts}");
    let shown = hub.head.get("/visits?expand=school,visitor&q=band").await.expect(200).json();
    assert_eq!(shown["items"][0]["school"]["name"], "Beech");
    assert_eq!(shown["items"][0]["visitor"]["id"], json!(hub.specialist.person()));
}
