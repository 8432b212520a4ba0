//! Imports of the figures of schools.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

use crate::choice::Choice;

/// Lets imports have figures of schools as their source.
pub struct MeasureImports;

/// The sources of imports before this step.
const SOURCES: Choice = Choice {
    table: "import",
    column: "source",
    values: &[
        "gias-register",
        "gias-links",
        "gias-group-links",
        "exam-entries",
        "exam-sheet",
        "exam-ks5",
        "exam-statistics",
    ],
};

impl MigrationName for MeasureImports {
    fn name(&self) -> &'static str {
        "m20261206_01_measure_imports"
    }
}

#[async_trait]
impl MigrationTrait for MeasureImports {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        SOURCES.widen(manager, &["measure-values"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
