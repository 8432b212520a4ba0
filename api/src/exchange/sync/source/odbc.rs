//! A database behind an ODBC driver. Its calls wait, so that a thread of its own holds the connection.

use odbc_api::{Connection, ConnectionOptions, Cursor, Error, IntoParameter, environment};
use tokio::sync::{mpsc, oneshot};

use super::away::{Away, shows, unshown};
use super::select::{Dialect, Statement};
use super::worker::{BATCH, Log, Question, RawRow, Request, Worker};
use crate::exchange::sync::mapping::section::TableName;
use crate::exchange::sync::mapping::{Address, Mapping};

/// All tables are of one moment.
const READING: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";
/// Nobody changes what was read before what follows from it is written.
pub const WRITING: &str = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";

/// Starts the thread that holds the connection.
pub async fn start(mapping: &Mapping, log: &Log) -> Result<Worker, Away> {
    let source = mapping.source();
    let dialect = Dialect::Odbc(source.quotes);
    let (requests, mut waiting) = mpsc::channel::<Request>(1);
    let (ready, started) = oneshot::channel();
    let (address, timeout, log) = (source.address.clone(), source.timeout, log.clone());
    let thread = std::thread::Builder::new().name("sync-odbc".to_owned()).spawn(move || {
        let database = match Database::open(&address, timeout, dialect, READING, log) {
            Ok(database) => database,
            Err(away) => {
                let _gone = ready.send(Err(away));
                return;
            }
        };
        let _gone = ready.send(Ok(()));
        while let Some(request) = waiting.blocking_recv() {
            let end = database.answer(&request).map(|()| None);
            let _gone = request.reply.blocking_send(end);
        }
        database.end();
    });
    thread.map_err(|error| Away::new("failed", format!("no thread for ODBC: {error}")))?;
    let limit = std::time::Duration::from_secs(source.timeout.into());
    match tokio::time::timeout(limit, started).await {
        Ok(started) => started.unwrap_or_else(|_| Err(Away::closed()))?,
        Err(_) => return Err(Away::timeout(source.timeout)),
    }
    Ok(Worker::new(requests, None, source.timeout))
}

/// A connection in a transaction.
pub struct Database {
    connection: Connection<'static>,
    address: Address,
    timeout: usize,
    pub dialect: Dialect,
    begin: &'static str,
    log: Log,
}

impl Database {
    /// Connects and begins a transaction: to read, or to write.
    pub fn open(
        address: &Address,
        timeout: u32,
        dialect: Dialect,
        begin: &'static str,
        log: Log,
    ) -> Result<Self, Away> {
        let away = |error: Error| failed(&error, address);
        let options = ConnectionOptions { login_timeout_sec: Some(timeout), ..ConnectionOptions::default() };
        let environment = environment().map_err(away)?;
        let connection = environment.connect_with_connection_string(address.as_str(), options).map_err(away)?;
        connection.set_autocommit(false).map_err(away)?;
        let timeout = usize::try_from(timeout).unwrap_or(usize::MAX);
        let database = Self { connection, address: address.clone(), timeout, dialect, begin, log };
        database.begin()?;
        Ok(database)
    }

    /// Asks for a transaction of its kind. Drivers for files know no such thing.
    fn begin(&self) -> Result<(), Away> {
        self.log.note(self.begin);
        if self.connection.execute(self.begin, (), Some(self.timeout)).is_err() {
            self.connection.rollback().map_err(|error| failed(&error, &self.address))?;
        }
        Ok(())
    }

    /// Sends a statement without rows.
    pub fn execute(&self, statement: &Statement) -> Result<(), Away> {
        self.log.note(&statement.sql);
        let texts: Vec<_> = statement.texts.iter().map(|text| text.as_deref().into_parameter()).collect();
        let done = self.connection.execute(&statement.sql, texts.as_slice(), Some(self.timeout)).map(|_| ());
        done.map_err(|error| failed_writing(&error, &self.address))
    }

    /// Keeps what was written.
    pub fn commit(&self) -> Result<(), Away> {
        self.connection.commit().map_err(|error| failed_writing(&error, &self.address))
    }

    /// Ends the transaction. It only reads, or has committed: an error changes nothing.
    pub fn end(&self) {
        let _lost = self.connection.rollback();
    }

    fn answer(&self, request: &Request) -> Result<(), Away> {
        let mut send = |rows| request.reply.blocking_send(Ok(Some(rows))).is_ok();
        let found = match &request.question {
            Question::Rows(select) => self.rows(&self.dialect.select(select), select.columns.len(), &mut send),
            Question::Probe(select) => self.rows(&self.dialect.probe(select), select.columns.len(), &mut send),
            Question::Columns(table) => self.columns(table).map(|names| _ = send(names)),
        };
        if found.is_err() {
            // PostgreSQL answers nothing more in a transaction with an error.
            self.end();
            self.begin()?;
        }
        found
    }

    /// Gives the rows of a statement, each with so many texts, until nobody wants more.
    pub fn rows(
        &self,
        statement: &Statement,
        width: usize,
        give: &mut dyn FnMut(Vec<RawRow>) -> bool,
    ) -> Result<(), Away> {
        self.log.note(&statement.sql);
        let away = |error: Error| failed(&error, &self.address);
        let texts: Vec<_> = statement.texts.iter().map(|text| text.as_deref().into_parameter()).collect();
        let cursor = self.connection.execute(&statement.sql, texts.as_slice(), Some(self.timeout)).map_err(away)?;
        let Some(mut cursor) = cursor else { return Ok(()) };
        let (mut batch, mut text) = (Vec::new(), Vec::<u16>::new());
        while let Some(mut row) = cursor.next_row().map_err(away)? {
            let mut cells = Vec::with_capacity(width);
            for place in 1..=u16::try_from(width).unwrap_or(u16::MAX) {
                let filled = row.get_wide_text(place, &mut text).map_err(away)?;
                cells.push(filled.then(|| String::from_utf16_lossy(&text)));
            }
            batch.push(RawRow::Cells(cells.into_boxed_slice()));
            if batch.len() == BATCH && !give(std::mem::take(&mut batch)) {
                return Ok(());
            }
        }
        if !batch.is_empty() {
            give(batch);
        }
        Ok(())
    }

    /// Asks the driver's catalogue for the names of a table's columns.
    fn columns(&self, table: &TableName) -> Result<Vec<RawRow>, Away> {
        /// The place of the name in what the catalogue answers.
        const NAME: u16 = 4;
        let away = |error: Error| failed(&error, &self.address);
        let mut parts = table.parts.iter().rev().map(String::as_str);
        let name = parts.next().unwrap_or_default();
        let (schema, catalogue) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let statement = self.connection.preallocate().map_err(away)?;
        let mut cursor = statement.into_columns_cursor(catalogue, schema, name, "").map_err(away)?;
        let (mut names, mut text) = (Vec::new(), Vec::<u16>::new());
        while let Some(mut row) = cursor.next_row().map_err(away)? {
            if row.get_wide_text(NAME, &mut text).map_err(away)? {
                names.push(RawRow::Cells(Box::new([Some(String::from_utf16_lossy(&text))])));
            }
        }
        Ok(names)
    }
}

/// An error of a driver, by its SQLSTATE.
fn failed(error: &Error, address: &Address) -> Away {
    let Error::Diagnostics { record, .. } = error else {
        return Away::new("failed", address.scrub(&format!("ODBC did not do as it should: {error}")));
    };
    let message = String::from_utf16_lossy(&record.message.iter().map(|unit| u16::from(*unit)).collect::<Vec<_>>());
    // The driver manager says which driver cannot be loaded.
    let state = record.state.as_str();
    let message = if shows(state) || ["IM002", "01000"].contains(&state) { message } else { unshown(state) };
    let code = match state {
        "28000" | "28P01" => "credentials",
        "42501" | "42000" => "permission",
        // The driver manager of Unix tells by a warning, 01000, that a driver cannot be loaded.
        "42S02" | "42S22" | "42P01" | "42703" | "IM002" | "01000" => "missing",
        "HYT00" | "HYT01" => "timeout",
        "40001" | "40P01" | "23505" => "busy",
        state if state.starts_with("08") || state == "HY000" => "connection",
        _ => "failed",
    };
    Away::new(code, address.scrub(&format!("the source says: {message}")))
}

/// As [`failed`], for a statement that writes: a trigger can say there what stands in a row.
fn failed_writing(error: &Error, address: &Address) -> Away {
    let away = failed(error, address);
    match error {
        Error::Diagnostics { record, .. } => {
            Away::new(away.code, format!("the source says: {}", unshown(record.state.as_str())))
        }
        _ => away,
    }
}
