//! Bringing the schema up to date, one instance at a time.

use migration::{Migrator, MigratorTrait, steps};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};

use super::{Db, lock::Lock, open::Place};

/// The number of the advisory lock that instances take in turn ("smep" in ASCII).
const LOCK: i64 = 0x736d_6570;

impl Db {
    /// Returns the names of the migrations that this program has and the database does not, in order. The
    /// database may be newer than the program, as far as its migrations say so.
    pub async fn pending(&self) -> Result<Vec<String>, String> {
        let standing = steps::standing(&self.schema).await.map_err(|error| told(&error))?;
        if standing.incompatible.is_empty() {
            return Ok(standing.pending);
        }
        Err(format!(
            "a newer version of smep has brought the database to a schema on which this version cannot run ({}): \
             start the newer version",
            standing.incompatible.join(", ")
        ))
    }

    /// Applies what is pending and returns the names. Instances that start together wait for one
    /// another: the first does the work, the others find it done.
    pub async fn migrate(&self) -> Result<Vec<String>, String> {
        match &self.place {
            Place::File(path) => {
                let _turn = Lock::of_file(path).await?;
                self.apply().await
            }
            Place::Server(options) => {
                let fault = |error| format!("cannot lock the database for migration: {error}");
                // A connection of its own, since the lock belongs to the session: when the
                // program dies, PostgreSQL releases it.
                let mut session: PgConnection = options.connect().await.map_err(fault)?;
                sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut session).await.map_err(fault)?;
                let applied = self.apply().await;
                session.close().await.map_err(fault)?;
                applied
            }
        }
    }

    async fn apply(&self) -> Result<Vec<String>, String> {
        let pending = self.pending().await?;
        if !pending.is_empty() {
            Migrator::up(&self.schema, None).await.map_err(|error| told(&error))?;
        }
        steps::record(&self.schema).await.map_err(|error| told(&error))?;
        Ok(pending)
    }
}

fn told(error: &sea_orm::DbErr) -> String {
    format!("cannot bring the database up to date: {error}")
}
