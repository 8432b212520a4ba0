//! Bringing the schema up to date, one instance at a time.

use std::fs::File;
use std::path::PathBuf;

use migration::{Migrator, MigratorTrait};
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Connection};

use super::{Db, open::Place};

/// The number of the advisory lock that instances take in turn ("smep" in ASCII).
const LOCK: i64 = 0x736d_6570;

impl Db {
    /// The names of the migrations that this program has and the database does not, in order.
    pub async fn pending(&self) -> Result<Vec<String>, String> {
        let pending = Migrator::get_pending_migrations_read_only(&self.schema).await;
        let pending = pending.map_err(|error| told(&error))?;
        Ok(pending.iter().map(|migration| migration.name().to_owned()).collect())
    }

    /// Applies what is pending and returns the names. Instances that start together wait for one
    /// another: the first does the work, the others find it done.
    pub async fn migrate(&self) -> Result<Vec<String>, String> {
        match &self.place {
            Place::File(path) => {
                let mut name = path.clone().into_os_string();
                name.push(".lock");
                let path = PathBuf::from(name);
                let fault = |error| format!("cannot lock {}: {error}", path.display());
                let file = File::options().create(true).append(true).open(&path).map_err(fault)?;
                // Released when the file is closed, or when the program dies.
                let file = tokio::task::spawn_blocking(move || file.lock().map(|()| file))
                    .await
                    .map_err(std::io::Error::other)
                    .and_then(|locked| locked)
                    .map_err(fault)?;
                let applied = self.apply().await;
                drop(file);
                applied
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
        Ok(pending)
    }
}

fn told(error: &sea_orm::DbErr) -> String {
    format!("cannot bring the database up to date: {error}")
}
