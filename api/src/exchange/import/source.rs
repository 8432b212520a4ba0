//! A kind of file: how its rows become what the hub has.

use super::plan::StagingWriter;
use super::reading::{Opened, Rows};
use crate::exchange::extract::{Refused, Row};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::write::{StagedPart, Write};

/// A kind of file. It sees the rows in chunks, in their order, and plans each; nothing is written
/// to the hub's tables before all of them are planned.
pub trait Source {
    /// What a row of it says.
    type Record: Send + 'static;

    /// Reads the file, on a thread that may wait for the disk.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    fn read(file: Opened, rows: &mut Rows<Self::Record>) -> std::result::Result<(), Refused>;

    /// Plans a chunk of rows, each of which gets one outcome.
    async fn plan(&mut self, rows: Vec<Row<Self::Record>>, plan: &mut StagingWriter<'_>) -> Result<()>;

    /// Plans what follows from the file as a whole. `whole` is false for one that broke off.
    async fn end(&mut self, _whole: bool, _plan: &mut StagingWriter<'_>) -> Result<()> {
        Ok(())
    }

    /// The staged rows whose items were changed since they were planned.
    async fn changed(write: &Write, part: &StagedPart) -> Result<Vec<i64>>;

    /// The staged rows whose items were made by somebody else since they were planned, where a unique
    /// index tells that there are such.
    async fn made(_write: &Write, _part: &StagedPart) -> Result<Vec<i64>> {
        Ok(Vec::new())
    }

    /// Writes a part of the staged rows.
    async fn store(write: &mut Write, part: &StagedPart) -> Result<()>;

    /// Brings into order what no part could know of the others, with the last part.
    async fn settle(&self, _write: &mut Write) -> Result<()> {
        Ok(())
    }
}
