//! The content of a tabled report, where it is text.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::table;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tabled_report_text")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub content: String,
}

table!();
