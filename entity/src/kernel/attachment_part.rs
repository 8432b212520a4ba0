//! The content of an attachment in the database, in parts that are read and written one by one.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::table;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attachment_part")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub attachment_id: Uuid,
    /// Its place in the content, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    #[sea_orm(column_type = "Blob")]
    pub content: Vec<u8>,
}

table!();
