//! Music in schools' plans.

use serde_json::{Value, json};
use time::macros::date;
use uuid::Uuid;

use super::{World, by, percent, text};
use crate::outcomes::{figure, publish, record};

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

/// Four schools with First Access in three years: one in all of them, one with three pupils, one that has none.
async fn first_access() -> World {
    let world = World::of(4).await;
    for code in ["first_access_pupils", "first_access_cohort"] {
        publish(&world.head, code, "headcount").await;
    }
    let figure = |school: usize, year: &str, code: &str, value: i64| {
        let mut form = figure(world.schools[school], &format!("first_access_{code}"), value);
        form["academic_year"] = json!(year);
        form
    };
    let figures = [
        figure(0, "2013/14", "pupils", 20),
        figure(0, "2014/15", "pupils", 30),
        figure(0, "2014/15", "cohort", 60),
        figure(1, "2014/15", "pupils", 3),
        figure(1, "2014/15", "cohort", 50),
        figure(2, "2014/15", "pupils", 0),
        figure(2, "2014/15", "cohort", 40),
        figure(0, "2015/16", "pupils", 30),
    ];
    record(&world.head, &figures).await;
    world
}

#[actix_web::test]
async fn first_access_counts_schools_and_pupils_in_the_academic_year_of_the_day() {
    let world = first_access().await;
    let values = world.head.all("/measure-values").await;
    let year = |day: &str| {
        if day < "2014-09-01" {
            "2013/14"
        } else if day < "2015-09-01" {
            "2014/15"
        } else {
            "2015/16"
        }
    };
    let of = |day: &str, code: &str| {
        let rows = values.iter().filter(|row| text(row, "academic_year") == year(day));
        let rows = rows.filter(|row| text(row, "definition_code") == code);
        rows.map(|row| (text(row, "school_id"), row["value"].as_i64().unwrap())).collect::<Vec<_>>()
    };
    let schools = |day: &str| percent(of(day, "first_access_pupils").iter().filter(|(_, value)| *value > 0).count(), 4);
    let figures = [("2014-08-31", 25.0), ("2014-09-01", 50.0), ("2015-08-31", 50.0), ("2015-09-01", 25.0)];
    world.holds("first_access", json!({}), &figures, schools).await;
    let filter = json!({ "metric_filter": { "academic_year": "2013/14" } });
    world.holds("first_access", filter, &[("2015-09-01", 25.0)], |_| 25.0).await;
    // A year that has not begun has no figures, even where some are planned for it.
    let filter = json!({ "metric_filter": { "academic_year": "2014/15" } });
    world
        .holds("first_access", filter, &[("2014-08-31", 0.0), ("2014-09-01", 50.0)], |day| {
            if day < "2014-09-01" { 0.0 } else { schools(day) }
        })
        .await;
    // Nobody learns of the three pupils: their school is left out.
    let pupils = |day: &str| {
        let cohorts = of(day, "first_access_cohort");
        let (mut part, mut whole) = (0, 0);
        for (school, value) in of(day, "first_access_pupils").iter().filter(|(_, value)| !(1..=5).contains(value)) {
            if let Some((_, cohort)) = cohorts.iter().find(|(of, _)| of == school) {
                (part, whole) = (part + value, whole + cohort);
            }
        }
        percent(usize::try_from(part).unwrap(), usize::try_from(whole).unwrap())
    };
    world.holds("first_access_pupils", json!({}), &[("2014-09-01", 30.0), ("2015-08-31", 30.0)], pupils).await;
    let engaged = json!({ "metric_filter": { "by": ["first_access"] } });
    world.holds("hub_engagement", engaged, &[("2014-08-31", 25.0), ("2014-09-01", 50.0)], schools).await;
}

#[actix_web::test]
async fn exams_count_by_the_last_year_that_was_over() {
    let world = World::of(3).await;
    let figure = |school: usize, year: &str, grade: Option<&str>, pupils: i64| {
        json!({
            "school_id": world.schools[school], "academic_year": year, "qualification": "gcse", "subject": "music",
            "basis": "entries", "kind": if grade.is_some() { "grade" } else { "total" }, "grade": grade,
            "pupils": pupils, "source": "reported",
        })
    };
    let items = [
        figure(0, "2013/14", None, 20),
        figure(0, "2013/14", Some("A"), 8),
        figure(0, "2013/14", Some("C"), 6),
        figure(0, "2013/14", Some("D"), 6),
        // Too few to be shown.
        figure(1, "2013/14", None, 4),
        figure(1, "2013/14", Some("C"), 4),
        figure(0, "2014/15", None, 10),
        figure(0, "2014/15", Some("A"), 10),
        figure(2, "2014/15", None, 10),
        figure(2, "2014/15", Some("D"), 10),
    ];
    let report = world.head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["created"], items.len(), "{report:#}");
    let rows = world.head.all("/exam-results").await;
    let sum = |day: &str, which: &dyn Fn(&Value) -> bool| {
        let year = if day < "2014-09-01" {
            "2012/13"
        } else if day < "2015-09-01" {
            "2013/14"
        } else {
            "2014/15"
        };
        let of_year = rows.iter().filter(|row| text(row, "academic_year") == year);
        let shown = of_year.filter(|row| row["pupils"].as_i64().unwrap() > 5);
        shown.filter(|row| which(row)).map(|row| row["pupils"].as_f64().unwrap()).sum::<f64>()
    };
    let total = |row: &Value| row["kind"] == "total";
    let figures = [("2014-09-01", 20.0), ("2015-08-31", 20.0), ("2015-09-01", 20.0)];
    world.holds("exam_entries", json!({}), &figures, |day| sum(day, &total)).await;
    // Where there are no results, or the year is not over, the figure is missing, and not 0.
    world.is_unknown("exam_entries", json!({}), "2014-08-31").await;
    let filter = json!({ "metric_filter": { "qualification": "a_level" } });
    world.is_unknown("exam_entries", filter, "2014-09-01").await;
    let filter = json!({ "metric_filter": { "academic_year": "2014/15" } });
    world.is_unknown("exam_grades", filter.clone(), "2015-08-31").await;
    world.is_unknown("exam_entries", filter, "2015-08-31").await;
    let good = |grades: &'static [&'static str]| move |row: &Value| grades.contains(&text(row, "grade"));
    let share = |day: &str, grades: &'static [&'static str]| {
        let share = sum(day, &good(grades)) / sum(day, &total);
        (share * 1000.0).round() / 10.0
    };
    let figures = [("2014-09-01", 70.0), ("2015-08-31", 70.0), ("2015-09-01", 50.0)];
    world.holds("exam_grades", json!({}), &figures, |day| share(day, &["A", "B", "C"])).await;
    let filter = json!({ "metric_filter": { "grade": "A" } });
    world.holds("exam_grades", filter, &[("2014-09-01", 40.0), ("2015-09-01", 50.0)], |day| share(day, &["A"])).await;
}

#[actix_web::test]
async fn figures_of_closed_schools_count_under_the_school_that_came_from_them() {
    let mut world = World::of(1).await;
    let school = async |name: &str, form: Value| world.app.school(&world.head, name, form).await.id();
    let old = school("Elm School", json!({ "urn": 100_001 })).await;
    let infant = school("Elm Infant School", json!({ "urn": 100_003 })).await;
    let new = school("Elm Academy", json!({ "urn": 100_002, "opened_on": "2014-09-01" })).await;
    for code in ["first_access_pupils", "first_access_cohort"] {
        publish(&world.head, code, "headcount").await;
    }
    let first_access = |school: Uuid, code: &str, value: i64| {
        let mut form = figure(school, &format!("first_access_{code}"), value);
        form["academic_year"] = json!("2013/14");
        form
    };
    // The academy, which was not open yet, states figures as well.
    let of = [(old, 20, 40), (infant, 40, 60), (new, 3, 10)];
    let figures = of.map(|(school, pupils, cohort)| {
        [first_access(school, "pupils", pupils), first_access(school, "cohort", cohort)]
    });
    let figures = figures.concat();
    record(&world.head, &figures).await;
    let result = |school: Uuid, urn: Option<u32>, grade: Option<&str>| {
        json!({
            "school_id": school, "academic_year": "2013/14", "qualification": "gcse", "subject": "music",
            "basis": "entries", "kind": if grade.is_some() { "grade" } else { "total" }, "grade": grade,
            "pupils": 10, "source": "reported", "published_urn": urn,
        })
    };
    // What was published about the school stands at the academy once more.
    let of = [(old, None), (new, Some(100_001))];
    let items = of.map(|(school, urn)| [None, Some("C")].map(|grade| result(school, urn, grade))).concat();
    let report = world.head.post("/exam-results/batch", &json!({ "items": items })).await.expect(200).json();
    assert_eq!(report["created"], items.len(), "{report:#}");
    world.to(date!(2014 - 10 - 01)).await;
    let day = "2014-10-01";
    let year = json!({ "metric_filter": { "academic_year": "2013/14" } });
    world.holds("first_access", year.clone(), &[(day, 75.0)], |_| percent(3, 4)).await;
    world.holds("first_access_pupils", year.clone(), &[(day, 60.0)], |_| percent(20 + 40, 40 + 60)).await;
    world.holds("exam_entries", json!({}), &[(day, 20.0)], |_| 20.0).await;
    let closed = json!({ "status": "closed", "closed_on": "2014-08-31" });
    for school in [old, infant] {
        world.head.patch(&format!("/schools/{school}"), &closed, "*").await.expect(200);
    }
    world.is_unknown("first_access_pupils", year.clone(), day).await;
    for school in [old, infant] {
        let link = json!({ "school_id": school, "link_urn": 100_002, "relation": "successor" });
        world.make("/school-links", link).await;
    }
    world.holds("first_access", year.clone(), &[(day, 50.0)], |_| percent(1, 2)).await;
    world.holds("first_access_pupils", year.clone(), &[(day, 60.0)], |_| percent(20 + 40, 40 + 60)).await;
    world.holds("exam_entries", json!({}), &[(day, 10.0)], |_| 10.0).await;
    world.holds("exam_grades", json!({}), &[(day, 100.0)], |_| 100.0).await;
    let target = world.target("first_access", &year).await;
    let evidence = world.head.all(&format!("/targets/{target}/evidence?as_at={day}")).await;
    assert_eq!(evidence[0]["school"]["id"], json!(new), "{evidence:#?}");
}
