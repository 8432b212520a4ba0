//! Addresses from which an account has signed in. Both are keyed hashes.

use sea_orm::entity::prelude::*;

use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_key: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub address_key: String,
    /// When it was last noted, which happens once a day.
    pub last_at: Instant,
}

table!();
