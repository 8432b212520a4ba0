//! The erasure of a person: what was looked for, and what came of it.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::{List, Strings};
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erasure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub person_id: Uuid,
    pub reason: String,
    pub dry_run: bool,
    /// What is looked for; none once all is erased.
    pub spellings: Option<Strings>,
    pub found: ErasedInList,
    pub rows: i32,
    pub files_removed: i32,
    pub files_unread: i32,
    /// How many steps are done: a run that begins again goes on after them.
    pub steps_done: i32,
}

/// How many items of a kind name the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct ErasedIn {
    /// The kind, as the change feed names it; or `attachment` for names of files, `import_row` and `idempotency` for
    /// what is kept of imports and of requests, `change` for entries of the log.
    #[schema(max_length = 60, example = "visit")]
    pub resource: String,
    /// How many of them.
    #[schema(minimum = 1, example = 3)]
    pub rows: i32,
}

/// Where a person was named, kind by kind.
pub type ErasedInList = List<ErasedIn>;

row!(Visibility::HubOnly);
