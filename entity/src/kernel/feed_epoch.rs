//! The one row that says to which line of databases the feed's numbers belong.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "feed_epoch")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Another one after the database was restored from a backup: numbers are given a second time.
    pub epoch: Uuid,
    /// What tells this database from its copies; none before its first start.
    pub place: Option<String>,
}

table!();
