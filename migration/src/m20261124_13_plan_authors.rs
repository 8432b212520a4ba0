//! Who wrote a plan, and the done dates that a report tells.

use sea_orm_migration::async_trait;
use sea_orm_migration::prelude::*;

/// Adds the columns. Both have a default, so that a version before this step goes on writing.
pub struct PlanAuthors;

impl MigrationName for PlanAuthors {
    fn name(&self) -> &'static str {
        "m20261124_13_plan_authors"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for PlanAuthors {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("plan", "author_ids"), ("progress_update", "dues_done")] {
            let mut list = ColumnDef::new(column);
            list.json_binary().not_null().default("[]");
            manager.alter_table(Table::alter().table(table).add_column(list).take()).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
