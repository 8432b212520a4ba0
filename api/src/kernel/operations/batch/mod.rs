//! Many items in one request: checked and decided on together, written in one transaction.
//!
//! One transaction in both modes, since the record of an `Idempotency-Key` stands or falls
//! with all that it stands for: a repeated batch must not make half of it twice.

mod plan;

use entity::choice;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::plan::BatchDraft;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::input::Batch;
use crate::kernel::caller::permission::Reach;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::write::Write;

choice! {
    /// What happens to the good items of a batch when others are rejected.
    pub enum BatchMode {
        /// All items are taken, or none is.
        Atomic = "atomic",
        /// Each item is taken or rejected by itself.
        Each = "each",
    }
}

choice! {
    /// The outcome of an item of a batch.
    pub enum BatchStatus {
        /// A new item was made of it.
        Created = "created",
        /// The item that has its key was changed, or restored from the archive.
        Updated = "updated",
        /// The item that has its key is as it says already.
        Unchanged = "unchanged",
        /// It has faults.
        Rejected = "rejected",
    }
}

/// How a batch is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BatchQuery {
    /// `atomic`, which is meant if absent: all items are taken, or none where one is rejected.
    /// `each`: good items are taken, others rejected.
    pub mode: Option<BatchMode>,
    /// `true` for the report alone: nothing is written.
    #[serde(default)]
    pub dry_run: bool,
}

/// The outcome of the items of a batch; if `applied` is false, what it would have been.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchReport {
    /// True if the created and updated items were written: not in a dry run, and not where `mode`
    /// is `atomic` and an item was rejected.
    #[schema(example = true)]
    pub applied: bool,
    /// True if only the report was asked for.
    #[schema(example = false)]
    pub dry_run: bool,
    /// How the batch was taken.
    pub mode: BatchMode,
    /// How many items were created.
    #[schema(minimum = 0, maximum = 1000, example = 1)]
    pub created: usize,
    /// How many were updated.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub updated: usize,
    /// How many were as they should be already.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub unchanged: usize,
    /// How many were rejected.
    #[schema(minimum = 0, maximum = 1000, example = 0)]
    pub rejected: usize,
    /// The items one by one, in the order in which they were sent.
    #[schema(max_items = 1000)]
    pub items: Vec<BatchResult>,
}

/// The outcome of one item.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    /// Its place in the batch, from 0.
    #[schema(minimum = 0, maximum = 999, example = 0)]
    pub index: usize,
    /// The outcome.
    pub status: BatchStatus,
    /// The item that it was made into, changed or found; absent for one that was rejected, or that
    /// only would have been created.
    pub id: Option<Uuid>,
    /// What is wrong with it, with pointers into the body of the batch; 20 faults at most.
    #[schema(max_items = 20)]
    pub errors: Vec<Fault>,
    /// What to look at, with pointers into the item: it is taken all the same. At most 20.
    #[schema(max_items = 20)]
    pub warnings: Vec<Fault>,
}

/// Takes a batch: each item is a create form, or, where it has a key that an item of the hub has,
/// a merge patch of that item, which it restores if it is archived.
///
/// # Errors
/// 403 for a caller whose reach is less than the hub, unless schools send batches of the kind; 409 for a key that
/// somebody else takes at the same moment, twice over. An item with faults is no error but part of the report.
pub async fn run<R: Resource>(caller: &Caller, batch: &Batch<R::Form>, how: &BatchQuery) -> Result<Reply> {
    if !caller.reach(caller.scope()).has(Reach::HUB) && !R::BATCHES_OF_SCHOOLS {
        let detail = format!("a batch needs `{}` over the whole hub", caller.scope());
        return Err(Problem::forbidden(detail));
    }
    match once::<R>(caller, &batch.items, how).await {
        // Somebody may have made one of them meanwhile: then it is there now, to be changed.
        Err(problem) if problem.code() == Code::Duplicate => once::<R>(caller, &batch.items, how).await,
        done => done,
    }
}

/// Takes each item by itself within a write under way, as a batch does, and returns the outcomes
/// in their order.
///
/// # Errors
/// 409 for a key that another request takes at the same moment.
pub async fn take<R: Resource>(write: &mut Write, items: &[Value]) -> Result<Vec<BatchResult>> {
    let mut plan = BatchDraft::<R>::of(write, items).await?;
    plan.decide(write).await?;
    plan.store(write).await?;
    Ok(plan.report(write, BatchMode::Each, false, true).items)
}

async fn once<R: Resource>(caller: &Caller, items: &[Value], how: &BatchQuery) -> Result<Reply> {
    let mode = how.mode.unwrap_or(BatchMode::Atomic);
    Write::run(caller, async |write| {
        let mut plan = BatchDraft::<R>::of(write, items).await?;
        plan.decide(write).await?;
        let refused = mode == BatchMode::Atomic && plan.is_rejected();
        if !refused {
            plan.store(write).await?;
        }
        if refused || how.dry_run {
            write.undo();
        }
        Reply::ok(&plan.report(write, mode, how.dry_run, !refused && !how.dry_run))
    })
    .await
}
