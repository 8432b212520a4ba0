//! Invitations: a token by which a user sets a password, kept as a hash.

use sea_orm_migration::async_trait::async_trait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub struct Invitations;

impl MigrationName for Invitations {
    fn name(&self) -> &'static str {
        "m20261124_07_invitations"
    }
}

#[async_trait]
impl MigrationTrait for Invitations {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut hash = ColumnDef::new("invitation_hash");
        hash.text();
        if manager.get_database_backend() == DbBackend::Postgres {
            hash.extra("COLLATE \"C\"");
        }
        let mut expires_at = ColumnDef::new("invitation_expires_at");
        expires_at.big_integer();
        for column in [hash, expires_at] {
            manager.alter_table(Table::alter().table("user").add_column(column).take()).await?;
        }
        // When it is redeemed the hub is not known yet.
        let mut index = Index::create();
        index.name("user_by_invitation_hash").table("user").col("invitation_hash");
        manager.create_index(index).await
    }

    fn use_transaction(&self) -> Option<bool> {
        // On SQLite too: a step that fails leaves nothing behind.
        Some(true)
    }
}
