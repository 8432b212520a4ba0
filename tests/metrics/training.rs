//! Training events and the people who came.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, distinct, text};
use crate::people::posts::person;

#[actix_web::test]
async fn sessions_count_once_they_were_held_and_people_once_they_came() {
    let mut world = World::of(1).await;
    world.to(date!(2015 - 06 - 01)).await;
    let (ada, ben) = (person(&world.head, "Ada").await, person(&world.head, "Ben").await);
    for (kind, day, came, held) in [
        ("training", "2014-10-15", vec![(ada, "attend"), (ben, "miss")], true),
        ("peer_to_peer", "2014-11-26", vec![(ada, "attend"), (ben, "attend")], true),
        ("training", "2015-01-21", vec![], true),
        ("training", "2015-02-04", vec![], false),
    ] {
        let form = json!({
            "title": "Sing", "kind": kind, "starts_at": format!("{day}T09:00:00Z"),
            "ends_at": format!("{day}T12:00:00Z"),
            "audience": "all_schools",
        });
        let event = world.make("/training-events", form).await;
        world.head.act(&format!("/training-events/{event}/open"), None).await.expect(200);
        for (who, verb) in came {
            let place = world.make("/attendances", json!({ "event_id": event, "person_id": who })).await;
            world.head.act(&format!("/attendances/{place}/{verb}"), None).await.expect(200);
        }
        if held {
            world.head.act(&format!("/training-events/{event}/hold"), None).await.expect(200);
        }
    }
    let (events, places) = (world.head.all("/training-events").await, world.head.all("/attendances").await);
    let of_kind = |row: &&Value, kind: Option<&str>| kind.is_none_or(|kind| text(row, "kind") == kind);
    let held = |day: &str, kind: Option<&str>| {
        let held = events.iter().filter(|row| row["status"] == "held" && by(row, "starts_at", day));
        held.filter(|row| of_kind(row, kind)).count() as f64
    };
    let figures = [
        ("2014-10-14", 0.0),
        ("2014-10-15", 1.0),
        ("2014-11-26", 2.0),
        ("2015-01-20", 2.0),
        ("2015-01-21", 3.0),
        ("2015-03-01", 3.0),
    ];
    world.holds("sessions_held", json!({}), &figures, |day| held(day, None)).await;
    let filter = json!({ "metric_filter": { "kind": ["training"] } });
    world.holds("sessions_held", filter.clone(), &[("2015-01-21", 2.0)], |day| held(day, Some("training"))).await;
    let trained = |day: &str, kind: Option<&str>| {
        let among =
            |place: &&Value| events.iter().any(|event| event["id"] == place["event_id"] && of_kind(&event, kind));
        distinct(places.iter().filter(among).filter(|place| by(place, "attended_on", day)), "person_id") as f64
    };
    let figures = [("2014-10-14", 0.0), ("2014-10-15", 1.0), ("2014-11-25", 1.0), ("2014-11-26", 2.0)];
    world.holds("people_trained", json!({}), &figures, |day| trained(day, None)).await;
    world.holds("people_trained", filter, &[("2015-03-01", 1.0)], |day| trained(day, Some("training"))).await;
}
