//! Music in schools' plans.

use serde_json::{Value, json};
use time::macros::date;

use super::{World, by, percent, text};

#[actix_web::test]
async fn plans_have_music_as_they_were_last_checked_by_the_day() {
    let mut world = World::of(4).await;
    world.to(date!(2015 - 10 - 01)).await;
    for (school, year, music, checked_on) in [
        (0, "2014/15", true, Some("2014-10-01")),
        (1, "2014/15", false, Some("2014-10-01")),
        (1, "2015/16", true, Some("2015-09-10")),
        (0, "2015/16", false, Some("2015-09-15")),
        // Nobody has checked this.
        (2, "2014/15", true, None),
    ] {
        let record = json!({
            "school_id": world.schools[school], "academic_year": year, "in_development_plan": music,
            "in_self_evaluation": !music, "checked_on": checked_on,
        });
        world.make("/school-plan-records", record).await;
    }
    let records = world.head.all("/school-plan-records").await;
    let naive = |day: &str, field: &str, schools: &[usize]| {
        let last = |school: &usize| {
            let id = world.schools[*school].to_string();
            let checked = records.iter().filter(|row| text(row, "school_id") == id && by(row, "checked_on", day));
            checked.max_by_key(|row| text(row, "checked_on").to_owned())
        };
        percent(schools.iter().filter_map(last).filter(|row: &&Value| row[field] == true).count(), schools.len())
    };
    let all = [0, 1, 2, 3];
    let figures = [
        ("2014-09-30", 0.0),
        ("2014-10-01", 25.0),
        ("2015-09-09", 25.0),
        ("2015-09-10", 50.0),
        ("2015-09-14", 50.0),
        ("2015-09-15", 25.0),
    ];
    world.holds("plans_with_music", json!({}), &figures, |day| naive(day, "in_development_plan", &all)).await;
    let filter = json!({ "metric_filter": { "within": "self_evaluation" } });
    let figures = [("2014-10-01", 25.0), ("2015-09-10", 0.0), ("2015-09-15", 25.0)];
    world.holds("plans_with_music", filter, &figures, |day| naive(day, "in_self_evaluation", &all)).await;
    let cohort = world.cohort(&[0, 1]).await;
    let figures = [("2014-10-01", 50.0), ("2015-09-10", 100.0), ("2015-09-15", 50.0)];
    let of_cohort = |day: &str| naive(day, "in_development_plan", &[0, 1]);
    world.holds("plans_with_music", json!({ "cohort_id": cohort }), &figures, of_cohort).await;
}
