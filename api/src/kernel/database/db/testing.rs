//! A SQLite file for unit tests.
#![expect(clippy::missing_panics_doc, reason = "a test says what went wrong by panicking")]

use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;

use super::Db;
use crate::kernel::base::settings::Settings;

/// Settings whose database is a file in a folder, with further flags.
pub fn settings(folder: &TempDir, flags: &[&str]) -> Settings {
    let url = format!("--database-url={}", folder.path().join("t.db").display());
    Settings::from_flags([url.as_str()].into_iter().chain(flags.iter().copied())).unwrap()
}

/// The database of these settings, empty.
pub async fn opened(settings: &Settings) -> Db {
    Db::open(&settings.database).await.unwrap()
}

/// The database of these settings, with all tables.
pub async fn migrated(settings: &Settings) -> Db {
    let db = opened(settings).await;
    db.migrate().await.unwrap();
    db
}

/// The steps in which SQLite answers a statement.
pub async fn plan_of(db: &Db, mut statement: Statement) -> Vec<String> {
    statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
    let steps = db.reports().query_all_raw(statement).await.unwrap();
    steps.iter().map(|step| step.try_get("", "detail").unwrap()).collect()
}
