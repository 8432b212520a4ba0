//! Folders, PostgreSQL and MariaDB as sources: each day ends in the same state of the service and of the source, by an
//! account that may not read the pupils' table.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::days::LATER;
use super::fixture::{World, counts};
use super::hub::{self, MEASURES, publish};
use super::kind::Kind;
use super::outward::{self, Texts};

/// Names of what is different in each database, archived or not: schools by their URNs, people and packages by their
/// names.
pub async fn names(world: &World) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for (path, field) in
        [("/schools", "urn"), ("/people", "name"), ("/measure-definitions", "code"), ("/packages", "code")]
    {
        let archived = world.office.all(&format!("{path}?archived=true")).await;
        for item in world.office.all(path).await.into_iter().chain(archived) {
            let name = item[field].as_str().map_or_else(|| item[field].to_string(), str::to_owned);
            names.insert(hub::text(&item["id"]), format!("{path}/{name}"));
        }
    }
    names
}

/// An item without what is different in each database.
fn portable(item: &Value, names: &BTreeMap<String, String>) -> Value {
    let own = ["id", "version", "created_at", "updated_at", "requested_by_id", "source_id", "hub_id"];
    match item {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !own.contains(&name.as_str()));
            fields.map(|(name, value)| (name.clone(), portable(value, names))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(|item| portable(item, names)).collect(),
        Value::String(text) => names.get(text).unwrap_or(text).clone().into(),
        other => other.clone(),
    }
}

/// Everything that the sync may have written in a hub, list by list.
pub type State = BTreeMap<&'static str, Vec<String>>;

/// The state of a hub.
pub async fn state(world: &World) -> State {
    let names = names(world).await;
    let mut state = State::new();
    let keyed = world.office.all("/schools").await.into_iter().filter(|school| school["external_ids"] != json!([]));
    state.insert("/schools", sorted(keyed.map(|school| format!("{} {}", school["urn"], school["external_ids"]))));
    for path in ["/people", "/contacts", "/measure-values", "/orders", "/sync-matches"] {
        let items = world.office.all(path).await;
        state.insert(path, sorted(items.iter().map(|item| portable(item, &names).to_string())));
    }
    state
}

/// Texts in their order, each as often as it comes.
pub fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort_unstable();
    texts
}

/// Compares two states, item by item.
pub fn expect_same(day: u8, name: &str, one: &State, other: &State) {
    for (path, items) in one {
        expect_equal(&other[path], items, &format!("day {day}: {name}, {path}"));
    }
}

/// Compares two sorted lists, and names the first texts in which they differ.
pub fn expect_equal(list: &[String], expected: &[String], name: &str) {
    let differing = list.iter().zip(expected).find(|(one, other)| one != other);
    assert_eq!(differing, None, "{name}");
    assert_eq!(list.len(), expected.len(), "{name}: how many there are");
}

/// How a day ends with a source.
struct End {
    name: &'static str,
    state: State,
    /// The texts that stand in the source.
    texts: Texts,
    /// What the hub says that belongs there.
    known: Texts,
    /// How many texts were written.
    written: i64,
}

/// Runs a day, takes over what was handed over, and compares the source with the hub.
async fn end_of(day: u8, kind: &mut Kind, schools: [u32; 3]) -> End {
    outward::says(&kind.world, day, schools).await;
    let run = kind.world.synced().await;
    kind.take_over(day);
    let state = state(&kind.world).await;
    assert!(state["/schools"].len() > 100, "{}: {:?}", kind.name, state["/schools"]);
    assert!(state["/measure-values"].len() > 500, "{}: {}", kind.name, state["/measure-values"].len());
    let texts: Texts = kind.standing().await.into_iter().map(|(place, (text, _))| (place, text)).collect();
    let contacts = outward::contacts(day, schools);
    let known = outward::known(&kind.world, &contacts).await;
    let ours = texts.iter().filter(|((contact, _), _)| contacts.contains_key(contact));
    let ours: Texts = ours.map(|(place, text)| (place.clone(), text.clone())).collect();
    assert_eq!(ours, known, "{} on day {day}", kind.name);
    let written = counts(&run, "user_values").get("written").copied().unwrap_or_default();
    End { name: kind.name, state, texts, known, written }
}

/// Runs the same day again a minute later, which writes nothing here, and leaves each text at the source as it is.
async fn expect_nothing_more(day: u8, kind: &Kind) {
    let (changes, standing) = (kind.world.changes().await, kind.standing().await);
    kind.world.app.clock.advance(Duration::from_mins(1));
    let second = kind.world.synced().await;
    assert_eq!(second["written"], json!(0), "{} on day {day}: {second:#}", kind.name);
    assert_eq!(kind.world.changes().await, changes, "{} on day {day}", kind.name);
    assert_eq!(kind.standing().await, standing, "{} on day {day}", kind.name);
    assert_eq!(kind.world.handed_over(), Vec::new(), "{} on day {day}: all was taken over", kind.name);
}

/// How many texts are others than before, or are gone.
fn changed(before: &Texts, after: &Texts) -> i64 {
    let gone = before.keys().filter(|place| !after.contains_key(*place)).count();
    let other = after.iter().filter(|(place, text)| before.get(*place) != Some(*text)).count();
    i64::try_from(gone + other).unwrap()
}

#[actix_web::test]
async fn every_kind_of_source_ends_each_day_in_the_same_state_on_both_sides_and_a_second_run_writes_nothing() {
    let Some(mut kinds) = Kind::all().await else { return };
    for kind in &kinds {
        publish(&kind.world, &MEASURES).await;
        let package = hub::package(&kind.world).await;
        for (school, number) in super::contracts::with_numbers(&kind.world).await.into_iter().take(4) {
            hub::order(&kind.world, package, &school, &number).await;
        }
    }
    let schools = outward::schools(&kinds[0].world).await;
    let (mut before, mut written) = (Texts::new(), Vec::new());
    for (day, later) in [(1, 0)].into_iter().chain(LATER) {
        let mut ends = Vec::new();
        for kind in &mut kinds {
            if day > 1 {
                kind.day(day, later).await;
            }
            ends.push(end_of(day, kind, schools).await);
            expect_nothing_more(day, kind).await;
        }
        for end in &ends {
            expect_same(day, end.name, &ends[0].state, &end.state);
            assert_eq!(end.texts, ends[0].texts, "{} on day {day}", end.name);
            assert_eq!(end.written, changed(&before, &end.known), "{} on day {day}", end.name);
        }
        written.push(ends[0].written);
        before = ends.swap_remove(0).known;
    }
    // All that the hub says on the first day, and two texts on each further one: some were changed by somebody, and
    // some became others with the day.
    assert_eq!(written, [9, 2, 2, 2, 2]);
}
