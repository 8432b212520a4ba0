//! The program is killed in the middle of a run and started again, or loses the run to another place.
#![expect(clippy::disallowed_methods, reason = "jobs are made old behind the API")]

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use api::kernel::resource::job as jobs;
use entity::exchange::sync_row;
use entity::kernel::job;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::{World, counts, ended};
use super::kinds::{State, expect_equal, expect_same, names, sorted, state};
use super::{hub, outward};
use crate::support::{App, until};

/// A file of the source as a pipe. Each time that the service reads it, it waits until the file is poured in.
struct Pipe {
    path: PathBuf,
    whole: Vec<u8>,
}

impl Pipe {
    fn in_place_of(path: PathBuf) -> Self {
        let whole = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        Self { path, whole }
    }

    /// Waits for a reader, on a thread that nobody has to wait for.
    fn opened(&self) -> JoinHandle<File> {
        let path = self.path.clone();
        thread::spawn(move || OpenOptions::new().write(true).open(path).unwrap())
    }

    /// Pours the file in once, as soon as there is a reader.
    fn pour(&self) {
        let (path, whole) = (self.path.clone(), self.whole.clone());
        thread::spawn(move || fs::write(path, whole).unwrap());
    }

    /// Puts the file back.
    fn end(self) {
        fs::remove_file(&self.path).unwrap();
        fs::write(self.path, self.whole).unwrap();
    }
}

/// A hub of the program's own, with measures in use and something to write to the source.
async fn world() -> Option<World> {
    let world = World::program().await?;
    hub::publish(&world, &hub::MEASURES).await;
    for (urn, name) in outward::schools(&world).await.into_iter().zip(["Ada Example", "Bea Sample", "Cai Instance"]) {
        hub::assign(&world, &world.school(urn).await, name).await;
    }
    Some(world)
}

/// How a hub and its source are after a run, and what the run reports.
struct End {
    state: State,
    handed_over: Vec<String>,
    changes: usize,
    counts: Value,
    report: Vec<String>,
}

impl End {
    async fn of(world: &World, run: &Value) -> Self {
        let names = names(world).await;
        let line = |row: &Value| {
            let fields = ["direction", "section", "outcome", "code", "source_table", "source_column", "written"];
            let fields = fields.map(|field| row[field].to_string()).join(" ");
            // The keys of figures have ids in them.
            let key = if row["section"] == "figures" { Value::Null } else { row["source_key"].clone() };
            format!("{fields} {key} {:?}", names.get(&hub::text(&row["school_id"])))
        };
        let text = |line: super::naive::Line| format!("{} {} {}", line["entity_id"], line["code"], line["value"]);
        Self {
            state: state(world).await,
            handed_over: sorted(world.handed_over().into_iter().map(text)),
            changes: world.changes().await,
            counts: run["counts"].clone(),
            report: sorted(world.rows(run, "").await.iter().map(line)),
        }
    }
}

/// Makes a job look as if its run had been silent for long.
async fn age(app: &App, db: &impl ConnectionTrait, id: Uuid) {
    let earlier = Expr::value(app.clock.now() - Duration::from_secs(31));
    let aged = job::Entity::update_many().col_expr(job::Column::HeartbeatAt, earlier);
    aged.filter(job::Column::Id.eq(id)).exec(db).await.unwrap();
}

/// Waits until something holds of a run that has not ended.
async fn comes_to(world: &World, id: Uuid, what: &str, holds: impl Fn(&Value) -> bool) {
    until(what, async || {
        let run = world.office.get(&format!("/sync-runs/{id}")).await.expect(200).json();
        assert_eq!(run["finished_at"], Value::Null, "it ended before it could be killed: {run:#}");
        holds(&run).then_some(())
    })
    .await;
}

/// Begins a run and kills the program while the run writes people. The run cannot come to its end: its last step reads
/// the pipe once more.
async fn begins_and_is_killed(world: &mut World, pipe: &Pipe) -> Uuid {
    pipe.pour();
    let id = world.begin(false).await;
    comes_to(world, id, "people are written", |run| counts(run, "persons").contains_key("created")).await;
    world.app.process().kill();
    age(&world.app, world.app.state.db.write_pool(), id).await;
    id
}

/// Kills the program after the values have reached the source and before it has stored that: while the test holds the
/// job, the run can store nothing.
async fn hands_over_and_is_killed(world: &mut World, pipe: &Pipe, id: Uuid) {
    comes_to(world, id, "the source is read again", |run| run["step"] == "reading").await;
    pipe.pour();
    comes_to(world, id, "values are written back", |run| run["step"] == "writing_back").await;
    let opened = pipe.opened();
    until("the run looks at what stands there", async || opened.is_finished().then_some(())).await;
    let held = world.app.state.db.begin_write().await.unwrap();
    age(&world.app, &held, id).await;
    opened.join().unwrap().write_all(&pipe.whole).unwrap();
    until("the file is there", async || (!world.handed_over().is_empty()).then_some(())).await;
    world.app.process().kill();
    world.app.state.db.commit(held).await.unwrap();
}

/// How many rows of a run's report stand for something that was written.
async fn written_rows(world: &World, id: Uuid) -> u64 {
    let rows = sync_row::Entity::find().filter(sync_row::Column::RunId.eq(id));
    rows.filter(sync_row::Column::Written.eq(true)).count(world.app.state.db.read()).await.unwrap()
}

#[actix_web::test]
async fn a_run_that_is_killed_twice_goes_on_and_ends_as_one_that_nobody_disturbs() {
    let Some(whole) = world().await else { return };
    let expected = End::of(&whole, &whole.synced().await).await;
    drop(whole);
    let Some(mut world) = world().await else { return };
    let pipe = Pipe::in_place_of(world.file("user_field_value"));
    let id = begins_and_is_killed(&mut world, &pipe).await;
    world.start_again();
    hands_over_and_is_killed(&mut world, &pipe, id).await;
    pipe.end();
    world.start_again();
    let run = ended(&world.office, id).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    assert_eq!(world.office.get(&format!("/jobs/{id}")).await.expect(200).json()["attempts"], 3);

    let end = End::of(&world, &run).await;
    expect_same(1, "the run that was killed", &expected.state, &end.state);
    assert_eq!(end.handed_over.len(), 3, "{:?}", end.handed_over);
    assert_eq!(end.handed_over, expected.handed_over);
    assert_eq!(end.changes, expected.changes, "each item is made once");
    assert_eq!(end.counts, expected.counts, "each row of the source is counted once");
    assert_eq!(run["written"], written_rows(&world, id).await);
    expect_equal(&end.report, &expected.report, "the report");
    let again = world.synced().await;
    assert_eq!((&again["written"], world.changes().await), (&json!(0), expected.changes), "{again:#}");
}

#[actix_web::test]
async fn a_run_that_loses_its_job_while_it_works_goes_on_with_its_next_attempt() {
    let Some(world) = World::new().await else { return };
    // The run cannot come to its end before it is taken away.
    let pipe = Pipe::in_place_of(world.file("user_field_value"));
    pipe.pour();
    let id = world.begin(false).await;
    comes_to(&world, id, "something is written", |run| run["written"].as_i64() > Some(300)).await;
    let taken = job::Entity::update_many()
        .col_expr(job::Column::Run, Expr::value(Uuid::now_v7()))
        .filter(job::Column::Id.eq(id))
        .filter(job::Column::State.eq("running"))
        .exec(world.app.state.db.write_pool());
    assert_eq!(taken.await.unwrap().rows_affected, 1);
    // For the first attempt, should it have come so far.
    pipe.pour();
    tokio::time::sleep(Duration::from_secs(2)).await;
    pipe.end();
    world.app.clock.advance(Duration::from_mins(1));
    let office = world.app.again(&world.office);
    jobs::look(&world.app.state).await.unwrap();
    jobs::look(&world.app.state).await.unwrap();
    let run = ended(&office, id).await;
    assert_eq!(run["state"], "succeeded", "{run:#}");
    assert_eq!(run["written"], written_rows(&world, id).await);
    let people = counts(&run, "persons");
    assert!(people["created"] > 1000, "{people:?}");
}
