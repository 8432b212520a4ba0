//! Which row of a source leads to which row of ours, with digests of what the source said and of what was made of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::exchange::sync_row::SyncSection;
use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub source_id: Uuid,
    pub section: SyncSection,
    pub source_key: String,
    /// The table of ours, and the row in it.
    pub resource: Option<String>,
    pub item_id: Option<Uuid>,
    /// The digest of the whole row of the source.
    pub fingerprint: String,
    pub fields: LinkFields,
    /// Since when the source no longer has the row.
    pub missing_since: Option<Instant>,
}

/// What is remembered of a field of ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinkField {
    /// The field.
    pub name: String,
    /// The digest of what the source said last.
    pub said: String,
    /// The digest of what the sync left in our row.
    pub left: String,
}

/// What is remembered of the fields of ours, one by one.
pub type LinkFields = List<LinkField>;

row!(Visibility::HubOnly);
