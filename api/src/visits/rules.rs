//! What visits, reports and actions must be to be stored. Pure.

use std::collections::HashSet;
use std::time::Duration;

use entity::instant::Instant;
use entity::visits::action::{self, ActionAudience, ActionSource, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use entity::visits::visit_report::{self, ReportStatus};
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::{Fault, Problem, Result};
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Mutation;

/// The longest that a visit lasts. Two visits at the same time therefore begin within this time of one another.
pub const LONGEST: Duration = Duration::from_hours(24);

/// So many days after a visit its report is still in time, unless somebody asks for others.
pub const REPORT_IN_DAYS: i32 = 14;

/// Finds what is wrong with the times of a visit.
#[must_use]
pub fn times(starts_at: Instant, ends_at: Instant) -> Option<Fault> {
    let message = match () {
        () if ends_at <= starts_at => "a visit ends after it begins",
        () if ends_at > starts_at + LONGEST => "a visit lasts 24 hours at most: plan one for each day",
        () => return None,
    };
    Some(Fault::new("/ends_at", "order", message))
}

/// Finds people who are named twice among the visitors.
#[must_use]
pub fn visitors(visitor_id: Uuid, co_visitor_ids: &[Uuid]) -> Vec<Fault> {
    let mut seen = HashSet::from([visitor_id]);
    let twice = co_visitor_ids.iter().enumerate().filter(|(_, person)| !seen.insert(**person));
    let message = "each person stands once among the visitors";
    twice.map(|(at, _)| Fault::new(format!("/co_visitor_ids/{at}"), "duplicate", message)).collect()
}

/// Returns true if the people of a visit are expected at its time.
#[must_use]
pub fn is_ahead(status: VisitStatus) -> bool {
    matches!(status, VisitStatus::Planned | VisitStatus::Confirmed)
}

/// Everybody who makes a visit.
pub fn people(visit: &visit::Model) -> impl Iterator<Item = Uuid> {
    std::iter::once(visit.visitor_id).chain(visit.co_visitor_ids.iter().copied())
}

/// Returns true if two visits take somebody's time at once.
#[must_use]
pub fn clash(one: &visit::Model, other: &visit::Model) -> bool {
    let together = one.starts_at < other.ends_at && other.starts_at < one.ends_at;
    together && people(one).any(|person| people(other).any(|another| another == person))
}

/// Returns true if a step takes a visit to another school.
#[must_use]
pub fn moves(step: &Mutation<'_, visit::Model>) -> bool {
    step.before.is_some_and(|before| before.school_id != step.after.school_id)
}

/// Returns true if a step makes something else of a visit that the school expects, without a verb that asks for it.
#[must_use]
pub fn changes_confirmed(step: &Mutation<'_, visit::Model>) -> bool {
    let form = matches!(step.operation, Operation::Update | Operation::Restore);
    let changed = step.before.is_some_and(|before| before.kind != step.after.kind);
    form && changed && step.after.status == VisitStatus::Confirmed
}

/// Decides whether a visit, to which something may refer already, may be changed or archived so.
///
/// # Errors
/// 422 for what is fixed once the visit was made, and for the school once it expects the visit or something refers to
/// the visit; 409 for a visit that is over, or that was made and is to be archived.
pub fn visit_step(step: &Mutation<'_, visit::Model>, is_referred_to: bool) -> Result<()> {
    let Some(before) = step.before else { return Ok(()) };
    match step.operation {
        Operation::Archive if before.completed_on.is_some() => {
            Err(Problem::conflict("cannot archive a visit that was made: it counts in the hub's figures"))
        }
        Operation::Update | Operation::Restore => visit_edit(before, step.after, is_referred_to),
        _ => Ok(()),
    }
}

fn visit_edit(before: &visit::Model, after: &visit::Model, is_referred_to: bool) -> Result<()> {
    match before.status {
        VisitStatus::Planned | VisitStatus::Confirmed => {
            let stays = before.status == VisitStatus::Confirmed || is_referred_to;
            if !stays || before.school_id == after.school_id {
                return Ok(());
            }
            let message = "a visit stays at its school once it is confirmed, or has actions, observations or \
                           files: cancel it and plan another";
            Err(Problem::invalid("/school_id", "fixed", message))
        }
        VisitStatus::Completed | VisitStatus::Reported | VisitStatus::Shared => {
            let fixed = [
                ("/school_id", before.school_id != after.school_id),
                ("/visitor_id", before.visitor_id != after.visitor_id),
                ("/co_visitor_ids", before.co_visitor_ids != after.co_visitor_ids),
                ("/provider_id", before.provider_id != after.provider_id),
                ("/kind", before.kind != after.kind),
                ("/mode", before.mode != after.mode),
                ("/starts_at", before.starts_at != after.starts_at),
                ("/ends_at", before.ends_at != after.ends_at),
            ];
            let changed = fixed.into_iter().filter(|(_, changed)| *changed);
            let faults: Vec<_> = changed
                .map(|(at, _)| Fault::new(at, "fixed", "this stays as it was when the visit was made"))
                .collect();
            if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
        }
        VisitStatus::Closed | VisitStatus::Cancelled | VisitStatus::Declined => {
            let (note, external_ids) = (after.note.clone(), after.external_ids.clone());
            let (version, updated_at, archived_at) = (after.version, after.updated_at, after.archived_at);
            if (visit::Model { note, external_ids, version, updated_at, archived_at, ..before.clone() }) == *after {
                return Ok(());
            }
            Err(Problem::conflict(format!(
                "cannot change a {} visit, except for its note and the keys of partner systems",
                before.status
            )))
        }
    }
}

/// Decides whether the files of a visit in this state may change.
///
/// # Errors
/// 409 for a visit that is over.
pub fn visit_files(status: VisitStatus) -> Result<()> {
    match status {
        VisitStatus::Closed | VisitStatus::Cancelled | VisitStatus::Declined => {
            Err(Problem::conflict(format!("cannot change the files of a {status} visit: they stay as they are")))
        }
        _ => Ok(()),
    }
}

/// Says what keeps a report from being handed over: the school reads what was seen and how it is judged.
///
/// # Errors
/// 409 with everything that is missing, each at its field.
pub fn complete(report: &visit_report::Model) -> Result<()> {
    let parts = [
        ("/seen", report.seen.is_some(), "say what was seen"),
        ("/judgement", report.judgement.is_some(), "give a judgement"),
    ];
    let missing = parts.into_iter().filter(|(_, given, _)| !given);
    let mut faults = missing.map(|(at, _, message)| Fault::new(at, "missing", message)).peekable();
    if faults.peek().is_none() {
        return Ok(());
    }
    let problem = Problem::conflict("cannot hand over an incomplete report: write what is missing first");
    Err(faults.fold(problem, Problem::with))
}

/// Decides whether a version of a report in this state may be changed or archived.
///
/// # Errors
/// 409, which says what to do instead.
pub fn editable(status: ReportStatus) -> Result<()> {
    match status {
        ReportStatus::Draft => Ok(()),
        ReportStatus::Shared | ReportStatus::Disputed => Err(Problem::conflict(format!(
            "cannot change a {status} report, which the school has: write the next version by POST \
             /visit-reports/{{id}}/next-version"
        ))),
        _ => Err(Problem::conflict(format!("cannot change a report that is {status}: it stays as it is"))),
    }
}

/// Decides whether another version of a visit's report may be begun.
///
/// # Errors
/// 409, which says what to do first.
pub fn reportable(status: VisitStatus) -> Result<()> {
    match status {
        VisitStatus::Completed | VisitStatus::Reported | VisitStatus::Shared => Ok(()),
        VisitStatus::Planned | VisitStatus::Confirmed => {
            Err(Problem::conflict(format!("cannot report a {status} visit: complete it first")))
        }
        _ => Err(Problem::conflict(format!("cannot report a {status} visit"))),
    }
}

/// Finds what is wrong with where an action comes from.
#[must_use]
pub fn source(kind: ActionSource, id: Option<Uuid>, text: Option<&str>, audience: ActionAudience) -> Vec<Fault> {
    let mut faults = Vec::new();
    match (kind, id, text) {
        (ActionSource::Visit | ActionSource::Evaluation, None, _) => {
            faults.push(Fault::new("/source_id", "missing", format!("name the {kind} by its id")));
        }
        (ActionSource::Review, Some(_), _) => {
            let message = format!("a {kind} has no id here: say in `source_text` which one");
            faults.push(Fault::new("/source_id", "not_applicable", message));
        }
        (ActionSource::Meeting, None, None) => {
            let message = "name the meeting by `source_id`, or say in words which one it was";
            faults.push(Fault::new("/source_text", "missing", message));
        }
        (ActionSource::Review, None, None) => {
            faults.push(Fault::new("/source_text", "missing", format!("say in words which {kind} it was")));
        }
        _ => {}
    }
    if audience == ActionAudience::AfterSharing && kind != ActionSource::Visit {
        let message = "only a visit has a report that is shared: choose `school` or `hub`";
        faults.push(Fault::new("/audience", "not_applicable", message));
    }
    faults
}

/// Decides whether an action in this state, or its files, may be changed.
///
/// # Errors
/// 409 for an action that was dropped.
pub fn changeable(status: ActionStatus) -> Result<()> {
    if status == ActionStatus::Dropped {
        return Err(Problem::conflict("cannot change a dropped action: open it again by POST /actions/{id}/reopen"));
    }
    Ok(())
}

/// Decides about a change of an action's own fields, on a day.
///
/// # Errors
/// 422 for a day of doing that does not fit, or a school that is to see less than it saw; 409 for an action that was
/// dropped.
pub fn action_edit(before: Option<&action::Model>, after: &action::Model, today: Date) -> Result<()> {
    if let Some(before) = before {
        changeable(before.status)?;
    }
    let mut faults = Vec::new();
    match (after.status, after.done_on) {
        (ActionStatus::Done, None) => {
            faults.push(Fault::new("/done_on", "missing", "a done action has a day on which it was done"));
        }
        (ActionStatus::Open, Some(_)) => {
            let message = "set it once the action is done: by POST /actions/{id}/complete";
            faults.push(Fault::new("/done_on", "not_applicable", message));
        }
        (ActionStatus::Done, Some(done_on)) if done_on > today => {
            faults.push(Fault::new("/done_on", "order", "the day has not come yet"));
        }
        _ => {}
    }
    if let Some(before) = before {
        if before.shared_at.is_some() && after.audience != ActionAudience::School {
            faults.push(Fault::new("/audience", "fixed", "the school has seen the action already"));
        }
        let fixed = [
            ("/school_id", before.school_id != after.school_id),
            ("/source_kind", before.source_kind != after.source_kind),
            ("/source_id", before.source_id != after.source_id),
        ];
        let changed = fixed.into_iter().filter(|(_, changed)| *changed);
        faults.extend(changed.map(|(at, _)| Fault::new(at, "fixed", "an action stays with what it comes from")));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
