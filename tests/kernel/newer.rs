//! The program on a schema that is one step newer than its own.

use entity::identity::grant::Role;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::{Value, json};

use crate::support::document::operations;
use crate::support::{self, Caller, Database, Process};

/// A step that this program does not know.
const STEP: &str = "m20990101_01_later";

async fn texts(db: &impl ConnectionTrait, sql: &str) -> Vec<Option<String>> {
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Takes a step that gives every table one more column and adds a table, and that needs a program which
/// knows the step `needs`.
async fn take_step(database: &Database, needs: &str) {
    let db = database.open().await;
    let tables = match db.backend() {
        DbBackend::Postgres => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'",
        _ => "SELECT name FROM sqlite_schema WHERE type = 'table'",
    };
    let db = db.write_pool();
    for table in texts(db, tables).await.into_iter().flatten() {
        db.execute_unprepared(&format!("ALTER TABLE \"{table}\" ADD COLUMN later text")).await.unwrap();
    }
    db.execute_unprepared("CREATE TABLE later (id int PRIMARY KEY)").await.unwrap();
    for (table, columns, values) in [
        ("seaql_migrations", "version, applied_at", format!("'{STEP}', 0")),
        ("schema_step", "name, needs", format!("'{STEP}', '{needs}'")),
    ] {
        db.execute_unprepared(&format!("INSERT INTO {table} ({columns}) VALUES ({values})")).await.unwrap();
    }
}

async fn one_step_newer() -> Database {
    let database = Database::migrated().await;
    take_step(&database, &migration::steps::needs(STEP)).await;
    database
}

/// Asks for every list and every first item of a list that the document names.
async fn reads_everything(caller: &Caller) {
    let mut read = 0;
    for operation in operations().iter().filter(|one| one.method == "GET" && one.path.starts_with("/api/v1/")) {
        if operation.has_id() {
            continue;
        }
        let reply = caller.get(&format!("{}?{}", operation.path, operation.query_without(""))).await;
        // Who has no calendar's address has none to read.
        if reply.status == 403 || operation.path == "/api/v1/me/calendar-address" {
            continue;
        }
        let list = reply.expect(200);
        read += 1;
        // An export is a text or a sheet.
        let Ok(list) = serde_json::from_slice::<Value>(&list.body) else { continue };
        if let Some(id) = list["items"][0]["id"].as_str() {
            let item = format!("{}/{{id}}", operation.path);
            if operations().iter().any(|one| one.method == "GET" && one.path == item) {
                caller.get(&format!("{}/{id}", operation.path)).await.expect(200);
                read += 1;
            }
        }
    }
    assert!(read > 40, "{read} of {} operations were read", operations().len());
    let plan = format!("/plans/{}", caller.get("/plans?limit=1").await.ids()[0]);
    caller.get(&format!("{plan}?expand=tree")).await.expect(200);
    caller.get(&format!("{plan}/document")).await.expect(200);
}

#[actix_web::test]
async fn the_demo_is_written_and_read_on_a_newer_schema() {
    let app = support::demo_in(one_step_newer().await).await;
    let caller = app.as_role(Role::HeadOfService).await;
    reads_everything(&caller).await;
}

#[actix_web::test]
async fn changes_keep_what_only_a_newer_program_knows() {
    let app = support::app_over(one_step_newer().await).await;
    let caller = app.as_role(Role::Administrator).await;
    let one = app.school(&caller, "Ash", json!({ "urn": 120_001 })).await;
    app.school(&caller, "Beech", json!({ "urn": 120_002 })).await;
    app.state.db.write_pool().execute_unprepared("UPDATE school SET later = name").await.unwrap();
    let path = format!("/schools/{}", one.id());
    caller.patch(&path, &json!({ "pupils": 210 }), "\"1\"").await.expect(200);
    let batch = json!({ "items": [{ "urn": 120_002, "pupils": 90 }, support::new_school("Cedar", json!({})) ] });
    let report = caller.post("/schools/batch", &batch).await.expect(200).json();
    assert_eq!((&report["updated"], &report["created"]), (&json!(1), &json!(1)), "{report}");
    caller.delete(&path, "\"2\"").await.expect(204);
    caller.act(&format!("{path}/restore"), Some("*")).await.expect(200);
    let kept = texts(app.state.db.read(), "SELECT later FROM school ORDER BY name").await;
    assert_eq!(kept, [Some("Ash".to_owned()), Some("Beech".to_owned()), None]);
    let history = caller.get(&format!("{path}/history")).await.expect(200).json();
    assert_eq!(history["items"].as_array().map(Vec::len), Some(4));
    assert_eq!(caller.get("/changes").await.expect(200).json()["next"], Value::from(7));
}

#[actix_web::test]
async fn the_program_starts_on_a_newer_schema_that_says_it_may() {
    let database = one_step_newer().await;
    for flags in [&[] as &[&str], &["--no-migrate"]] {
        let process = Process::serve(database.url(), flags);
        Caller::nobody(process.base()).get("//health/ready").await.expect(200);
    }
}

#[actix_web::test]
async fn the_program_refuses_a_newer_schema_that_does_not_say_so() {
    let database = Database::migrated().await;
    take_step(&database, "m20981231_01_unknown").await;
    for flags in [&[] as &[&str], &["--no-migrate"]] {
        let Err(log) = Process::try_serve(database.url(), flags) else { panic!("it started") };
        let lines: Vec<&str> = log.lines().filter(|line| line.starts_with("smep: ")).collect();
        assert_eq!(lines.len(), 1, "{log}");
        assert!(lines[0].contains(STEP) && lines[0].contains("newer version"), "{log}");
    }
    let db = database.open().await;
    db.write_pool().execute_unprepared("DELETE FROM schema_step").await.unwrap();
    assert!(db.pending().await.unwrap_err().contains(STEP), "a step that nothing is said about");
}
