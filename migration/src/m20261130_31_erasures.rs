//! People erased, and people who turned out to be one: the records of erasures, and what is left of a person.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

use crate::table::Table as Owned;

/// Adds them.
pub struct Erasures;

impl MigrationName for Erasures {
    fn name(&self) -> &'static str {
        "m20261130_31_erasures"
    }
}

fn erasure() -> Owned {
    Owned::owned("erasure")
        .reference("person_id", "person")
        .text("reason")
        .boolean("dry_run")
        .json("spellings?")
        .json("found")
        .int("rows")
        .int("files_removed")
        .int("files_unread")
        .int("steps_done")
        .index("person", &["hub_id", "person_id"])
}

#[async_trait]
impl MigrationTrait for Erasures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut erased_at = ColumnDef::new("erased_at");
        erased_at.big_integer();
        let mut merged_into_id = ColumnDef::new("merged_into_id");
        merged_into_id.uuid();
        for column in [erased_at, merged_into_id] {
            manager.alter_table(Table::alter().table("person").add_column(column).take()).await?;
        }
        let statements = erasure().statements(manager.get_database_backend());
        manager.create_table(statements.table).await?;
        for index in statements.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
