//! `smep backup`.

use std::path::PathBuf;

use api::kernel::base::settings::DatabaseSettings;
use api::kernel::database::db::Db;
use clap::Args;

use super::Outcome;

/// Copies a SQLite database to a new file. The service may go on meanwhile: the copy shows the
/// moment at which it began.
#[derive(Args)]
pub struct Backup {
    /// The file to make; an existing one is left alone
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Backup {
    /// Prints the file's name when it is whole.
    pub async fn run(self) -> Outcome {
        let db = Db::open_existing(&self.database).await?;
        db.backup(&self.file).await?;
        db.close().await;
        println!("{}", self.file.display());
        Ok(())
    }
}
