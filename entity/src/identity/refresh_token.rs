//! Refresh tokens, hashed; each is used once.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::concealed::Concealed;
use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Concealed,
    pub hub_id: Uuid,
    pub session_id: Uuid,
    pub parent_hash: Option<Concealed>,
    pub successor_hash: Option<Concealed>,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub used_at: Option<Instant>,
}

table!();
