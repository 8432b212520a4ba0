//! What metrics need beside what there was: the days on which money was spent and actions were dropped, and indexes
//! from which figures are counted.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::Table;

/// Adds the table, the column and the indexes.
pub struct Metrics;

impl MigrationName for Metrics {
    fn name(&self) -> &'static str {
        "m20261204_01_metrics"
    }
}

/// The indexes, each by its table. Lists by these columns would read every row of the hub.
const INDEXES: [(&str, &str, &[&str]); 4] = [
    (
        "action",
        "action_by_overdue",
        &["hub_id", "due_on", "status", "done_on", "dropped_on", "archived_at", "school_id"],
    ),
    (
        "package_order",
        "package_order_by_confirmed",
        &["hub_id", "confirmed_on", "cancelled_on", "archived_at", "school_id"],
    ),
    ("evaluation", "evaluation_by_decided", &["hub_id", "status", "decided_at", "kind", "archived_at", "school_id"]),
    ("school_plan_record", "school_plan_record_by_checked", &["hub_id", "school_id", "checked_on", "archived_at"]),
];

#[async_trait]
impl MigrationTrait for Metrics {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut dropped = ColumnDef::new("dropped_on");
        dropped.date();
        let column = sea_query::Table::alter().table("action").add_column(dropped).take();
        manager.alter_table(column).await?;
        // A dropped action does not change, so that its last change is the day on which it was dropped.
        let day = match manager.get_database_backend() {
            DbBackend::Postgres => "CAST(to_timestamp(updated_at / 1000000) AT TIME ZONE 'UTC' AS date)",
            _ => "date(updated_at / 1000000, 'unixepoch')",
        };
        let fill = format!("UPDATE action SET dropped_on = {day} WHERE status = 'dropped'");
        manager.get_connection().execute_unprepared(&fill).await?;
        let statements = spending().statements(manager.get_database_backend());
        manager.create_table(statements.table).await?;
        for index in statements.indexes {
            manager.create_index(index).await?;
        }
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

fn spending() -> Table {
    Table::owned("budget_spending")
        .reference("plan_id", "plan")
        .reference("budget_line_id", "budget_line")
        .date("spent_on")
        .bigint("pence?")
        .double("days?")
        .text("note?")
        .sort("spent_on")
        .sort_within(&["budget_line_id"], "spent_on")
}
