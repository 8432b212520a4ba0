//! The states of a plan, and what each of them lets change. Pure.

use entity::plans::plan::PlanStatus;

use crate::kernel::problem::{Problem, Result};

/// A step from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Puts a draft to those who approve it.
    Propose,
    /// Takes a proposed plan back.
    Withdraw,
    /// Brings an approved plan into force.
    Activate,
    /// Ends an active plan.
    Close,
}

impl Transition {
    /// Its name in the log and in addresses.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Propose => "propose",
            Self::Withdraw => "withdraw",
            Self::Activate => "activate",
            Self::Close => "close",
        }
    }

    /// The state it begins in, and the one it ends in.
    #[must_use]
    pub const fn ends(self) -> (PlanStatus, PlanStatus) {
        match self {
            Self::Propose => (PlanStatus::Draft, PlanStatus::Proposed),
            Self::Withdraw => (PlanStatus::Proposed, PlanStatus::Draft),
            Self::Activate => (PlanStatus::Proposed, PlanStatus::Active),
            Self::Close => (PlanStatus::Active, PlanStatus::Closed),
        }
    }

    /// Where it leads from a state.
    ///
    /// # Errors
    /// 409 from any state but its own.
    pub fn from(self, status: PlanStatus) -> Result<PlanStatus> {
        let (from, to) = self.ends();
        if status == from {
            return Ok(to);
        }
        let name = self.name();
        Err(Problem::conflict(format!("the plan is {status}; only a {from} plan can {name}")))
    }
}

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
    fn a_plan_goes_one_way_but_for_withdrawal() {
        use PlanStatus::{Active, Closed, Draft, Proposed};
        assert_eq!(Transition::Propose.from(Draft).unwrap(), Proposed);
        assert_eq!(Transition::Withdraw.from(Proposed).unwrap(), Draft);
        assert_eq!(Transition::Activate.from(Proposed).unwrap(), Active);
        assert_eq!(Transition::Close.from(Active).unwrap(), Closed);
        for (transition, status) in [
            (Transition::Propose, Active),
            (Transition::Withdraw, Active),
            (Transition::Activate, Draft),
            (Transition::Close, Closed),
        ] {
            assert!(transition.from(status).is_err());
        }
        let refused = Transition::Activate.from(Draft).unwrap_err();
        assert_eq!(refused.detail(), "the plan is draft; only a proposed plan can activate");
    }

    #[test]
    fn text_changes_in_draft_alone_and_progress_while_active() {
        for status in PlanStatus::ALL {
            assert_eq!(allows(*status, Change::Text).is_ok(), *status == PlanStatus::Draft);
            let open = matches!(status, PlanStatus::Draft | PlanStatus::Active);
            assert_eq!(allows(*status, Change::Progress).is_ok(), open, "{status}");
        }
    }
}
