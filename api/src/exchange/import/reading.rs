//! Reading a file on a thread of its own: its rows go in chunks to the plan.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use time::Date;
use tokio::sync::mpsc;

use super::plan::AT_ONCE;
use crate::exchange::extract::{Extract, Header, Record, Refused, Row};

/// After how many rows out of scope a chunk goes to the plan, however few it holds: so that the job is cancelled in
/// time, and says how far it is.
const PASSED_AT_ONCE: i64 = 20_000;

/// A file to be read.
pub struct Opened {
    /// The file.
    pub file: Counted,
    /// The day from which dates are judged.
    pub today: Date,
    /// The academic year that the sender named, for a file that does not state it.
    pub academic_year: Option<String>,
}

/// A file that tells how far it has been read.
pub struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Counted {
    /// Tells `bytes` how far it has been read.
    pub const fn new(file: File, bytes: Arc<AtomicU64>) -> Self {
        Self { file, bytes }
    }
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(into)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Seek for Counted {
    /// A workbook is read from its end and in parts: how far it is says the place.
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let place = self.file.seek(to)?;
        self.bytes.store(place, Ordering::Relaxed);
        Ok(place)
    }
}

/// Some rows of the file, with what is known of it so far.
pub struct Chunk<T> {
    /// The rows.
    pub rows: Vec<Row<T>>,
    /// Rows before these that are out of scope.
    pub out_of_scope: i64,
    /// The encoding of what was read.
    pub encoding: Option<&'static str>,
}

/// Where the rows of a file go.
pub struct Rows<T> {
    waiting: Vec<Row<T>>,
    out_of_scope: i64,
    encoding: Option<&'static str>,
    missing: Vec<String>,
    chunks: mpsc::Sender<Chunk<T>>,
}

impl<T> Rows<T> {
    /// Sends chunks to who plans them.
    pub fn new(chunks: mpsc::Sender<Chunk<T>>) -> Self {
        let waiting = Vec::with_capacity(AT_ONCE);
        Self { waiting, out_of_scope: 0, encoding: None, missing: Vec::new(), chunks }
    }

    /// Hands on a row. It breaks when nobody wants more.
    pub fn push(&mut self, row: Row<T>) -> ControlFlow<()> {
        self.waiting.push(row);
        if self.waiting.len() < AT_ONCE { ControlFlow::Continue(()) } else { self.send() }
    }

    /// Counts a row that is about something else.
    pub fn pass(&mut self) -> ControlFlow<()> {
        self.out_of_scope += 1;
        if self.out_of_scope < PASSED_AT_ONCE { ControlFlow::Continue(()) } else { self.send() }
    }

    fn send(&mut self) -> ControlFlow<()> {
        let rows = std::mem::replace(&mut self.waiting, Vec::with_capacity(AT_ONCE));
        let out_of_scope = std::mem::take(&mut self.out_of_scope);
        match self.chunks.blocking_send(Chunk { rows, out_of_scope, encoding: self.encoding }) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Hands on the last rows, and gives the names of columns that the file lacks.
    pub fn end(mut self) -> Vec<String> {
        // Nobody wants more only where the import is over.
        let _ = self.send();
        self.missing
    }

    /// Reads a table (CSV), and hands each of its rows to `each`.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    pub fn extract<R: Record>(
        &mut self,
        file: Opened,
        each: impl FnMut(&mut Self, Row<R>) -> ControlFlow<()>,
    ) -> Result<(), Refused> {
        let extract = Extract::<_, R>::open(file.file, file.today)?;
        self.rows_of(extract, each)
    }

    /// The same of a table that is open.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn rows_of<R: Record>(
        &mut self,
        mut extract: Extract<Counted, R>,
        mut each: impl FnMut(&mut Self, Row<R>) -> ControlFlow<()>,
    ) -> Result<(), Refused> {
        self.missing = Header::missing(extract.header()).iter().map(|name| (*name).to_owned()).collect();
        while let Some(row) = extract.next() {
            let row = row?;
            self.encoding = Some(extract.encoding().as_str());
            if each(self, row).is_break() {
                break;
            }
        }
        self.encoding = Some(extract.encoding().as_str());
        Ok(())
    }
}
