//! A database of another program, and a file that has lost its content, are refused at the start.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, PgConnection, SqliteConnection};

use crate::support::database::{folder, server};
use crate::support::{self, Database, Process, until};

/// The one line with which the program ends instead of starting on this database.
fn refusal(url: &str) -> String {
    let Err(log) = Process::try_serve(url, &[]) else { panic!("it started on {url}") };
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with("smep: ")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    lines[0].to_owned()
}

/// The same for a file, which is left as it is.
fn refused(file: &Path) -> String {
    let before = std::fs::read(file).unwrap();
    let line = refusal(&file.display().to_string());
    assert_eq!(std::fs::read(file).unwrap(), before, "it was changed: {line}");
    line
}

async fn open(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).create_if_missing(true).connect().await.unwrap()
}

async fn application_id(file: &Path) -> i32 {
    sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut open(file).await).await.unwrap()
}

#[actix_web::test]
async fn an_empty_file_is_refused_and_a_missing_one_is_made() {
    let folder = folder();
    let file = folder.path().join("smep.db");
    std::fs::write(&file, "").unwrap();
    let line = refused(&file);
    assert!(line.contains("is empty") && line.contains("delete the file"), "{line}");
    std::fs::remove_file(&file).unwrap();
    Process::serve(&file.display().to_string(), &[]);
    assert_eq!(application_id(&file).await, i32::from_be_bytes(*b"smep"));
}

#[actix_web::test]
async fn a_file_of_another_program_is_refused() {
    let folder = folder();
    let marked = folder.path().join("marked.db");
    open(&marked).await.execute("PRAGMA application_id = 42").await.unwrap();
    assert!(refused(&marked).contains("another program"));
    let tables = folder.path().join("tables.db");
    open(&tables).await.execute("CREATE TABLE invoice (id int)").await.unwrap();
    let line = refused(&tables);
    assert!(line.contains("invoice") && line.contains("another program"), "{line}");
    // One that is made with the same tools as ours.
    let alike = folder.path().join("alike.db");
    let steps = "CREATE TABLE seaql_migrations (version text); INSERT INTO seaql_migrations VALUES ('m2020_first')";
    open(&alike).await.execute(steps).await.unwrap();
    assert!(refused(&alike).contains("m2020_first"));
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "Nothing but a text, and long enough to be looked at as a database.\n".repeat(40)).unwrap();
    assert!(refused(&text).contains("not a database"));
}

#[actix_web::test]
async fn a_log_without_its_file_is_refused() {
    let folder = folder();
    let file = folder.path().join("smep.db");
    std::fs::write(folder.path().join("smep.db-wal"), "the last changes").unwrap();
    let line = refusal(&file.display().to_string());
    assert!(line.contains("smep.db-wal") && line.contains("missing"), "{line}");
    assert!(!file.exists());
    assert_eq!(std::fs::read(folder.path().join("smep.db-wal")).unwrap(), b"the last changes");
}

#[actix_web::test]
async fn a_file_from_before_files_were_marked_is_marked() {
    if server().is_some() {
        return;
    }
    let database = Database::migrated().await;
    let file = Path::new(database.url());
    open(file).await.execute("PRAGMA application_id = 0").await.unwrap();
    Process::serve(database.url(), &[]);
    assert_eq!(application_id(file).await, i32::from_be_bytes(*b"smep"));
}

#[actix_web::test]
async fn a_database_on_a_server_with_another_programs_tables_is_refused() {
    if server().is_none() {
        return;
    }
    let database = Database::empty().await;
    let mut session = PgConnection::connect(database.url()).await.unwrap();
    session.execute("CREATE TABLE invoice (id int)").await.unwrap();
    let line = refusal(database.url());
    assert!(line.contains("invoice") && line.contains("another program"), "{line}");
    session.execute("DROP TABLE invoice").await.unwrap();
    Process::serve(database.url(), &[]);
    // What others add beside our tables is theirs.
    session.execute("CREATE TABLE invoice (id int)").await.unwrap();
    Process::serve(database.url(), &[]);
}

/// What the log is cut to.
const LIMIT: u64 = 16 << 20;

#[actix_web::test]
async fn the_log_is_cut_after_a_burst_during_which_somebody_read() {
    if server().is_some() {
        return;
    }
    let app = support::program(&[]).await;
    let log = || std::fs::metadata(format!("{}-wal", app.database.url())).map_or(0, |it| it.len());
    let file = Path::new(app.database.url());
    let (mut reader, mut writer) = (open(file).await, open(file).await);
    writer.execute("CREATE TABLE burst (a)").await.unwrap();
    let mut reading = reader.begin().await.unwrap();
    reading.execute("SELECT COUNT(*) FROM hub").await.unwrap();
    for _ in 0..LIMIT >> 20 {
        let burst = format!("INSERT INTO burst VALUES (randomblob({}))", (1 << 20) + 4096);
        writer.execute(AssertSqlSafe(burst)).await.unwrap();
    }
    assert!(log() > LIMIT, "{}", log());
    reading.rollback().await.unwrap();
    // Nobody writes any more.
    until("the log is short", async || (log() <= LIMIT).then_some(())).await;
}
