//! The secret address of a user's calendar.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

/// A user has one row, which is archived when the address is revoked.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_link")]
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
    /// The grant by which the calendar shows visits.
    pub grant_id: Uuid,
    /// SHA-256 of the secret in the address, in base64url.
    pub secret_hash: String,
}

row!(Visibility::HubOnly);
