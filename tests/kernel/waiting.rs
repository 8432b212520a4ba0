//! Waiting for the database: how long, and for whom.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use entity::identity::grant::Role;
use futures_util::FutureExt;
use futures_util::future::{join, join_all};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, PgConnection, Row};

use crate::support::database::server;
use crate::support::{self, Between, Caller, Cluster, Database, Reply, new_school, until};

/// The limit of the tests that measure, and a time that two of them in a row do not fit into.
const LIMIT: &str = "--database-timeout=3";
const ONCE: Duration = Duration::from_millis(5500);

#[track_caller]
fn told_to_come_back(reply: &Reply, began: Instant) {
    assert!(began.elapsed() < ONCE, "one limit for the whole request: {:?} {reply:?}", began.elapsed());
    reply.problem(503, "unavailable");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
}

async fn connect(database: &Database) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

#[actix_web::test]
async fn a_server_that_falls_silent_costs_a_request_one_limit() {
    if server().is_none() {
        return;
    }
    let database = Database::migrated().await;
    let line = Between::to(database.url());
    let behind = Database::at(line.url(database.url()));
    let app = support::program_over(behind, &[LIMIT, "--read-connections=2"]).await;
    let caller = app.as_role(Role::Administrator).await;
    app.area(&caller, "Before").await;
    line.silence(true);
    // In the second round who calls is not remembered any more.
    for _ in 0..2 {
        let began = Instant::now();
        let asked = (0..4).map(|n| {
            let (read, write) = (caller.get("/areas"), caller.post("/areas", &json!({ "name": format!("{n}") })));
            join(read.into_future(), write.into_future())
        });
        for (read, write) in join_all(asked).await {
            told_to_come_back(&read, began);
            told_to_come_back(&write, began);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    line.silence(false);
    until("it reads again", async || (caller.get("/areas").await.status == 200).then_some(())).await;
    let write = async || (caller.post("/areas", &json!({ "name": "After" })).await.status == 201).then_some(());
    until("it writes again", write).await;
}

#[actix_web::test]
async fn a_file_that_another_program_locks_costs_a_request_one_limit() {
    if server().is_some() {
        return;
    }
    let app = support::app_with(&[LIMIT]).await;
    let caller = app.as_role(Role::Administrator).await;
    let file = SqliteConnectOptions::new().filename(app.database.url());
    let mut other = sqlx::SqliteConnection::connect_with(&file).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    let writes = (0..4).map(|n| caller.post("/areas", &json!({ "name": format!("{n}") })).into_future());
    for reply in join_all(writes).await {
        told_to_come_back(&reply, began);
    }
    caller.get("/areas").await.expect(200);
    other.execute("ROLLBACK").await.unwrap();
    app.area(&caller, "After").await;
}

#[actix_web::test]
async fn a_server_that_takes_no_writes_is_503_and_its_connections_are_replaced() {
    let Some(cluster) = tokio::task::spawn_blocking(Cluster::start).await.unwrap() else { return };
    let database = Database::at(cluster.url());
    database.open().await.migrate().await.unwrap();
    let app = support::program_over(database, &["--read-connections=1"]).await;
    let caller = app.as_role(Role::Administrator).await;
    app.area(&caller, "Before").await;
    let mut admin = PgConnection::connect(&cluster.url()).await.unwrap();
    let mut read_only = async |on: &str| {
        let text = format!("ALTER SYSTEM SET default_transaction_read_only = {on}");
        admin.execute(sqlx::AssertSqlSafe(text)).await.unwrap();
        admin.execute("SELECT pg_reload_conf()").await.unwrap();
    };
    let write = async || caller.post("/areas", &json!({ "name": format!("Area {}", app.next()) })).await;
    read_only("on").await;
    let refused = until("writes are refused", async || Some(write().await).filter(|it| it.status != 201)).await;
    refused.problem(503, "unavailable");
    assert!(refused.maybe("retry-after").is_some());
    let before = sessions(&cluster).await;
    write().await.problem(503, "unavailable");
    caller.get("/areas").await.expect(200);
    until("another connection", async || (sessions(&cluster).await.is_disjoint(&before)).then_some(())).await;
    read_only("off").await;
    until("it writes again", async || (write().await.status == 201).then_some(())).await;
}

/// The sessions by which the service has asked for areas last.
async fn sessions(cluster: &Cluster) -> HashSet<i32> {
    let mut admin = PgConnection::connect(&cluster.url()).await.unwrap();
    let text = "SELECT pid FROM pg_stat_activity WHERE application_name = 'smep' AND query LIKE '%area%'";
    admin.fetch_all(text).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[actix_web::test]
async fn writers_of_one_hub_who_wait_keep_nobody_else_waiting() {
    if server().is_none() {
        return;
    }
    let app = support::app_with(&["--read-connections=8"]).await;
    let writer = app.as_role(Role::Administrator).await;
    let other = app.another_hub("rutland").await;
    let neighbour = app.as_role_in(other, Role::Administrator, |_| {}).await;
    let mut holder = connect(&app.database).await;
    holder.execute("BEGIN").await.unwrap();
    sqlx::query("SELECT 1 FROM hub WHERE id = $1 FOR UPDATE").bind(app.hub).execute(&mut holder).await.unwrap();
    let writes = (0..24).map(|n| {
        let (writer, school) = (writer.clone(), new_school(&format!("School {n}"), json!({})));
        actix_web::rt::spawn(async move { writer.post("/schools", &school).await })
    });
    let writes: Vec<_> = writes.collect();
    let mut watcher = connect(&app.database).await;
    until("they wait", async || (waiting(&mut watcher).await >= 3).then_some(())).await;
    for _ in 0..20 {
        let (own, others) = join(writer.get("/schools").into_future(), neighbour.get("/schools").into_future()).await;
        own.expect(200);
        others.expect(200);
    }
    neighbour.post("/schools", &new_school("Next door", json!({}))).await.expect(201);
    assert!(writes.iter().all(|write| !write.is_finished()), "they waited all the while");
    holder.execute("ROLLBACK").await.unwrap();
    for write in writes {
        write.await.unwrap().expect(201);
    }
}

#[actix_web::test]
async fn connections_to_a_server_have_limits_and_no_jit() {
    if server().is_none() {
        return;
    }
    let app = support::app_with(&[LIMIT]).await;
    let db = &app.state.db;
    let settings = [
        ("statement_timeout", "3s", "10min"),
        ("lock_timeout", "3s", "10min"),
        ("idle_in_transaction_session_timeout", "1min", "10min"),
        ("jit", "off", "off"),
    ];
    for (setting, of_requests, of_reports) in settings {
        assert_eq!(shown(db.read(), setting).await, of_requests, "{setting}");
        assert_eq!(shown(db.reports(), setting).await, of_reports, "{setting}");
    }
}

/// A setting of the server as a connection has it.
async fn shown(db: &impl ConnectionTrait, setting: &str) -> String {
    let asked = Statement::from_string(DbBackend::Postgres, format!("SHOW {setting}"));
    db.query_one_raw(asked).await.unwrap().unwrap().try_get_by_index(0).unwrap()
}

/// How many sessions of the database wait for a lock.
async fn waiting(watcher: &mut PgConnection) -> i64 {
    let text = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    watcher.fetch_one(text).await.unwrap().get(0)
}

/// The deadlocks of the database so far.
async fn deadlocks(database: &Database) -> i64 {
    let text = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    connect(database).await.fetch_one(text).await.unwrap().get(0)
}

/// Does one thing so many times.
async fn again_and_again(caller: Caller, ask: impl AsyncFn(&Caller, usize) -> Reply) {
    for round in 0..40 {
        let reply = ask(&caller, round).await;
        assert!([200, 201].contains(&reply.status), "{reply:?}");
    }
}

#[actix_web::test]
async fn ordinary_work_in_one_hub_never_crosses() {
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let mut ids = Vec::new();
    for urn in 1..=6 {
        let more =
            json!({ "urn": 100_000 + urn, "external_ids": [{ "system": "cims", "id": format!("{}", 9 - urn) }] });
        ids.push(app.school(&caller, &format!("School {urn}"), more).await.id());
    }
    let kinds = async |caller: &Caller, round: usize| {
        let kinds = if round.is_multiple_of(2) { json!(["school", "college"]) } else { json!(["college"]) };
        caller.patch("/hub", &json!({ "kinds_in_scope": kinds }), "*").await
    };
    let patch = async |caller: &Caller, round: usize| {
        caller.patch(&format!("/schools/{}", ids[round % 6]), &json!({ "pupils": round }), "*").await
    };
    let batch = async |caller: &Caller, round: usize, backwards: bool, by_urn: bool| {
        let mut items: Vec<Value> = (1..=6)
            .map(|urn| match by_urn {
                true => json!({ "urn": 100_000 + urn, "note": format!("{round}") }),
                false => json!({ "external_ids": [{ "system": "cims", "id": format!("{}", 9 - urn) }] }),
            })
            .collect();
        if backwards {
            items.reverse();
        }
        caller.post("/schools/batch", &json!({ "items": items })).await
    };
    let work = [
        again_and_again(caller.clone(), kinds).boxed_local(),
        again_and_again(caller.clone(), patch).boxed_local(),
        again_and_again(caller.clone(), patch).boxed_local(),
        again_and_again(caller.clone(), async |caller, round| batch(caller, round, false, true).await).boxed_local(),
        again_and_again(caller.clone(), async |caller, round| batch(caller, round, true, true).await).boxed_local(),
        again_and_again(caller.clone(), async |caller, round| batch(caller, round, true, false).await).boxed_local(),
    ];
    join_all(work).await;
    if server().is_some() {
        // A session hands in its counts within a second.
        tokio::time::sleep(Duration::from_millis(1500)).await;
        assert_eq!(deadlocks(&app.database).await, 0);
    }
}

#[actix_web::test]
async fn a_write_that_lost_a_race_is_done_again() {
    if server().is_none() {
        return;
    }
    let app = support::app().await;
    let caller = app.as_role(Role::Administrator).await;
    let first = app.school(&caller, "First", json!({ "urn": 100_001 })).await.id();
    let second = app.school(&caller, "Second", json!({ "urn": 100_002 })).await.id();
    let mut other = connect(&app.database).await;
    // The service finds the deadlock, and gives way.
    other.execute("SET deadlock_timeout = '60s'; BEGIN").await.unwrap();
    let lock = "SELECT 1 FROM school WHERE id = $1 FOR UPDATE";
    sqlx::query(lock).bind(second).execute(&mut other).await.unwrap();
    let asked = caller.clone();
    let batch = actix_web::rt::spawn(async move {
        let items = json!([{ "urn": 100_001, "pupils": 7 }, { "urn": 100_002, "pupils": 7 }]);
        asked.post("/schools/batch", &json!({ "items": items })).key("once").await
    });
    let mut watcher = connect(&app.database).await;
    until("it waits", async || (waiting(&mut watcher).await == 1).then_some(())).await;
    sqlx::query(lock).bind(first).execute(&mut other).await.unwrap();
    other.execute("COMMIT").await.unwrap();
    let reply = batch.await.unwrap().expect(200).json();
    assert_eq!((&reply["updated"], &reply["applied"]), (&json!(2), &json!(true)));
    assert_eq!(caller.get(&format!("/schools/{first}")).await.json()["pupils"], 7);
    until("the deadlock is counted", async || (deadlocks(&app.database).await == 1).then_some(())).await;
}
