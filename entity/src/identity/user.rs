//! Someone who can sign in.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::concealed::Concealed;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub person_id: Uuid,
    pub email: String,
    pub email_key: String,
    pub password_hash: Option<Concealed>,
    pub must_change_password: bool,
    pub disabled_at: Option<Instant>,
    /// No longer read: tokens end by their generation.
    pub tokens_valid_from: Instant,
    /// Until when a password that has to be changed opens anything.
    pub one_time_expires_at: Option<Instant>,
    /// When somebody signed in with it, which nobody does twice.
    pub one_time_used_at: Option<Instant>,
    /// The token by which the user may set a password, hashed.
    pub invitation_hash: Option<Concealed>,
    /// Until when that token works.
    pub invitation_expires_at: Option<Instant>,
    /// Tokens of another generation are refused.
    pub token_generation: i64,
}

row!(Visibility::Users, written_by_schools: true);
