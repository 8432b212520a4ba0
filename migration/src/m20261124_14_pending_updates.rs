//! What waits for a decision, found without a look at what was decided.

use sea_orm_migration::async_trait;
use sea_orm_migration::prelude::*;

/// Adds the index of reports by their decision, newest day last.
pub struct PendingUpdates;

impl MigrationName for PendingUpdates {
    fn name(&self) -> &'static str {
        "m20261124_14_pending_updates"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for PendingUpdates {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name("progress_update_by_decision_on_date").table("progress_update");
        for column in ["hub_id", "decision", "on_date", "id"] {
            index.col(column);
        }
        manager.create_index(index).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
