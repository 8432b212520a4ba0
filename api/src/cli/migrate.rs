//! `smep migrate`.

use api::kernel::base::settings::{DatabaseSettings, LogSettings};
use api::kernel::database::db::Db;
use clap::Args;

use super::{Outcome, log};

/// Brings the database's schema up to date. Safe to run again, and on several machines at once.
#[derive(Args)]
pub struct Migrate {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    log: LogSettings,
}

impl Migrate {
    /// Prints what was applied.
    pub async fn run(self) -> Outcome {
        let _log = log::start(&self.log)?;
        let db = Db::open(&self.database).await?;
        let applied = db.migrate().await?;
        db.close().await;
        match applied.as_slice() {
            [] => println!("the schema is up to date"),
            names => println!("applied {}", names.join(", ")),
        }
        Ok(())
    }
}

/// The line for a database whose schema is older than the program.
pub fn told(pending: &[String]) -> String {
    let (count, are) = (pending.len(), if pending.len() == 1 { "is" } else { "are" });
    let names = pending.join(", ");
    format!("{count} migrations {are} pending ({names}): run `smep migrate` first")
        .replace("1 migrations", "1 migration")
}
