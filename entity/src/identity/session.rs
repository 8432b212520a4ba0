//! One sign-in and the family of refresh tokens that came of it.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub user_id: Uuid,
    pub grant_id: Uuid,
    /// What its tokens are narrowed to, if to less than the grant gives.
    pub scope: Option<String>,
    pub expires_at: Instant,
    pub revoked_at: Option<Instant>,
    pub revoked_reason: Option<String>,
}

row!(Visibility::HubOnly);
