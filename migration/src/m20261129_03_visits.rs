//! Visits to schools, their reports, what was agreed to be done, and the hub's rules for them.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::Table;

/// Makes the tables of visits, and gives each hub its two settings.
pub struct Visits;

impl MigrationName for Visits {
    fn name(&self) -> &'static str {
        "m20261129_03_visits"
    }
}

#[async_trait]
impl MigrationTrait for Visits {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for column in settings(backend) {
            manager.alter_table(sea_query::Table::alter().table("hub").add_column(column).take()).await?;
        }
        for table in [visit(), visit_report(), action()] {
            let statements = table.statements(backend);
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

/// Columns of the hub. A program of the version before leaves them as they are.
fn settings(backend: DbBackend) -> [ColumnDef; 2] {
    let mut gate = ColumnDef::new("audit_gate");
    gate.text().not_null().default("warn").check(Expr::col("audit_gate").is_in(["off", "warn", "required"]));
    if backend == DbBackend::Postgres {
        gate.extra("COLLATE \"C\"");
    }
    let mut days = ColumnDef::new("report_answer_days");
    days.integer().not_null().default(14);
    [gate, days]
}

fn visit() -> Table {
    let status = ["planned", "confirmed", "completed", "reported", "shared", "closed", "cancelled", "declined"];
    Table::owned("visit")
        .reference("school_id", "school")
        .reference("visitor_id", "person")
        .json("co_visitor_ids")
        .choice("kind", &["initial", "follow_up", "targeted_support", "moderation", "peer_review"])
        .choice("mode", &["in_person", "online", "telephone", "cluster"])
        .reference("provider_id?", "partner")
        .instant("starts_at")
        .instant("ends_at")
        .text("purpose?")
        .text("note?")
        .json("people_met")
        .choice("status", &status)
        .text("status_reason?")
        .date("completed_on?")
        .json("external_ids")
        .text("search_key")
        .sort("starts_at")
        .sort("completed_on")
        .sort_within(&["school_id"], "starts_at")
        .sort_within(&["visitor_id"], "starts_at")
        .sort_within(&["status"], "starts_at")
        // A visit that was made has a day on which it was completed, and no other has.
        .index("coverage", &["hub_id", "completed_on", "school_id", "kind", "mode"])
        .index("last", &["hub_id", "school_id", "completed_on"])
}

fn visit_report() -> Table {
    let status = ["draft", "shared", "accepted", "disputed", "unanswered", "closed", "superseded"];
    Table::owned("visit_report")
        .reference("visit_id", "visit")
        .reference("school_id", "school")
        .int("number")
        .text("seen?")
        .text("strengths?")
        .text("areas_to_develop?")
        .text("judgement?")
        .choice("rag?", &["red", "amber", "green"])
        .choice("status", &status)
        .instant("shared_at?")
        .date("answer_due_on?")
        .instant("answered_at?")
        .text("answer_comment?")
        .instant("ended_at?")
        .sort("shared_at")
        .sort("answer_due_on")
        .sort_within(&["school_id"], "shared_at")
        .sort_within(&["status"], "answer_due_on")
        .unique("number", &["visit_id", "number"])
}

fn action() -> Table {
    Table::owned("action")
        .reference("school_id", "school")
        .choice("source_kind", &["visit", "evaluation", "meeting", "review"])
        .uuid("source_id?")
        .text("source_text?")
        .reference("criterion_id?", "framework_criterion")
        .text("text")
        .reference("owner_id?", "person")
        .text("owner_role?")
        .date("due_on")
        .date("done_on?")
        .choice("audience", &["school", "after_sharing", "hub"])
        .instant("shared_at?")
        .choice("status", &["open", "done", "dropped"])
        .text("status_reason?")
        .reference("carried_to_id?", "visit")
        .int("times_carried")
        .text("search_key")
        .sort("due_on")
        .sort_within(&["school_id"], "due_on")
        .sort_within(&["status"], "due_on")
        .index("source", &["hub_id", "source_kind", "source_id"])
}
