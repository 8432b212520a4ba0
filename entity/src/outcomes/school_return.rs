//! A school's return to a collection: whether it has answered. The figures are measure values.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "school_return")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub collection_id: Uuid,
    pub school_id: Uuid,
    pub status: ReturnStatus,
    pub note: Option<String>,
    pub submitted_at: Option<Instant>,
    /// How many figures were best estimates when it was sent.
    pub estimated_lines: Option<i32>,
    pub decided_at: Option<Instant>,
    /// Why it was sent back.
    pub status_reason: Option<String>,
}

choice! {
    /// How far a return has come.
    pub enum ReturnStatus {
        /// The school fills it in.
        Draft = "draft",
        /// The hub checks it.
        Submitted = "submitted",
        /// The hub has accepted it.
        Accepted = "accepted",
        /// The school corrects it.
        SentBack = "sent_back",
    }
}

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
