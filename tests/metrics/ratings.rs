//! Ratings on a day, and how they moved.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, percent, text};

async fn rate(world: &World, school: usize, colour: &str, on_date: &str, valid_until: &str) {
    let form = json!({
        "school_id": world.schools[school], "colour": colour, "on_date": on_date, "valid_until": valid_until,
        "source": "by_hand", "reason": "As seen at the network meeting",
    });
    world.make("/rag-ratings", form).await;
}

#[actix_web::test]
async fn ratings_are_the_latest_that_hold_and_move_from_the_first_day() {
    let mut world = World::of(5).await;
    world.to(date!(2015 - 06 - 01)).await;
    for (school, colour, on_date, until) in [
        (0, "red", "2014-09-10", "2016-08-31"),
        (0, "amber", "2014-12-01", "2016-08-31"),
        (1, "green", "2014-09-20", "2014-11-30"),
        (2, "green", "2014-10-01", "2016-08-31"),
        (2, "red", "2015-02-01", "2016-08-31"),
        (3, "amber", "2015-01-10", "2016-08-31"),
    ] {
        rate(&world, school, colour, on_date, until).await;
    }
    let rows = world.head.all("/rag-ratings").await;
    let colour = |school: usize, day: &str| {
        let id = world.schools[school].to_string();
        let holding = rows
            .iter()
            .filter(|row| text(row, "school_id") == id && by(row, "on_date", day) && text(row, "valid_until") >= day);
        holding.max_by_key(|row| text(row, "on_date").to_owned()).map(|row| text(row, "colour"))
    };
    let share = |day: &str, which: &dyn Fn(Option<&str>) -> bool| {
        percent((0..5).filter(|school| which(colour(*school, day))).count(), 5)
    };
    let red = json!({ "metric_filter": { "colour": ["red"] } });
    let figures =
        [("2014-09-09", 0.0), ("2014-09-10", 20.0), ("2014-11-30", 20.0), ("2014-12-01", 0.0), ("2015-02-01", 20.0)];
    world.holds("ratings", red, &figures, |day| share(day, &|colour| colour == Some("red"))).await;
    let figures = [("2014-09-20", 40.0), ("2014-11-30", 60.0), ("2014-12-01", 40.0), ("2015-01-10", 60.0)];
    world.holds("ratings", json!({}), &figures, |day| share(day, &|colour| colour.is_some())).await;
    let need = |colour: &str| ["green", "amber", "red"].iter().position(|known| *known == colour).unwrap();
    let moved = |day: &str, better: Option<bool>| {
        let moved = |school: &usize| match (colour(*school, "2014-10-01"), colour(*school, day)) {
            (Some(before), Some(now)) => before != now && better.is_none_or(|it| (need(now) < need(before)) == it),
            _ => false,
        };
        percent((0..5).filter(moved).count(), 5)
    };
    let filter = |more: Value| {
        let mut filter = json!({ "from_on": "2014-10-01" });
        filter.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "metric_filter": filter })
    };
    let figures =
        [("2014-10-01", 0.0), ("2014-11-30", 0.0), ("2014-12-01", 20.0), ("2015-01-31", 20.0), ("2015-02-01", 40.0)];
    world.holds("ratings_moved", filter(json!({})), &figures, |day| moved(day, None)).await;
    let better = filter(json!({ "direction": "better" }));
    world.holds("ratings_moved", better, &[("2015-02-01", 20.0)], |day| moved(day, Some(true))).await;
    let worse = filter(json!({ "direction": "worse" }));
    world
        .holds("ratings_moved", worse, &[("2015-01-31", 0.0), ("2015-02-01", 20.0)], |day| moved(day, Some(false)))
        .await;
}
