//! Failed sign-ins by account and address, addresses that an account is used from, and tokens that end by a counter.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::table::Table;

pub struct SignIn;

impl MigrationName for SignIn {
    fn name(&self) -> &'static str {
        "m20261124_08_sign_in"
    }
}

#[async_trait]
impl MigrationTrait for SignIn {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["user", "client"] {
            let mut generation = ColumnDef::new("token_generation");
            generation.big_integer().not_null().default(0);
            manager.alter_table(sea_query::Table::alter().table(table).add_column(generation).take()).await?;
        }
        let mut login = ColumnDef::new("login_key");
        login.text();
        if manager.get_database_backend() == DbBackend::Postgres {
            login.extra("COLLATE \"C\"");
        }
        manager.alter_table(sea_query::Table::alter().table("sign_in_failure").add_column(login).take()).await?;
        let mut index = Index::create();
        index.name("sign_in_failure_by_login_key").table("sign_in_failure").col("login_key").col("at");
        manager.create_index(index).await?;
        let statements = address().statements(manager.get_database_backend());
        manager.create_table(statements.table).await?;
        for index in statements.indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        // On SQLite too: a step that fails leaves nothing behind.
        Some(true)
    }
}

fn address() -> Table {
    Table::plain("sign_in_address", &["account_key", "address_key"])
        .text("account_key")
        .text("address_key")
        .instant("last_at")
        .index("last_at", &["last_at"])
}
