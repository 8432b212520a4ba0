//! Evaluations, awards and frameworks.

use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{World, by, distinct, holds_on, percent, text};
use crate::awards::scheme;
use crate::evaluations::{answer_all, open_in, publish};
use crate::frameworks::singing;

async fn verb(world: &World, evaluation: Uuid, name: &str) {
    world.act(&format!("/evaluations/{evaluation}/{name}")).await;
}

/// Four schools, of which three send a self-evaluation in October and November. One school takes its evaluation back,
/// and that of another one is agreed.
async fn evaluated() -> (World, Uuid) {
    let mut world = World::of(4).await;
    let framework = publish(&world.head, &singing()).await;
    let mut made = Vec::new();
    for school in 0..3 {
        let evaluation = open_in(&world.head, world.schools[school], framework, "2014/15").await;
        answer_all(&world.head, evaluation, 2).await;
        made.push(evaluation);
    }
    for (day, evaluation, name) in [
        (date!(2014 - 10 - 01), 0, "submit"),
        (date!(2014 - 10 - 05), 1, "submit"),
        (date!(2014 - 10 - 07), 1, "withdraw"),
        (date!(2014 - 11 - 01), 2, "submit"),
        (date!(2014 - 11 - 03), 0, "moderate"),
        (date!(2014 - 11 - 04), 0, "agree"),
    ] {
        world.to(day).await;
        verb(&world, made[evaluation], name).await;
    }
    world.to(date!(2015 - 06 - 01)).await;
    (world, framework)
}

#[actix_web::test]
async fn evaluations_count_from_the_day_on_which_they_were_sent_or_agreed() {
    let (world, framework) = evaluated().await;
    let evaluations = world.head.all("/evaluations").await;
    let sent = world.head.all("/evaluation-submissions").await;
    let submitted = |day: &str| {
        let stands = |round: &&Value| {
            let withdrawn = round["decision"] == "withdrawn" && by(round, "decided_at", day);
            by(round, "created_at", day) && !withdrawn
        };
        // Each school has one evaluation.
        percent(distinct(sent.iter().filter(stands), "evaluation_id"), 4)
    };
    let figures = [
        ("2014-09-30", 0.0),
        ("2014-10-01", 25.0),
        ("2014-10-05", 50.0),
        ("2014-10-06", 50.0),
        ("2014-10-07", 25.0),
        ("2014-11-01", 50.0),
    ];
    world.holds("evaluations_submitted", json!({}), &figures, submitted).await;
    let filter = json!({ "metric_filter": { "kind": "visit_audit" } });
    world.holds("evaluations_submitted", filter, &[("2014-11-01", 0.0)], |_| 0.0).await;
    let filter = json!({ "metric_filter": { "framework_id": [framework], "academic_year": "2013/14" } });
    world.holds("evaluations_submitted", filter, &[("2014-11-01", 0.0)], |_| 0.0).await;
    let agreed = |day: &str| {
        let agreed = evaluations.iter().filter(|row| row["status"] == "agreed" && by(row, "decided_at", day));
        percent(distinct(agreed, "school_id"), 4)
    };
    let figures = [("2014-11-03", 0.0), ("2014-11-04", 25.0), ("2014-11-05", 25.0)];
    world.holds("evaluations_agreed", json!({}), &figures, agreed).await;
}

#[actix_web::test]
async fn awards_are_applied_for_on_a_day_and_held_until_they_expire() {
    let mut world = World::of(4).await;
    let framework = publish(&world.head, &singing()).await;
    let award = world.make("/award-schemes", scheme(framework)).await;
    world.act(&format!("/award-schemes/{award}/use")).await;
    let mut applications = Vec::new();
    for (school, day) in [(0, date!(2014 - 10 - 01)), (1, date!(2014 - 11 - 01))] {
        world.to(day).await;
        let evaluation = open_in(&world.head, world.schools[school], framework, "2014/15").await;
        answer_all(&world.head, evaluation, 2).await;
        for name in ["submit", "moderate", "agree"] {
            verb(&world, evaluation, name).await;
        }
        let form = json!({
            "school_id": world.schools[school], "scheme_id": award, "level": "bronze", "evaluation_id": evaluation,
            "evidence": [{ "code": "recording", "links": ["https://ash.example/concert"] }],
        });
        applications.push(world.make("/award-applications", form).await);
    }
    world.to(date!(2014 - 11 - 15)).await;
    for application in &applications {
        world.act(&format!("/award-applications/{application}/assess")).await;
    }
    world.act(&format!("/award-applications/{}/award", applications[0])).await;
    let reason = json!({ "reason": "Too little evidence" });
    let path = format!("/award-applications/{}/decline", applications[1]);
    world.head.post(&path, &reason).header("if-match", "*").await.expect(200);
    world.to(date!(2017 - 01 - 10)).await;
    let applications = world.head.all("/award-applications").await;
    let applied = |day: &str| percent(applications.iter().filter(|row| by(row, "applied_on", day)).count(), 4);
    let figures = [("2014-09-30", 0.0), ("2014-10-01", 25.0), ("2014-10-31", 25.0), ("2014-11-01", 50.0)];
    world.holds("award_applications", json!({}), &figures, applied).await;
    let filter = json!({ "metric_filter": { "level": ["silver"] } });
    world.holds("award_applications", filter, &[("2014-11-01", 0.0)], |_| 0.0).await;
    let cohort = world.cohort(&[1, 2]).await;
    world.holds("award_applications", json!({ "cohort_id": cohort }), &[("2014-11-01", 50.0)], |_| 50.0).await;
    let held =
        |day: &str| applications.iter().filter(|row| holds_on(row, "awarded_on", "valid_until", day)).count() as f64;
    let ends = applications.iter().map(|row| text(row, "valid_until")).find(|day| !day.is_empty()).unwrap();
    let after = entity::date::parse(ends).unwrap().next_day().unwrap().to_string();
    let figures = [("2014-11-14", 0.0), ("2014-11-15", 1.0), (ends, 1.0), (after.as_str(), 0.0)];
    world.holds("awards_held", json!({ "metric_filter": { "level": ["bronze"] } }), &figures, held).await;
    world
        .holds("awards_held", json!({ "metric_filter": { "level": ["silver"] } }), &[("2014-11-15", 0.0)], |_| 0.0)
        .await;
}

#[actix_web::test]
async fn frameworks_are_ready_from_their_pilot_or_their_publication() {
    let mut world = World::of(1).await;
    for (day, kind, name) in [
        (date!(2014 - 09 - 10), "self_evaluation", "pilot"),
        (date!(2014 - 09 - 20), "visit_audit", "publish"),
        (date!(2014 - 09 - 21), "self_evaluation", ""),
    ] {
        world.to(day).await;
        let mut form = singing();
        (form["kind"], form["title"]) = (json!(kind), json!(format!("{kind} of {day}")));
        let made = world.make("/frameworks", form).await;
        if !name.is_empty() {
            world.act(&format!("/frameworks/{made}/{name}")).await;
        }
    }
    world.to(date!(2014 - 10 - 01)).await;
    let frameworks = world.head.all("/frameworks").await;
    let naive = |day: &str, kind: Option<&str>| {
        let ready = |row: &&Value| match row["piloted_at"].is_null() {
            true => by(row, "published_at", day),
            false => by(row, "piloted_at", day),
        };
        let of_kind = frameworks.iter().filter(|row| kind.is_none_or(|kind| text(row, "kind") == kind));
        of_kind.filter(ready).count() as f64
    };
    let figures =
        [("2014-09-09", 0.0), ("2014-09-10", 1.0), ("2014-09-19", 1.0), ("2014-09-20", 2.0), ("2014-10-01", 2.0)];
    world.holds("frameworks_ready", json!({}), &figures, |day| naive(day, None)).await;
    let filter = json!({ "metric_filter": { "kind": ["self_evaluation"] } });
    world.holds("frameworks_ready", filter, &[("2014-10-01", 1.0)], |day| naive(day, Some("self_evaluation"))).await;
}
