//! Writing through an ODBC driver. Its calls wait, so that they run beside the tasks.

use super::changes::{Columns, Wanted};
use super::{Away, Log, Mapping, Written, address};
use crate::exchange::sync::mapping::Address;
use crate::exchange::sync::source::odbc::{Database, WRITING};
use crate::exchange::sync::source::select::Dialect;

/// Connects and ends the connection again.
pub async fn try_to_connect(mapping: &Mapping, address: &Address, log: &Log) -> Result<(), Away> {
    beside(mapping, address, log, |database| {
        database.end();
        Ok(())
    })
    .await
}

/// Writes values in one transaction.
pub async fn write(mapping: &Mapping, columns: Columns, values: Vec<Wanted>, log: &Log) -> Result<Written, Away> {
    beside(mapping, address(mapping)?, log, move |database| {
        let written = write_all(database, &columns, &values);
        match &written {
            Ok(_) => database.commit()?,
            Err(_) => database.end(),
        }
        written
    })
    .await
}

async fn beside<T: Send + 'static>(
    mapping: &Mapping,
    address: &Address,
    log: &Log,
    work: impl FnOnce(&Database) -> Result<T, Away> + Send + 'static,
) -> Result<T, Away> {
    let (address, log) = (address.clone(), log.clone());
    let (timeout, dialect) = (mapping.source().timeout, Dialect::Odbc(mapping.source().quotes));
    let done =
        tokio::task::spawn_blocking(move || work(&Database::open(&address, timeout, dialect, WRITING, log)?)).await;
    done.unwrap_or_else(|_| Err(Away::closed()))
}

fn write_all(database: &Database, columns: &Columns, values: &[Wanted]) -> Result<Written, Away> {
    let (select, mut rows) = (columns.select(), Vec::new());
    database.rows(&database.dialect.select(&select), select.columns.len(), &mut |batch| {
        rows.extend(batch);
        true
    })?;
    let changes = columns.changes(rows, values);
    for statement in columns.statements(database.dialect, &changes.rows) {
        database.execute(&statement)?;
    }
    Ok(Written::from(&changes))
}
