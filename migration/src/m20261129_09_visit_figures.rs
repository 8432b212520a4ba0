//! Indexes from which reports count visits without reading their rows.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

/// Adds the indexes.
pub struct VisitFigures;

impl MigrationName for VisitFigures {
    fn name(&self) -> &'static str {
        "m20261129_09_visit_figures"
    }
}

/// The visits that were made, school by school and visitor by visitor.
const INDEXES: [(&str, &[&str]); 2] = [
    ("visit_by_figures", &["hub_id", "school_id", "completed_on", "archived_at", "kind", "mode"]),
    ("visit_by_visitor_last", &["hub_id", "visitor_id", "completed_on", "archived_at", "school_id"]),
];

#[async_trait]
impl MigrationTrait for VisitFigures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, columns) in INDEXES {
            let mut index = Index::create();
            index.name(name).table("visit");
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
