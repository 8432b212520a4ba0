//! One-time passwords that end: after some time, and after one use.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;

pub struct OneTimePasswords;

impl MigrationName for OneTimePasswords {
    fn name(&self) -> &'static str {
        "m20261124_06_one_time_passwords"
    }
}

/// How long a one-time password works, in microseconds: 72 hours.
const LIFETIME: i64 = 72 * 3600 * 1_000_000;

#[async_trait]
impl MigrationTrait for OneTimePasswords {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for name in ["one_time_expires_at", "one_time_used_at"] {
            let mut moment = ColumnDef::new(name);
            moment.big_integer();
            manager.alter_table(Table::alter().table("user").add_column(moment).take()).await?;
        }
        // Passwords that are out already were set when the tokens before them ended.
        let mut update = Query::update();
        update
            .table("user")
            .value("one_time_expires_at", Expr::col("tokens_valid_from").add(LIFETIME))
            .and_where(Expr::col("must_change_password").eq(true));
        manager.get_connection().execute(&update).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        // On SQLite too: a step that fails leaves nothing behind.
        Some(true)
    }
}
