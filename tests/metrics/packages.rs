//! Pilots and sales.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, percent, text};
use crate::packages::{on_sale, package, quote, step};

/// Two completed pilots, of a package and of a resource, with a school in common; one that runs, and one of a cluster.
async fn tried() -> World {
    let mut world = World::of(5).await;
    let tried = world.make("/packages", package("TRY")).await;
    world.act(&format!("/packages/{tried}/pilot")).await;
    let resource = world.make("/resources", json!({ "title": "Songs", "published_to": "nobody" })).await;
    let cluster = world.make("/school-groups", json!({ "name": "Cluster", "kind": "cluster" })).await;
    let said = |school: usize, confident: Option<bool>| {
        let school = world.schools[school];
        json!({ "school_id": school, "role": "Head of music", "confident": confident })
    };
    let pilots = [
        (
            json!({ "package_id": tried, "school_ids": [world.schools[0], world.schools[1]], "to_on": "2014-10-31" }),
            vec![said(0, Some(true)), said(1, Some(false))],
            true,
        ),
        (
            json!({
                "resource_id": resource, "school_ids": [world.schools[1]], "school_group_ids": [cluster],
                "to_on": "2014-11-30",
            }),
            vec![said(1, Some(true)), said(1, None)],
            true,
        ),
        (json!({ "package_id": tried, "school_ids": [world.schools[3]] }), vec![said(3, Some(true))], false),
    ];
    world.to(date!(2014 - 12 - 05)).await;
    for (form, respondents, ended) in pilots {
        let mut pilot = json!({
            "title": "Try", "from_on": "2014-09-01", "outcome": "Both use it", "respondents": respondents,
        });
        pilot.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        let pilot = world.make("/pilots", pilot).await;
        let verbs: &[&str] = if ended { &["start", "complete"] } else { &["start"] };
        for verb in verbs {
            world.act(&format!("/pilots/{pilot}/{verb}")).await;
        }
    }
    world
}

#[actix_web::test]
async fn pilots_count_schools_and_clusters_once_they_are_completed() {
    let world = tried().await;
    let pilots = world.head.all("/pilots").await;
    let completed = |day: &str, field: Option<&str>| {
        let of = |pilot: &&Value| field.is_none_or(|field| !pilot[field].is_null());
        let ended = |pilot: &&Value| pilot["status"] == "completed" && by(pilot, "to_on", day);
        pilots.iter().filter(of).filter(ended).collect::<Vec<_>>()
    };
    let parts = |day: &str, field: Option<&str>| {
        let list = |pilot: &Value, field: &str| pilot[field].as_array().cloned().unwrap_or_default();
        let parts = completed(day, field).into_iter();
        let parts = parts.flat_map(|it| [list(it, "school_ids"), list(it, "school_group_ids")].concat());
        parts.map(|id| id.to_string()).collect::<std::collections::BTreeSet<_>>().len() as f64
    };
    let figures =
        [("2014-10-30", 0.0), ("2014-10-31", 2.0), ("2014-11-29", 2.0), ("2014-11-30", 3.0), ("2015-01-01", 3.0)];
    world.holds("pilots_completed", json!({}), &figures, |day| parts(day, None)).await;
    for (subject, field, figure) in
        [("package", "package_id", 2.0), ("resource", "resource_id", 2.0), ("framework", "framework_id", 0.0)]
    {
        let filter = json!({ "metric_filter": { "subject": subject } });
        world.holds("pilots_completed", filter, &[("2014-12-01", figure)], |day| parts(day, Some(field))).await;
    }
    let confidence = |day: &str| {
        let respondents = completed(day, None).into_iter();
        let respondents = respondents.flat_map(|it| it["respondents"].as_array().cloned().unwrap_or_default());
        let said: Vec<Value> = respondents.filter(|one| one["confident"].is_boolean()).collect();
        percent(said.iter().filter(|one| one["confident"] == true).count(), said.len())
    };
    let figures = [("2014-10-31", 50.0), ("2014-11-29", 50.0), ("2014-11-30", 66.7)];
    world.holds("pilot_confidence", json!({}), &figures, confidence).await;
}

#[actix_web::test]
async fn orders_are_worth_what_was_confirmed_and_not_cancelled_and_take_capacity_once_placed() {
    let mut world = World::of(3).await;
    let package = on_sale(&world.head, "LDR", json!({ "capacity_per_term": 10 })).await;
    let other = on_sale(&world.head, "SEF", json!({ "price_pence": 5_000 })).await;
    let mut orders = Vec::new();
    for (school, package, units) in [(0, package, 3), (1, package, 2), (2, other, 4)] {
        orders.push(world.make("/orders", quote(world.schools[school], package, units)).await);
    }
    for (day, order, verb) in [
        (date!(2014 - 09 - 02), 0, "order"),
        (date!(2014 - 09 - 03), 0, "confirm"),
        (date!(2014 - 09 - 03), 1, "order"),
        (date!(2014 - 09 - 04), 1, "confirm"),
        (date!(2014 - 09 - 05), 2, "order"),
        (date!(2014 - 09 - 05), 2, "confirm"),
        (date!(2014 - 09 - 08), 1, "cancel"),
    ] {
        world.to(day).await;
        step(&world.head, orders[order], verb).await.expect(200);
    }
    world.to(date!(2014 - 10 - 01)).await;
    let orders = world.head.all("/orders").await;
    let stands = |order: &Value, day: &str| by(order, "ordered_on", day) && !by(order, "cancelled_on", day);
    let worth = |day: &str, package: Option<uuid::Uuid>| {
        let confirmed = orders.iter().filter(|order| by(order, "confirmed_on", day) && stands(order, day));
        let lines = confirmed.flat_map(|order| order["lines"].as_array().unwrap());
        let lines = lines.filter(|line| package.is_none_or(|id| line["package_id"] == json!(id)));
        lines.map(|line| line["price_pence"].as_f64().unwrap() * line["quantity"].as_f64().unwrap()).sum()
    };
    // As known now: an order that was cancelled on the 8th stood until the 7th.
    let figures = [
        ("2014-09-02", 0.0),
        ("2014-09-03", 72_000.0),
        ("2014-09-04", 120_000.0),
        ("2014-09-05", 140_000.0),
        ("2014-09-07", 140_000.0),
        ("2014-09-08", 92_000.0),
    ];
    world.holds("orders_value", json!({}), &figures, |day| worth(day, None)).await;
    let filter = json!({ "metric_filter": { "package_id": [other] } });
    world.holds("orders_value", filter, &[("2014-09-08", 20_000.0)], |day| worth(day, Some(other))).await;
    let used = |day: &str, terms: f64| {
        let placed = orders.iter().filter(|order| stands(order, day));
        let lines = placed.flat_map(|order| order["lines"].as_array().unwrap());
        let units =
            lines.filter(|line| line["package_id"] == json!(package)).map(|it| it["quantity"].as_f64().unwrap());
        (units.sum::<f64>() * 1000.0 / (10.0 * terms)).round() / 10.0
    };
    let figures =
        [("2014-09-01", 0.0), ("2014-09-02", 10.0), ("2014-09-03", 16.7), ("2014-09-07", 16.7), ("2014-09-08", 10.0)];
    world.holds("capacity_used", json!({}), &figures, |day| used(day, 3.0)).await;
    let spring = json!({ "metric_filter": { "academic_year": "2014/15", "term": "spring" } });
    world.holds("capacity_used", spring, &[("2014-09-03", 50.0)], |day| used(day, 1.0)).await;
    let autumn = json!({ "metric_filter": { "academic_year": "2014/15", "term": "autumn" } });
    world.holds("capacity_used", autumn, &[("2014-09-03", 0.0)], |_| 0.0).await;
    assert!(text(&orders[0], "status").len() > 2);
}
