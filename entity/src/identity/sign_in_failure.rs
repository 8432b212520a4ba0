//! Sign-ins that failed, counted for the limits on an account and an address.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_failure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub account_key: String,
    pub address_key: String,
    pub at: Instant,
}

table!();
