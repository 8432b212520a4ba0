//! The number of the last change of a hub. Its row lock makes numbers follow commits.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change_counter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    pub last: i64,
}

table!();
