//! The states of evaluations.

use std::collections::HashSet;

use entity::frameworks::evaluation::{self, EvaluationStatus};
use sea_orm::ConnectionTrait;

use super::{Evaluation, lifecycle, stake};
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = EvaluationStatus::Draft.as_str();
const SUBMITTED: &str = EvaluationStatus::Submitted.as_str();
const IN_MODERATION: &str = EvaluationStatus::InModeration.as_str();
const AGREED: &str = EvaluationStatus::Agreed.as_str();
const RETURNED: &str = EvaluationStatus::Returned.as_str();

/// Sends the answers for judgement.
pub const SUBMIT: Verb = Verb {
    name: "submit",
    path: "submit",
    from: &[DRAFT, RETURNED],
    to: SUBMITTED,
    scope: Scope::WriteFrameworks,
    reason: Needs::Optional,
    checks: "Each criterion must have a level, or a reason why it does not apply; the reply names everything that is \
             missing (409). School staff other than the head cannot submit, and a specialist leader submits visit \
             audits only (403).",
};

/// Takes back what was sent, before anybody judges it.
pub const WITHDRAW: Verb = Verb {
    name: "withdraw",
    path: "withdraw",
    from: &[SUBMITTED],
    to: DRAFT,
    checks: "School staff other than the head cannot withdraw, and a specialist leader withdraws visit audits only \
             (403).",
    ..SUBMIT
};

/// Begins to judge what was sent.
pub const MODERATE: Verb = Verb {
    name: "moderate",
    path: "moderate",
    from: &[SUBMITTED],
    to: IN_MODERATION,
    scope: Scope::JudgeEvaluations,
    reason: Needs::Optional,
    checks: "The caller must be invited, unless the role judges in the whole hub, and must not work at the school, \
             have led or visited it in the last twelve months, or sell to it; the reply says which (403).",
};

/// Agrees the evaluation.
pub const AGREE: Verb = Verb { name: "agree", path: "agree", from: &[IN_MODERATION], to: AGREED, ..MODERATE };

/// Returns the evaluation to the school.
pub const RETURN: Verb =
    Verb { name: "return", path: "return", from: &[IN_MODERATION], to: RETURNED, reason: Needs::Required, ..MODERATE };

impl States for Evaluation {
    type Entity = evaluation::Entity;

    const TABLE: Transitions = Transitions {
        noun: "evaluation",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, SUBMITTED, IN_MODERATION, AGREED, RETURNED],
        verbs: &[SUBMIT, WITHDRAW, MODERATE, AGREE, RETURN],
    };

    fn state(row: &evaluation::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        verb: &Verb,
        rows: &[&evaluation::Model],
    ) -> Result<Vec<bool>> {
        if verb.scope != Scope::JudgeEvaluations {
            return Ok(rows.iter().map(|row| lifecycle::may_send(caller, row.kind)).collect());
        }
        let Some(person) = caller.actor.person_id() else { return Ok(vec![false; rows.len()]) };
        let invited: HashSet<_> = stake::invited(caller, db, person, rows.iter().map(|row| row.id)).await?;
        let schools: Vec<_> = rows.iter().map(|row| row.school_id).collect();
        let stakes = stake::of(caller, db, person, &schools).await?;
        let hub = stake::judges_in_hub(caller);
        let may = |row: &&evaluation::Model| (hub || invited.contains(&row.id)) && !stakes.contains_key(&row.school_id);
        Ok(rows.iter().map(may).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = EvaluationStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Evaluation::TABLE.states, known);
    }

    #[test]
    fn an_agreed_evaluation_stays_agreed() {
        assert_eq!(Evaluation::TABLE.allowed(AGREED).count(), 0);
        let allowed = |state| Evaluation::TABLE.allowed(state).map(|verb| verb.name).collect::<Vec<_>>();
        assert_eq!(allowed(RETURNED), ["submit"]);
        assert_eq!(allowed(IN_MODERATION), ["agree", "return"]);
    }
}
