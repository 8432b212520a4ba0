//! Opening the pools, with the settings that were measured to serve best.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbBackend, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::limit::{Allowance, JOB};
use super::pool::{Connections, Pool};
use super::shares::Shares;
use super::{Db, millis};
use crate::kernel::settings::{DatabaseSettings, DatabaseUrl, Synchronous};

/// Statements that each connection keeps prepared.
const STATEMENT_CACHE: usize = 100;

/// A connection idle for longer is asked whether it is still alive before it is used: after a
/// restart of PostgreSQL the dead ones are replaced and no request sees them.
const PING_AFTER: Duration = Duration::from_secs(1);

/// How long a transaction may do nothing before PostgreSQL ends it.
const IDLE_IN_TRANSACTION: Duration = Duration::from_mins(1);

/// How long a connection of reports has to find its way back into the pool.
const RETURN: Duration = Duration::from_secs(10);

/// How long the connection of migrations stays.
const IDLE_SCHEMA: Duration = Duration::from_secs(10);

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Place {
    File(PathBuf),
    Server(Box<PgConnectOptions>),
}

impl Db {
    /// Opens the database, and makes the file if it is a missing one. The error is one line.
    pub async fn open(settings: &DatabaseSettings) -> Result<Self, String> {
        Self::open_with(settings, true).await
    }

    /// Opens the database, which has to be there: a command line with a misspelt file should not
    /// make an empty one.
    pub async fn open_existing(settings: &DatabaseSettings) -> Result<Self, String> {
        Self::open_with(settings, false).await
    }

    async fn open_with(settings: &DatabaseSettings, create: bool) -> Result<Self, String> {
        let opened = match &settings.database_url {
            DatabaseUrl::Sqlite { path, create: may } => Self::open_sqlite(path, create && *may, settings).await,
            DatabaseUrl::Postgres(url) => Self::open_postgres(url, settings).await,
        };
        opened.map_err(|error| {
            let place = &settings.database_url;
            let cause = match &error {
                sqlx::Error::Database(error) => error.message().to_owned(),
                sqlx::Error::PoolTimedOut => {
                    format!("no answer within {} s", settings.database_timeout.as_secs_f64())
                }
                other => other.to_string(),
            };
            format!("cannot open the database {place}: {cause}; check DATABASE_URL")
        })
    }

    async fn open_sqlite(path: &Path, create: bool, settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match settings.sqlite_synchronous {
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Normal => SqliteSynchronous::Normal,
                Synchronous::Off => SqliteSynchronous::Off,
            })
            .foreign_keys(true)
            .busy_timeout(settings.database_timeout)
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "memory")
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        // The writer comes first: it makes the file, and turns it to WAL, which a reader may not.
        let write = sqlite_pool(1, options.clone(), settings).await?;
        let reading = options.pragma("query_only", "on");
        let read = sqlite_pool(settings.read_connections, reading.clone(), settings).await?;
        let reports = sqlite_pool(settings.report_connections, reading, settings).await?;
        let allowance = Allowance(settings.database_timeout);
        Ok(Self {
            read: Pool::new(Connections::Sqlite(read), allowance),
            write: Pool::new(Connections::Sqlite(write.clone()), allowance),
            reports: SqlxSqliteConnector::from_sqlx_sqlite_pool(reports),
            schema: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            backend: DbBackend::Sqlite,
            allowance,
            shares: None,
            place: Place::File(path.to_owned()),
        })
    }

    async fn open_postgres(url: &str, settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("smep")
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        let allowance = Allowance(settings.database_timeout);
        let main =
            postgres_pool(settings.read_connections, settings, allowance.0).connect_with(options.clone()).await?;
        let main = Pool::new(Connections::Postgres(main), allowance);
        let reports = postgres_pool(settings.report_connections, settings, JOB)
            .after_release(|connection, _| {
                Box::pin(async {
                    // A server that answers no more would keep the connection for ever.
                    let alive = tokio::time::timeout(RETURN, connection.ping()).await;
                    Ok(alive.is_ok_and(|alive| alive.is_ok()))
                })
            })
            .connect_with(options.clone())
            .await?;
        let schema = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(settings.database_timeout)
            .idle_timeout(IDLE_SCHEMA)
            .connect_lazy_with(options.clone());
        Ok(Self {
            read: main.clone(),
            write: main,
            reports: SqlxPostgresConnector::from_sqlx_postgres_pool(reports),
            schema: SqlxPostgresConnector::from_sqlx_postgres_pool(schema),
            backend: DbBackend::Postgres,
            allowance,
            shares: Some(Arc::new(Shares::of(settings.read_connections))),
            place: Place::Server(Box::new(options)),
        })
    }
}

async fn sqlite_pool(
    connections: u32,
    options: SqliteConnectOptions,
    settings: &DatabaseSettings,
) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .acquire_timeout(settings.database_timeout)
        // A file's connections do not go stale, and opening one costs its caches.
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_with(options)
        .await
}

/// A pool in which no statement takes longer than `limit`, unless its transaction says so. The server
/// itself ends what takes longer, and what an instance that has gone silent has begun: its locks would
/// keep others waiting for ever.
fn postgres_pool(connections: u32, settings: &DatabaseSettings, limit: Duration) -> PgPoolOptions {
    let limits = format!(
        "SET statement_timeout = {limit}; SET lock_timeout = {limit}; SET idle_in_transaction_session_timeout = {idle}",
        limit = millis(limit),
        idle = millis(limit.max(IDLE_IN_TRANSACTION)),
    );
    PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .acquire_timeout(settings.database_timeout)
        .after_connect(move |connection, _| {
            let limits = limits.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(limits)).await.map(drop) })
        })
        .before_acquire(|connection, state| {
            Box::pin(async move {
                if state.idle_for > PING_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
}
