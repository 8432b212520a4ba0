//! Writing into PostgreSQL, MySQL or MariaDB.

use std::future::Future;
use std::time::Duration;

use futures_util::stream::TryStreamExt;

use super::changes::Columns;
use crate::exchange::sync::mapping::Address;
use crate::exchange::sync::record::UserValue;
use crate::exchange::sync::source::Away;
use crate::exchange::sync::source::select::Dialect;
use crate::exchange::sync::source::sql::Server;
use crate::exchange::sync::source::worker::Log;

/// Writes values in one transaction, and returns how many rows were written.
pub async fn write(
    server: &mut Server,
    columns: &Columns,
    values: &[UserValue],
    limit: Duration,
    address: &Address,
    log: &Log,
) -> Result<usize, Away> {
    let wait = Wait { limit, address };
    wait.on(server.command("START TRANSACTION", log)).await?;
    let written = write_all(server, columns, values, &wait, log).await;
    let end = if written.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = wait.on(server.command(end, log)).await;
    let written = written?;
    ended.map(|()| written)
}

/// How long to wait for each answer.
struct Wait<'a> {
    limit: Duration,
    address: &'a Address,
}

impl Wait<'_> {
    async fn on<T>(&self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Away> {
        match tokio::time::timeout(self.limit, answer).await {
            Ok(answer) => answer.map_err(|error| Away::from_writing(&error, self.address)),
            Err(_) => Err(Away::timeout(u32::try_from(self.limit.as_secs()).unwrap_or(u32::MAX))),
        }
    }
}

async fn write_all(
    server: &mut Server,
    columns: &Columns,
    values: &[UserValue],
    wait: &Wait<'_>,
    log: &Log,
) -> Result<usize, Away> {
    let (dialect, select) = (server.dialect(), columns.select());
    let rows = server.rows(dialect.select(&select), select.columns.len(), log).try_collect();
    let changes = columns.changes(wait.on(rows).await?, values);
    let statements = match dialect {
        Dialect::Postgresql => columns.statements(&changes),
        _ => changes.iter().map(|change| columns.statement(dialect, change)).collect(),
    };
    for statement in statements {
        wait.on(server.execute(statement, log)).await?;
    }
    Ok(changes.len())
}
