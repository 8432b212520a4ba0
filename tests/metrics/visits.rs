//! Visits, and what follows from them.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, distinct, percent, text};

/// A visit that was made on a day in the past.
pub async fn visited(world: &World, school: usize, day: &str, kind: &str, mode: &str) -> uuid::Uuid {
    crate::visits::visited(&world.head, world.schools[school], day, kind, mode).await
}

/// A hub with ten schools, one of which closes on 1 February 2015, and with visits.
async fn world() -> World {
    let mut world = World::of(10).await;
    world.to(date!(2015 - 06 - 01)).await;
    for (school, day, kind, mode) in [
        (0, "2014-10-10", "initial", "in_person"),
        (1, "2014-11-12", "initial", "online"),
        (1, "2014-11-20", "follow_up", "in_person"),
        (4, "2014-12-01", "targeted_support", "in_person"),
        (0, "2015-03-02", "targeted_support", "in_person"),
        (2, "2015-04-01", "initial", "telephone"),
        (9, "2014-12-02", "initial", "in_person"),
    ] {
        visited(&world, school, day, kind, mode).await;
    }
    let planned = json!({
        "school_id": world.schools[3], "visitor_id": world.head.person(), "kind": "initial", "mode": "in_person",
        "starts_at": "2015-05-04T10:00:00Z", "ends_at": "2015-05-04T11:00:00Z",
    });
    world.make("/visits", planned).await;
    let closes = json!({ "status": "closed", "closed_on": "2015-02-01" });
    world.head.patch(&format!("/schools/{}", world.schools[9]), &closes, "*").await.expect(200);
    world
}

/// The schools that count on a day, of a list of schools.
pub fn population<'a>(schools: &'a [Value], day: &str) -> Vec<&'a str> {
    let counts = |school: &&Value| match text(school, "status") {
        "closed" => text(school, "closed_on") > day,
        _ => school["in_scope"] == true,
    };
    schools.iter().filter(counts).map(|school| text(school, "id")).collect()
}

#[actix_web::test]
async fn schools_visited_are_those_with_a_visit_by_the_day() {
    let world = world().await;
    let (visits, schools) = (world.head.all("/visits").await, world.head.all("/schools").await);
    let share = |day: &str, which: &dyn Fn(&Value) -> bool| {
        let among = population(&schools, day);
        let made = visits.iter().filter(|visit| by(visit, "completed_on", day) && which(visit));
        percent(distinct(made.filter(|visit| among.contains(&text(visit, "school_id"))), "school_id"), among.len())
    };
    let figures = [
        ("2014-10-09", 0.0),
        ("2014-10-10", 10.0),
        ("2014-11-11", 10.0),
        ("2014-11-12", 20.0),
        ("2014-12-01", 30.0),
        ("2014-12-02", 40.0),
        ("2015-01-31", 40.0),
        // The school that closed counts neither above nor below.
        ("2015-02-01", 33.3),
        ("2015-04-01", 44.4),
        ("2016-01-01", 44.4),
    ];
    world.holds("schools_visited", json!({}), &figures, |day| share(day, &|_| true)).await;
    let person = |visit: &Value| text(visit, "mode") == "in_person";
    let filter = json!({ "metric_filter": { "mode": ["in_person"] } });
    world
        .holds("schools_visited", filter, &[("2014-11-19", 10.0), ("2014-11-20", 20.0)], |day| share(day, &person))
        .await;
    let first = |visit: &Value| {
        let earlier = |other: &&Value| text(other, "completed_on") < text(visit, "completed_on");
        let same = |other: &&Value| other["school_id"] == visit["school_id"] && !text(other, "completed_on").is_empty();
        text(visit, "completed_on") >= "2014-11-15" && !visits.iter().filter(same).any(|other| earlier(&other))
    };
    let filter = json!({ "metric_filter": { "first": true, "from_on": "2014-11-15" } });
    let figures = [("2014-11-30", 0.0), ("2014-12-01", 10.0), ("2015-03-02", 11.1), ("2015-04-01", 22.2)];
    world.holds("schools_visited", filter, &figures, |day| share(day, &first)).await;
    let until = |visit: &Value| text(visit, "completed_on") <= "2014-11-30";
    let filter = json!({ "metric_filter": { "to_on": "2014-11-30" } });
    world.holds("schools_visited", filter, &[("2015-01-31", 20.0)], |day| share(day, &until)).await;
}

#[actix_web::test]
async fn schools_revisited_have_a_targeted_visit_after_another_one() {
    let world = world().await;
    let (visits, schools) = (world.head.all("/visits").await, world.head.all("/schools").await);
    let naive = |day: &str, kind: &str| {
        let among = population(&schools, day);
        let second = visits.iter().filter(|visit| {
            let earlier = |other: &Value| {
                other["school_id"] == visit["school_id"]
                    && by(other, "completed_on", day)
                    && text(other, "completed_on") < text(visit, "completed_on")
            };
            text(visit, "kind") == kind && by(visit, "completed_on", day) && visits.iter().any(earlier)
        });
        percent(distinct(second, "school_id"), among.len())
    };
    // The school whose first visit was a targeted one has had no second.
    let figures = [("2014-12-01", 0.0), ("2015-03-01", 0.0), ("2015-03-02", 11.1), ("2015-03-03", 11.1)];
    world.holds("schools_revisited", json!({}), &figures, |day| naive(day, "targeted_support")).await;
    let filter = json!({ "metric_filter": { "kind": ["follow_up"] } });
    let figures = [("2014-11-19", 0.0), ("2014-11-20", 10.0)];
    world.holds("schools_revisited", filter, &figures, |day| naive(day, "follow_up")).await;
}

#[actix_web::test]
async fn actions_are_overdue_from_the_day_after_until_they_are_done_or_dropped() {
    let mut world = World::of(2).await;
    let action = |school: usize, due_on: &str| {
        json!({
            "school_id": world.schools[school], "source_kind": "meeting", "source_text": "Area group", "text": "Sing",
            "owner_role": "Head of music", "due_on": due_on, "audience": "hub",
        })
    };
    let forms = [action(0, "2014-10-01"), action(0, "2014-10-01"), action(1, "2014-10-05"), action(1, "2014-12-24")];
    let mut made = Vec::new();
    for form in forms {
        made.push(world.make("/actions", form).await);
    }
    world.to(date!(2014 - 10 - 20)).await;
    world.act(&format!("/actions/{}/complete", made[1])).await;
    world.to(date!(2014 - 11 - 01)).await;
    let reason = json!({ "reason": "The choir has ended" });
    world.head.post(&format!("/actions/{}/drop", made[2]), &reason).await.expect(200);
    world.to(date!(2015 - 06 - 01)).await;
    let actions = world.head.all("/actions").await;
    let naive = |day: &str| {
        let ended = |action: &&Value| by(action, "done_on", day) || by(action, "dropped_on", day);
        actions.iter().filter(|action| text(action, "due_on") < day && !ended(action)).count() as f64
    };
    let figures = [
        ("2014-10-01", 0.0),
        ("2014-10-02", 2.0),
        ("2014-10-06", 3.0),
        ("2014-10-19", 3.0),
        ("2014-10-20", 2.0),
        ("2014-11-01", 1.0),
        ("2014-12-24", 1.0),
        ("2014-12-25", 2.0),
    ];
    world.holds("actions_overdue", json!({}), &figures, naive).await;
    // Opened again, it is overdue as if it had never been dropped.
    world.act(&format!("/actions/{}/reopen", made[2])).await;
    let actions = world.head.all("/actions").await;
    assert!(actions.iter().all(|action| action["dropped_on"].is_null()), "{actions:?}");
    let naive =
        |day: &str| actions.iter().filter(|it| text(it, "due_on") < day && !by(it, "done_on", day)).count() as f64;
    world.holds("actions_overdue", json!({}), &[("2014-11-01", 2.0), ("2014-12-25", 3.0)], naive).await;
}

#[actix_web::test]
async fn reports_are_on_time_where_the_school_has_them_within_the_days() {
    let mut world = World::of(3).await;
    world.to(date!(2014 - 10 - 06)).await;
    let mut visits = Vec::new();
    for (school, day) in [(0, "2014-10-01"), (1, "2014-10-02"), (2, "2014-10-03")] {
        visits.push(visited(&world, school, day, "initial", "in_person").await);
    }
    for (visit, day) in [(visits[0], date!(2014 - 10 - 10)), (visits[1], date!(2014 - 10 - 20))] {
        world.to(day).await;
        let report = json!({ "visit_id": visit, "seen": "Two lessons", "judgement": "A good beginning" });
        world.make("/visit-reports", report).await;
        for verb in ["report", "share"] {
            world.act(&format!("/visits/{visit}/{verb}")).await;
        }
    }
    world.to(date!(2015 - 06 - 01)).await;
    let (visits, reports) = (world.head.all("/visits").await, world.head.all("/visit-reports").await);
    let naive = |day: &str, within: i64| {
        let date = |text: &str| entity::date::parse(text).unwrap();
        let (mut of, mut in_time) = (0, 0);
        for visit in &visits {
            let due = date(text(visit, "completed_on")) + time::Duration::days(within);
            let shared =
                reports.iter().find(|report| report["visit_id"] == visit["id"] && by(report, "shared_at", day));
            let shared = shared.map(|report| date(&text(report, "shared_at")[..10]));
            of += usize::from(shared.is_some() || due < date(day));
            in_time += usize::from(shared.is_some_and(|shared| shared <= due));
        }
        percent(in_time, of)
    };
    let figures = [
        ("2014-10-10", 100.0),
        ("2014-10-16", 100.0),
        ("2014-10-17", 50.0),
        ("2014-10-18", 33.3),
        ("2014-10-20", 33.3),
        ("2015-06-01", 33.3),
    ];
    world.holds("reports_on_time", json!({}), &figures, |day| naive(day, 14)).await;
    let filter = json!({ "metric_filter": { "within_days": 18 } });
    world.holds("reports_on_time", filter, &[("2014-10-20", 100.0), ("2014-10-22", 66.7)], |day| naive(day, 18)).await;
}
