//! Sources as the mapping files name them, their schedules, and the command.

use std::fs;
use std::time::Duration;

use api::exchange::sync::sync_source::{keep, schedule};
use api::kernel::base::clock::Clock;
use api::kernel::base::settings::Settings;
use api::kernel::database::db::Db;
use serde_json::{Value, json};

use super::fixture::{World, ended, mapping};
use crate::support::{self, process};
use crate::sync_sources::sample;

#[actix_web::test]
async fn a_source_has_the_schedule_of_its_file_until_the_hub_sets_another() {
    let Some(mut world) = World::new().await else { return };
    let source = world.source().await;
    let fields = ["name", "kind", "enabled", "schedule_every", "schedule_at", "absent_since"];
    let shown: Value = fields.iter().map(|name| ((*name).to_owned(), source[*name].clone())).collect();
    let expected = json!({
        "name": "music-service", "kind": "csv", "enabled": true,
        "schedule_every": "day", "schedule_at": "02:30", "absent_since": null,
    });
    assert_eq!(shown, expected);
    assert!(!source.to_string().contains(&world.files.path().display().to_string()), "no address is shown");

    let path = format!("/sync-sources/{}", source["id"].as_str().unwrap());
    let patch = |world: &World, body: Value, etag: String| world.office.patch(&path, &body, &etag);
    let etag = world.office.get(&path).await.expect(200).etag();
    let contradiction = patch(&world, json!({ "schedule_every": "week" }), etag.clone()).await;
    assert_eq!(contradiction.faults()[0].0, "/schedule_weekday", "{contradiction:?}");
    patch(&world, json!({ "schedule_every": "hour", "schedule_at": "00:15" }), etag).await.expect(200);

    assert_eq!(schedule::begin_due(&world.app.state).await.unwrap(), 0);
    world.app.clock.advance(Duration::from_hours(1));
    world.office = world.app.again(&world.office);
    assert_eq!(schedule::begin_due(&world.app.state).await.unwrap(), 1);
    assert_eq!(schedule::begin_due(&world.app.state).await.unwrap(), 0, "the next one is in an hour");
    api::kernel::resource::job::look(&world.app.state).await.unwrap();
    let runs = world.office.all("/sync-runs").await;
    assert_eq!((runs.len(), &runs[0]["started_by"]), (1, &json!("schedule")));
    let run = ended(&world.office, runs[0]["id"].as_str().unwrap().parse().unwrap()).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    let shown = world.office.get(&format!("{path}?expand=last_run")).await.expect(200).json();
    assert_eq!(shown["last_run"]["id"], run["id"]);

    let etag = world.office.get(&path).await.expect(200).etag();
    world.office.patch(&path, &json!({ "enabled": false }), &etag).await.expect(200);
    let form = json!({ "source_id": source["id"] });
    world.office.post("/sync-runs", &form).await.problem(409, "conflict");
}

#[actix_web::test]
async fn a_mapping_that_cannot_work_refuses_the_start_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = mapping("leicester", "music-service", folder.path()).replace("table = \"school\"", "tabel = \"school\"");
    let file = folder.path().join("music.toml");
    fs::write(&file, &text).unwrap();
    let line = text.lines().position(|line| line.contains("tabel")).unwrap() + 1;
    let database = support::Database::migrated().await;
    let url = format!("--database-url={}", database.url());
    let settings = Settings::from_flags([url.as_str(), &format!("--sync={}", folder.path().display())]).unwrap();
    let db = Db::open(&settings.database).await.unwrap();
    let refused = api::app::state(db, Clock::system(), settings).await.err().unwrap();
    assert!(refused.contains(&format!("music.toml:{line}:")), "{refused}");
    assert!(refused.contains("tabel"), "{refused}");
}

#[actix_web::test]
async fn a_source_whose_file_is_gone_stays_with_its_runs_and_has_no_more() {
    let Some(world) = World::new().await else { return };
    world.synced().await;
    fs::remove_file(world.mappings.path().join("music.toml")).unwrap();
    let text = mapping("leicester", "other", world.files.path());
    fs::write(world.mappings.path().join("other.toml"), text).unwrap();
    let flag = format!("--sync={}", world.mappings.path().display());
    let url = format!("--database-url={}", world.app.database.url());
    let settings = Settings::from_flags([url.as_str(), &flag]).unwrap();
    let state = support::state(settings, world.app.clock.clone()).await;
    keep::all(&state, keep::Gone::Mark).await.unwrap();
    let sources = world.office.all("/sync-sources?absent=true").await;
    assert_eq!(sources[0]["name"], "music-service");
    let form = json!({ "source_id": sources[0]["id"] });
    let refused = world.office.post("/sync-runs", &form).await;
    assert!(refused.refusal(409, "conflict").contains("SMEP_SYNC"));
    assert_eq!(world.office.all("/sync-runs").await.len(), 1);
    assert!(sample::folder().is_some());
}

#[actix_web::test]
async fn the_command_checks_a_mapping_and_runs_a_source() {
    let Some(world) = World::new().await else { return };
    let file = world.mappings.path().join("music.toml").display().to_string();
    let smep = async |arguments: Vec<String>| {
        let run = move || process::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.unwrap()
    };
    let checked = smep(vec!["sync".into(), "--check".into(), file]).await;
    assert_eq!(checked.status.code(), Some(0), "{}", process::said(&checked));
    assert!(process::said(&checked).contains("the mapping fits the source"), "{}", process::said(&checked));

    let url = format!("--database-url={}", world.app.database.url());
    let folder = format!("--sync={}", world.mappings.path().display());
    let sync = |more: &[&str]| {
        let usual = ["sync", "--source=music-service", &url, &folder];
        smep(usual.iter().chain(more).map(|it| (*it).to_owned()).collect())
    };
    let dry = sync(&["--dry-run"]).await;
    assert_eq!(dry.status.code(), Some(0), "{}", process::said(&dry));
    assert!(process::said(&dry).contains("nothing was written"), "{}", process::said(&dry));
    let real = sync(&["--hub=leicester"]).await;
    assert_eq!(real.status.code(), Some(0), "{}", process::said(&real));
    let runs = world.office.all("/sync-runs?sort=created_at").await;
    let told: Vec<_> = runs.iter().map(|run| (run["started_by"].as_str(), run["dry_run"].as_bool())).collect();
    assert_eq!(told, [(Some("command"), Some(true)), (Some("command"), Some(false))]);
    let stranger = sync(&["--hub=norfolk"]).await;
    assert_eq!(stranger.status.code(), Some(1), "{}", process::said(&stranger));
    assert!(process::said(&stranger).contains("norfolk"));

    let one = tempfile::tempdir().unwrap();
    let file = one.path().join("one.toml");
    fs::write(&file, mapping("leicester", "other", world.files.path())).unwrap();
    let file = format!("--sync={}", file.display());
    let other = smep(["sync", "--source=other", "--dry-run", &url, &file].map(str::to_owned).to_vec()).await;
    assert_eq!(other.status.code(), Some(0), "{}", process::said(&other));
    assert_eq!(world.office.all("/sync-sources?absent=true").await, Vec::<Value>::new(), "one file names some sources");
}
