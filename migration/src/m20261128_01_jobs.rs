//! Long work as a table of its own.

use sea_orm_migration::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use crate::table::Table;

/// Makes the table of jobs, with the jobs of imports that have ended.
pub struct Jobs;

impl MigrationName for Jobs {
    fn name(&self) -> &'static str {
        "m20261128_01_jobs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Jobs {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = job().statements(manager.get_database_backend());
        manager.create_table(statements.table).await?;
        for index in statements.indexes {
            manager.create_index(index).await?;
        }
        manager.get_connection().execute_unprepared(PAST).await.map(drop)
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn job() -> Table {
    Table::owned("job")
        .text("kind")
        .choice("state", &["queued", "running", "finished", "failed", "cancelled"])
        .json("progress?")
        .choice("actor_kind", &["user", "client", "system"])
        .uuid("actor_id?")
        .instant("due_at")
        .uuid("run?")
        .int("attempts")
        .instant("heartbeat_at?")
        .boolean("cancel_asked")
        .text("error_code?")
        .text("error?")
        .instant("started_at?")
        .instant("finished_at?")
        .sort_within(&["kind"], "created_at")
        // For instances that look for work, or for work that fell silent, in all hubs.
        .index("state", &["state", "due_at"])
}

/// An import under way is that of an older program, which goes on without a job.
const PAST: &str = "INSERT INTO job (hub_id, id, version, created_at, updated_at, archived_at, kind, state, \
                    actor_kind, actor_id, due_at, attempts, cancel_asked, error_code, error, started_at, finished_at) \
                    SELECT hub_id, id, version, created_at, updated_at, archived_at, 'import', state, \
                    actor_kind, actor_id, created_at, 1, cancel_asked, error_code, error, started_at, finished_at \
                    FROM import WHERE state IN ('finished', 'failed', 'cancelled')";
