//! What each state of a plan lets change. Pure. The way from state to state stands in `transition`.

use entity::plans::plan::PlanStatus;

use crate::kernel::problem::{Problem, Result};

/// What an edit of a plan's node changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EditKind {
    /// The plan's text.
    #[default]
    Content,
    /// What was done: dues done, money spent, schools in an open cohort.
    Progress,
}

/// Whether a state lets an edit happen.
///
/// # Errors
/// 409, saying which states allow it and how to get there.
pub fn allows(status: PlanStatus, edit: EditKind) -> Result<()> {
    let detail = match (status, edit) {
        (PlanStatus::Draft, _) | (PlanStatus::Active, EditKind::Progress) => return Ok(()),
        (PlanStatus::Proposed, _) => {
            "the plan is proposed, and what is being approved stays as it is: take it back to \
             draft by POST /plans/{id}/withdraw, or wait until it is active to report progress"
        }
        (PlanStatus::Active, EditKind::Content) => {
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
    fn content_changes_in_draft_alone_and_progress_while_active() {
        for status in PlanStatus::ALL {
            assert_eq!(allows(*status, EditKind::Content).is_ok(), *status == PlanStatus::Draft);
            let open = matches!(status, PlanStatus::Draft | PlanStatus::Active);
            assert_eq!(allows(*status, EditKind::Progress).is_ok(), open, "{status}");
        }
    }
}
