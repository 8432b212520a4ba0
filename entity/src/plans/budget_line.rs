//! What an objective or a strand costs.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "budget_line")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub plan_id: Uuid,
    pub objective_id: Uuid,
    pub strand_id: Option<Uuid>,
    pub position: i32,
    pub kind: BudgetKind,
    /// Where the money comes from.
    pub source: Option<String>,
    pub text: Option<String>,
    pub amount_pence: Option<i64>,
    pub days: Option<f64>,
    pub spent_pence: Option<i64>,
    pub spent_days: Option<f64>,
    /// The words that `q` searches.
    pub search_key: Option<String>,
    /// The node that it was first copied from, over all revisions of the plan; none if it is no copy.
    pub lineage_id: Option<Uuid>,
}

impl Model {
    /// What it is known by in all revisions of the plan.
    #[must_use]
    pub fn lineage(&self) -> Uuid {
        self.lineage_id.unwrap_or(self.id)
    }
}

choice! {
    /// How it is paid for.
    pub enum BudgetKind {
        /// With money.
        Cash = "cash",
        /// With time, rooms or goods that someone gives.
        InKind = "in_kind",
        /// Within the roles of people already employed.
        WithinRoles = "within_roles",
    }
}

row!(Visibility::HubOnly);
