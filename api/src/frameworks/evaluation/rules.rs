//! What an evaluation must be to be answered, sent or judged. Pure.

use entity::frameworks::evaluation::{self, EvaluationStatus};
use entity::frameworks::evaluation_response as response;
use entity::frameworks::evaluation_submission::SentAnswer;

use crate::kernel::base::problem::{Fault, Problem, Result};

/// Decides about a change of an evaluation's own fields.
///
/// # Errors
/// 422 for a field that stays, 409 once it is agreed.
pub fn edit(before: &evaluation::Model, after: &evaluation::Model) -> Result<()> {
    let mut faults = Vec::new();
    let message = "an evaluation keeps its school, framework and year: open another one";
    for (changed, pointer) in [
        (before.school_id != after.school_id, "/school_id"),
        (before.framework_id != after.framework_id, "/framework_id"),
        (before.academic_year != after.academic_year, "/academic_year"),
    ] {
        faults.extend(changed.then(|| Fault::new(pointer, "fixed", message)));
    }
    match before.status {
        _ if !faults.is_empty() => Err(Problem::faults(faults)),
        EvaluationStatus::Agreed => Err(Problem::conflict("cannot change an agreed evaluation: open another one")),
        _ => Ok(()),
    }
}

/// Decides whether an evaluation in this state may be archived.
///
/// # Errors
/// 409 for any that was ever sent.
pub fn archivable(status: EvaluationStatus) -> Result<()> {
    match status {
        EvaluationStatus::Draft => Ok(()),
        _ => Err(Problem::conflict(format!(
            "cannot archive an evaluation that is {}: only a draft can be archived",
            words(status)
        ))),
    }
}

/// Decides whether the school may answer in this state.
///
/// # Errors
/// 409, which says what opens it again.
pub fn answerable(status: EvaluationStatus) -> Result<()> {
    let fix = match status {
        EvaluationStatus::Draft | EvaluationStatus::Returned => return Ok(()),
        EvaluationStatus::Submitted => "take it back by POST /evaluations/{id}/withdraw",
        EvaluationStatus::InModeration => "wait until it is agreed or returned",
        EvaluationStatus::Agreed => "it is agreed and stays as it is",
    };
    Err(Problem::conflict(format!("cannot answer an evaluation that is {}: {fix}", words(status))))
}

/// Decides whether levels may be given in this state by judges.
///
/// # Errors
/// 409, which says in which state they may.
pub fn judgeable(status: EvaluationStatus) -> Result<()> {
    match status {
        EvaluationStatus::InModeration => Ok(()),
        _ => Err(Problem::conflict(format!(
            "cannot judge an evaluation that is {}: levels are given while it is in moderation",
            words(status)
        ))),
    }
}

fn words(status: EvaluationStatus) -> String {
    status.as_str().replace('_', " ")
}

/// Finds a level that a criterion does not have.
#[must_use]
pub fn level(level: Option<i32>, levels: i32) -> Option<Fault> {
    let beyond = level.is_some_and(|level| level > levels);
    beyond.then(|| Fault::new("/level", "too_large", format!("the criterion has {levels} levels: send 1 to {levels}")))
}

/// Returns the code and the words for what a response lacks before it can be sent.
#[must_use]
pub fn lack(row: &response::Model) -> Option<(&'static str, &'static str)> {
    match (row.level, row.not_applicable, &row.reason) {
        (None, false, _) => Some(("level", "choose a level, or say that the criterion does not apply and why")),
        (_, true, None) => Some(("reason", "say why the criterion does not apply")),
        _ => None,
    }
}

/// The level of a response that counts: the agreed one, or the school's own until there is one. A school gives no level
/// where it says that the criterion does not apply, and the judge may give one all the same.
#[must_use]
pub fn counted(row: &response::Model) -> Option<i32> {
    row.agreed_level.or(row.level)
}

/// Returns true if a criterion is left out: it does not apply, and no level was agreed all the same.
#[must_use]
pub fn left_out(row: &response::Model) -> bool {
    row.not_applicable && counted(row).is_none()
}

/// An answer as it is sent.
#[must_use]
pub fn sent(row: &response::Model) -> SentAnswer {
    SentAnswer {
        criterion_id: row.criterion_id,
        level: row.level,
        not_applicable: row.not_applicable,
        reason: row.reason.clone(),
        evidence: row.evidence.clone(),
        evidence_links: row.evidence_links.clone(),
        next_step: row.next_step.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_draft_and_a_returned_evaluation_are_answered_and_only_one_in_moderation_is_judged() {
        let may = |rule: fn(EvaluationStatus) -> Result<()>| {
            EvaluationStatus::ALL.iter().map(|status| rule(*status).is_ok()).collect::<Vec<_>>()
        };
        assert_eq!(may(answerable), [true, false, false, false, true]);
        assert_eq!(may(judgeable), [false, false, true, false, false]);
        assert_eq!(may(archivable), [true, false, false, false, false]);
    }

    #[test]
    fn a_level_is_one_of_the_criterions() {
        assert!(level(Some(4), 4).is_none() && level(None, 4).is_none());
        let fault = level(Some(5), 4).unwrap();
        assert_eq!(
            (fault.pointer.as_str(), fault.message.as_str()),
            ("/level", "the criterion has 4 levels: send 1 to 4")
        );
    }
}
