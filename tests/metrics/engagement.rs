//! Messages, consultations and practice.

use entity::identity::grant::Role;
use serde_json::{Value, json};
use time::macros::date;

use super::visits::population;
use super::{World, by, distinct, holds_on, percent, text};
use crate::engagement::{message, practice};

#[actix_web::test]
async fn schools_reached_are_those_that_a_message_of_the_kind_had_reached() {
    let mut world = World::of(4).await;
    for (kind, reached) in
        [("announcement", &[(0, "2014-09-01"), (1, "2014-09-03")][..]), ("newsletter", &[(2, "2014-09-04")])]
    {
        let sent = world.make("/communications", message(kind, &json!({}))).await;
        world.act(&format!("/communications/{sent}/send")).await;
        if kind == "announcement" {
            world.to(date!(2014 - 09 - 03)).await;
        }
        for (school, day) in reached {
            if *day == "2014-09-04" {
                world.to(date!(2014 - 09 - 04)).await;
            }
            let list =
                format!("/communication-recipients?communication_id={sent}&school_id={}", world.schools[*school]);
            let recipient = world.head.get(&list).await.expect(200).ids()[0];
            let outcome = json!({ "outcome": "reached", "reached_on": day });
            world.head.patch(&format!("/communication-recipients/{recipient}"), &outcome, "*").await.expect(200);
        }
    }
    let recipients = world.head.all("/communication-recipients").await;
    let naive = |day: &str, kind: Option<&str>| {
        let reached = recipients.iter().filter(|row| kind.is_none_or(|kind| text(row, "kind") == kind));
        percent(distinct(reached.filter(|row| by(row, "reached_on", day)), "school_id"), 4)
    };
    let filter = json!({ "metric_filter": { "kind": ["announcement"] } });
    let figures =
        [("2014-08-31", 0.0), ("2014-09-01", 25.0), ("2014-09-02", 25.0), ("2014-09-03", 50.0), ("2014-09-04", 50.0)];
    world.holds("schools_reached", filter, &figures, |day| naive(day, Some("announcement"))).await;
    world
        .holds("schools_reached", json!({}), &[("2014-09-03", 50.0), ("2014-09-04", 75.0)], |day| naive(day, None))
        .await;
    let cohort = world.cohort(&[0, 3]).await;
    world.holds("schools_reached", json!({ "cohort_id": cohort }), &[("2014-09-04", 50.0)], |_| 50.0).await;
}

/// Three groups of stakeholders and their answers to two consultations.
async fn answers() -> World {
    let mut world = World::of(1).await;
    let mut groups = Vec::new();
    for (name, kind, place) in [("A", "governors", "city"), ("B", "head_teachers", "city"), ("C", "network", "county")]
    {
        let group = json!({ "name": name, "kind": kind, "place": place, "members": [{ "text": "Chair" }] });
        groups.push(world.make("/stakeholder-groups", group).await);
    }
    let mut consultations = Vec::new();
    for _ in 0..2 {
        let sent = message("consultation", &json!({ "stakeholder_group_ids": groups }));
        let sent = world.make("/communications", sent).await;
        world.act(&format!("/communications/{sent}/send")).await;
        consultations.push(sent);
    }
    world.to(date!(2014 - 09 - 30)).await;
    for (asked, group, day, buy_in) in [
        (0, 0, "2014-09-02", Some(true)),
        (0, 1, "2014-09-05", Some(true)),
        (0, 2, "2014-09-06", None),
        (1, 0, "2014-09-10", Some(false)),
    ] {
        let answer = json!({
            "communication_id": consultations[asked], "stakeholder_group_id": groups[group], "answered_by": "Chair",
            "answered_on": day, "buy_in": buy_in,
        });
        world.make("/consultation-responses", answer).await;
    }
    world
}

#[actix_web::test]
async fn groups_are_consulted_once_they_answer_and_back_the_plan_by_their_last_answer() {
    let world = answers().await;
    let answers = world.head.all("/consultation-responses").await;
    let given = |day: &str| answers.iter().filter(|row| by(row, "answered_on", day)).collect::<Vec<_>>();
    let figures =
        [("2014-09-01", 0.0), ("2014-09-02", 1.0), ("2014-09-05", 2.0), ("2014-09-06", 3.0), ("2014-09-10", 3.0)];
    let count = |day: &str| distinct(given(day).into_iter(), "stakeholder_group_id") as f64;
    world.holds("groups_consulted", json!({}), &figures, count).await;
    let filter = json!({ "metric_filter": { "kind": ["network"], "place": ["county"] } });
    world
        .holds("groups_consulted", filter, &[("2014-09-05", 0.0), ("2014-09-06", 1.0)], |day| {
            f64::from(u8::from(day >= "2014-09-06"))
        })
        .await;
    let back = |day: &str| {
        let last = |row: &&&Value| {
            let same = |other: &&&Value| other["stakeholder_group_id"] == row["stakeholder_group_id"];
            given(day).iter().filter(same).all(|other| text(other, "answered_on") <= text(row, "answered_on"))
        };
        let given = given(day);
        let backing = given.iter().filter(last).filter(|row| row["buy_in"] == true).count();
        percent(backing, distinct(given.iter().copied(), "stakeholder_group_id"))
    };
    let figures = [
        ("2014-09-02", 100.0),
        ("2014-09-05", 100.0),
        ("2014-09-06", 66.7),
        ("2014-09-09", 66.7),
        ("2014-09-10", 33.3),
    ];
    world.holds("groups_buy_in", json!({}), &figures, back).await;
}

#[actix_web::test]
async fn practice_is_shared_with_a_school_from_the_day_on_which_it_may_see_it() {
    let mut world = World::of(4).await;
    let group = world.make("/school-groups", json!({ "name": "Cluster", "kind": "cluster" })).await;
    for (school, day) in [(1, "2014-09-01"), (2, "2014-11-01")] {
        let member = json!({ "school_group_id": group, "school_id": world.schools[school], "from_on": day });
        world.make("/school-group-members", member).await;
    }
    let mut made = Vec::new();
    for (day, more) in [
        (date!(2014 - 09 - 01), json!({ "audience": "chosen", "to_school_ids": [world.schools[0]] })),
        (
            date!(2014 - 10 - 01),
            json!({
                "audience": "chosen", "to_school_group_ids": [group], "kind": "video",
                "link": "https://hub.example/v",
            }),
        ),
        (date!(2015 - 01 - 10), json!({})),
    ] {
        world.to(day).await;
        let practice = world.make("/shared-practice", practice(&more)).await;
        world.act(&format!("/shared-practice/{practice}/publish")).await;
        made.push(practice);
    }
    world.to(date!(2015 - 01 - 12)).await;
    let school = world.app.at_school(Role::SchoolHead, world.schools[3]).await;
    let opened = json!({ "school_id": world.schools[3] });
    school.post(&format!("/shared-practice/{}/open", made[2]), &opened).await.expect(200);
    world.to(date!(2015 - 02 - 01)).await;
    let (practice, members) = (world.head.all("/shared-practice").await, world.head.all("/school-group-members").await);
    let schools = world.head.all("/schools").await;
    let naive = |day: &str| {
        let among = population(&schools, day);
        let sees = |school: &&&str| {
            practice.iter().filter(|row| by(row, "published_on", day)).any(|row| {
                let named = |field: &str, id: &str| row[field].as_array().is_some_and(|ids| ids.contains(&json!(id)));
                let in_group = |member: &Value| {
                    text(member, "school_id") == **school
                        && holds_on(member, "from_on", "to_on", day)
                        && named("to_school_group_ids", text(member, "school_group_id"))
                };
                row["audience"] == "all" || named("to_school_ids", school) || members.iter().any(in_group)
            })
        };
        percent(among.iter().filter(sees).count(), among.len())
    };
    let figures = [
        ("2014-08-31", 0.0),
        ("2014-09-01", 25.0),
        ("2014-09-30", 25.0),
        ("2014-10-01", 50.0),
        ("2014-10-31", 50.0),
        ("2014-11-01", 75.0),
        ("2015-01-09", 75.0),
        ("2015-01-10", 100.0),
    ];
    world.holds("practice_shared", json!({}), &figures, naive).await;
    let filter = json!({ "metric_filter": { "kind": ["video"] } });
    world
        .holds("practice_shared", filter, &[("2014-10-31", 25.0), ("2014-11-01", 50.0)], |day| {
            percent(members.iter().filter(|member| by(member, "from_on", day)).count(), 4)
        })
        .await;
    let openings = world.head.all("/practice-openings").await;
    let opened = |day: &str| percent(distinct(openings.iter().filter(|row| by(row, "opened_on", day)), "school_id"), 4);
    let filter = json!({ "metric_filter": { "opened": true } });
    world.holds("practice_shared", filter, &[("2015-01-11", 0.0), ("2015-01-12", 25.0)], opened).await;
}
