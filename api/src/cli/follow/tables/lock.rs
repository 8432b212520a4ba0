//! One follower at a time writes to the same tables.

use std::fs::{File, TryLockError};
use std::time::Duration;

use super::super::fault::Fault;
use super::Tables;
use super::db;

/// How often the tables are asked for: another follower may have ended only now.
const TRIES: u32 = 20;

/// How long is waited before they are asked for again.
const PAUSE: Duration = Duration::from_millis(250);

/// Soon after its machine is gone, a follower has its tables no more.
const KEEPALIVES: [&str; 3] =
    ["SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10", "SET tcp_keepalives_count = 3"];

/// That somebody else writes to the tables.
pub fn another_follower() -> Fault {
    Fault::Fatal("another follower writes to the same tables: stop one of them".to_owned())
}

impl Tables {
    /// Keeps other followers away for as long as this one has the tables open.
    ///
    /// # Errors
    /// When another one has them.
    pub(super) async fn lock(&mut self, place: &str) -> Result<(), Fault> {
        let name = match (db::file(place), &self.dialect.schema) {
            (Some(file), _) => format!("{file}.{}follow-lock", self.dialect.prefix),
            (None, Some(schema)) => format!("'{schema}'"),
            (None, None) => "coalesce(current_schema(), '')".to_owned(),
        };
        if self.dialect.postgres {
            for setting in KEEPALIVES {
                self.db.run(setting, &[]).await?;
            }
        }
        for _ in 0..TRIES {
            let locked = if self.dialect.postgres { self.lock_session(&name).await? } else { self.lock_file(&name)? };
            if locked {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(another_follower())
    }

    /// The lock ends with the connection.
    async fn lock_session(&mut self, schema: &str) -> Result<bool, Fault> {
        let key = format!("hashtextextended('smep follow ' || {schema} || '.{}', 0)", self.dialect.prefix);
        let locked = self.db.rows(&format!("SELECT CAST(pg_try_advisory_lock({key}) AS text)"), 1).await?;
        Ok(locked.iter().flatten().flatten().any(|locked| locked == "true"))
    }

    /// The lock ends with the program.
    fn lock_file(&mut self, path: &str) -> Result<bool, Fault> {
        let unlocked = |error| Fault::Fatal(format!("{path} cannot be locked: {error}"));
        let file = File::options().create(true).append(true).open(path).map_err(unlocked)?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(unlocked(error)),
        }
    }
}
