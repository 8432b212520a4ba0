//! A step on the way that is done or not.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::Ids;
use crate::plans::parts::{Dues, Parties};
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "milestone")]
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
    pub plan_year_id: Uuid,
    pub position: i32,
    /// The strands it belongs to; none means the whole objective.
    pub strand_ids: Ids,
    pub statement: String,
    pub dues: Dues,
    /// The last day of the last due.
    pub last_due_on: Option<Date>,
    /// If empty, the objective's.
    pub leads: Parties,
    /// If empty, the objective's.
    pub monitors: Parties,
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

row!(super::of_seen_plan(Column::PlanId));
