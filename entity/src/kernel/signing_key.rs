//! The keys that sign access tokens.

use sea_orm::entity::prelude::*;

use crate::concealed::Concealed;
use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub kid: String,
    pub private_key: Concealed,
    /// The private key is sealed by the secret from the environment.
    pub sealed: bool,
    /// The `x` of the JWK, base64url.
    pub public_key: String,
    pub created_at: Instant,
    /// From then on it signs no new token.
    pub retires_at: Option<Instant>,
    /// From then on no token of its can be valid.
    pub expires_at: Option<Instant>,
}

table!();
