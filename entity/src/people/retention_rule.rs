//! For how long a hub keeps records of a kind.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retention_rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: RetentionKind,
    pub months: i32,
    pub reason: Option<String>,
}

choice! {
    /// Records that are kept for a time only.
    pub enum RetentionKind {
        /// People who were archived: they are erased, as by `POST /erasures`.
        ArchivedPeople = "archived_people",
        /// The rows of imports that ended: they are deleted, and the imports stay with their counts. Without a rule the
        /// service keeps them for 90 days.
        ImportRows = "import_rows",
        /// Sign-ins that ended: they are deleted.
        SignIns = "sign_ins",
    }
}

row!(Visibility::HubOnly);
