//! Schools that have to do with the hub, by any part.

use serde_json::{Value, json};
use time::macros::date;

use super::visits::visited;
use super::{World, by, percent, text};
use crate::evaluations::{answer_all, open_in, publish};
use crate::frameworks::singing;
use crate::packages::{on_sale, quote, step};
use crate::training::colleague;

#[actix_web::test]
async fn a_school_is_engaged_by_a_visit_an_order_an_evaluation_or_somebody_at_training() {
    let mut world = World::of(5).await;
    let framework = publish(&world.head, &singing()).await;
    let evaluation = open_in(&world.head, world.schools[2], framework, "2014/15").await;
    answer_all(&world.head, evaluation, 2).await;
    let package = on_sale(&world.head, "LDR", json!({})).await;
    world.to(date!(2014 - 10 - 02)).await;
    let order = world.make("/orders", quote(world.schools[1], package, 1)).await;
    step(&world.head, order, "order").await.expect(200);
    world.to(date!(2014 - 10 - 03)).await;
    world.act(&format!("/evaluations/{evaluation}/submit")).await;
    world.to(date!(2014 - 10 - 09)).await;
    step(&world.head, order, "cancel").await.expect(200);
    visited(&world, 0, "2014-10-01", "initial", "in_person").await;
    visited(&world, 2, "2014-10-06", "initial", "in_person").await;
    let person = colleague(&world.head, world.schools[3]).await;
    let form = json!({
        "title": "Sing", "kind": "training", "starts_at": "2014-10-07T09:00:00Z", "ends_at": "2014-10-07T12:00:00Z",
        "audience": "all_schools",
    });
    let event = world.make("/training-events", form).await;
    world.head.act(&format!("/training-events/{event}/open"), None).await.expect(200);
    let place = json!({ "event_id": event, "person_id": person, "school_id": world.schools[3] });
    let place = world.make("/attendances", place).await;
    world.head.act(&format!("/attendances/{place}/attend"), None).await.expect(200);

    let (visits, orders) = (world.head.all("/visits").await, world.head.all("/orders").await);
    let (sent, evaluations) = (world.head.all("/evaluation-submissions").await, world.head.all("/evaluations").await);
    let places = world.head.all("/attendances").await;
    let of = |rows: &[Value], school: &str, which: &dyn Fn(&Value) -> bool| {
        rows.iter().any(|row| text(row, "school_id") == school && which(row))
    };
    let naive = |day: &str| {
        let engaged = |school: &&uuid::Uuid| {
            let id = school.to_string();
            let stands = |row: &Value| by(row, "ordered_on", day) && !by(row, "cancelled_on", day);
            let was_sent =
                |row: &Value| sent.iter().any(|it| it["evaluation_id"] == row["id"] && by(it, "created_at", day));
            of(&visits, &id, &|row| by(row, "completed_on", day))
                || of(&orders, &id, &stands)
                || of(&evaluations, &id, &was_sent)
                || of(&places, &id, &|row| by(row, "attended_on", day))
        };
        percent(world.schools.iter().filter(engaged).count(), 5)
    };
    let figures = [
        ("2014-09-30", 0.0),
        ("2014-10-01", 20.0),
        ("2014-10-02", 40.0),
        ("2014-10-03", 60.0),
        ("2014-10-06", 60.0),
        ("2014-10-07", 80.0),
        ("2014-10-08", 80.0),
        // The order was cancelled on that day.
        ("2014-10-09", 60.0),
    ];
    world.holds("hub_engagement", json!({}), &figures, naive).await;
    let filter = json!({ "metric_filter": { "by": ["training", "order"] } });
    world
        .holds("hub_engagement", filter, &[("2014-10-08", 40.0), ("2014-10-09", 20.0)], |day| {
            if day < "2014-10-09" { 40.0 } else { 20.0 }
        })
        .await;
}
