//! Reading tables from elsewhere, such as the Department for Education publishes them: CSV files, row by row.
//!
//! [`Extract::open`] refuses at once what is no such file. What it opens is an iterator over the
//! rows, which holds one row at a time: each is either understood, with warnings about what in it
//! was not, or rejected with a remark that says how to fix it. No row ends the reading and none
//! is passed over, so rows read = understood + rejected.
//!
//! A [`Record`] states the columns of a kind of file: `gias` has the files of the register, `exams` files of results.
//! Nothing here knows a database, a hub or a clock.

use std::collections::HashMap;
use std::io::{self, Read};

use serde::Serialize;
use time::Date;

mod decode;
pub mod header;
mod lines;
pub mod plain;
pub mod reading;
mod refusal;
mod table;
pub mod text;

pub use decode::Encoding;
pub use header::{Header, Kind};
pub use refusal::Refused;

use decode::Decoder;
use header::Layout;
use lines::Lines;
use reading::Reading;
use table::{Found, Shape, Table};

/// A remark for the sender of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What it is about, for programs.
    pub code: &'static str,
    /// The column, as the publisher names it.
    pub column: Option<&'static str>,
    /// What is wrong and how to fix it.
    pub message: String,
}

/// A remark of a code about a column.
#[must_use]
pub fn remark(code: &'static str, column: Option<&'static str>, message: impl Into<String>) -> Remark {
    Remark { code, column, message: message.into() }
}

/// One row of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row<T> {
    /// The line on which it begins; the file's first line is 1.
    pub line: u64,
    /// The line on which it ends: a quoted text may go over several.
    pub last_line: u64,
    /// The outcome.
    pub outcome: Result<Understood<T>, Rejected>,
}

/// A row that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Understood<T> {
    /// What it says.
    pub record: T,
    /// Fields of the record on which the row does not say anything that could be understood: the
    /// file has no such column, or the value is nonsense. In the record they are empty or have the
    /// likeliest value; for what is known already, that which is known should stand.
    pub unsaid: Vec<&'static str>,
    /// What was not as it should be.
    pub warnings: Vec<Remark>,
}

/// A row that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// What is wrong with it.
    pub remark: Remark,
    /// The school that it refers to, where that could be read: a school whose row is rejected is
    /// not missing from the source.
    pub urn: Option<i32>,
    /// That school's local authority, where it could be read: a row of an area that is no concern
    /// of the hub's need not concern it either when it is wrong.
    pub la_code: Option<String>,
}

/// What one row of a kind of file says.
pub trait Record: Sized {
    /// The columns of the file, and what kind it is.
    #[doc(hidden)]
    const LAYOUT: Layout;

    /// Reads one row.
    #[doc(hidden)]
    fn read(row: &mut Reading<'_>) -> Result<Self, Remark>;

    /// What must not stand in the file twice.
    #[doc(hidden)]
    fn key(&self) -> Option<i32> {
        None
    }
}

/// A file, open for reading row by row.
#[derive(Debug)]
pub struct Extract<R, T> {
    table: Table<R>,
    header: Header,
    today: Date,
    lines: HashMap<i32, u64>,
    ended: bool,
    record: std::marker::PhantomData<fn() -> T>,
}

impl<R: Read, T: Record> Extract<R, T> {
    /// Reads the file's first line. `today` is the day from which dates are judged.
    ///
    /// # Errors
    /// When the bytes cannot be read, are no CSV, or are a file of another kind.
    pub fn open(reader: R, today: Date) -> Result<Self, Refused> {
        let mut lines = Lines::new(reader);
        let mut decoder = Decoder::default();
        refusal::check_first_bytes(&mut lines, &mut decoder)?;
        let mut table = Table::new(lines, decoder);
        let header = match table.next()? {
            None => return Err(refusal::empty().into()),
            Some(Found { fault: Some(fault), .. }) => return Err(fault.into()),
            Some(_) => Header::read(table.fields(), &T::LAYOUT)?,
        };
        let width = header.width();
        let least = if T::LAYOUT.short_rows { header.least() } else { width };
        table.expect(Shape { width, least });
        let lines = HashMap::new();
        Ok(Self { table, header, today, lines, ended: false, record: std::marker::PhantomData })
    }

    /// The columns found.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The encoding of what was read so far.
    pub fn encoding(&self) -> Encoding {
        self.table.decoder().encoding()
    }

    /// In how many places a stray control character was read as the sign that was meant.
    pub fn repaired(&self) -> u64 {
        self.table.decoder().repaired()
    }

    fn understand(&mut self, found: Found) -> Row<T> {
        let Found { line, last_line, other_encoding, fault } = found;
        let row = |outcome| Row { line, last_line, outcome };
        let mut reading = Reading::new(self.table.fields(), &self.header, self.today);
        if let Some(fault) = fault {
            return row(Err(reading.rejected(fault)));
        }
        if other_encoding {
            reading.warn("mixed_encoding", None, "the row is in another encoding than those before");
        }
        let read = T::read(&mut reading).and_then(|record| match record.key() {
            Some(key) => match *self.lines.entry(key).or_insert(line) {
                first if first != line => Err(remark(
                    "repeated",
                    Some(T::LAYOUT.urn),
                    format!("{key} stands on line {first} already: keep one of the two"),
                )),
                _ => Ok(record),
            },
            None => Ok(record),
        });
        row(match read {
            Ok(record) => Ok(reading.understood(record)),
            Err(remark) => Err(reading.rejected(remark)),
        })
    }
}

impl<R: Read, T: Record> Iterator for Extract<R, T> {
    type Item = io::Result<Row<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let found = self.table.next();
        self.ended = !matches!(found, Ok(Some(_)));
        found.map(|found| found.map(|found| self.understand(found))).transpose()
    }
}
