//! What an objective is to reach, as a figure or in words.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::Ids;
use crate::plans::parts::{Dues, Parties};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "target")]
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
    pub kind: TargetKind,
    pub statement: String,
    pub baseline: Option<f64>,
    pub comparator: Option<Comparator>,
    pub value: Option<f64>,
    pub unit: Option<TargetUnit>,
    /// The metric from which the value is computed.
    pub metric: Option<String>,
    pub metric_filter: Option<Json>,
    /// The schools counted, where they are a cohort.
    pub cohort_id: Option<Uuid>,
    /// Who is counted, in words.
    pub population: Option<String>,
    pub starts_on: Option<Date>,
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

choice! {
    /// How it is known that the target is met.
    #[example = "text"]
    pub enum TargetKind {
        /// By a figure.
        Measured = "measured",
        /// In words: it is met when its dues are done.
        Text = "text",
    }
}

choice! {
    /// How the figure is compared with the target's value.
    pub enum Comparator {
        /// Met at the value or above.
        AtLeast = "at_least",
        /// Met at the value or below.
        AtMost = "at_most",
        /// Met at just the value.
        Equal = "equal",
    }
}

choice! {
    /// What the figure counts.
    pub enum TargetUnit {
        /// Percentage, 0 to 100.
        Percent = "percent",
        /// Things counted.
        Count = "count",
        /// Full-time equivalent of staff.
        Fte = "fte",
        /// Days of work.
        Days = "days",
        /// Money, in pence.
        Pence = "pence",
        /// Schools.
        Schools = "schools",
        /// People.
        People = "people",
        /// Sessions held.
        Sessions = "sessions",
        /// Something that the statement names.
        Other = "other",
    }
}

row!(super::of_seen_plan(Column::PlanId));
