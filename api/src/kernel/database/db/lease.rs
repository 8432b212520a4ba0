//! A connection out of a pool for a while. It goes back only when it can still be trusted.

use std::io::ErrorKind;
use std::time::Duration;

use sea_orm::sea_query::Values;
use sea_orm::{ExecResult, QueryResult, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments, Postgres, SqlSafeStr, Sqlite};
use sqlx_core::transaction::TransactionManager;

use super::limit::{Allowance, GRACE, spend};

/// How long a rollback may take, regardless of the time that the request has left.
const ROLLBACK: Duration = Duration::from_secs(1);

/// How long a connection may take to find its way back into the pool.
const RETURN: Duration = Duration::from_secs(10);

/// The connection of one statement, or of one transaction.
pub(super) struct Lease {
    connection: Option<Connection>,
    allowance: Allowance,
    health: Health,
}

/// The connection itself.
pub(super) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// What its statements have shown.
struct Health {
    trusted: bool,
    lost_race: bool,
}

/// As PostgreSQL tells that two transactions wait for one another, or cannot be put in order.
const LOST_RACE: [&str; 2] = ["40P01", "40001"];

/// As PostgreSQL tells that a connection is of no more use: the server takes no writes any more
/// (25006), ended the session (25P03) or is going down (57P01 to 57P05).
const USELESS: [&str; 7] = ["25006", "25P03", "57P01", "57P02", "57P03", "57P04", "57P05"];

impl Health {
    fn note(&mut self, error: &sqlx::Error) {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => {
                self.trusted = false;
            }
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                self.trusted &= !code.starts_with("08") && !USELESS.contains(&code.as_ref());
                self.lost_race |= LOST_RACE.contains(&code.as_ref());
            }
            _ => {}
        }
    }
}

/// Waits for the answer to a statement. A server that gives none in time is taken for gone.
async fn answer<T>(
    health: &mut Health,
    limit: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = || sqlx::Error::Io(std::io::Error::new(ErrorKind::TimedOut, "no answer in time"));
    if limit.is_zero() {
        return Err(late());
    }
    let done = spend(limit + GRACE, asked).await.unwrap_or_else(|| {
        health.trusted = false;
        Err(late())
    });
    if let Err(error) = &done {
        health.note(error);
    }
    done
}

impl Lease {
    pub fn new(connection: Connection, allowance: Allowance) -> Self {
        Self { connection: Some(connection), allowance, health: Health { trusted: true, lost_race: false } }
    }

    /// Returns true if a statement failed since others did the same at the same time.
    pub fn lost_race(&self) -> bool {
        self.health.lost_race
    }

    pub async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, sqlx::Error> {
        let (connection, limit, health) = self.parts()?;
        answer(health, limit, connection.execute(statement)).await
    }

    pub async fn execute_text(&mut self, text: &str) -> Result<ExecResult, sqlx::Error> {
        let (connection, limit, health) = self.parts()?;
        answer(health, limit, connection.execute_text(text)).await
    }

    pub async fn query_one(&mut self, statement: &Statement) -> Result<Option<QueryResult>, sqlx::Error> {
        let (connection, limit, health) = self.parts()?;
        answer(health, limit, connection.query_one(statement)).await
    }

    pub async fn query_all(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        let (connection, limit, health) = self.parts()?;
        answer(health, limit, connection.query_all(statement)).await
    }

    /// Begins a transaction by this text. A connection that cannot do so is closed.
    pub async fn begin(&mut self, text: String) -> Result<(), sqlx::Error> {
        let limit = self.allowance.left();
        let (connection, _, health) = self.parts()?;
        let done = answer(health, limit, connection.begin(text)).await;
        health.trusted &= done.is_ok();
        done
    }

    /// Commits. After a failure nobody knows in which state the connection is: it is closed.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        let (connection, limit, health) = self.parts()?;
        let done = answer(health, limit, connection.commit()).await;
        health.trusted &= done.is_ok();
        done
    }

    /// Rolls back. A connection that cannot do so, or that cannot be trusted, is closed, by which
    /// the database takes back as much.
    pub async fn rollback(mut self) {
        if !self.health.trusted {
            return;
        }
        if let Ok((connection, _, health)) = self.parts() {
            let done = answer(health, ROLLBACK, connection.rollback()).await;
            health.trusted &= done.is_ok();
        }
    }

    fn parts(&mut self) -> Result<(&mut Connection, Duration, &mut Health), sqlx::Error> {
        let limit = self.allowance.left_for_statement();
        let connection = self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)?;
        Ok((connection, limit, &mut self.health))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(Connection::Sqlite(connection)) if !self.health.trusted => drop(connection.detach()),
            Some(Connection::Postgres(connection)) if !self.health.trusted => drop(connection.detach()),
            Some(Connection::Sqlite(mut connection)) => abandon::<Sqlite>(&mut connection),
            Some(Connection::Postgres(mut connection)) => {
                abandon::<Postgres>(&mut connection);
                // On its way back it waits for the server, which may not answer any more; nothing
                // else would ever give its place in the pool free.
                let back = connection.return_to_pool();
                if let Ok(runtime) = tokio::runtime::Handle::try_current() {
                    runtime.spawn(tokio::time::timeout(RETURN, back));
                }
            }
            None => {}
        }
    }
}

/// Has a transaction rolled back that nobody ended.
fn abandon<D: Database>(connection: &mut PoolConnection<D>) {
    if D::TransactionManager::get_transaction_depth(connection) > 0 {
        D::TransactionManager::start_rollback(connection);
    }
}

/// The statement as sqlx takes it.
fn query<D: Database>(statement: &Statement) -> Query<'_, D, SqlxValues>
where
    SqlxValues: IntoArguments<D>,
{
    let values = statement.values.clone().unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql.as_str()), SqlxValues(values))
}

impl Connection {
    async fn execute(&mut self, statement: &Statement) -> Result<ExecResult, sqlx::Error> {
        match self {
            Self::Sqlite(to) => query::<Sqlite>(statement).execute(&mut **to).await.map(Into::into),
            Self::Postgres(to) => query::<Postgres>(statement).execute(&mut **to).await.map(Into::into),
        }
    }

    /// Statements without values, which are not kept prepared.
    async fn execute_text(&mut self, text: &str) -> Result<ExecResult, sqlx::Error> {
        let text = AssertSqlSafe(text.to_owned());
        match self {
            Self::Sqlite(to) => Executor::execute(&mut **to, text).await.map(Into::into),
            Self::Postgres(to) => Executor::execute(&mut **to, text).await.map(Into::into),
        }
    }

    async fn query_one(&mut self, statement: &Statement) -> Result<Option<QueryResult>, sqlx::Error> {
        match self {
            Self::Sqlite(to) => {
                let row = query::<Sqlite>(statement).fetch_optional(&mut **to).await?;
                Ok(row.map(Into::into))
            }
            Self::Postgres(to) => {
                let row = query::<Postgres>(statement).fetch_optional(&mut **to).await?;
                Ok(row.map(Into::into))
            }
        }
    }

    async fn query_all(&mut self, statement: &Statement) -> Result<Vec<QueryResult>, sqlx::Error> {
        match self {
            Self::Sqlite(to) => {
                let rows = query::<Sqlite>(statement).fetch_all(&mut **to).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
            Self::Postgres(to) => {
                let rows = query::<Postgres>(statement).fetch_all(&mut **to).await?;
                Ok(rows.into_iter().map(Into::into).collect())
            }
        }
    }

    async fn begin(&mut self, text: String) -> Result<(), sqlx::Error> {
        let text = Some(AssertSqlSafe(text).into_sql_str());
        match self {
            Self::Sqlite(to) => <Sqlite as Database>::TransactionManager::begin(to, text).await,
            Self::Postgres(to) => <Postgres as Database>::TransactionManager::begin(to, text).await,
        }
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(to) => <Sqlite as Database>::TransactionManager::commit(to).await,
            Self::Postgres(to) => <Postgres as Database>::TransactionManager::commit(to).await,
        }
    }

    async fn rollback(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(to) => <Sqlite as Database>::TransactionManager::rollback(to).await,
            Self::Postgres(to) => <Postgres as Database>::TransactionManager::rollback(to).await,
        }
    }
}
