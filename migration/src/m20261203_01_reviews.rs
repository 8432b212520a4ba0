//! Reviews of plans with what was found, and which rows of two revisions of a plan are one.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

use crate::table::Table;

/// Makes the tables, and adds columns to plans and their nodes.
pub struct Reviews;

impl MigrationName for Reviews {
    fn name(&self) -> &'static str {
        "m20261203_01_reviews"
    }
}

/// The nodes of a plan that are known again in a copy.
const NODES: [&str; 6] = ["objective", "strand", "target", "milestone", "resource_line", "budget_line"];

#[async_trait]
impl MigrationTrait for Reviews {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nodes = NODES.map(|table| (table, "lineage_id"));
        for (table, column) in nodes.into_iter().chain([("plan", "supersedes_id")]) {
            let mut id = ColumnDef::new(column);
            id.uuid();
            manager.alter_table(sea_query::Table::alter().table(table).add_column(id).take()).await?;
        }
        for table in [review(), review_target(), review_reflection()] {
            let statements = table.statements(manager.get_database_backend());
            manager.create_table(statements.table).await?;
            for index in statements.indexes {
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn review() -> Table {
    Table::owned("review")
        .reference("plan_id", "plan")
        .reference("plan_year_id?", "plan_year")
        .text("title")
        .text("title_key")
        .text("summary?")
        .date("as_at")
        .date("opened_on")
        .reference("opened_by_id?", "person")
        .choice("status", &["review", "reflect", "revise", "approved", "cancelled"])
        .text("status_reason?")
        .reference("revision_id?", "plan")
        .reference("approval_id?", "approval")
        .instant("approved_at?")
        .int("targets")
        .sort("as_at")
        .sort("title_key")
        .sort_within(&["plan_id"], "as_at")
}

fn review_target() -> Table {
    let units = ["percent", "count", "fte", "days", "pence", "schools", "people", "sessions", "other"];
    Table::owned("review_target")
        .reference("review_id", "review")
        .reference("target_id", "target")
        .reference("objective_id", "objective")
        .int("place")
        .int("objective_number")
        .text("objective_title")
        .text("plan_year_label")
        .text("statement")
        .choice("kind", &["measured", "text"])
        .double("baseline?")
        .choice("comparator?", &["at_least", "at_most", "equal"])
        .double("value?")
        .choice("unit?", &units)
        .date("last_due_on?")
        .choice("status", &["not_started", "on_track", "at_risk", "met", "missed"])
        .double("reached?")
        .date("reached_on?")
        .double("numerator?")
        .double("denominator?")
        .text("scope?")
        .bigint("evidence_count?")
        .text("unknown?")
        .choice("opinion?", &["red", "amber", "green"])
        .int("pending_updates")
        .sort("place")
        .unique("target", &["review_id", "target_id"])
        .sort_within(&["review_id"], "place")
}

fn review_reflection() -> Table {
    Table::owned("review_reflection")
        .reference("review_id", "review")
        .reference("objective_id?", "objective")
        .int("objective_number?")
        .text("lessons?")
        .text("worked?")
        .text("did_not_work?")
        .json("evidence_links")
        .reference("written_by_id?", "person")
        .sort("objective_number")
        .sort_within(&["review_id"], "objective_number")
}
