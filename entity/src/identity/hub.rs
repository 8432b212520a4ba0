//! A music education hub. Its id is its own `hub_id`.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{List, Strings};
use crate::owned::Visibility;
use crate::row;
use crate::schools::school::SchoolKind;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hub")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub slug: String,
    pub name: String,
    pub name_key: String,
    /// Local authorities, by their three digits.
    pub la_codes: Strings,
    pub lead_organisation: Option<String>,
    /// Kinds of school that count towards a share.
    pub kinds_in_scope: List<SchoolKind>,
    pub settings: Json,
    pub demo: bool,
}

row!(Visibility::HubWide);
