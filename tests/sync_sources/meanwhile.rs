//! What somebody types at the source while a value is written there.

use std::future::Future;

use api::exchange::sync::Writer;
use api::exchange::sync::mapping::Mapping;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, PgConnection};
use time::macros::datetime;

use super::sample::{DOCUMENTED, mapping};
use super::servers::{Mariadb, Postgresql};
use super::{value, wanted};
use crate::support;

const TABLE: &str = "CREATE TABLE user_field_value (entity VARCHAR(20), entity_id INTEGER, code VARCHAR(20), \
                     value VARCHAR(200), modified_by VARCHAR(20), modified_at TIMESTAMP NULL, \
                     PRIMARY KEY (entity, entity_id, code)); \
                     INSERT INTO user_field_value VALUES ('school', 1, 'SMEP_RAG', 'Red', 'smep', NULL), \
                     ('school', 2, 'SMEP_RAG', 'Red', 'smep', NULL)";

/// Somebody is in the middle of typing over a value, and of adding one.
const TYPED: [&str; 2] = [
    "UPDATE user_field_value SET value = 'Typed' WHERE entity_id = 1",
    "INSERT INTO user_field_value VALUES ('school', 3, 'SMEP_RAG', 'New', 'jsample', NULL)",
];

/// Writes green for three schools while the two of [`TYPED`] are under way, and ends their transaction when `waits`.
async fn left_alone(mapping: &Mapping, waits: impl Future<Output = ()>, commit: impl Future<Output = ()>) {
    let green = |school: &str, was: Option<&str>| wanted(&value(school, "SMEP_RAG", Some("Green")), was);
    let values = [green("1", Some("Red")), green("2", Some("Red")), green("3", None)];
    let mut writer = Writer::open(mapping).await.unwrap();
    let (done, ()) = tokio::join!(writer.write(&values, datetime!(2025-02-10 09:30 UTC)), async {
        waits.await;
        commit.await;
    });
    let done = done.unwrap();
    let changed = ["1", "3"].map(|school| (school.to_owned(), "SMEP_RAG".to_owned()));
    assert_eq!((done.rows, done.changed), (1, changed.to_vec()));
}

const VALUES: &str = "SELECT value FROM user_field_value ORDER BY entity_id";

#[actix_web::test]
async fn postgresql_keeps_what_was_typed_while_a_value_was_written() {
    let Some(server) = Postgresql::empty().await else { return };
    server.run(TABLE).await;
    let mut typing = PgConnection::connect(server.url()).await.unwrap();
    let mut looking = PgConnection::connect(server.url()).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut typing).await.unwrap();
    for statement in TYPED {
        sqlx::raw_sql(statement).execute(&mut typing).await.unwrap();
    }
    let waits = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock'";
        support::until("the writer waits", async || {
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut looking).await.unwrap();
            (waiting > 0).then_some(())
        })
        .await;
    };
    let commit = async {
        sqlx::raw_sql("COMMIT").execute(&mut typing).await.unwrap();
    };
    left_alone(&mapping(DOCUMENTED, "postgresql", server.url()), waits, commit).await;
    let mut connection = PgConnection::connect(server.url()).await.unwrap();
    let values: Vec<String> = sqlx::query_scalar(VALUES).fetch_all(&mut connection).await.unwrap();
    assert_eq!(values, ["Typed", "Green", "New"]);
}

#[actix_web::test]
async fn mariadb_keeps_what_was_typed_while_a_value_was_written() {
    let Some(server) = Mariadb::empty().await else { return };
    server.run(TABLE).await;
    let mut typing = MySqlConnection::connect(server.url()).await.unwrap();
    let mut looking = MySqlConnection::connect(server.url()).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut typing).await.unwrap();
    for statement in TYPED {
        sqlx::raw_sql(statement).execute(&mut typing).await.unwrap();
    }
    let waits = async {
        // The table of waiting transactions stands still for who looks at it often, the list of statements does not.
        let waiting = "SELECT CAST(COUNT(*) AS SIGNED) FROM information_schema.processlist \
                       WHERE db = DATABASE() AND id <> CONNECTION_ID() AND command <> 'Sleep' AND time_ms > 200";
        support::until("the writer waits", async || {
            let waiting: i64 = sqlx::query_scalar(AssertSqlSafe(waiting)).fetch_one(&mut looking).await.unwrap();
            (waiting > 0).then_some(())
        })
        .await;
    };
    let commit = async {
        sqlx::raw_sql("COMMIT").execute(&mut typing).await.unwrap();
    };
    left_alone(&mapping(DOCUMENTED, "mysql", server.url()), waits, commit).await;
    let mut connection = MySqlConnection::connect(server.url()).await.unwrap();
    let values: Vec<String> = sqlx::query_scalar(VALUES).fetch_all(&mut connection).await.unwrap();
    assert_eq!(values, ["Typed", "Green", "New"]);
}

#[actix_web::test]
async fn mariadb_gets_more_rows_than_one_statement_takes() {
    let Some(server) = Mariadb::empty().await else { return };
    let rows: Vec<String> =
        (1..=150).map(|id| format!("('school', {id}, 'SMEP_RAG', 'Red {id}', 'x', NULL)")).collect();
    let (table, _) = TABLE.split_once("; ").unwrap();
    server.run(&format!("{table}; INSERT INTO user_field_value VALUES {}", rows.join(", "))).await;
    let mapping = mapping(DOCUMENTED, "mysql", server.url());
    let next = |id: u32| value(&id.to_string(), "SMEP_RAG", Some(&format!("Green {id}")));
    let was = |id: u32| (id <= 150).then(|| format!("Red {id}"));
    let values: Vec<_> = (1..=280).map(|id| wanted(&next(id), was(id).as_deref())).collect();
    let mut writer = Writer::open(&mapping).await.unwrap();
    let done = writer.write(&values, datetime!(2025-02-10 09:30 UTC)).await.unwrap();
    assert_eq!((done.rows, done.changed), (280, Vec::new()));
    let mut connection = MySqlConnection::connect(server.url()).await.unwrap();
    let found: Vec<String> = sqlx::query_scalar(VALUES).fetch_all(&mut connection).await.unwrap();
    assert_eq!(found, (1..=280).map(|id| format!("Green {id}")).collect::<Vec<_>>());
}

#[actix_web::test]
async fn a_row_that_the_mapping_does_not_see_ends_the_attempts_and_nothing_is_written() {
    let Some(server) = Mariadb::empty().await else { return };
    let (table, _) = TABLE.split_once("; ").unwrap();
    // The key of the table has no room for the same school as another entity.
    let table = table.replace("(entity, entity_id, code)", "(entity_id, code)");
    server.run(&format!("{table}; INSERT INTO user_field_value VALUES ('pupil', 2, 'SMEP_RAG', 'x', 'x', NULL)")).await;
    let values = ["1", "2"].map(|school| wanted(&value(school, "SMEP_RAG", Some("Green")), None));
    let mut writer = Writer::open(&mapping(DOCUMENTED, "mysql", server.url())).await.unwrap();
    let away = writer.write(&values, datetime!(2025-02-10 09:30 UTC)).await.unwrap_err();
    assert_eq!(away.code, "busy", "{away}");
    assert!(away.reason.contains("or a row stands there that the mapping does not see"), "{away}");
    let begun = writer.statements().into_iter().filter(|statement| statement == "START TRANSACTION").count();
    assert_eq!(begun, 3, "{:?}", writer.statements());
    let mut connection = MySqlConnection::connect(server.url()).await.unwrap();
    let found: Vec<String> = sqlx::query_scalar(VALUES).fetch_all(&mut connection).await.unwrap();
    assert_eq!(found, ["x"]);
}
