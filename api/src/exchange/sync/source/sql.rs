//! PostgreSQL, MySQL and MariaDB, read in one transaction that may not write.

use std::str::FromStr;
use std::time::Duration;

use futures_util::stream::{BoxStream, StreamExt};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, MySql, Postgres, Row};
use tokio::sync::mpsc;

use super::away::Away;
use super::select::{Dialect, Statement};
use super::worker::{BATCH, Log, Question, RawRow, Request, Worker};
use crate::exchange::sync::mapping::section::TableName;
use crate::exchange::sync::mapping::{Address, Mapping, SourceKind};

/// A connection to one of the two.
#[derive(Debug)]
pub enum Server {
    Postgresql(PgConnection),
    Mysql(MySqlConnection),
}

/// All tables are of one moment, and nothing is written.
const BEGIN_POSTGRESQL: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const BEGIN_MYSQL: [&str; 2] =
    ["SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"];

/// Starts the task that holds the connection.
pub async fn start(mapping: &Mapping, log: &Log) -> Result<Worker, Away> {
    let source = mapping.source();
    let address = source.address.clone();
    let mut server = connect(&address, source.kind, source.timeout).await?;
    let begun = tokio::time::timeout(Duration::from_secs(source.timeout.into()), server.begin(log)).await;
    match begun {
        Ok(begun) => begun.map_err(|error| Away::from_sql(&error, &address))?,
        Err(_) => return Err(Away::timeout(source.timeout)),
    }
    let (requests, waiting) = mpsc::channel(1);
    let task = tokio::spawn(serve(server, address, waiting, log.clone()));
    Ok(Worker::new(requests, Some(task.abort_handle()), source.timeout))
}

/// Connects within the time that the mapping gives.
pub async fn connect(address: &Address, kind: SourceKind, timeout: u32) -> Result<Server, Away> {
    let connecting = async {
        if kind == SourceKind::Mysql {
            // The client knows the scheme of MySQL alone.
            let url = address.as_str();
            let url = url.strip_prefix("mariadb://").map_or_else(|| url.to_owned(), |rest| format!("mysql://{rest}"));
            let options = MySqlConnectOptions::from_str(&url)?.disable_statement_logging();
            options.connect().await.map(Server::Mysql)
        } else {
            let options = PgConnectOptions::from_str(address.as_str())?;
            options.application_name("smep sync").disable_statement_logging().connect().await.map(Server::Postgresql)
        }
    };
    match tokio::time::timeout(Duration::from_secs(timeout.into()), connecting).await {
        Ok(connected) => connected.map_err(|error| Away::from_sql(&error, address)),
        Err(_) => Err(Away::timeout(timeout)),
    }
}

async fn serve(mut server: Server, address: Address, mut waiting: mpsc::Receiver<Request>, log: Log) {
    while let Some(request) = waiting.recv().await {
        let end = match server.answer(&request, &log).await {
            Ok(()) => Ok(None),
            Err(error) => {
                let away = Away::from_sql(&error, &address);
                // PostgreSQL answers nothing more in a transaction with an error.
                let again = match server.command("ROLLBACK", &log).await {
                    Ok(()) => server.begin(&log).await,
                    Err(error) => Err(error),
                };
                if again.is_err() {
                    let _gone = request.reply.send(Err(away)).await;
                    return;
                }
                Err(away)
            }
        };
        let _gone = request.reply.send(end).await;
    }
    server.close().await;
}

impl Server {
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Postgresql(_) => Dialect::Postgresql,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Begins the transaction.
    async fn begin(&mut self, log: &Log) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgresql(_) => self.command(BEGIN_POSTGRESQL, log).await,
            Self::Mysql(_) => {
                for statement in BEGIN_MYSQL {
                    self.command(statement, log).await?;
                }
                Ok(())
            }
        }
    }

    /// Sends a statement that has no values and no rows.
    pub async fn command(&mut self, statement: &'static str, log: &Log) -> Result<(), sqlx::Error> {
        log.note(statement);
        match self {
            Self::Postgresql(connection) => sqlx::raw_sql(statement).execute(connection).await.map(|_| ()),
            Self::Mysql(connection) => sqlx::raw_sql(statement).execute(connection).await.map(|_| ()),
        }
    }

    /// Sends a statement and counts the rows that it changed.
    pub async fn execute(&mut self, statement: Statement, log: &Log) -> Result<u64, sqlx::Error> {
        log.note(&statement.sql);
        let Statement { sql, texts } = statement;
        match self {
            Self::Postgresql(connection) => {
                let query = sqlx::query::<Postgres>(AssertSqlSafe(sql));
                let query = texts.into_iter().fold(query, Query::bind);
                Ok(query.execute(connection).await?.rows_affected())
            }
            Self::Mysql(connection) => {
                let query = sqlx::query::<MySql>(AssertSqlSafe(sql));
                let query = texts.into_iter().fold(query, Query::bind);
                Ok(query.execute(connection).await?.rows_affected())
            }
        }
    }

    /// The rows of a statement, each with so many texts.
    pub fn rows(
        &mut self,
        statement: Statement,
        width: usize,
        log: &Log,
    ) -> BoxStream<'_, Result<RawRow, sqlx::Error>> {
        log.note(&statement.sql);
        let Statement { sql, texts } = statement;
        match self {
            Self::Postgresql(connection) => {
                let query = sqlx::query::<Postgres>(AssertSqlSafe(sql)).persistent(false);
                let query = texts.into_iter().fold(query, Query::bind);
                let rows = query.fetch(connection);
                let cells = move |row: sqlx::postgres::PgRow| (0..width).map(|at| row.try_get(at)).collect();
                rows.map(move |row| row.and_then(cells).map(RawRow::Cells)).boxed()
            }
            Self::Mysql(connection) => {
                let query = sqlx::query::<MySql>(AssertSqlSafe(sql)).persistent(false);
                let query = texts.into_iter().fold(query, Query::bind);
                let rows = query.fetch(connection);
                let cells = move |row: sqlx::mysql::MySqlRow| (0..width).map(|at| row.try_get(at)).collect();
                rows.map(move |row| row.and_then(cells).map(RawRow::Cells)).boxed()
            }
        }
    }

    async fn answer(&mut self, request: &Request, log: &Log) -> Result<(), sqlx::Error> {
        let (statement, width) = match &request.question {
            Question::Rows(select) => (self.dialect().select(select), select.columns.len()),
            Question::Probe(select) => (self.dialect().probe(select), select.columns.len()),
            Question::Columns(table) => (self.columns(table), 1),
        };
        let mut batches = self.rows(statement, width, log).chunks(BATCH);
        while let Some(batch) = batches.next().await {
            let batch: Result<Vec<RawRow>, sqlx::Error> = batch.into_iter().collect();
            if request.reply.send(Ok(Some(batch?))).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Asks for the names of a table's columns, by the catalogue.
    fn columns(&self, table: &TableName) -> Statement {
        let mut parts = table.parts.iter().rev();
        let name = parts.next().cloned().unwrap_or_default();
        match self {
            Self::Postgresql(_) => Statement {
                sql:
                    "SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 \
                      AND NOT attisdropped ORDER BY attnum"
                        .to_owned(),
                texts: vec![Some(Dialect::Postgresql.table(table))],
            },
            Self::Mysql(_) => {
                let sql = "SELECT CAST(column_name AS CHAR CHARACTER SET utf8mb4) FROM information_schema.columns \
                           WHERE table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ? \
                           ORDER BY ordinal_position";
                let schema = parts.next().cloned().unwrap_or_default();
                Statement { sql: sql.to_owned(), texts: vec![Some(schema), Some(name)] }
            }
        }
    }

    /// Ends the connection. It only reads, or has committed: an error changes nothing.
    pub async fn close(self) {
        let _lost = match self {
            Self::Postgresql(connection) => connection.close().await,
            Self::Mysql(connection) => connection.close().await,
        };
    }
}
