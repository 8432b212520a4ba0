//! Whether the database is the one on which the service ran last, or an earlier state of it.
//!
//! A restored backup gives out numbers of the change feed that followers have already seen with other
//! content. So it begins a new epoch of the feed, by which followers notice.
#![expect(clippy::disallowed_methods, reason = "the epoch belongs to the kernel")]

use std::path::Path;

use entity::kernel::feed_epoch::{self, Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, QuerySelect, RuntimeErr, Statement};
use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use uuid::Uuid;

use super::lock::Lock;
use super::open::Place;
use super::{Db, Transaction, beside};

/// Where a PostgreSQL database is: its cluster, the cluster's timeline (another one after a recovery
/// to a point in time, and after a standby took over), and the number of the database in it.
const POSTGRES_PLACE: &str = "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), \
     left(pg_walfile_name(pg_current_wal_insert_lsn()), 8), \
     (SELECT oid FROM pg_database WHERE datname = current_database()))";

/// The transaction that wrote the row last: another one after the row was restored from a dump.
const POSTGRES_WRITTEN: &str = "SELECT xmin::text FROM feed_epoch";
const POSTGRES_WRITING: &str = "SELECT (txid_current() % 4294967296)::text";

impl Db {
    /// Recognises the database at the start of the service. One that was restored begins a new epoch
    /// of the change feed, which is returned.
    pub async fn recognise(&self) -> Result<Option<Uuid>, String> {
        let recognised = match &self.place {
            Place::File(path) => self.recognise_file(path).await?,
            Place::Server(_) => self.recognise_server().await,
        };
        recognised.map_err(|error| format!("cannot read the epoch of the change feed: {error}"))
    }

    /// Begins a new epoch of the change feed.
    pub async fn begin_epoch(&self) -> Result<Uuid, String> {
        let epoch = Uuid::now_v7();
        let begun = async {
            let server = self.server().await?;
            let tx = self.begin_write().await?;
            let place = match self.backend {
                DbBackend::Postgres => Some(written(&server, &tx, POSTGRES_WRITING).await?),
                _ => row(&tx).await?.place,
            };
            update(&tx, epoch, place).await?;
            self.commit(tx).await
        };
        begun.await.map_err(|error: DbErr| format!("cannot begin a new epoch of the change feed: {error}"))?;
        Ok(epoch)
    }

    /// Each start writes a new word into the file and beside it. A copy that was put back has an
    /// earlier word, and one in another folder has none beside it.
    async fn recognise_file(&self, path: &Path) -> Result<Result<Option<Uuid>, DbErr>, String> {
        let _turn = Lock::of_file(path).await?;
        let memory = beside(path, ".start");
        let fault = |error| format!("cannot write {}: {error}", memory.display());
        let known = std::fs::read_to_string(&memory).unwrap_or_default();
        let word = Uuid::now_v7().to_string();
        // Both words while the file is written: a program that is killed meanwhile leaves one of them.
        std::fs::write(&memory, format!("{known}\n{word}")).map_err(fault)?;
        let recognised = async {
            let tx = self.begin_write().await?;
            let row = row(&tx).await?;
            let restored = row.place.is_some_and(|place| !known.lines().any(|line| line == place));
            let new = restored.then(Uuid::now_v7);
            update(&tx, new.unwrap_or(row.epoch), Some(word.clone())).await?;
            self.commit(tx).await?;
            Ok(new)
        };
        let recognised = recognised.await;
        if recognised.is_ok() {
            std::fs::write(&memory, word).map_err(fault)?;
        }
        Ok(recognised)
    }

    async fn recognise_server(&self) -> Result<Option<Uuid>, DbErr> {
        let server = self.server().await?;
        let tx = self.begin_write().await?;
        // Instances that start together decide one after the other.
        let row = Entity::find().lock_exclusive().one(&tx).await?.ok_or_else(missing)?;
        let here = written(&server, &tx, POSTGRES_WRITTEN).await?;
        if row.place.as_deref() == Some(&here) {
            tx.rollback().await;
            return Ok(None);
        }
        let new = row.place.is_some().then(Uuid::now_v7);
        let place = written(&server, &tx, POSTGRES_WRITING).await?;
        update(&tx, new.unwrap_or(row.epoch), Some(place)).await?;
        self.commit(tx).await?;
        Ok(new)
    }

    /// Where a PostgreSQL database is; nowhere known where these functions are missing or not allowed.
    /// Asked outside of a transaction, which would fail as well.
    async fn server(&self) -> Result<String, DbErr> {
        if self.backend != DbBackend::Postgres {
            return Ok(String::new());
        }
        match text(&self.read, POSTGRES_PLACE).await {
            Err(error) if is_refused(&error) => {
                tracing::warn!(%error, "a recovery of the whole server will not be noticed");
                Ok(String::new())
            }
            place => place,
        }
    }
}

/// The place with the transaction that wrote it down.
async fn written(server: &str, tx: &Transaction, writer: &str) -> Result<String, DbErr> {
    Ok(format!("{server}/{}", text(tx, writer).await?))
}

/// Makes a copy of a file begin a new epoch at its first start, wherever it is put.
pub(super) async fn estrange(copy: &Path) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnectOptions::new().filename(copy).disable_statement_logging().connect().await?;
    // A backup of an older schema has no epoch yet: the step that brings one makes a new one.
    let known = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'feed_epoch')";
    if sqlx::query_scalar(known).fetch_one(&mut connection).await? {
        let word = Uuid::now_v7().to_string();
        sqlx::query("UPDATE feed_epoch SET place = ?").bind(word).execute(&mut connection).await?;
    }
    connection.close().await
}

async fn row(tx: &Transaction) -> Result<feed_epoch::Model, DbErr> {
    Entity::find().one(tx).await?.ok_or_else(missing)
}

async fn update(tx: &Transaction, epoch: Uuid, place: Option<String>) -> Result<(), DbErr> {
    let update = Entity::update_many().col_expr(Column::Epoch, Expr::value(epoch));
    update.col_expr(Column::Place, Expr::value(place)).exec(tx).await?;
    Ok(())
}

async fn text(on: &impl ConnectionTrait, statement: &str) -> Result<String, DbErr> {
    let row = on.query_one_raw(Statement::from_string(DbBackend::Postgres, statement)).await?;
    row.ok_or_else(missing)?.try_get_by_index(0)
}

/// Returns true if the server does not have the function that was asked for, or does not allow it.
fn is_refused(error: &DbErr) -> bool {
    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else { return false };
    let code = error.as_database_error().and_then(DatabaseError::code);
    // insufficient_privilege, undefined_function, feature_not_supported
    code.is_some_and(|code| ["42501", "42883", "0A000"].contains(&code.as_ref()))
}

fn missing() -> DbErr {
    DbErr::RecordNotFound("the row of `feed_epoch`".to_owned())
}
