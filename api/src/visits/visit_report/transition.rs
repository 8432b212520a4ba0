//! The states of the versions of reports.

use entity::visits::visit_report::{self, ReportStatus};

use super::VisitReport;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = ReportStatus::Draft.as_str();
const SHARED: &str = ReportStatus::Shared.as_str();
const ACCEPTED: &str = ReportStatus::Accepted.as_str();
const DISPUTED: &str = ReportStatus::Disputed.as_str();
const UNANSWERED: &str = ReportStatus::Unanswered.as_str();
const CLOSED: &str = ReportStatus::Closed.as_str();
const SUPERSEDED: &str = ReportStatus::Superseded.as_str();

/// The school gets the version.
pub const SHARE: Verb = Verb {
    name: "share",
    path: "share",
    from: &[DRAFT],
    to: SHARED,
    scope: Scope::WriteVisits,
    reason: Needs::Optional,
    checks: "The report must say what was seen, and give a judgement (409). The version that the school has is \
             superseded, and the visit becomes `shared`.",
};

/// The school says that it is accurate.
pub const ACCEPT: Verb = Verb {
    name: "accept",
    path: "accept",
    from: &[SHARED],
    to: ACCEPTED,
    scope: Scope::AnswerVisits,
    reason: Needs::Optional,
    checks: "The visit becomes `closed`. A draft of another version is archived.",
};

/// The school says that it is not accurate.
pub const DISPUTE: Verb =
    Verb { name: "dispute", path: "dispute", to: DISPUTED, reason: Needs::Required, checks: "", ..ACCEPT };

/// Both views are kept.
pub const CLOSE: Verb = Verb {
    name: "close",
    path: "close",
    from: &[DISPUTED],
    to: CLOSED,
    checks: "There must be no draft of another version (409). The visit becomes `closed`.",
    ..SHARE
};

impl States for VisitReport {
    type Entity = visit_report::Entity;

    const TABLE: Transitions = Transitions {
        noun: "report",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, SHARED, ACCEPTED, DISPUTED, UNANSWERED, CLOSED, SUPERSEDED],
        verbs: &[SHARE, ACCEPT, DISPUTE, CLOSE],
    };

    fn state(row: &visit_report::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = ReportStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(VisitReport::TABLE.states, known);
    }

    #[test]
    fn what_the_school_has_never_becomes_a_draft_again() {
        let allowed = |state| VisitReport::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(DRAFT), [("share", SHARED)]);
        assert_eq!(allowed(SHARED), [("accept", ACCEPTED), ("dispute", DISPUTED)]);
        assert_eq!(allowed(DISPUTED), [("close", CLOSED)]);
        for last in [ACCEPTED, UNANSWERED, CLOSED, SUPERSEDED] {
            assert_eq!(allowed(last), []);
        }
    }
}
