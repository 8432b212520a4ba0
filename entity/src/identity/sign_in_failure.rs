//! Sign-ins that failed, counted for the limits on an account and an address. The keys are keyed hashes.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Whose failures a success forgives: the account meant, or the login where it means none or several.
    pub account_key: String,
    pub address_key: String,
    pub at: Instant,
    /// What was signed in with, in whichever hub. None once a success has forgiven the failure.
    pub login_key: Option<String>,
}

table!();
