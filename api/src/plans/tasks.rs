//! What waits for people who decide: on progress, on plans, and on the revisions that reviews propose.

use entity::plans::plan::{self, PlanStatus};
use entity::plans::review::{self, ReviewStatus};
use entity::plans::{progress_update, target};
use sea_orm::ExprTrait;
use sea_orm::sea_query::Query;

use super::plan::Plan;
use super::plan::approval;
use super::progress::decisions;
use super::progress::progress_update::ProgressUpdate;
use super::review::Review;
use crate::kernel::operations::tasks::{TaskSource, Waiting, column};
use crate::kernel::prelude::*;

/// The tasks that the part knows.
#[must_use]
pub const fn tasks() -> [TaskSource; 3] {
    [
        TaskSource {
            kind: "progress_decide",
            what: "Decide on progress",
            collection: ProgressUpdate::PATH,
            waiting: progress,
        },
        TaskSource { kind: "plan_approve", what: "Approve a plan", collection: Plan::PATH, waiting: plans },
        TaskSource {
            kind: "review_approve",
            what: "Approve the revision of a plan",
            collection: Review::PATH,
            waiting: revisions,
        },
    ]
}

/// Progress on which the caller may decide, as `decidable_by_me` lists it.
fn progress(caller: &Caller) -> Option<Waiting> {
    use progress_update::{Column, Entity};

    let caller = caller.under(Scope::MonitorPlans)?;
    let waiting = Waiting::of::<Entity>(&caller).only(decisions::decidable(&caller));
    let waiting = waiting.joined::<Entity, target::Entity>(Column::TargetId);
    let waiting = waiting.about(column::<target::Entity>(target::Column::Statement));
    Some(waiting.status(column::<Entity>(Column::Decision)))
}

/// Proposed plans that the caller may approve, and has neither written nor proposed.
fn plans(caller: &Caller) -> Option<Waiting> {
    use plan::{Column, Entity};

    let caller = caller.under(Scope::ApprovePlans)?;
    let waiting = Waiting::of::<Entity>(&caller).only(approvable(&caller)?);
    Some(waiting.about(column::<Entity>(Column::Title)).status(column::<Entity>(Column::Status)))
}

/// Reviews whose revision waits for approval.
fn revisions(caller: &Caller) -> Option<Waiting> {
    use review::{Column, Entity};

    let caller = caller.under(Scope::ApprovePlans)?;
    let mut proposed = Query::select();
    proposed
        .column((plan::Entity, plan::Column::Id))
        .from(plan::Entity)
        .and_where(plan::Column::HubId.eq(caller.hub_id))
        .and_where(plan::Column::ArchivedAt.is_null())
        .cond_where(approvable(&caller)?);
    let waiting = Waiting::of::<Entity>(&caller).only(Column::Status.eq(ReviewStatus::Revise));
    let waiting = waiting.only(Column::RevisionId.in_subquery(proposed));
    Some(waiting.about(column::<Entity>(Column::Title)).status(column::<Entity>(Column::Status)))
}

/// Plans that are proposed, and that the caller may approve.
fn approvable(caller: &Caller) -> Option<Condition> {
    approval::group(caller.role)?;
    let person = caller.actor.person_id()?;
    let own = json_has(caller.db().backend(), plan::Column::AuthorIds, person);
    Some(Condition::all().add(plan::Column::Status.eq(PlanStatus::Proposed)).add(own.not()))
}
