//! What each state of a plan lets change. Pure. The way from state to state stands in `transition`.

use entity::plans::plan::PlanStatus;

use crate::kernel::problem::{Problem, Result};

/// What a change of a plan's node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// One of the plan's text.
    Text,
    /// One that reports what was done: dues done, money spent, schools in an open cohort.
    Progress,
}

/// Whether a state lets a change happen.
///
/// # Errors
/// 409, saying which states allow it and how to get there.
pub fn allows(status: PlanStatus, change: Change) -> Result<()> {
    let detail = match (status, change) {
        (PlanStatus::Draft, _) | (PlanStatus::Active, Change::Progress) => return Ok(()),
        (PlanStatus::Proposed, _) => {
            "the plan is proposed, and what is being approved stays as it is: take it back to \
             draft by POST /plans/{id}/withdraw, or wait until it is active to report progress"
        }
        (PlanStatus::Active, Change::Text) => {
            "the plan is active: only the done dates of milestones and text targets, and what budget \
             lines have spent, still change. Its text changes in draft: copy it by \
             POST /plans/{id}/copy"
        }
        (PlanStatus::Closed, _) => {
            "the plan is closed and stays as it is; a draft may change: copy it by \
             POST /plans/{id}/copy"
        }
    };
    Err(Problem::conflict(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_changes_in_draft_alone_and_progress_while_active() {
        for status in PlanStatus::ALL {
            assert_eq!(allows(*status, Change::Text).is_ok(), *status == PlanStatus::Draft);
            let open = matches!(status, PlanStatus::Draft | PlanStatus::Active);
            assert_eq!(allows(*status, Change::Progress).is_ok(), open, "{status}");
        }
    }
}
