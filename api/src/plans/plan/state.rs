//! What each state of a plan lets change. Pure. The way from state to state stands in `transition`.

use entity::plans::plan::PlanStatus;

use crate::kernel::base::problem::{Problem, Result};

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
            "cannot change a proposed plan: withdraw it by POST /plans/{id}/withdraw, or report progress \
             once it is active"
        }
        (PlanStatus::Active, EditKind::Content) => {
            "cannot change the text of an active plan: copy it by POST /plans/{id}/copy and change the \
             draft. Only the done dates of milestones and text targets, and what budget lines have spent, \
             still change"
        }
        (PlanStatus::Closed, _) => "cannot change a closed plan: copy it by POST /plans/{id}/copy and change the draft",
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
