//! What happened with a school and is planned with it, in one list.

use api::kernel::base::clock::day_of;
use entity::identity::grant::Role;
use entity::instant::Instant;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::Caller;
use crate::visits::{Hub, with};

/// A hub whose school has something of most kinds, the day being 1 September 2014.
async fn busy() -> Hub {
    let hub = Hub::new().await;
    let (visit, _) = hub.shared().await;
    let later = json!({ "kind": "follow_up", "starts_at": "2014-11-03T13:00:00Z", "ends_at": "2014-11-03T14:00:00Z" });
    hub.head.post("/visits", &with(hub.form(), later)).await.expect(201);
    for (text, due_on, audience) in [
        ("Timetable the choir", "2014-08-29", "school"),
        // Two on one day.
        ("Buy two xylophones", "2014-11-03", "school"),
        ("Ask the governors", "2014-11-03", "hub"),
    ] {
        let action = json!({
            "school_id": hub.school, "source_kind": "visit", "source_id": visit, "text": text,
            "owner_role": "Head of music", "due_on": due_on, "audience": audience,
        });
        hub.head.post("/actions", &action).await.expect(201);
    }
    let rating = json!({
        "school_id": hub.school, "on_date": "2014-08-28", "colour": "amber", "source": "by_hand",
        "reason": "Composing begins late", "valid_until": "2015-08-31", "support_code": "targeted",
    });
    hub.head.post("/rag-ratings", &rating).await.expect(201);
    let record = json!({ "school_id": hub.school, "academic_year": "2013/14", "checked_on": "2014-07-01" });
    hub.head.post("/school-plan-records", &record).await.expect(201);
    hub
}

/// The entries in short, read in pages of a length.
async fn told(by: &Caller, school: Uuid, query: &str, limit: usize) -> Vec<(String, String)> {
    let mut path = format!("/schools/{school}/timeline?limit={limit}{query}");
    let mut all = Vec::new();
    loop {
        assert!(all.len() < 20, "the pages end: {all:?}");
        let page = by.get(&path).await.expect(200).json();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= limit, "{page}");
        all.extend(items.iter().map(|item| {
            // The day in England begins at 23:00 of universal time in summer.
            let at: Instant = item["at"].as_str().unwrap().parse().unwrap();
            let day = day_of(at).to_string();
            let about = item["title"].as_str().or(item["what"].as_str()).unwrap_or_default();
            (day, format!("{} {about}", item["kind"].as_str().unwrap()))
        }));
        let Some(cursor) = page["next_cursor"].as_str() else { return all };
        path = format!("/schools/{school}/timeline?limit={limit}{query}&cursor={cursor}");
    }
}

#[actix_web::test]
async fn an_entry_has_its_day_and_a_visit_its_report_and_who_comes() {
    let hub = busy().await;
    hub.designate("Specialist leader").await;
    let path = format!("/schools/{}/timeline?kind=visit&kind=action", hub.school);
    let report = hub.head.get("/visit-reports").await.expect(200).ids()[0];
    let who = json!([{ "name": hub.name_of_specialist().await, "role": "Specialist leader" }]);
    for caller in [&hub.head, &hub.school_head] {
        let entries = caller.get(&path).await.expect(200).json();
        let entries = entries["items"].as_array().unwrap();
        let made = entries.iter().find(|entry| entry["report_id"] != Value::Null).unwrap();
        assert_eq!((&made["report_id"], &made["on_date"]), (&json!(report), &json!("2014-08-28")));
        assert_eq!(made["visitors"], who);
        let action = entries.iter().find(|entry| entry["title"] == "Timetable the choir").unwrap();
        assert_eq!((&action["on_date"], &action["visitors"]), (&json!("2014-08-29"), &Value::Null));
    }
}

fn entry(day: &str, about: &str) -> (String, String) {
    (day.to_owned(), about.to_owned())
}

#[actix_web::test]
async fn a_timeline_tells_past_and_plans_in_one_order_however_it_is_paged() {
    let hub = busy().await;
    let falling = [
        entry("2014-11-03", "visit Hear the choir"),
        entry("2014-11-03", "action Buy two xylophones"),
        entry("2014-11-03", "action Ask the governors"),
        entry("2014-08-29", "action Timetable the choir"),
        entry("2014-08-28", "visit Hear the choir"),
        entry("2014-08-28", "rating amber"),
        entry("2014-07-01", "plan_record 2013/14"),
    ];
    for limit in [1, 2, 3, 50] {
        assert_eq!(told(&hub.head, hub.school, "", limit).await, falling, "pages of {limit}");
        let mut rising = told(&hub.head, hub.school, "&sort=at", limit).await;
        // What is of the same time keeps its order.
        rising.reverse();
        rising.swap(1, 2);
        assert_eq!(rising, falling, "pages of {limit}");
    }
    let kinds = told(&hub.head, hub.school, "&kind=rating&kind=plan_record", 50).await;
    assert_eq!(kinds, falling[5..]);
    assert_eq!(told(&hub.head, hub.school, "&planned=true", 2).await, falling[..3]);
    assert_eq!(told(&hub.head, hub.school, "&planned=false", 2).await, falling[3..]);
    assert_eq!(told(&hub.head, hub.school, "&from=2014-08-28&to=2014-08-29", 2).await, falling[3..6]);
}

#[actix_web::test]
async fn a_timeline_shows_what_its_reader_sees_elsewhere() {
    let hub = busy().await;
    let own = told(&hub.school_head, hub.school, "", 2).await;
    assert!(!own.iter().any(|(_, about)| about.contains("governors") || about.starts_with("rating")), "{own:?}");
    assert!(own.contains(&entry("2014-11-03", "action Buy two xylophones")), "{own:?}");
    let elsewhere = hub.app.school(&hub.head, "Beech", json!({})).await.id();
    hub.school_head.get(&format!("/schools/{elsewhere}/timeline")).await.problem(404, "not-found");
    assert_eq!(told(&hub.head, elsewhere, "", 50).await, []);
    let monitor = hub.app.as_role(Role::Monitor).await;
    let seen = told(&monitor, hub.school, "", 50).await;
    assert!(!seen.iter().any(|(_, about)| about.starts_with("rating")), "without ratings:read: {seen:?}");
}

#[actix_web::test]
async fn a_cursor_fits_the_timeline_it_was_made_for() {
    let hub = busy().await;
    let path = format!("/schools/{}/timeline", hub.school);
    let first: Value = hub.head.get(&format!("{path}?limit=1")).await.expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    for other in ["sort=at", "kind=visit", "planned=true"] {
        hub.head.get(&format!("{path}?{other}&cursor={cursor}")).await.problem(400, "bad-cursor");
    }
    hub.head.get(&format!("{path}?sort=title")).await.problem(400, "bad-parameter");
    hub.head.get(&format!("{path}?kind=visits")).await.expect(400);
}
