//! SQLite's log of writes (`-wal`) is cut after a burst.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::open::{Place, WAL_LIMIT};
use super::{Db, beside};

/// How often the log's length is looked at.
const EVERY: Duration = Duration::from_secs(10);

impl Db {
    /// Keeps the log of a SQLite database short for as long as the service runs.
    ///
    /// A commit moves the log into the database only as far as no reader needs it, and the file is cut
    /// only by a commit after that. So a log that grew while somebody read would keep its length, and
    /// every restart would read it, until somebody writes at a quiet moment.
    pub async fn keep_log_short(self) {
        let Place::File(path) = &self.place else { return };
        loop {
            tokio::time::sleep(EVERY).await;
            if let Err(error) = cut(path).await {
                tracing::warn!(%error, "the log of the database could not be cut");
            }
        }
    }
}

/// Cuts the log to nothing if it is too long and nobody reads it. Otherwise the next turn tries again.
async fn cut(database: &Path) -> Result<(), sqlx::Error> {
    if !beside(database, "-wal").metadata().is_ok_and(|log| log.len() > WAL_LIMIT) {
        return Ok(());
    }
    // A connection of its own: the writer's would hold up requests.
    let options = SqliteConnectOptions::new().filename(database).busy_timeout(Duration::ZERO);
    let mut connection = options.disable_statement_logging().connect().await?;
    // This one lets others write meanwhile, so that little is left for the next one, which does not.
    sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&mut connection).await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
    connection.close().await
}
