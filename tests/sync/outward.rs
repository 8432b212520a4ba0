//! What the hub says about some schools of the sample from day to day, and how a source has it.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};
use time::macros::date;

use super::fixture::World;
use super::hub;
use super::naive;
use crate::sync_sources::sample::{self, DAYS};

/// Texts by contact and field.
pub type Texts = BTreeMap<(String, String), String>;

/// A school that was closed before the first day, and the academy to which its contact leads from day 5 on.
const CONVERTED: [u32; 2] = [119_973, 151_155];

/// An academy whose contact is there from day 3 on.
const ACADEMY: u32 = 151_482;

/// The levels of awards, the lowest first.
const LEVELS: [&str; 4] = ["bronze", "silver", "gold", "platinum"];

/// The URN and the digits of the DfE number of each contact on a day.
fn keys(day: u8) -> HashMap<String, [String; 2]> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let keys = |line: naive::Line| (line["contact_id"].clone(), [line["urn"].clone(), digits(&line["dfe_number"])]);
    naive::lines(&sample::exported(day).unwrap(), "school").into_iter().map(keys).collect()
}

/// The contacts in whose fields the sample has a row of its own on some day.
fn typed() -> HashSet<String> {
    let lines = DAYS.into_iter().flat_map(|day| naive::lines(&sample::exported(day).unwrap(), "user_field_value"));
    lines.filter(|line| line["code"].starts_with("SMEP")).map(|line| line["entity_id"].clone()).collect()
}

/// The URNs of three open schools. Each has one contact, with the same two keys on all days, and without a row of its
/// own in the fields that are written.
pub async fn schools(world: &World) -> [u32; 3] {
    let (days, typed) = (DAYS.map(keys), typed());
    let once = |[urn, number]: &[String; 2]| {
        let is_one = |day: &HashMap<String, [String; 2]>| {
            day.values().filter(|other| other[0] == *urn || other[1] == *number).count() == 1
        };
        urn.len() == 6 && number.len() == 7 && days.iter().all(is_one)
    };
    let mut plain: Vec<(&String, &[String; 2])> = days[0]
        .iter()
        .filter(|(contact, own)| !typed.contains(*contact) && once(own))
        .filter(|(contact, own)| days.iter().all(|day| day.get(*contact) == Some(*own)))
        .collect();
    plain.sort_unstable();
    let mut open = Vec::new();
    for (_, [urn, _]) in plain {
        let Ok(urn) = urn.parse::<u32>() else { continue };
        if open.len() < 3 && world.school(urn).await["status"] == "open" {
            open.push(urn);
        }
    }
    open.try_into().unwrap()
}

/// Says about schools what the hub says on a day.
pub async fn says(world: &World, day: u8, schools: [u32; 3]) {
    let [one, two, three] = schools.map(|urn| world.school(urn));
    let [one, two, three] = [one.await, two.await, three.await];
    match day {
        1 => {
            // A person who has visited a school does not judge it.
            hub::award(world, &two, [("2023/24", "silver"), ("2024/25", "bronze")]).await;
            hub::says(world, &[one.clone(), two.clone(), three]).await;
            hub::plans_to_visit(world, &one, "2025-02-04T13:00:00Z", "2025-02-04T14:00:00Z").await;
            for (urn, colour) in CONVERTED.into_iter().zip(["red", "green"]) {
                hub::rate(world, &world.school(urn).await, colour).await;
            }
        }
        2 => {
            hub::rate(world, &one, "amber").await;
            hub::assign(world, &three, "Bea Sample").await;
        }
        3 => {
            let rating = first(world, "/rag-ratings?current=true", &two).await;
            world.office.delete(&format!("/rag-ratings/{rating}"), "*").await.expect(204);
            hub::rate(world, &world.school(ACADEMY).await, "red").await;
        }
        4 => hub::visited(world, &one, date!(2025 - 02 - 04)).await,
        _ => {
            let lead = format!("/assignments/{}", first(world, "/assignments?role=lead", &one).await);
            world.office.patch(&lead, &json!({ "to_on": "2025-02-09" }), "*").await.expect(200);
        }
    }
}

/// The items of a list that belong to a school.
async fn all(world: &World, list: &str, school: &Value) -> Vec<Value> {
    world.office.all(&format!("{list}&school_id={}", hub::text(&school["id"]))).await
}

/// The id of the first of them.
async fn first(world: &World, list: &str, school: &Value) -> String {
    hub::text(&all(world, list, school).await[0]["id"])
}

/// The contacts of all these schools on a day, each with the URN of its school.
pub fn contacts(day: u8, schools: [u32; 3]) -> BTreeMap<String, u32> {
    let urns = [&schools[..], &CONVERTED, &[ACADEMY]].concat();
    let led = |(contact, [urn, _]): (String, [String; 2])| {
        let urn = urn.parse().ok().filter(|urn| urns.contains(urn))?;
        Some((contact, urn))
    };
    keys(day).into_iter().filter_map(led).collect()
}

/// What the hub says about the schools of these contacts now, by its API, in the words of the source.
pub async fn known(world: &World, contacts: &BTreeMap<String, u32>) -> Texts {
    let mut known = Texts::new();
    for (contact, urn) in contacts {
        let texts = of_school(world, &world.school(*urn).await).await.into_iter();
        known.extend(texts.filter_map(|(field, text)| Some(((contact.clone(), field.to_owned()), text?))));
    }
    known
}

async fn of_school(world: &World, school: &Value) -> [(&'static str, Option<String>); 5] {
    let (now, today) = (world.app.clock.now(), world.app.clock.today());
    let ratings = all(world, "/rag-ratings?current=true", school).await;
    let leads = all(world, &format!("/assignments?role=lead&on={today}&expand=person"), school).await;
    let made = all(world, &format!("/visits?completed_to={today}"), school).await;
    let to_come = all(world, &format!("/visits?starts_from={now}"), school).await;
    let awards = all(world, &format!("/award-applications?holds_on={today}"), school).await;
    let last = made.iter().filter_map(|it| it["completed_on"].as_str()).max();
    let planned = to_come.iter().filter(|it| it["status"] == "planned" || it["status"] == "confirmed");
    let next = planned.filter_map(|it| it["starts_at"].as_str()).min();
    let highest = LEVELS.into_iter().rev().find(|level| awards.iter().any(|it| it["level"] == *level));
    [
        ("SMEP_RAG", ratings.first().and_then(|it| it["colour"].as_str()).map(word)),
        ("SMEP_SLE", leads.first().map(|it| hub::text(&it["person"]["name"]))),
        ("SMEP_LAST_VISIT", last.map(day)),
        ("SMEP_NEXT_VISIT", next.map(day)),
        ("SMEP_AWARD", highest.map(word)),
    ]
}

/// `red` as `Red`.
fn word(code: &str) -> String {
    code[..1].to_uppercase() + &code[1..]
}

/// `2025-02-04`, with or without a time after it, as `04/02/2025`. It is winter, in which London has UTC.
fn day(on: &str) -> String {
    format!("{}/{}/{}", &on[8..10], &on[5..7], &on[..4])
}
