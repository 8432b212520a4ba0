//! The files of a batch for finance, kept as they were made.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::table;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hand_over_file")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub hand_over_id: Uuid,
    /// `csv` or `xlsx`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub format: String,
    #[sea_orm(column_type = "Blob")]
    pub content: Vec<u8>,
}

table!();
