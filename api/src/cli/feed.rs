//! `smep feed`.

use api::kernel::base::settings::DatabaseSettings;
use clap::{Args, Subcommand};

use super::Outcome;

/// What can be done with the change feed.
#[derive(Subcommand)]
pub enum Feed {
    /// Make followers copy everything again, after a restore that the service cannot notice itself
    NewEpoch(NewEpoch),
}

/// Begins a new epoch of the change feed: followers of the old one get 410, which tells them to copy
/// everything. Backups made by `smep backup`, files put back, and dumps are noticed without this. Use it
/// after the whole folder or disk of the database was set back.
#[derive(Args)]
pub struct NewEpoch {
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Feed {
    /// Prints the new epoch.
    pub async fn run(self) -> Outcome {
        let Self::NewEpoch(NewEpoch { database }) = self;
        let db = super::open(&database).await?;
        println!("{}", db.begin_epoch().await?);
        db.close().await;
        Ok(())
    }
}
