//! A partner's system that calls the API on its own.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::concealed::Concealed;
use crate::instant::Instant;
use crate::list::Strings;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "client")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub name: String,
    pub name_key: String,
    pub secret_hash: Concealed,
    pub scopes: Strings,
    /// The key system whose external ids it may write.
    pub system: Option<String>,
    pub disabled_at: Option<Instant>,
    /// No longer read: tokens end by their generation.
    pub tokens_valid_from: Instant,
    /// Tokens of another generation are refused.
    pub token_generation: i64,
}

row!(Visibility::HubOnly);
