//! The states of plans.

use entity::plans::plan::{self, PlanStatus};
use sea_orm::ConnectionTrait;

use super::Plan;
use super::{approval, lifecycle};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = PlanStatus::Draft.as_str();
const PROPOSED: &str = PlanStatus::Proposed.as_str();
const ACTIVE: &str = PlanStatus::Active.as_str();
const CLOSED: &str = PlanStatus::Closed.as_str();

/// Puts a draft before the people who approve it.
pub const PROPOSE: Verb = Verb {
    name: "propose",
    path: "propose",
    from: &[DRAFT],
    to: PROPOSED,
    scope: Scope::WritePlans,
    reason: Needs::Optional,
    checks: "The plan must be complete; the reply names everything that is missing (409).",
};

/// Takes a proposed plan back.
pub const WITHDRAW: Verb =
    Verb { name: "withdraw", path: "withdraw", from: &[PROPOSED], to: DRAFT, checks: "", ..PROPOSE };

/// Approves a proposed plan. The approval is an item of its own, and the plan stays proposed.
pub const APPROVE: Verb = Verb {
    name: "approve",
    path: "approvals",
    from: &[PROPOSED],
    to: PROPOSED,
    scope: Scope::ApprovePlans,
    checks: "A person who wrote or proposed the plan cannot approve it (403).",
    ..PROPOSE
};

/// Brings an approved plan into force.
pub const ACTIVATE: Verb = Verb {
    name: "activate",
    path: "activate",
    from: &[PROPOSED],
    to: ACTIVE,
    checks: "The plan needs an approval since it was proposed (409). No other plan of its kind may be active over the \
             same days, unless the kind is `other` (409, which names that plan).",
    ..PROPOSE
};

/// Ends an active plan.
pub const CLOSE: Verb = Verb { name: "close", path: "close", from: &[ACTIVE], to: CLOSED, checks: "", ..PROPOSE };

impl States for Plan {
    type Entity = plan::Entity;

    const TABLE: Transitions = Transitions {
        noun: "plan",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, PROPOSED, ACTIVE, CLOSED],
        verbs: &[PROPOSE, WITHDRAW, APPROVE, ACTIVATE, CLOSE],
    };

    fn state(row: &plan::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(caller: &Caller, db: &C, verb: &Verb, rows: &[&plan::Model]) -> Result<Vec<bool>> {
        if *verb == APPROVE {
            return Ok(rows.iter().map(|plan| approval::may_approve(caller, plan).is_ok()).collect());
        }
        if *verb == ACTIVATE {
            let approved = lifecycle::approved(caller, db, rows).await?;
            return Ok(rows.iter().map(|plan| approved.contains(&plan.id)).collect());
        }
        Ok(vec![true; rows.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = PlanStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Plan::TABLE.states, known);
    }

    #[test]
    fn a_plan_goes_one_way_but_for_withdrawal() {
        let allowed = |state| Plan::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(DRAFT), [("propose", PROPOSED)]);
        assert_eq!(allowed(PROPOSED), [("withdraw", DRAFT), ("approve", PROPOSED), ("activate", ACTIVE)]);
        assert_eq!(allowed(ACTIVE), [("close", CLOSED)]);
        assert_eq!(allowed(CLOSED), []);
        let refused = Plan::TABLE.next(&ACTIVATE, DRAFT).unwrap_err();
        let detail = "cannot activate a draft plan: the plan must be proposed. A draft plan allows `propose`";
        assert_eq!(refused.detail(), detail);
    }
}
