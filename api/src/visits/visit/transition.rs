//! The states of visits.

use entity::visits::visit::{self, VisitStatus};

use super::Visit;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PLANNED: &str = VisitStatus::Planned.as_str();
const CONFIRMED: &str = VisitStatus::Confirmed.as_str();
const COMPLETED: &str = VisitStatus::Completed.as_str();
const REPORTED: &str = VisitStatus::Reported.as_str();
const SHARED: &str = VisitStatus::Shared.as_str();
const CLOSED: &str = VisitStatus::Closed.as_str();
const CANCELLED: &str = VisitStatus::Cancelled.as_str();
const DECLINED: &str = VisitStatus::Declined.as_str();

/// The school expects the visitor.
pub const CONFIRM: Verb = Verb {
    name: "confirm",
    path: "confirm",
    from: &[PLANNED],
    to: CONFIRMED,
    scope: Scope::WriteVisits,
    reason: Needs::Optional,
    checks: "The hub's `audit_gate` decides about a first visit to a school that has no visit audit: `warn` puts a \
             warning into the reply, `required` refuses (409).",
};

/// The school calls the visit off.
pub const DECLINE: Verb = Verb {
    name: "decline",
    path: "decline",
    from: &[PLANNED, CONFIRMED],
    to: DECLINED,
    scope: Scope::AnswerVisits,
    reason: Needs::Required,
    checks: "",
};

/// The hub calls the visit off.
pub const CANCEL: Verb = Verb { name: "cancel", path: "cancel", to: CANCELLED, scope: Scope::WriteVisits, ..DECLINE };

/// The visit was made.
pub const COMPLETE: Verb = Verb {
    name: "complete",
    path: "complete",
    from: &[CONFIRMED],
    to: COMPLETED,
    checks: "The visit must have begun (409). `completed_on` becomes its day. What is open of earlier actions at the \
             school is carried on to this visit, unless it was carried on to a later one.",
    ..CONFIRM
};

/// The report is written.
pub const REPORT: Verb = Verb {
    name: "report",
    path: "report",
    from: &[COMPLETED],
    to: REPORTED,
    checks: "A draft of the report must say what was seen, and give a judgement (409).",
    ..CONFIRM
};

/// The school gets the report.
pub const SHARE: Verb = Verb {
    name: "share",
    path: "share",
    from: &[REPORTED],
    to: SHARED,
    checks: "Shares the draft of the report; without one the reply is 409. A later version is shared by itself.",
    ..CONFIRM
};

/// Nothing is left to do.
pub const CLOSE: Verb = Verb {
    name: "close",
    path: "close",
    from: &[SHARED],
    to: CLOSED,
    checks: "The school must have answered the report, or let the time for it pass (409). A report that it calls \
             inaccurate is closed with both views.",
    ..CONFIRM
};

impl States for Visit {
    type Entity = visit::Entity;

    const TABLE: Transitions = Transitions {
        noun: "visit",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PLANNED, CONFIRMED, COMPLETED, REPORTED, SHARED, CLOSED, CANCELLED, DECLINED],
        verbs: &[CONFIRM, DECLINE, CANCEL, COMPLETE, REPORT, SHARE, CLOSE],
    };

    fn state(row: &visit::Model) -> &'static str {
        row.status.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state() {
        let known: Vec<_> = VisitStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(Visit::TABLE.states, known);
    }

    #[test]
    fn a_visit_that_was_made_is_never_called_off() {
        let allowed = |state| Visit::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(PLANNED), [("confirm", CONFIRMED), ("decline", DECLINED), ("cancel", CANCELLED)]);
        assert_eq!(allowed(CONFIRMED), [("decline", DECLINED), ("cancel", CANCELLED), ("complete", COMPLETED)]);
        assert_eq!(allowed(COMPLETED), [("report", REPORTED)]);
        assert_eq!(allowed(REPORTED), [("share", SHARED)]);
        assert_eq!(allowed(SHARED), [("close", CLOSED)]);
        for last in [CLOSED, CANCELLED, DECLINED] {
            assert_eq!(allowed(last), []);
        }
    }
}
