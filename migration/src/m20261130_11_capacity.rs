//! Posts with the people who held them, designations, and more of what working groups are.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::Table;

/// Makes the tables, and adds columns to working groups.
pub struct Capacity;

impl MigrationName for Capacity {
    fn name(&self) -> &'static str {
        "m20261130_11_capacity"
    }
}

#[async_trait]
impl MigrationTrait for Capacity {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for column in of_groups(backend) {
            manager.alter_table(sea_query::Table::alter().table("working_group").add_column(column).take()).await?;
        }
        for table in [designation(), post(), post_holding()] {
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

/// Columns of a working group. A program of the version before leaves them as they are.
fn of_groups(backend: DbBackend) -> [ColumnDef; 4] {
    let mut kind = ColumnDef::new("kind");
    kind.text().not_null().default("working").check(Expr::col("kind").is_in(["working", "specialist"]));
    if backend == DbBackend::Postgres {
        kind.extra("COLLATE \"C\"");
    }
    let mut outputs = ColumnDef::new("outputs");
    outputs.json_binary().not_null().default("[]");
    let [mut formed, mut ended] = ["formed_on", "ended_on"].map(ColumnDef::new);
    formed.date();
    ended.date();
    [kind, outputs, formed, ended]
}

fn designation() -> Table {
    Table::owned("designation")
        .reference("person_id", "person")
        .text("role_code?")
        .text("role_text?")
        .text("role_key")
        .text("organisation?")
        .choice("territory?", &["city", "county"])
        .choice("basis", &["appointed", "seconded", "designated"])
        .date("from_on")
        .date("to_on?")
        .text("end_reason?")
        .text("strengths?")
        .text("search_key")
        .sort("from_on")
        .sort("to_on")
        .sort("role_key")
        .sort_within(&["person_id"], "from_on")
}

fn post() -> Table {
    Table::owned("post")
        .text("title")
        .text("title_key")
        .text("role_code?")
        .text("role_text?")
        .text("role_key")
        .int("fte_hundredths")
        .text("funding_source?")
        .choice("funding", &["core", "traded"])
        .reference("provider_id?", "partner")
        .choice("territory?", &["city", "county"])
        .boolean("tentative")
        .date("from_on")
        .date("to_on?")
        .text("note?")
        .text("search_key")
        .sort("title_key")
        .sort("from_on")
        .sort("to_on")
        .sort("role_key")
}

fn post_holding() -> Table {
    Table::owned("post_holding")
        .reference("post_id", "post")
        .reference("person_id", "person")
        .date("from_on")
        .date("to_on?")
        .text("end_reason?")
        .sort("from_on")
        .sort("to_on")
        .sort_within(&["post_id"], "from_on")
        .sort_within(&["person_id"], "from_on")
}
