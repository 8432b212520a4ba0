//! A transaction under way.

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::Mutex;

use super::lease::Lease;
use super::pool::{execution, reading};
use super::shares::Place;

/// A transaction. Unless it is committed it leaves nothing.
pub struct Transaction {
    lease: Mutex<Lease>,
    backend: DbBackend,
    _place: Option<Place>,
}

impl Transaction {
    pub(super) async fn begin(
        mut lease: Lease,
        backend: DbBackend,
        text: String,
        place: Option<Place>,
    ) -> Result<Self, DbErr> {
        lease.begin(text).await.map_err(execution)?;
        Ok(Self { lease: Mutex::new(lease), backend, _place: place })
    }

    /// Makes what was done last.
    ///
    /// # Errors
    /// When the database says no, or does not answer in time: then it may have been done or not.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.lease.into_inner().commit().await.map_err(execution)
    }

    /// Leaves nothing of what was done, and no lock.
    pub async fn rollback(self) {
        self.lease.into_inner().rollback().await;
    }

    /// Returns true if it failed only since others did the same at the same time, so that another try
    /// makes sense at once.
    pub async fn lost_race(&self) -> bool {
        self.lease.lock().await.lost_race()
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.lease.lock().await.execute(&statement).await.map_err(execution)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.lease.lock().await.execute_text(text).await.map_err(execution)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.lease.lock().await.query_one(&statement).await.map_err(reading)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.lease.lock().await.query_all(&statement).await.map_err(reading)
    }
}
