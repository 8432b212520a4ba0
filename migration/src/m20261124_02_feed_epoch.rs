//! The epoch of the change feed, in one row that is there from the beginning.

use sea_orm_migration::prelude::*;
use uuid::Uuid;

use crate::table::Table;

pub struct FeedEpoch;

impl MigrationName for FeedEpoch {
    fn name(&self) -> &'static str {
        "m20261124_02_feed_epoch"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FeedEpoch {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::plain("feed_epoch", &["id"])
            .int("id")
            .check(Expr::col("id").eq(1))
            .uuid("epoch")
            // What tells this database from its copies; none before its first start.
            .text("place?");
        manager.create_table(table.statements(manager.get_database_backend()).table).await?;
        let mut first = Query::insert();
        first.into_table("feed_epoch").columns(["id", "epoch"]).values_panic([1.into(), Uuid::now_v7().into()]);
        manager.execute(first).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
