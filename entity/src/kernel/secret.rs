//! Secrets that the service makes for itself and keeps.

use sea_orm::entity::prelude::*;

use crate::concealed::Concealed;
use crate::table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "secret")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub value: Concealed,
    /// The value is sealed by the secret from the environment.
    pub sealed: bool,
}

table!();
