//! The one row that says what this database is.

use sea_orm::entity::prelude::*;

use crate::instant::Instant;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Made by `serve --demo`.
    pub demo: bool,
    pub created_at: Instant,
}

table!();
