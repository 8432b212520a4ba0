//! What waits for visitors, for schools that got a report, and for people who agreed to do something.

use entity::visits::action::{self, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report::{self, ReportStatus};
use sea_orm::ExprTrait;
use sea_orm::sea_query::Expr;
use time::{Date, Duration};

use super::action::ActionItem;
use super::rules::REPORT_IN_DAYS;
use super::visit::Visit;
use super::visit_report::VisitReport;
use crate::kernel::base::wall_day;
use crate::kernel::operations::tasks::{TaskSource, Waiting, column};
use crate::kernel::prelude::*;

/// The tasks that the part knows.
#[must_use]
pub const fn tasks() -> [TaskSource; 7] {
    [
        TaskSource { kind: "action", what: "Do what was agreed", collection: ActionItem::PATH, waiting: actions },
        TaskSource { kind: "visit_confirm", what: "Confirm a visit", collection: Visit::PATH, waiting: to_confirm },
        TaskSource {
            kind: "visit_complete",
            what: "Say that a visit was made",
            collection: Visit::PATH,
            waiting: to_complete,
        },
        TaskSource {
            kind: "visit_report_write",
            what: "Write the report of a visit",
            collection: Visit::PATH,
            waiting: to_report,
        },
        TaskSource {
            kind: "visit_report_share",
            what: "Share the report of a visit",
            collection: Visit::PATH,
            waiting: to_share,
        },
        TaskSource {
            kind: "visit_report_revise",
            what: "Look again at a report that the school calls inaccurate",
            collection: VisitReport::PATH,
            waiting: to_revise,
        },
        TaskSource {
            kind: "visit_report_answer",
            what: "Answer the report of a visit",
            collection: VisitReport::PATH,
            waiting: to_answer,
        },
    ]
}

/// Open actions of the person; for a school also the ones that it agreed to and no person has.
fn actions(caller: &Caller) -> Option<Waiting> {
    use action::Column;

    let caller = caller.under(ActionItem::READ)?;
    let own = caller.actor.person_id().map(|person| Column::OwnerId.eq(person));
    let of_school = (caller.reach(caller.scope()) == Reach::OWN).then(|| Column::OwnerId.is_null());
    if own.is_none() && of_school.is_none() {
        return None;
    }
    let mine = Condition::any().add_option(own).add_option(of_school);
    let waiting = Waiting::of::<action::Entity>(&caller).only(Column::Status.eq(ActionStatus::Open)).only(mine);
    let waiting =
        waiting.school(column::<action::Entity>(Column::SchoolId)).due(column::<action::Entity>(Column::DueOn));
    let waiting = waiting.about(column::<action::Entity>(Column::Text));
    Some(waiting.status(column::<action::Entity>(Column::Status)))
}

/// The visits of the person in a state.
fn visits(caller: &Caller, status: VisitStatus) -> Option<Waiting> {
    use visit::Column;

    let caller = caller.under(Scope::WriteVisits)?;
    let person = caller.actor.person_id()?;
    let waiting = Waiting::of::<visit::Entity>(&caller).only(Column::VisitorId.eq(person));
    Some(of_visit(waiting.only(Column::Status.eq(status))).status(column::<visit::Entity>(Column::Status)))
}

/// What a task says about a visit.
fn of_visit(waiting: Waiting) -> Waiting {
    waiting
        .school(column::<visit::Entity>(visit::Column::SchoolId))
        .about(column::<visit::Entity>(visit::Column::Purpose))
}

fn to_confirm(caller: &Caller) -> Option<Waiting> {
    let begins = column::<visit::Entity>(visit::Column::StartsAt);
    Some(visits(caller, VisitStatus::Planned)?.due(wall_day::day(caller.db().backend(), begins, around(caller))))
}

fn to_complete(caller: &Caller) -> Option<Waiting> {
    let over = visit::Column::EndsAt.lt(caller.now());
    let ends = column::<visit::Entity>(visit::Column::EndsAt);
    let due = wall_day::day(caller.db().backend(), ends, around(caller));
    Some(visits(caller, VisitStatus::Confirmed)?.only(over).due(due))
}

/// The years in which visits that wait may be.
fn around(caller: &Caller) -> [Date; 2] {
    let days = |days| caller.today().checked_add(Duration::days(days)).unwrap_or(Date::MAX);
    [days(-10 * 365), days(10 * 365)]
}

fn to_report(caller: &Caller) -> Option<Waiting> {
    Some(visits(caller, VisitStatus::Completed)?.due(report_due(caller)))
}

fn to_share(caller: &Caller) -> Option<Waiting> {
    Some(visits(caller, VisitStatus::Reported)?.due(report_due(caller)))
}

/// The last day on which the report of a visit is in time.
fn report_due(caller: &Caller) -> Expr {
    let made = column::<visit::Entity>(visit::Column::CompletedOn);
    wall_day::days_later(caller.db().backend(), made, REPORT_IN_DAYS)
}

/// Reports of the person's visits that the school calls inaccurate.
fn to_revise(caller: &Caller) -> Option<Waiting> {
    let caller = caller.under(Scope::WriteVisits)?;
    let own = column::<visit::Entity>(visit::Column::VisitorId).eq(caller.actor.person_id()?);
    let waiting = Waiting::of::<visit_report::Entity>(&caller);
    Some(told_by_school(waiting, ReportStatus::Disputed).only(Condition::all().add(own)))
}

/// Reports that a school has and has not answered.
fn to_answer(caller: &Caller) -> Option<Waiting> {
    let caller = caller.under(Scope::AnswerVisits).filter(|caller| caller.reach(caller.scope()) == Reach::OWN)?;
    let waiting = told_by_school(Waiting::of::<visit_report::Entity>(&caller), ReportStatus::Shared);
    Some(waiting.due(column::<visit_report::Entity>(visit_report::Column::AnswerDueOn)))
}

/// Versions of reports in a state, with what a task says about their visits.
fn told_by_school(waiting: Waiting, status: ReportStatus) -> Waiting {
    use visit_report::{Column, Entity};

    let waiting = waiting.only(Column::Status.eq(status)).joined::<Entity, visit::Entity>(Column::VisitId);
    of_visit(waiting).status(column::<Entity>(Column::Status))
}
