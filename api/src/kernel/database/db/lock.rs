//! The turn of one program at a time over a SQLite file.

use std::fs::File;
use std::path::Path;

use super::beside;

/// A lock on the file beside the database. It is released when this is dropped, or when the program
/// dies.
pub(super) struct Lock(#[expect(dead_code, reason = "the lock goes with the open file")] File);

impl Lock {
    /// Waits for the turn.
    pub(super) async fn of_file(database: &Path) -> Result<Self, String> {
        let path = beside(database, ".lock");
        let fault = |error| format!("cannot lock {}: {error}", path.display());
        let file = File::options().create(true).append(true).open(&path).map_err(fault)?;
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
        locked.map_err(std::io::Error::other).and_then(|locked| locked).map(Self).map_err(fault)
    }
}
