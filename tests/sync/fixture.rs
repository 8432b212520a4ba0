//! A hub with the register and the database of the sample.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::exchange::sync::registry::Mappings;
use api::exchange::sync::sync_match::question;
use api::exchange::sync::sync_run::record;
use api::exchange::sync::sync_source::keep;
use api::kernel::base::fold::search_key;
use api::kernel::caller::identity::Actor;
use entity::exchange::sync_match::{self, SyncMatchState, SyncProposal};
use entity::exchange::sync_run::{self, SyncStart, SyncState};
use entity::exchange::sync_source;
use entity::identity::grant::Role;
use entity::instant::Instant;
use entity::row::Meta;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::macros::datetime;
use uuid::Uuid;

use super::naive;
use crate::imports;
use crate::support::{self, App, Caller};
use crate::sync_sources::sample;

/// The mapping of the documents, on a folder.
pub fn mapping(hub: &str, name: &str, folder: &Path) -> String {
    sample::DOCUMENTED
        .replace("hub = \"leicestershire\"", &format!("hub = \"{hub}\""))
        .replace("name = \"music-service\"", &format!("name = \"{name}\""))
        .replace("kind = \"postgresql\"", "kind = \"csv\"")
        .replace("postgresql://smep_sync:${MUSIC_PASSWORD}@db.example/music", &folder.display().to_string())
}

/// A hub with the sample as its source.
pub struct World {
    pub app: App,
    pub office: Caller,
    /// The folder of the mapping files.
    pub mappings: TempDir,
    /// The folder of the source's files.
    pub files: TempDir,
}

/// A setting of the service that names the mapping files in a folder.
fn flag(mappings: &TempDir) -> String {
    format!("--sync={}", mappings.path().display())
}

/// A folder with the documented mapping as it is adjusted, and the empty folder that it names.
fn mapped(adjust: impl Fn(&str) -> String) -> (TempDir, TempDir) {
    let (mappings, files) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = mapping("leicester", "music-service", files.path());
    fs::write(mappings.path().join("music.toml"), adjust(&text)).unwrap();
    (mappings, files)
}

impl World {
    /// A hub with the register and the files of day 1; none where the sample is not at hand.
    pub async fn new() -> Option<Self> {
        Self::of_files(str::to_owned).await
    }

    /// As [`World::new`], by the documented mapping as it is adjusted.
    pub async fn of_files(adjust: impl Fn(&str) -> String) -> Option<Self> {
        sample::folder()?;
        let (mappings, files) = mapped(adjust);
        let world = Self::begun(support::app_with(&[&flag(&mappings)]).await, mappings, files).await;
        world.files_of(1);
        Some(world)
    }

    /// As [`World::new`], by the program itself and the machine's clock. No run begins by itself.
    pub async fn program() -> Option<Self> {
        sample::folder()?;
        let unscheduled = |text: &str| text.split("# When the source is read by itself").next().unwrap().to_owned();
        let (mappings, files) = mapped(unscheduled);
        let world = Self::opened(support::program(&[&flag(&mappings)]).await, mappings, files).await;
        world.files_of(1);
        Some(world)
    }

    /// A hub with the register of day 1, whose source is a server, by the documented mapping as it is adjusted.
    pub async fn over(kind: &str, address: &str, adjust: impl Fn(&str) -> String) -> Option<Self> {
        sample::folder()?;
        let text = sample::DOCUMENTED.replace("hub = \"leicestershire\"", "hub = \"leicester\"");
        let mapping = sample::mapping(&adjust(&text), kind, address);
        let folder = || tempfile::tempdir().unwrap();
        let app = support::app().await;
        app.state.registered::<Mappings>().bring(mapping, folder());
        Some(Self::begun(app, folder(), folder()).await)
    }

    async fn begun(app: App, mappings: TempDir, files: TempDir) -> Self {
        keep::all(&app.state, keep::Gone::Mark).await.unwrap();
        let begins = Instant::from(datetime!(2025-01-27 08:30 UTC));
        app.clock.advance(since(app.clock.now(), begins));
        Self::opened(app, mappings, files).await
    }

    async fn opened(app: App, mappings: TempDir, files: TempDir) -> Self {
        let office = app.as_role(Role::HeadOfService).await;
        imports::has_authorities(&office).await;
        let world = Self { app, office, mappings, files };
        world.register(1).await;
        world
    }

    /// Starts the program again after it was killed.
    pub fn start_again(&mut self) {
        self.app.start(&[&flag(&self.mappings)]);
        self.office = self.app.again(&self.office).at(self.app.base());
    }

    /// What was handed over in a file to the people who look after the source, a line for each value.
    pub fn handed_over(&self) -> Vec<naive::Line> {
        let there = self.files.path().join("smep_user_fields.csv").exists();
        if there { naive::lines(self.files.path(), "smep_user_fields") } else { Vec::new() }
    }

    /// Takes in the register and the links as they are on a day.
    pub async fn register(&self, day: u8) {
        let Some([register, links]) = sample::register(day) else { return };
        imports::taken(&self.office, fs::read(register).unwrap()).await;
        let job = imports::sent(&self.office, "source=gias-links", fs::read(links).unwrap()).await.expect(202);
        let job = imports::ended(&self.office, job.id()).await;
        assert_eq!(job["state"], "finished", "{job:#}");
    }

    /// Puts the files of a day into the folder of the source.
    pub fn files_of(&self, day: u8) {
        let Some(from) = sample::exported(day) else { return };
        for file in fs::read_dir(from).unwrap().flatten() {
            fs::copy(file.path(), self.files.path().join(file.file_name())).unwrap();
        }
    }

    /// A file of the source.
    pub fn file(&self, table: &str) -> PathBuf {
        self.files.path().join(format!("{table}.csv"))
    }

    /// Changes the lines of a file, its header too, that hold a text.
    pub fn edit(&self, table: &str, holds: &str, change: impl Fn(&str) -> String) {
        let bytes = fs::read(self.file(table)).unwrap();
        let (text, ..) = encoding_rs::WINDOWS_1252.decode(&bytes);
        let mut found = 0;
        let lines = text.split("\r\n").map(|line| {
            if line.contains(holds) {
                found += 1;
                change(line)
            } else {
                line.to_owned()
            }
        });
        let lines: Vec<_> = lines.collect();
        assert!(found > 0, "no line of {table} holds {holds}");
        let text = lines.join("\r\n");
        let (bytes, ..) = encoding_rs::WINDOWS_1252.encode(&text);
        fs::write(self.file(table), bytes).unwrap();
    }

    /// A new token for the office, on a later day.
    pub fn days_later(&mut self, days: u64) {
        self.app.clock.advance(Duration::from_hours(24 * days));
        self.office = self.app.again(&self.office);
    }

    /// The only source.
    pub async fn source(&self) -> Value {
        let mut all = self.office.all("/sync-sources").await;
        assert_eq!(all.len(), 1, "{all:#?}");
        all.remove(0)
    }

    /// Begins a run.
    pub async fn begin(&self, dry_run: bool) -> Uuid {
        let form = json!({ "source_id": self.source().await["id"], "dry_run": dry_run });
        let reply = self.office.post("/sync-runs", &form).await.expect(202);
        assert_eq!(reply.header("location"), format!("/api/v1/sync-runs/{}", reply.id()));
        reply.id()
    }

    /// A run to its end, however that is.
    pub async fn run(&self, dry_run: bool) -> Value {
        ended(&self.office, self.begin(dry_run).await).await
    }

    /// A run that succeeds, and the end of the erasures that it began.
    pub async fn synced(&self) -> Value {
        let run = self.run(false).await;
        assert_eq!(run["state"], "succeeded", "{run:#}");
        support::until("no job is left", async || {
            let open = self.office.get("/jobs?state=queued&state=running").await.expect(200).json();
            open["items"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
        run
    }

    /// The report of a run.
    pub async fn rows(&self, run: &Value, filter: &str) -> Vec<Value> {
        let joint = if filter.is_empty() { "" } else { "?" };
        self.office.all(&format!("/sync-runs/{}/rows{joint}{filter}", run["id"].as_str().unwrap())).await
    }

    /// How many entries the hub's log has.
    pub async fn changes(&self) -> usize {
        imports::feed(&self.office).await.len()
    }

    /// The school with a URN.
    pub async fn school(&self, urn: u32) -> Value {
        let page = self.office.get(&format!("/schools?urn={urn}")).await.expect(200).json();
        page["items"][0].clone()
    }
}

fn since(from: Instant, to: Instant) -> Duration {
    Duration::from_micros((to.as_micros() - from.as_micros()).unsigned_abs())
}

/// A run at its end.
pub async fn ended(caller: &Caller, id: Uuid) -> Value {
    support::until("the run has ended", async || {
        let run = caller.get(&format!("/sync-runs/{id}")).await.expect(200).json();
        ["succeeded", "failed", "cancelled"].iter().any(|it| run["state"] == *it).then_some(run)
    })
    .await
}

/// How many rows of a section had which outcome.
pub fn counts(run: &Value, section: &str) -> BTreeMap<String, i64> {
    let all = run["counts"].as_array().unwrap().iter().filter(|it| it["section"] == section);
    all.map(|it| (it["outcome"].as_str().unwrap().to_owned(), it["rows"].as_i64().unwrap())).collect()
}

/// A source, without a mapping file.
async fn source(app: &App) -> Uuid {
    let meta = Meta::first(app.hub, Uuid::now_v7(), app.clock.now());
    let row = keep::fresh(meta, &format!("source-{}", app.next()));
    let id = row.id;
    app.insert::<sync_source::Entity>(app.hub, vec![row]).await;
    id
}

/// A run in a state, on which nobody works.
pub async fn in_state(app: &App, state: &str) -> Uuid {
    let source = source(app).await;
    let meta = Meta::first(app.hub, Uuid::now_v7(), app.clock.now());
    let state = SyncState::ALL.iter().copied().find(|it| it.as_str() == state).unwrap();
    let fresh = record::fresh(meta, Actor::System, source, (true, SyncStart::Person));
    let row = sync_run::Model { state, ..fresh };
    let id = row.id;
    app.insert::<sync_run::Entity>(app.hub, vec![row]).await;
    id
}

/// A contact in a state, with one proposal.
pub async fn match_in_state(app: &App, school: Uuid, state: &str) -> Uuid {
    let state = SyncMatchState::ALL.iter().copied().find(|it| it.as_str() == state).unwrap();
    let proposal = SyncProposal {
        school_id: school,
        name: "Ash".to_owned(),
        urn: None,
        postcode: None,
        closed: false,
        by: vec![],
    };
    let school_id = (state == SyncMatchState::Matched).then_some(school);
    let row = contact(app, "Ash").await;
    let row = sync_match::Model { state, school_id, proposals: vec![proposal].into(), ..row };
    let id = row.id;
    app.insert::<sync_match::Entity>(app.hub, vec![row]).await;
    id
}

/// An open contact of that name.
pub async fn named(app: &App, name: &str) -> Uuid {
    let row = contact(app, name).await;
    let id = row.id;
    app.insert::<sync_match::Entity>(app.hub, vec![row]).await;
    id
}

async fn contact(app: &App, name: &str) -> sync_match::Model {
    let source_id = source(app).await;
    let meta = Meta::first(app.hub, Uuid::now_v7(), app.clock.now());
    sync_match::Model { name: Some(name.to_owned()), name_key: search_key(name), ..question(meta, source_id, "10418") }
}
