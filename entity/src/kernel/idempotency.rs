//! Replies kept for a retry with the same Idempotency-Key.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    /// SHA-256 of caller, route and key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    /// SHA-256 of the body that came with the key.
    pub body_digest: String,
    pub status: i32,
    pub headers: Json,
    pub body: String,
    pub created_at: Instant,
}

table!();
