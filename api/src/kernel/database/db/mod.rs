//! The database: which one, its pools, and the two kinds of transaction.

mod backup;
mod epoch;
mod lease;
pub mod limit;
mod lock;
mod migrate;
mod open;
mod owner;
mod pool;
mod shares;
#[cfg(test)]
pub mod testing;
mod transaction;
mod wal;
mod writes;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    AccessMode, ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use uuid::Uuid;

use self::limit::{Allowance, spend};
use self::pool::Connections;
pub use self::pool::Pool;
use self::shares::{Place, Shares};
pub use self::transaction::Transaction;

use crate::kernel::base::problem::Problem;

/// How long the readiness check waits.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// The pools of one database. Cheap to clone.
///
/// SQLite has one writer and several readers that cannot write; PostgreSQL serves reads and
/// writes from one pool, of which writes get a share. Reports and exports have a small pool of
/// their own on both, so that long ones leave the rest of the service its connections.
///
/// A request waits for the database no longer than [`DatabaseSettings::database_timeout`] in all:
/// for a place, a connection, a lock and its statements together. Reports and exports take longer,
/// once they have a connection.
///
/// [`DatabaseSettings::database_timeout`]: crate::kernel::base::settings::DatabaseSettings
#[derive(Clone, Debug)]
pub struct Db {
    read: Pool,
    write: Pool,
    reports: DatabaseConnection,
    /// For migrations, which take as long as they take.
    schema: DatabaseConnection,
    writes: writes::Writes,
    backend: DbBackend,
    allowance: Allowance,
    /// None on SQLite, whose one writer is nobody's reader.
    shares: Option<Arc<Shares>>,
    place: open::Place,
}

/// The connections of one pool, for the metrics.
#[derive(Clone, Copy, Debug)]
pub struct PoolSize {
    /// The pool's name.
    pub pool: &'static str,
    /// Open connections.
    pub open: u32,
    /// Idle connections.
    pub idle: u32,
}

impl Db {
    /// For reads, each statement on its own.
    #[must_use]
    pub fn read(&self) -> &Pool {
        &self.read
    }

    /// For reports and exports.
    #[must_use]
    pub fn reports(&self) -> &DatabaseConnection {
        &self.reports
    }

    /// For the kernel's own writes: what a caller changes goes through `Write`.
    #[must_use]
    pub fn write_pool(&self) -> &Pool {
        &self.write
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.backend
    }

    /// Several reads that see the same moment.
    pub async fn snapshot(&self) -> Result<Transaction, DbErr> {
        let lease = self.read.lease().await?;
        let text = match self.backend {
            DbBackend::Sqlite => "BEGIN DEFERRED".to_owned(),
            _ => format!(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = {}",
                millis(self.allowance.left_for_statement())
            ),
        };
        Transaction::begin(lease, self.backend, text, None).await
    }

    /// As [`Db::snapshot`], on the pool of reports and exports.
    #[expect(clippy::disallowed_methods, reason = "the one place where snapshots of reports begin")]
    pub async fn report_snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let sqlite = self.backend == DbBackend::Sqlite;
        let begin = self.reports.begin_with_options(TransactionOptions {
            isolation_level: (!sqlite).then_some(IsolationLevel::RepeatableRead),
            access_mode: (!sqlite).then_some(AccessMode::ReadOnly),
            sqlite_transaction_mode: sqlite.then_some(SqliteTransactionMode::Deferred),
        });
        spend(self.allowance.left(), begin).await.unwrap_or(Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// A transaction of the kernel's own that writes.
    pub async fn begin_write(&self) -> Result<Transaction, DbErr> {
        self.begin_write_in(None).await
    }

    /// Begins a transaction that writes in a hub. On PostgreSQL all writers have a share of the connections,
    /// and the writers of one hub a share of that.
    pub async fn begin_write_of(&self, hub_id: Uuid) -> Result<Transaction, DbErr> {
        let place = match &self.shares {
            None => None,
            Some(shares) => {
                let place = spend(self.allowance.left(), shares.place(hub_id)).await.flatten();
                Some(place.ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?)
            }
        };
        self.begin_write_in(place).await
    }

    /// On SQLite it takes the writer's place at once: a deferred transaction fails at its first
    /// write when another was faster.
    async fn begin_write_in(&self, place: Option<Place>) -> Result<Transaction, DbErr> {
        let lease = self.write.lease().await?;
        let text = if self.backend == DbBackend::Sqlite {
            // Another process may have the lock of the file.
            let (left, whole) = (millis(self.allowance.left()), millis(self.allowance.0));
            format!("PRAGMA busy_timeout = {left}; BEGIN IMMEDIATE; PRAGMA busy_timeout = {whole}")
        } else {
            let left = millis(self.allowance.left_for_statement());
            format!("BEGIN; SET LOCAL statement_timeout = {left}; SET LOCAL lock_timeout = {left}")
        };
        Transaction::begin(lease, self.backend, text, place).await
    }

    /// Whether the database answers now, and takes writes if one has failed before.
    pub async fn ready(&self) -> Result<(), Problem> {
        let ask = self.read.query_one_raw(sea_orm::Statement::from_string(self.backend, "SELECT 1"));
        in_time(ask, "the database does not answer at the moment").await?;
        in_time(Box::pin(self.prove_writes()), "the database takes no writes at the moment").await
    }

    /// How full each pool is.
    #[must_use]
    pub fn pool_sizes(&self) -> Vec<PoolSize> {
        let reports = match self.backend {
            DbBackend::Sqlite => Connections::Sqlite(self.reports.get_sqlite_connection_pool().clone()),
            _ => Connections::Postgres(self.reports.get_postgres_connection_pool().clone()),
        };
        let mut pools = vec![("read", self.read.connections()), ("reports", &reports)];
        if self.backend == DbBackend::Sqlite {
            pools.push(("write", self.write.connections()));
        }
        let sizes = pools.into_iter().map(|(pool, connections)| {
            let (open, idle) = connections.size();
            PoolSize { pool, open, idle }
        });
        sizes.collect()
    }

    /// Closes every pool once nobody uses it any more.
    pub async fn close(&self) {
        self.read.close().await;
        for pool in [&self.reports, &self.schema] {
            if let Err(error) = pool.close_by_ref().await {
                tracing::warn!(%error, "closing the database");
            }
        }
        self.write.close().await;
    }

    /// The file, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.place {
            open::Place::File(path) => Some(path),
            open::Place::Server(_) => None,
        }
    }
}

/// As both databases take a limit, for which nothing would mean no limit.
fn millis(limit: Duration) -> u128 {
    limit.as_millis().max(1)
}

/// A file whose name is the database's and more.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(ending);
    PathBuf::from(name)
}

/// Waits for a part of the readiness check; `detail` says what its failure means.
async fn in_time<T>(check: impl Future<Output = Result<T, DbErr>>, detail: &'static str) -> Result<(), Problem> {
    let cause = match tokio::time::timeout(READY_TIMEOUT, check).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {READY_TIMEOUT:?}"),
    };
    tracing::warn!(cause, "{detail}");
    Err(Problem::unavailable(detail, 2))
}

#[cfg(test)]
mod tests {
    use super::testing::{migrated, opened, settings};
    use super::*;

    async fn count(on: &impl ConnectionTrait) -> i64 {
        let row =
            on.query_one_raw(sea_orm::Statement::from_string(DbBackend::Sqlite, "SELECT COUNT(*) AS n FROM t")).await;
        row.unwrap().unwrap().try_get("", "n").unwrap()
    }

    #[actix_web::test]
    async fn readers_cannot_write_and_a_snapshot_stands_still() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(&settings(&folder, &[])).await;
        db.write_pool().execute_unprepared("CREATE TABLE t (a)").await.unwrap();
        assert!(db.read().execute_unprepared("INSERT INTO t VALUES (1)").await.is_err());

        let snapshot = db.snapshot().await.unwrap();
        assert_eq!(count(&snapshot).await, 0);
        let write = db.begin_write().await.unwrap();
        write.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap();
        db.commit(write).await.unwrap();
        assert_eq!(count(&snapshot).await, 0);
        assert_eq!(count(db.read()).await, 1);
        assert!(db.ready().await.is_ok());
        drop(snapshot);
        db.close().await;
        assert!(db.ready().await.is_err());
    }

    /// The page cache of each connection of a pool.
    async fn cached_kib(pool: &impl ConnectionTrait) -> i32 {
        let statement = sea_orm::Statement::from_string(DbBackend::Sqlite, "PRAGMA cache_size");
        let size: i32 = pool.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        -size
    }

    #[actix_web::test]
    async fn the_page_caches_of_all_connections_have_64_mib_together() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(&settings(&folder, &[])).await;
        let (read, reports, write) =
            (cached_kib(db.read()).await, cached_kib(db.reports()).await, cached_kib(db.write_pool()).await);
        let kib = 8 * read + 2 * reports + write;
        assert!((60 << 10..=64 << 10).contains(&kib), "{kib} KiB");
    }

    #[actix_web::test]
    async fn after_a_full_file_writes_are_whole_again_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let db = migrated(&settings(&folder, &[])).await;
        db.write_pool().execute_unprepared("CREATE TABLE t (a)").await.unwrap();
        // The limit goes with the connection, which is closed after the failure.
        db.write_pool().execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let write = db.begin_write().await.unwrap();
        let full = write.execute_unprepared("INSERT INTO t VALUES (zeroblob(1000000))").await.unwrap_err();
        assert_eq!(Problem::from(full).code(), crate::kernel::base::problem::Code::StorageFull);
        drop(write);
        let refused = db.begin_write().await.unwrap();
        refused.execute_unprepared("INSERT INTO t VALUES (0)").await.unwrap();
        refused.rollback().await;
        let write = db.begin_write().await.unwrap();
        write.execute_unprepared("INSERT INTO t VALUES (1)").await.unwrap();
        db.commit(write).await.unwrap();
        assert_eq!(count(db.read()).await, 1, "what is committed is there for others");
        assert!(db.ready().await.is_ok());
    }

    #[actix_web::test]
    async fn a_backup_is_a_whole_database_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let db = opened(&settings(&folder, &[])).await;
        db.write_pool().execute_unprepared("CREATE TABLE t (a)").await.unwrap();
        let file = folder.path().join("it's a copy.db");
        db.backup(&file).await.unwrap();
        assert!(file.exists());
        assert!(db.backup(&file).await.unwrap_err().contains("exists"));
    }

    #[actix_web::test]
    async fn a_missing_file_is_made_only_by_who_may() {
        let folder = tempfile::tempdir().unwrap();
        let settings = settings(&folder, &[]).database;
        assert!(Db::open_existing(&settings).await.is_err());
        Db::open(&settings).await.unwrap();
        assert!(Db::open_existing(&settings).await.is_ok());
    }
}
