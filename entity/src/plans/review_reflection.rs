//! What a review learnt about an objective, or about the plan as a whole.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::Strings;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "review_reflection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub review_id: Uuid,
    /// None for the plan as a whole.
    pub objective_id: Option<Uuid>,
    /// The number of the objective in the plan that was reviewed.
    pub objective_number: Option<i32>,
    pub lessons: Option<String>,
    pub worked: Option<String>,
    pub did_not_work: Option<String>,
    pub evidence_links: Strings,
    pub written_by_id: Option<Uuid>,
}

row!(Visibility::HubOnly);
