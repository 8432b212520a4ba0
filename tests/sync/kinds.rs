//! Folders, PostgreSQL and MariaDB as sources: each day ends in the same state of the service, by an account that may
//! not read the pupils' table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::days::LATER;
use super::fixture::World;
use super::hub::{self, MEASURES, publish};
use crate::sync_sources::sample;
use crate::sync_sources::servers::{Mariadb, Postgresql};

/// A source of one kind with the hub that it is for.
struct Kind {
    name: &'static str,
    world: World,
    server: Server,
}

enum Server {
    Folder,
    Postgresql(Postgresql),
    Mariadb(Mariadb),
}

/// The tables that the account may read.
pub const TABLES: [&str; 15] = [
    "academic_year",
    "activity",
    "activity_headcount",
    "activity_type",
    "address",
    "association",
    "contact",
    "ensemble",
    "ensemble_members",
    "job_role",
    "school",
    "school_contract",
    "subject",
    "term",
    "user_field_value",
];

impl Kind {
    /// All kinds of which there is a server.
    async fn all() -> Option<Vec<Self>> {
        let mut kinds = vec![Self { name: "CSV", world: World::new().await?, server: Server::Folder }];
        let [schema, rows] = sample::statements(1)?;
        if let Some(server) = Postgresql::empty().await {
            server.run(&schema).await;
            server.run(&rows).await;
            let world = World::over("postgresql", &server.account().await, str::to_owned).await?;
            kinds.push(Self { name: "PostgreSQL", world, server: Server::Postgresql(server) });
        }
        if let Some(server) = Mariadb::empty().await {
            server.run(&schema).await;
            server.run(&rows).await;
            let world = World::over("mysql", &server.account(&TABLES).await, str::to_owned).await?;
            kinds.push(Self { name: "MariaDB", world, server: Server::Mariadb(server) });
        }
        Some(kinds)
    }

    /// Brings the source to the next day.
    async fn day(&mut self, day: u8, later: u64) {
        self.world.days_later(later);
        if day == 3 {
            self.world.register(3).await;
        }
        match &self.server {
            Server::Folder => self.world.files_of(day),
            Server::Postgresql(server) => server.run(&sample::changes(day).unwrap()).await,
            Server::Mariadb(server) => server.run(&sample::changes(day).unwrap()).await,
        }
    }
}

/// Names of what is different in each database, archived or not: schools by their URNs, people and packages by their
/// names.
async fn names(world: &World) -> BTreeMap<String, String> {
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

/// The state of a hub: everything that the sync may have written, in an order of its own.
async fn state(world: &World) -> BTreeMap<&'static str, Vec<String>> {
    let names = names(world).await;
    let mut state = BTreeMap::new();
    let keyed = world.office.all("/schools").await.into_iter().filter(|school| school["external_ids"] != json!([]));
    let keys = keyed.map(|school| format!("{} {}", school["urn"], school["external_ids"]));
    state.insert("/schools", keys.collect::<BTreeSet<_>>().into_iter().collect());
    for path in ["/people", "/contacts", "/measure-values", "/orders", "/sync-matches"] {
        let items = world.office.all(path).await;
        let mut items: Vec<String> = items.iter().map(|item| portable(item, &names).to_string()).collect();
        items.sort();
        state.insert(path, items);
    }
    state
}

/// Compares two states, item by item.
fn expect_same(day: u8, name: &str, one: &BTreeMap<&str, Vec<String>>, other: &BTreeMap<&str, Vec<String>>) {
    for (path, items) in one {
        let differing: Vec<_> = items.iter().filter(|item| !other[path].contains(item)).take(3).collect();
        assert_eq!(differing, Vec::<&String>::new(), "day {day}: {name} has not these of {path}");
        assert_eq!(items.len(), other[path].len(), "day {day}: {name} has more of {path}");
    }
}

#[actix_web::test]
async fn every_kind_of_source_ends_each_day_in_the_same_state_and_a_second_run_writes_nothing() {
    let Some(mut kinds) = Kind::all().await else { return };
    for kind in &kinds {
        publish(&kind.world, &MEASURES).await;
        let package = hub::package(&kind.world).await;
        for (school, number) in super::contracts::with_numbers(&kind.world).await.into_iter().take(4) {
            hub::order(&kind.world, package, &school, &number).await;
        }
    }
    for (day, later) in [(1, 0)].into_iter().chain(LATER) {
        let mut states = Vec::new();
        for kind in &mut kinds {
            if day > 1 {
                kind.day(day, later).await;
            }
            kind.world.synced().await;
            let state = state(&kind.world).await;
            assert!(state["/schools"].len() > 100, "{}: {:?}", kind.name, state["/schools"]);
            assert!(state["/measure-values"].len() > 500, "{}: {}", kind.name, state["/measure-values"].len());
            let before = kind.world.changes().await;
            let second = kind.world.synced().await;
            assert_eq!(second["written"], json!(0), "{} on day {day}: {second:#}", kind.name);
            assert_eq!(kind.world.changes().await, before, "{} on day {day}", kind.name);
            states.push((kind.name, state));
        }
        for (name, state) in &states[1..] {
            expect_same(day, name, &states[0].1, state);
        }
    }
}
