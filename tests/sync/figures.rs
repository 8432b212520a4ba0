//! Figures of the sample, day by day, against a second way to count them, and against what people correct.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::days::LATER;
use super::fixture::{World, counts};
use super::hub::{self, MEASURES, listed, places, publish};
use super::naive::{self, Told};
use crate::sync_sources::sample;

const FIRST_ACCESS: &str = "first_access_pupils";

/// The world of the sample with the measures of its mapping.
async fn world() -> Option<World> {
    let world = World::new().await?;
    publish(&world, &MEASURES).await;
    Some(world)
}

/// Holds what the service lists against what the second way counts. Returns how many figures there are of the current
/// year, and what they add up to.
async fn compared(world: &World, day: u8) -> (usize, i64) {
    let (places, register) = (places(world).await, hub::register(world).await);
    let expected = naive::first_access(&sample::exported(day).unwrap(), &places, &register, world.app.clock.today());
    let listed = listed(world, FIRST_ACCESS).await;
    for (key, told) in &expected {
        assert_eq!(listed.get(key), Some(told), "day {day}: {key:?}");
    }
    let others: Vec<_> = listed.iter().filter(|(key, _)| !expected.contains_key(key)).collect();
    for (key, told) in &others {
        assert_eq!(told.value, None, "day {day}: {key:?} has a figure of no activity");
    }
    let of_year: Vec<_> =
        listed.iter().filter(|((_, year), _)| year == "2024/25").map(|(_, told)| told.value).collect();
    (of_year.len(), of_year.iter().flatten().sum())
}

#[actix_web::test]
async fn first_access_is_what_a_slow_second_way_counts_on_each_day() {
    let Some(mut world) = world().await else { return };
    world.synced().await;
    let mut totals = vec![compared(&world, 1).await];
    for (day, later) in LATER {
        world.days_later(later);
        if day == 3 {
            world.register(3).await;
        }
        world.files_of(day);
        world.synced().await;
        totals.push(compared(&world, day).await);
        let before = world.changes().await;
        assert_eq!(world.synced().await["written"], 0);
        assert_eq!(world.changes().await, before);
    }
    insta::assert_debug_snapshot!(totals, @r#"
    [
        (
            206,
            8070,
        ),
        (
            208,
            8284,
        ),
        (
            208,
            8227,
        ),
        (
            211,
            8367,
        ),
        (
            211,
            8514,
        ),
    ]
    "#);
}

/// A figure of the current year of which the source has a real headcount.
async fn a_figure(world: &World) -> (Uuid, Told) {
    let real = |(_, told): &(&(Uuid, String), &Told)| told.value.is_some_and(|it| it > 20) && !told.estimated;
    let all = listed(world, FIRST_ACCESS).await;
    let ((school, _), told) = all.iter().filter(|((_, year), _)| year == "2024/25").find(real).unwrap();
    (*school, told.clone())
}

async fn item(world: &World, school: Uuid) -> Value {
    let path = format!("/measure-values?definition_code={FIRST_ACCESS}&academic_year=2024/25&school_id={school}");
    world.office.all(&path).await.remove(0)
}

/// A contact that leads to a school.
async fn contact(world: &World, school: Uuid) -> String {
    places(world).await.into_iter().find(|(_, id)| *id == school).unwrap().0
}

/// Changes the line of a file that begins with a key.
fn line(world: &World, table: &str, key: &str, change: impl Fn(&str) -> String) {
    let begins = format!("{key},");
    let one = |line: &str| if line.starts_with(&begins) { change(line) } else { line.to_owned() };
    world.edit(table, &begins, one);
}

#[actix_web::test]
async fn figures_of_a_contact_that_cannot_be_read_or_is_gone_stay() {
    let Some(world) = world().await else { return };
    world.synced().await;
    let before = listed(&world, FIRST_ACCESS).await;
    let (school, _) = a_figure(&world).await;
    let contact = contact(&world, school).await;
    line(&world, "school", &contact, |line| format!("{line},a comma too many"));
    let run = world.synced().await;
    assert_eq!(counts(&run, "schools").get("missing"), None, "{run:#}");
    assert_eq!(listed(&world, FIRST_ACCESS).await, before);
    line(&world, "school", &contact, |_| "1,a line without its contact".to_owned());
    world.synced().await;
    assert_eq!(listed(&world, FIRST_ACCESS).await, before);
    world.files_of(1);
    let text = naive::lines(world.files.path(), "school");
    line(&world, "school", &contact, |_| String::new());
    assert_eq!(naive::lines(world.files.path(), "school").len(), text.len() - 1);
    for _ in 0..2 {
        let run = world.synced().await;
        assert!(counts(&run, "figures")["waiting"] > 0, "{run:#}");
        assert_eq!(listed(&world, FIRST_ACCESS).await, before, "a contact that is gone takes no figure with it");
    }
}

#[actix_web::test]
async fn a_figure_does_not_fall_because_an_activity_or_a_count_cannot_be_read() {
    let Some(world) = world().await else { return };
    world.synced().await;
    let before = listed(&world, FIRST_ACCESS).await;
    let (school, _) = a_figure(&world).await;
    let contact = contact(&world, school).await;
    let activities = naive::lines(world.files.path(), "activity");
    let mut own = activities.iter().filter(|line| line["school_id"] == contact && line["year_id"] == "15");
    let activity = own.next().unwrap()["activity_id"].clone();
    for count in naive::lines(world.files.path(), "activity_headcount") {
        if count["activity_id"] == activity {
            line(&world, "activity_headcount", &count["headcount_id"], |_| "x,cut off".to_owned());
        }
    }
    let run = world.synced().await;
    assert_eq!(world.rows(&run, "section=figures&code=count_unread").await.len(), 1, "{run:#}");
    let places = places_of(&world, &run, "section=head_counts&source_key=x").await;
    assert_eq!(places, [json!(["activity_headcount", null, "short_row"])], "a line that is no row has no column");
    assert_eq!(listed(&world, FIRST_ACCESS).await, before);
    world.files_of(1);
    line(&world, "activity", &activity, |line| line.replace(",15,", ",,"));
    let run = world.synced().await;
    let filter = format!("section=activities&outcome=rejected&source_key={activity}");
    assert_eq!(places_of(&world, &run, &filter).await, [json!(["activity", "year_id", "no_such_row"])]);
    assert_eq!(listed(&world, FIRST_ACCESS).await, before);
}

/// The table and the column of the source that rows of a report name, with the code, each once.
async fn places_of(world: &World, run: &Value, filter: &str) -> Vec<Value> {
    let rows = world.rows(run, filter).await;
    let mut places: Vec<_> =
        rows.iter().map(|row| json!([row["source_table"], row["source_column"], row["code"]])).collect();
    places.sort_by_key(Value::to_string);
    places.dedup();
    places
}

/// Adds to every count of the source.
fn counted_again(world: &World) {
    let mut lines = naive::lines(world.files.path(), "activity_headcount");
    for line in &mut lines {
        if let Ok(pupils) = line["pupils"].parse::<i64>() {
            line.insert("pupils".to_owned(), (pupils + 1).to_string());
        }
    }
    let columns = [
        "headcount_id",
        "activity_id",
        "term_id",
        "pupils",
        "girls",
        "boys",
        "pupil_premium",
        "send",
        "is_estimate",
        "counted_on",
        "modified_at",
    ];
    let row = |line: &naive::Line| columns.map(|column| line[column].clone()).join(",");
    let rows: Vec<String> = lines.iter().map(row).collect();
    std::fs::write(world.file("activity_headcount"), format!("{}\r\n{}\r\n", columns.join(","), rows.join("\r\n")))
        .unwrap();
}

#[actix_web::test]
async fn a_figure_that_somebody_corrected_here_stays_and_is_listed_once_the_source_changes_too() {
    let Some(world) = world().await else { return };
    world.synced().await;
    let (school, _) = a_figure(&world).await;
    let before = item(&world, school).await;
    let path = format!("/measure-values/{}", hub::text(&before["id"]));
    world.office.patch(&path, &json!({ "value": 11, "source": "reported" }), "*").await.expect(200);
    let run = world.synced().await;
    assert_eq!(run["written"], 0, "the source says what it said");
    counted_again(&world);
    let run = world.synced().await;
    assert_eq!(counts(&run, "figures")["conflict"], 1);
    let rows = world.rows(&run, "section=figures&outcome=conflict").await;
    assert_eq!((rows[0]["school_id"].clone(), rows[0]["code"].clone()), (json!(school), json!("both_changed")));
    assert_eq!(item(&world, school).await["value"], 11);
    let again = world.synced().await;
    assert_eq!((counts(&again, "figures").get("conflict"), &again["written"]), (None, &json!(0)));
}

#[actix_web::test]
async fn a_figure_that_a_school_returned_stays() {
    let Some(world) = world().await else { return };
    let school = world.school(120_361).await;
    let form = json!({
        "school_id": school["id"], "academic_year": "2024/25", "definition_code": FIRST_ACCESS, "value": 3,
        "source": "reported",
    });
    world.office.post("/measure-values", &form).await.expect(201);
    let run = world.synced().await;
    let rows = world.rows(&run, "section=figures&outcome=conflict").await;
    assert_eq!(rows.len(), 1, "{rows:#?}");
    assert_eq!((rows[0]["school_id"].clone(), rows[0]["code"].clone()), (school["id"].clone(), json!("differs_here")));
    let school = hub::text(&school["id"]).parse().unwrap();
    let figure = item(&world, school).await;
    assert_eq!((figure["value"].clone(), figure["source"].clone()), (json!(3), json!("reported")));
}

#[actix_web::test]
async fn a_dry_run_tells_the_figures_and_writes_none() {
    let Some(world) = world().await else { return };
    let run = world.run(true).await;
    assert_eq!(run["state"], "succeeded");
    assert!(counts(&run, "figures")["created"] > 300, "{run:#}");
    assert_eq!(listed(&world, FIRST_ACCESS).await, BTreeMap::new());
}

#[actix_web::test]
async fn a_measure_that_the_hub_does_not_use_is_reported() {
    let Some(world) = World::new().await else { return };
    let run = world.synced().await;
    let rows = world.rows(&run, "section=figures&outcome=rejected").await;
    let codes: Vec<_> = rows.iter().map(|row| hub::text(&row["source_key"])).collect();
    assert_eq!(codes.len(), 4, "{codes:?}");
    assert!(codes.contains(&FIRST_ACCESS.to_owned()));
}

#[actix_web::test]
async fn a_converted_school_s_figure_of_the_year_moves_to_the_academy_and_stands_once() {
    let Some(mut world) = world().await else { return };
    world.synced().await;
    for (day, later) in [(2, 2), (3, 5)] {
        world.days_later(later);
        if day == 3 {
            world.register(3).await;
        }
        world.files_of(day);
    }
    let [old, new] = [world.school(120_361).await, world.school(151_482).await]
        .map(|school| hub::text(&school["id"]).parse::<Uuid>().unwrap());
    let before = listed(&world, FIRST_ACCESS).await;
    world.synced().await;
    let after = listed(&world, FIRST_ACCESS).await;
    let (this, last) = ("2024/25".to_owned(), "2023/24".to_owned());
    assert!(after[&(new, this.clone())].value.is_some());
    assert_eq!(after.get(&(old, this)), None, "it is archived here");
    assert_eq!(after.get(&(old, last.clone())), before.get(&(old, last.clone())), "last year's stays");
    assert_eq!(after.get(&(new, last)), None);
}
