//! A pool whose statements each take a connection for themselves.

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sqlx::{PgPool, SqlitePool};

use super::lease::{Connection, Lease};
use super::limit::{Allowance, spend};

/// Connections to one database, each used by one statement or one transaction at a time.
#[derive(Clone, Debug)]
pub struct Pool {
    connections: Connections,
    allowance: Allowance,
}

#[derive(Clone, Debug)]
pub(super) enum Connections {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Connections {
    /// How many are open, and how many of these are idle.
    pub fn size(&self) -> (u32, u32) {
        let (open, idle) = match self {
            Self::Sqlite(pool) => (pool.size(), pool.num_idle()),
            Self::Postgres(pool) => (pool.size(), pool.num_idle()),
        };
        (open, u32::try_from(idle).unwrap_or(u32::MAX))
    }
}

impl Pool {
    pub(super) fn new(connections: Connections, allowance: Allowance) -> Self {
        Self { connections, allowance }
    }

    /// The pool of SQLite's connections as the driver made it, to measure what is above it.
    #[must_use]
    pub fn sqlite(&self) -> Option<&SqlitePool> {
        match &self.connections {
            Connections::Sqlite(pool) => Some(pool),
            Connections::Postgres(_) => None,
        }
    }

    /// As [`Pool::sqlite`], of PostgreSQL's.
    #[must_use]
    pub fn postgres(&self) -> Option<&PgPool> {
        match &self.connections {
            Connections::Postgres(pool) => Some(pool),
            Connections::Sqlite(_) => None,
        }
    }

    /// A connection, waited for no longer than what is left to the request.
    pub(super) async fn lease(&self) -> Result<Lease, DbErr> {
        let acquire = async {
            match &self.connections {
                Connections::Sqlite(pool) => pool.acquire().await.map(Connection::Sqlite),
                Connections::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
            }
        };
        let connection = spend(self.allowance.left(), acquire).await.unwrap_or(Err(sqlx::Error::PoolTimedOut));
        match connection {
            Ok(connection) => Ok(Lease::new(connection, self.allowance)),
            Err(sqlx::Error::PoolTimedOut) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)),
            Err(sqlx::Error::PoolClosed) => Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)),
            Err(error) => Err(DbErr::Conn(RuntimeErr::SqlxError(error.into()))),
        }
    }

    pub(super) fn connections(&self) -> &Connections {
        &self.connections
    }

    pub(super) async fn close(&self) {
        match &self.connections {
            Connections::Sqlite(pool) => pool.close().await,
            Connections::Postgres(pool) => pool.close().await,
        }
    }
}

/// An error of a statement that changes rows.
pub(super) fn execution(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

/// An error of a statement that reads rows.
pub(super) fn reading(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

#[async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        match &self.connections {
            Connections::Sqlite(_) => DbBackend::Sqlite,
            Connections::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute(&statement).await.map_err(execution)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.lease().await?.execute_text(text).await.map_err(execution)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lease().await?.query_one(&statement).await.map_err(reading)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lease().await?.query_all(&statement).await.map_err(reading)
    }
}
