//! Posts, roles and working groups.

use serde_json::{Value, json};

use super::{World, by, distinct, holds_on, text};
use crate::people::posts::{holding, person, post};

#[actix_web::test]
async fn posts_count_while_somebody_holds_them() {
    let world = World::of(1).await;
    let ada = person(&world.head, "Ada").await;
    for (title, role, fte, more, held) in [
        ("Deputy", "DHoS", 80, json!({}), Some(("2014-10-01", Some("2015-03-31")))),
        ("Teacher", "Support teacher", 100, json!({ "funding": "traded" }), Some(("2014-11-01", None))),
        ("Vacant", "Support teacher", 50, json!({ "to_on": "2014-12-31" }), None),
        ("Perhaps", "Support teacher", 60, json!({ "tentative": true }), Some(("2014-09-01", None))),
    ] {
        let mut form = post(title);
        (form["role_text"], form["fte_hundredths"]) = (json!(role), json!(fte));
        form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let post = world.make("/posts", form).await;
        if let Some((from_on, to_on)) = held {
            world.make("/post-holdings", holding(post, ada, from_on, to_on)).await;
        }
    }
    let (posts, holdings) = (world.head.all("/posts").await, world.head.all("/post-holdings").await);
    let fte = |day: &str, role: Option<&str>, vacant: bool, tentative: bool| {
        let held = |post: &Value| {
            let of_post = holdings.iter().filter(|holding| holding["post_id"] == post["id"]);
            of_post.filter(|holding| holds_on(holding, "from_on", "to_on", day)).count() > 0
        };
        let counts = |post: &&Value| {
            holds_on(post, "from_on", "to_on", day)
                && (vacant || held(post))
                && (tentative || post["tentative"] == false)
                && role.is_none_or(|role| text(post, "role_text").eq_ignore_ascii_case(role))
        };
        posts.iter().filter(counts).map(|post| post["fte_hundredths"].as_f64().unwrap()).sum::<f64>() / 100.0
    };
    let figures = [
        ("2014-09-30", 0.0),
        ("2014-10-01", 0.8),
        ("2014-10-31", 0.8),
        ("2014-11-01", 1.8),
        ("2015-03-31", 1.8),
        ("2015-04-01", 1.0),
    ];
    world.holds("posts_fte", json!({}), &figures, |day| fte(day, None, false, false)).await;
    let filter = json!({ "metric_filter": { "role": ["dhos"] } });
    world
        .holds("posts_fte", filter, &[("2015-03-31", 0.8), ("2015-04-01", 0.0)], |day| {
            fte(day, Some("DHoS"), false, false)
        })
        .await;
    let filter = json!({ "metric_filter": { "vacant": true } });
    let figures = [("2014-09-01", 2.3), ("2014-12-31", 2.3), ("2015-01-01", 1.8)];
    world.holds("posts_fte", filter, &figures, |day| fte(day, None, true, false)).await;
    let filter = json!({ "metric_filter": { "tentative": true, "funding": "core" } });
    world
        .holds("posts_fte", filter, &[("2014-09-30", 0.6), ("2014-10-01", 1.4)], |day| {
            fte(day, None, false, true) - fte(day, Some("support teacher"), false, false)
        })
        .await;
}

#[actix_web::test]
async fn people_with_a_role_count_once_from_their_first_day_to_their_last() {
    let world = World::of(1).await;
    let (ada, ben) = (person(&world.head, "Ada").await, person(&world.head, "Ben").await);
    for (who, role, organisation, territory, from_on, to_on) in [
        (ada, "Champion", "North School", "city", "2014-10-01", Some("2015-01-31")),
        (ada, "Governor", "Governing Group", "city", "2014-10-01", None),
        (ben, "Champion", "South School", "county", "2014-11-01", None),
    ] {
        let form = json!({
            "person_id": who, "role_text": role, "organisation": organisation, "territory": territory,
            "basis": "appointed", "from_on": from_on, "to_on": to_on,
        });
        world.make("/designations", form).await;
    }
    let rows = world.head.all("/designations").await;
    let naive = |day: &str, field: &str, value: Option<&str>| {
        let of = rows.iter().filter(|row| value.is_none_or(|value| text(row, field) == value));
        distinct(of.filter(|row| holds_on(row, "from_on", "to_on", day)), "person_id") as f64
    };
    let figures =
        [("2014-09-30", 0.0), ("2014-10-01", 1.0), ("2014-10-31", 1.0), ("2014-11-01", 2.0), ("2015-02-01", 2.0)];
    world.holds("designations", json!({}), &figures, |day| naive(day, "role_text", None)).await;
    let filter = json!({ "metric_filter": { "role": ["champion"] } });
    let figures = [("2014-11-01", 2.0), ("2015-01-31", 2.0), ("2015-02-01", 1.0)];
    world.holds("designations", filter, &figures, |day| naive(day, "role_text", Some("Champion"))).await;
    let filter = json!({ "metric_filter": { "organisation": ["North School"], "territory": "city" } });
    let figures = [("2015-01-31", 1.0), ("2015-02-01", 0.0)];
    world.holds("designations", filter, &figures, |day| naive(day, "organisation", Some("North School"))).await;
}

#[actix_web::test]
async fn groups_count_from_the_day_on_which_they_were_formed() {
    let world = World::of(1).await;
    for (name, kind, formed_on, ended_on) in [
        ("Frameworks: KS2", "working", Some("2014-09-15"), None),
        ("Frameworks: KS3", "working", Some("2014-10-01"), Some("2014-12-31")),
        ("Specialists", "specialist", Some("2014-11-03"), None),
        ("Of old", "working", None, None),
    ] {
        let form = json!({ "name": name, "kind": kind, "formed_on": formed_on, "ended_on": ended_on });
        world.make("/working-groups", form).await;
    }
    let groups = world.head.all("/working-groups").await;
    let naive = |day: &str, kind: Option<&str>| {
        let of = groups.iter().filter(|group| kind.is_none_or(|kind| text(group, "kind") == kind));
        of.filter(|group| by(group, "formed_on", day)).count() as f64
    };
    let figures = [
        ("2014-09-14", 0.0),
        ("2014-09-15", 1.0),
        ("2014-09-30", 1.0),
        ("2014-10-01", 2.0),
        ("2014-11-03", 3.0),
        ("2015-01-01", 3.0),
    ];
    world.holds("groups_formed", json!({}), &figures, |day| naive(day, None)).await;
    let filter = json!({ "metric_filter": { "kind": "working", "name": "frameworks" } });
    world.holds("groups_formed", filter, &[("2015-01-01", 2.0)], |day| naive(day, Some("working"))).await;
}
