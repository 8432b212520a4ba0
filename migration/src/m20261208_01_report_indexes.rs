//! Indexes from which reports count without reading rows.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

/// Adds the indexes.
pub struct ReportIndexes;

impl MigrationName for ReportIndexes {
    fn name(&self) -> &'static str {
        "m20261208_01_report_indexes"
    }
}

/// The indexes, each by its table.
const INDEXES: [(&str, &str, &[&str]); 1] = [
    // The levels of an evaluation, criterion by criterion.
    (
        "evaluation_response",
        "evaluation_response_by_levels",
        &["hub_id", "evaluation_id", "criterion_id", "agreed_level", "level"],
    ),
];

#[async_trait]
impl MigrationTrait for ReportIndexes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name, columns) in INDEXES {
            let mut index = Index::create();
            index.name(name).table(table);
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
