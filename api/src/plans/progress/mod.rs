//! How far a plan is on a day: the status of each target, counted by objective and in all. The modules below report
//! progress, decide on what was reported, and work out the status.

pub mod as_at;
pub mod bars;
pub mod decisions;
pub mod due;
pub mod progress_update;
pub mod status;
pub mod store;
pub mod transition;

use std::collections::HashMap;

use entity::date;
use entity::plans::target::{Comparator, TargetKind, TargetUnit};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;
use uuid::Uuid;

use self::as_at::{AsAtDay, AsAtReason};
use self::status::Status;
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::operations::report::keep::NamedReport;
use crate::plans::live;
use crate::plans::plan::AsAt;
use crate::plans::tree::plan_rows::Rows;
use crate::plans::tree::{Latest, ObjectiveNode, TargetNode, Tree};

/// How far a plan is on a day.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PlanProgress {
    /// The plan.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub plan_id: Uuid,
    /// The day.
    #[serde(with = "date")]
    #[schema(example = "2014-09-01")]
    pub as_at: Date,
    /// Why that day.
    #[schema(example = "today")]
    pub as_at_reason: AsAtReason,
    /// How many of all its targets have each status.
    pub counts: StatusCounts,
    /// Its objectives in order.
    #[schema(max_items = 50)]
    pub objectives: Vec<ObjectiveProgress>,
}

/// How many targets have each status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusCounts {
    /// All targets.
    #[schema(minimum = 0, example = 57)]
    pub all: u32,
    /// Targets that are not started.
    #[schema(minimum = 0, example = 20)]
    pub not_started: u32,
    /// Targets on track.
    #[schema(minimum = 0, example = 12)]
    pub on_track: u32,
    /// Targets at risk.
    #[schema(minimum = 0, example = 5)]
    pub at_risk: u32,
    /// Targets that are met.
    #[schema(minimum = 0, example = 18)]
    pub met: u32,
    /// Targets that are missed.
    #[schema(minimum = 0, example = 2)]
    pub missed: u32,
}

impl StatusCounts {
    /// Counts one more.
    pub fn add(&mut self, status: Status) {
        self.all += 1;
        *match status {
            Status::NotStarted => &mut self.not_started,
            Status::OnTrack => &mut self.on_track,
            Status::AtRisk => &mut self.at_risk,
            Status::Met => &mut self.met,
            Status::Missed => &mut self.missed,
        } += 1;
    }

    /// How many have a status.
    #[must_use]
    pub const fn of(&self, status: Status) -> u32 {
        match status {
            Status::NotStarted => self.not_started,
            Status::OnTrack => self.on_track,
            Status::AtRisk => self.at_risk,
            Status::Met => self.met,
            Status::Missed => self.missed,
        }
    }
}

/// How far an objective is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ObjectiveProgress {
    /// The objective.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub objective_id: Uuid,
    /// Its number.
    #[schema(minimum = 1, example = 1)]
    pub number: i32,
    /// Its title.
    #[schema(max_length = 300, example = "Build communication and engagement with schools")]
    pub title: String,
    /// How many of its targets have each status.
    pub counts: StatusCounts,
    /// Its targets in order.
    #[schema(max_items = 200)]
    pub targets: Vec<TargetProgress>,
}

/// How far a target is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TargetProgress {
    /// The target.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub target_id: Uuid,
    /// The year of the plan that it belongs to.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub plan_year_id: Uuid,
    /// What is to be reached.
    #[schema(max_length = 1000, example = "Good practice is shared with 50 % of schools")]
    pub statement: String,
    /// Whether it is measured or in words.
    #[schema(example = "measured")]
    pub kind: TargetKind,
    /// The figure before the work began.
    #[schema(example = 0.0)]
    pub baseline: Option<f64>,
    /// How a figure is compared with `value`.
    #[schema(example = "at_least")]
    pub comparator: Option<Comparator>,
    /// The figure to reach.
    #[schema(example = 50.0)]
    pub value: Option<f64>,
    /// What the figure counts.
    #[schema(example = "percent")]
    pub unit: Option<TargetUnit>,
    /// The last day of its last due.
    #[serde(with = "date::option")]
    #[schema(example = "2014-06-30")]
    pub last_due_on: Option<Date>,
    /// Its status on the day.
    pub status: Status,
    /// What has been reported by the day.
    #[serde(flatten)]
    pub latest: Latest,
}

/// How far a plan is, by its name.
pub const NAMED: NamedReport =
    NamedReport::about("plan-targets", Scope::ReadPlans, "plan", &["json"], |caller, wanted| {
        Box::pin(async move {
            let query: AsAt = wanted.parameters(&caller)?;
            show(&caller, wanted.item()?, query.as_at).await
        })
    });

/// How far a plan is.
///
/// # Errors
/// 404 when it is not there for the caller, 403 for who does not see progress.
pub async fn show(caller: &Caller, plan_id: Uuid, as_at: Option<Date>) -> Result<Reply> {
    let db = caller.db().snapshot().await?;
    let rows = Rows::load_targets(caller, &db, plan_id).await?;
    if !caller.sees_hub() {
        return Err(Problem::forbidden("progress is visible only to callers who reach the whole hub"));
    }
    let day = AsAtDay::of(as_at, &rows.years, caller.today());
    let mut latest = store::latest(caller, &db, store::reported(plan_id, day.as_at)).await?;
    live::fill(caller, rows.on_day(day.as_at), &mut latest).await?;
    let tree = Tree::of(rows, &HashMap::new(), Some(&latest), day);
    let version = tree.plan.version;
    Ok(Reply::ok(&PlanProgress::of(tree))?.version_and_hash(version))
}

impl PlanProgress {
    /// That of a tree.
    #[must_use]
    pub fn of(tree: Tree) -> Self {
        let mut counts = StatusCounts::default();
        let objectives = tree.objectives.into_iter().map(|node| {
            let objective = ObjectiveProgress::of(node);
            objective.targets.iter().for_each(|target| counts.add(target.status));
            objective
        });
        let objectives = objectives.collect();
        Self { plan_id: tree.plan.id, as_at: tree.as_at, as_at_reason: tree.as_at_reason, counts, objectives }
    }
}

impl ObjectiveProgress {
    fn of(node: ObjectiveNode) -> Self {
        let mut counts = StatusCounts::default();
        let targets: Vec<_> = node.targets.into_iter().filter_map(TargetProgress::of).collect();
        for target in &targets {
            counts.add(target.status);
        }
        let objective = node.objective;
        Self { objective_id: objective.id, number: objective.number, title: objective.title, counts, targets }
    }
}

impl TargetProgress {
    fn of(node: TargetNode) -> Option<Self> {
        let target = node.target;
        Some(Self {
            target_id: target.id,
            plan_year_id: target.plan_year_id,
            statement: target.statement,
            kind: target.kind,
            baseline: target.baseline,
            comparator: target.comparator,
            value: target.value,
            unit: target.unit,
            last_due_on: target.last_due_on,
            status: node.status?,
            latest: node.progress?,
        })
    }
}
