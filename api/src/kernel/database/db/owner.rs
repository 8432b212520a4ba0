//! Whose database it is: one of another program is refused at the start, and so is a file that has
//! lost its content.

use std::path::Path;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sqlx::postgres::PgPool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Error};

use super::beside;
use super::lock::Lock;

/// SQLite's `application_id` of our files ("smep" in ASCII).
const OURS: i32 = 0x736d_6570;

/// The table in which both databases remember the steps of the schema.
const STEPS: &str = "seaql_migrations";

/// What has to happen to a file that may be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It carries our mark.
    Marked,
    /// It has our tables, or none, and was made before files were marked.
    Missing,
}

/// Checks the file, and makes it if it is missing and may be made.
pub(super) async fn claim_file(path: &Path, create: bool, patience: Duration) -> Result<Mark, Error> {
    if path.exists() {
        return inspect(path, patience).await;
    }
    if path.is_symlink() {
        return Err(refusal("the file is a link to one that is missing: put that one back, or delete the link"));
    }
    let log = beside(path, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        let log = log.display();
        return Err(refusal(format!(
            "the file is missing, but {log} holds its last changes: put the file back beside it, or move {log} away \
             to begin with a new database"
        )));
    }
    if !create {
        return Err(refusal("there is no such file"));
    }
    let _turn = Lock::of_file(path).await.map_err(refusal)?;
    if path.exists() {
        return inspect(path, patience).await;
    }
    make(path).await?;
    Ok(Mark::Marked)
}

/// Marks a file as ours.
pub(super) async fn mark(connection: &mut SqliteConnection) -> Result<(), Error> {
    sqlx::query(AssertSqlSafe(format!("PRAGMA application_id = {OURS}"))).execute(connection).await?;
    Ok(())
}

/// Makes a marked file under another name first: a program that is killed meanwhile leaves no empty
/// file, which the next start would refuse.
async fn make(path: &Path) -> Result<(), Error> {
    let new = beside(path, ".new");
    if new.exists() {
        std::fs::remove_file(&new)?;
    }
    let mut connection = SqliteConnectOptions::new().filename(&new).create_if_missing(true).connect().await?;
    mark(&mut connection).await?;
    connection.close().await?;
    std::fs::rename(&new, path)?;
    Ok(())
}

/// Reads whose file it is, without changing it.
async fn inspect(path: &Path, patience: Duration) -> Result<Mark, Error> {
    if path.metadata()?.len() == 0 {
        return Err(refusal(
            "the file is empty, which a database of smep never is: put a backup in its place, or delete the file to \
             begin with a new database",
        ));
    }
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(patience);
    let mut connection = options.disable_statement_logging().connect().await?;
    let id: i32 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut connection).await?;
    let outcome = match id {
        OURS => Ok(Mark::Marked),
        0 => {
            let tables =
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
            let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut connection).await?;
            let mut steps = Vec::new();
            if tables.iter().any(|table| table == STEPS) {
                steps = sqlx::query_scalar("SELECT version FROM seaql_migrations").fetch_all(&mut connection).await?;
            }
            expect_ours(&tables, &steps).map(|()| Mark::Missing)
        }
        other => Err(refusal(format!("the file is of another program (its application_id is {other})"))),
    };
    connection.close().await?;
    outcome
}

/// Refuses a database that holds tables, but none of ours. An extension's tables are nobody's.
pub(super) async fn expect_our_server(pool: &PgPool) -> Result<(), Error> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_depend d \
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')",
    )
    .fetch_all(pool)
    .await?;
    let mut steps = Vec::new();
    if tables.iter().any(|table| table == STEPS) {
        steps = sqlx::query_scalar("SELECT version FROM seaql_migrations").fetch_all(pool).await?;
    }
    expect_ours(&tables, &steps)
}

/// Without any table a database is free. With some it is ours if our first step was taken, which
/// leaves all its tables and its record, or nothing.
fn expect_ours(tables: &[String], steps: &[String]) -> Result<(), Error> {
    let first = Migrator::migrations().first().map(|step| step.name().to_owned());
    let ours = steps.iter().any(|step| Some(step) == first.as_ref());
    let stranger = tables.iter().find(|table| *table != STEPS).or(steps.first());
    match stranger {
        Some(stranger) if !ours => Err(refusal(format!(
            "it holds another program's data ({stranger}) and nothing of smep: name an empty or a new database"
        ))),
        _ => Ok(()),
    }
}

fn refusal(cause: impl Into<String>) -> Error {
    Error::Configuration(cause.into().into())
}
