//! Opening the pools, with the settings that were measured to serve best.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{DbBackend, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::limit::{Allowance, JOB};
use super::owner::{self, Mark};
use super::pool::{Connections, Pool};
use super::shares::Shares;
use super::writes::Writes;
use super::{Db, millis};
use crate::kernel::base::settings::{DatabaseSettings, DatabaseUrl, Synchronous};

/// Statements that each connection keeps prepared.
const STATEMENT_CACHE: usize = 100;

/// The memory of SQLite's page caches, all connections together, in KiB. Each connection fills its
/// own as it works, and keeps it.
const PAGE_CACHE: u32 = 64 << 10;

/// The least of it that a connection has, in KiB.
const LEAST_PAGE_CACHE: u32 = 1 << 10;

/// The log file is cut to this many bytes once its content is in the database. Every burst of writes
/// fits, so that in ordinary work the file is neither cut nor extended.
pub(super) const WAL_LIMIT: u64 = 16 << 20;

/// Pages in the log at which a commit moves them into the database, as far as readers allow.
const CHECKPOINT_AT: &str = "1000";

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
                sqlx::Error::Configuration(refusal) => refusal.to_string(),
                sqlx::Error::PoolTimedOut => {
                    format!("no answer within {} s", settings.database_timeout.as_secs_f64())
                }
                other => other.to_string(),
            };
            format!("cannot open the database {place}: {cause}; check DATABASE_URL")
        })
    }

    async fn open_sqlite(path: &Path, create: bool, settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let mark = owner::claim_file(path, create, settings.database_timeout).await?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(match settings.sqlite_synchronous {
                Synchronous::Full => SqliteSynchronous::Full,
                Synchronous::Normal => SqliteSynchronous::Normal,
                Synchronous::Off => SqliteSynchronous::Off,
            })
            .foreign_keys(true)
            .busy_timeout(settings.database_timeout)
            .pragma("cache_size", format!("-{}", page_cache(settings)))
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", CHECKPOINT_AT)
            .pragma("journal_size_limit", WAL_LIMIT.to_string())
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        let writes = Writes::default();
        // The writer comes first: it turns the file to WAL, which a reader may not.
        let write = sqlite_pool(1, options.clone(), settings, &writes).await?;
        if mark == Mark::Missing {
            owner::mark(&mut *write.acquire().await?).await?;
        }
        let reading = options.pragma("query_only", "on");
        let read = sqlite_pool(settings.read_connections, reading.clone(), settings, &writes).await?;
        let reports = sqlite_pool(settings.report_connections, reading, settings, &writes).await?;
        let allowance = Allowance(settings.database_timeout);
        Ok(Self {
            read: Pool::new(Connections::Sqlite(read), allowance),
            write: Pool::new(Connections::Sqlite(write.clone()), allowance),
            reports: SqlxSqliteConnector::from_sqlx_sqlite_pool(reports),
            schema: SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            writes,
            backend: DbBackend::Sqlite,
            allowance,
            shares: None,
            place: Place::File(path.to_owned()),
        })
    }

    async fn open_postgres(url: &str, settings: &DatabaseSettings) -> Result<Self, sqlx::Error> {
        let options = unencrypted_unless_asked(url, PgConnectOptions::from_str(url)?)
            .application_name("smep")
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        let allowance = Allowance(settings.database_timeout);
        let main =
            postgres_pool(settings.read_connections, settings, allowance.0).connect_with(options.clone()).await?;
        owner::expect_our_server(&main).await?;
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
            writes: Writes::default(),
            backend: DbBackend::Postgres,
            allowance,
            shares: Some(Arc::new(Shares::of(settings.read_connections))),
            place: Place::Server(Box::new(options)),
        })
    }
}

/// A connection's share of the page caches, in KiB.
fn page_cache(settings: &DatabaseSettings) -> u32 {
    let connections = settings.read_connections + settings.report_connections + 1;
    (PAGE_CACHE / connections).max(LEAST_PAGE_CACHE)
}

async fn sqlite_pool(
    connections: u32,
    options: SqliteConnectOptions,
    settings: &DatabaseSettings,
    writes: &Writes,
) -> Result<SqlitePool, sqlx::Error> {
    let writes = writes.clone();
    SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .acquire_timeout(settings.database_timeout)
        // A file's connections do not go stale, and opening one costs its caches.
        .max_lifetime(None)
        .idle_timeout(None)
        .after_release(move |connection, _| {
            let writes = writes.clone();
            Box::pin(async move {
                let ended = has_ended(connection).await?;
                if !ended {
                    writes.failed();
                    tracing::warn!("a transaction did not end: its connection is closed");
                }
                Ok(ended)
            })
        })
        .connect_with(options)
        .await
}

/// Returns whether the connection, on its way back to the pool, has ended its transaction.
///
/// sqlx counts the transactions of a SQLite connection, and does not lower the count when COMMIT or
/// ROLLBACK fails. On such a connection the next BEGIN becomes a savepoint of a transaction that
/// nobody ends: every later write is acknowledged, and lost with the program. On PostgreSQL the
/// count is lowered in any case.
async fn has_ended(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if connection.is_in_transaction() {
        // The rollback of a dropped transaction may still be queued: the ping waits for it.
        connection.ping().await?;
    }
    Ok(!connection.is_in_transaction())
}

/// Encrypts connections only where the address or the environment asks for it: the client would try it with every
/// server that offers it, such as one on the same machine.
fn unencrypted_unless_asked(url: &str, options: PgConnectOptions) -> PgConnectOptions {
    match options.get_ssl_mode() {
        PgSslMode::Prefer if !url.contains("sslmode") => options.ssl_mode(PgSslMode::Disable),
        _ => options,
    }
}

/// A pool in which no statement takes longer than `limit`, unless its transaction says so. The server
/// itself ends what takes longer, and what an instance that has gone silent has begun: its locks would
/// keep others waiting for ever. JIT is off: to compile the large statement of a report takes seconds, and to read its
/// rows takes milliseconds.
fn postgres_pool(connections: u32, settings: &DatabaseSettings, limit: Duration) -> PgPoolOptions {
    let session = format!(
        "SET statement_timeout = {limit}; SET lock_timeout = {limit}; \
         SET idle_in_transaction_session_timeout = {idle}; SET jit = off",
        limit = millis(limit),
        idle = millis(limit.max(IDLE_IN_TRANSACTION)),
    );
    PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .acquire_timeout(settings.database_timeout)
        .after_connect(move |connection, _| {
            let session = session.clone();
            Box::pin(async move { connection.execute(AssertSqlSafe(session)).await.map(drop) })
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
