//! Writing into PostgreSQL, MySQL or MariaDB.

use std::future::Future;
use std::time::Duration;

use futures_util::stream::TryStreamExt;

use super::Written;
use super::changes::{Columns, Wanted};
use crate::exchange::sync::mapping::Address;
use crate::exchange::sync::source::Away;
use crate::exchange::sync::source::select::Dialect;
use crate::exchange::sync::source::sql::Server;
use crate::exchange::sync::source::worker::Log;

/// Nobody changes what was read before what follows from it is written.
const BEGIN_POSTGRESQL: [&str; 1] = ["START TRANSACTION ISOLATION LEVEL SERIALIZABLE"];
const BEGIN_MYSQL: [&str; 2] = ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION"];

/// Writes values in one transaction.
pub async fn write(
    server: &mut Server,
    columns: &Columns,
    values: &[Wanted],
    limit: Duration,
    address: &Address,
    log: &Log,
) -> Result<Written, Away> {
    let wait = Wait { limit, address };
    let begin: &[&str] = if server.dialect() == Dialect::Postgresql { &BEGIN_POSTGRESQL } else { &BEGIN_MYSQL };
    for statement in begin {
        wait.on(server.command(statement, log)).await?;
    }
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
    values: &[Wanted],
    wait: &Wait<'_>,
    log: &Log,
) -> Result<Written, Away> {
    let (dialect, select) = (server.dialect(), columns.select());
    let rows = server.rows(dialect.select(&select), select.columns.len(), log).try_collect();
    let changes = columns.changes(wait.on(rows).await?, values);
    for statement in columns.statements(dialect, &changes.rows) {
        wait.on(server.execute(statement, log)).await?;
    }
    Ok(Written::from(&changes))
}
