//! Writing values of user-defined fields, and nothing else.
//!
//! SQL sources get INSERT and UPDATE into the one table, in one transaction. For a folder of CSV files the values are
//! put into a new file, which people import.

use std::time::Duration;

use time::OffsetDateTime;

use super::mapping::{Address, Mapping, Section, SourceKind, WriteSection};
use super::record::Table;
use super::source::Away;
use super::source::sql::{self, Server};
use super::source::worker::Log;

mod changes;
mod file;
#[cfg(feature = "odbc")]
mod odbc;
mod server;

pub use changes::Wanted;
use changes::{Changes, Columns};

/// How often values are written again where others write the same rows at the same moment.
const ATTEMPTS: u64 = 3;

/// The longest pause before the second attempt, milliseconds; each further one has as much more. Two that write at the
/// same moment must not begin again at the same moment.
const PAUSE: u64 = 400;

/// What came of writing values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// How many rows were written; for a folder, how many stand in the new file.
    pub rows: usize,
    /// Schools and fields whose text is no longer the one for which their values were decided. They were left alone.
    pub changed: Vec<(String, String)>,
}

impl From<&Changes> for Written {
    fn from(changes: &Changes) -> Self {
        Self { rows: changes.rows.len(), changed: changes.changed.clone() }
    }
}

/// An account that may write values of user-defined fields.
#[derive(Debug)]
pub struct Writer {
    mapping: Mapping,
    target: Target,
    log: Log,
}

#[derive(Debug)]
enum Target {
    Folder,
    Server(Box<Server>),
    #[cfg(feature = "odbc")]
    Odbc,
}

impl Writer {
    /// Connects with the account of `[write]`, or with that of `[source]` if there is none.
    ///
    /// # Errors
    /// When the mapping writes nothing, or the source cannot be reached or refuses the account.
    pub async fn open(mapping: &Mapping) -> Result<Self, Away> {
        let address = address(mapping)?;
        let log = Log::default();
        let target = match mapping.kind() {
            SourceKind::Csv => Target::Folder,
            SourceKind::Postgresql | SourceKind::Mysql => {
                let server = sql::connect(address, mapping.kind(), mapping.source().timeout).await?;
                Target::Server(Box::new(server))
            }
            #[cfg(feature = "odbc")]
            SourceKind::Odbc => {
                odbc::try_to_connect(mapping, address, &log).await?;
                Target::Odbc
            }
            #[cfg(not(feature = "odbc"))]
            SourceKind::Odbc => return Err(super::source::no_odbc()),
        };
        Ok(Self { mapping: mapping.clone(), target, log })
    }

    /// Every statement sent so far; for a folder every file that was opened.
    pub fn statements(&self) -> Vec<String> {
        self.log.list()
    }

    /// Writes values: a new row, or another value in the row of the same school and field. What stands there already
    /// is not written, and what was typed there since a value was decided stays. `now` is left as the time of the
    /// change.
    ///
    /// # Errors
    /// When the source does not take the values. Nothing is written then.
    pub async fn write(&mut self, values: &[Wanted], now: OffsetDateTime) -> Result<Written, Away> {
        let mut attempt = 1;
        loop {
            match self.try_to_write(values, now).await {
                Err(away) if away.code == "busy" && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(rand::random_range(0..=PAUSE * attempt))).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn try_to_write(&mut self, values: &[Wanted], now: OffsetDateTime) -> Result<Written, Away> {
        let (section, write) = sections(&self.mapping)?;
        let columns = Columns::new(section, write, now);
        match &mut self.target {
            Target::Folder => file::write(&self.mapping, &columns, values, &self.log).await,
            Target::Server(server) => {
                let limit = Duration::from_secs(self.mapping.source().timeout.into());
                server::write(server, &columns, values, limit, address(&self.mapping)?, &self.log).await
            }
            #[cfg(feature = "odbc")]
            Target::Odbc => odbc::write(&self.mapping, columns, values.to_vec(), &self.log).await,
        }
    }
}

fn sections(mapping: &Mapping) -> Result<(&Section, &WriteSection), Away> {
    let section = mapping.section(Table::UserValues).zip(mapping.write_section());
    section.ok_or_else(|| Away::new("failed", "the mapping writes nothing: add [write] and [user_values]"))
}

fn address(mapping: &Mapping) -> Result<&Address, Away> {
    let (_, write) = sections(mapping)?;
    Ok(write.address.as_ref().unwrap_or(&mapping.source().address))
}
