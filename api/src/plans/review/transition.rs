//! The states of reviews.

use std::collections::HashMap;

use entity::plans::plan;
use entity::plans::review::{self, ReviewStatus};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter};
use uuid::Uuid;

use super::Review;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::plans::plan::transition::ACTIVATE;
use crate::plans::plan::{approval, lifecycle};

const REVIEW: &str = ReviewStatus::Review.as_str();
const REFLECT: &str = ReviewStatus::Reflect.as_str();
const REVISE: &str = ReviewStatus::Revise.as_str();
const APPROVED: &str = ReviewStatus::Approved.as_str();
const CANCELLED: &str = ReviewStatus::Cancelled.as_str();

/// Begins to write lessons down.
pub const BEGIN_REFLECTION: Verb = Verb {
    name: "reflect",
    path: "reflect",
    from: &[REVIEW],
    to: REFLECT,
    scope: Scope::WritePlans,
    reason: Needs::Optional,
    checks: "",
};

/// Makes the draft of the next revision.
pub const BEGIN_REVISION: Verb = Verb {
    name: "revise",
    path: "revise",
    from: &[REFLECT],
    to: REVISE,
    checks: "The plan must be active (409). The draft of its next revision is `revision_id`: it is changed and \
             proposed like any plan.",
    ..BEGIN_REFLECTION
};

/// Approves the next revision for the caller's own group, and brings it into force.
pub const APPROVE: Verb = Verb {
    name: "approve",
    path: "approve",
    from: &[REVISE],
    to: APPROVED,
    scope: Scope::ApprovePlans,
    checks: "The revision must be proposed, and the plan active (409). A person who wrote or proposed the revision \
             cannot approve it (403). The revision comes into force, and the plan is closed.",
    ..BEGIN_REFLECTION
};

/// Brings a revision into force that was approved before.
pub const ADOPT: Verb = Verb {
    name: "adopt",
    path: "adopt",
    scope: Scope::RecordApprovals,
    checks: "The revision must be proposed, and the plan active; the revision needs an approval since it was proposed, \
             such as one recorded from a meeting by `POST /approvals` (409). The revision comes into force, and the \
             plan is closed.",
    ..APPROVE
};

/// Ends a review that leads to nothing.
pub const CANCEL: Verb = Verb {
    name: "cancel",
    path: "cancel",
    from: &[REVIEW, REFLECT, REVISE],
    to: CANCELLED,
    reason: Needs::Required,
    checks: "The draft of the next revision is archived.",
    ..BEGIN_REFLECTION
};

impl States for Review {
    type Entity = review::Entity;

    const TABLE: Transitions = Transitions {
        noun: "review",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[REVIEW, REFLECT, REVISE, APPROVED, CANCELLED],
        verbs: &[BEGIN_REFLECTION, BEGIN_REVISION, APPROVE, ADOPT, CANCEL],
    };

    fn state(row: &review::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        verb: &Verb,
        rows: &[&review::Model],
    ) -> Result<Vec<bool>> {
        if *verb != APPROVE && *verb != ADOPT {
            return Ok(vec![true; rows.len()]);
        }
        let ids: Vec<Uuid> = rows.iter().filter_map(|row| row.revision_id).collect();
        let revisions = caller.rows::<plan::Entity>().filter(plan::Column::Id.is_in(ids)).all(db).await?;
        let proposed: HashMap<Uuid, &plan::Model> =
            revisions.iter().filter(|plan| ACTIVATE.leaves(plan.status.as_str())).map(|plan| (plan.id, plan)).collect();
        let of = |row: &review::Model| row.revision_id.and_then(|id| proposed.get(&id).copied());
        if *verb == APPROVE {
            let may = |row: &review::Model| of(row).is_some_and(|plan| approval::may_approve(caller, plan).is_ok());
            return Ok(rows.iter().map(|row| may(row)).collect());
        }
        let plans: Vec<&plan::Model> = proposed.values().copied().collect();
        let approved = lifecycle::approved(caller, db, &plans).await?;
        Ok(rows.iter().map(|row| of(row).is_some_and(|plan| approved.contains(&plan.id))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = ReviewStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Review::TABLE.states, known);
    }

    #[test]
    fn a_review_goes_one_way_and_is_cancelled_until_it_is_approved() {
        let allowed = |state| Review::TABLE.allowed(state).map(|verb| verb.name).collect::<Vec<_>>();
        assert_eq!(allowed(REVIEW), ["reflect", "cancel"]);
        assert_eq!(allowed(REFLECT), ["revise", "cancel"]);
        assert_eq!(allowed(REVISE), ["approve", "adopt", "cancel"]);
        assert!(allowed(APPROVED).is_empty() && allowed(CANCELLED).is_empty());
    }
}
