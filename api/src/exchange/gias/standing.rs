//! Whether a school is open and since when, its phase, and whom it admits.

use entity::schools::school::{SchoolGender, SchoolPhase, SchoolStatus};
use time::Date;

use super::header::folded;
use super::reading::{Reading, shown};
use super::text::says_nothing;
use super::{Remark, remark};

pub(super) const STATUS: &str = "EstablishmentStatus (name)";
pub(super) const PHASE: &str = "PhaseOfEducation (name)";

/// Of two days in the wrong order the later kept one is the closing: lists go by it.
pub(super) fn period(row: &mut Reading<'_>) -> (Option<Date>, Option<Date>) {
    let opened_on = row.date("OpenDate", "opened_on");
    let closed_on = row.date("CloseDate", "closed_on");
    match (opened_on, closed_on) {
        (Some(opened), Some(closed)) if closed < opened => {
            let message = format!("not after the closing on {closed}: the opening is left out");
            row.leave_unsaid("opened_on", "order", "OpenDate", message);
            (None, closed_on)
        }
        days => days,
    }
}

/// Whether a school is open decides its outcome, so that a value which is not known, or two
/// that contradict each other, reject the row. An empty one follows from the dates.
pub(super) fn status(
    row: &mut Reading<'_>,
    opened_on: Option<Date>,
    closed_on: Option<Date>,
) -> Result<SchoolStatus, Remark> {
    let (code, name) = (row.value("EstablishmentStatus (code)"), row.value(STATUS));
    let by_code = match code {
        "1" => Some(SchoolStatus::Open),
        // 5 is a nursery that was taken off its own register: it teaches no longer.
        "2" | "5" => Some(SchoolStatus::Closed),
        "3" => Some(SchoolStatus::ProposedToClose),
        "4" => Some(SchoolStatus::ProposedToOpen),
        _ => None,
    };
    let by_name = match folded(name).as_str() {
        "open" => Some(SchoolStatus::Open),
        "closed" | "deregisteredaseysetting" => Some(SchoolStatus::Closed),
        "openbutproposedtoclose" => Some(SchoolStatus::ProposedToClose),
        "proposedtoopen" => Some(SchoolStatus::ProposedToOpen),
        _ => None,
    };
    let message = match (by_code, by_name) {
        (Some(one), Some(two)) if one != two => {
            format!("the code {:?} and the name {:?} contradict each other", shown(code), shown(name))
        }
        (Some(status), Some(_)) => return Ok(status),
        (Some(status), None) if name.is_empty() => return Ok(status),
        (None, Some(status)) if code.is_empty() => return Ok(status),
        (None, None) if code.is_empty() && name.is_empty() => {
            return Ok(likely_status(row, opened_on, closed_on));
        }
        _ => format!(
            "Open, Closed, \"Open, but proposed to close\" or \"Proposed to open\", not {:?}",
            format!("{} {}", shown(code), shown(name)).trim()
        ),
    };
    Err(remark("unknown_status", Some(STATUS), message))
}

fn likely_status(row: &mut Reading<'_>, opened_on: Option<Date>, closed_on: Option<Date>) -> SchoolStatus {
    let today = row.today();
    let status = match (opened_on, closed_on) {
        (_, Some(closed)) if closed <= today => SchoolStatus::Closed,
        (_, Some(_)) => SchoolStatus::ProposedToClose,
        (Some(opened), None) if opened > today => SchoolStatus::ProposedToOpen,
        _ => SchoolStatus::Open,
    };
    let message = format!("empty: what is known stands, a new school is taken as {}", status.as_str());
    row.leave_unsaid("status", "assumed", STATUS, message);
    status
}

/// A phase that is not known rejects no row: a school without one is found and corrected more easily
/// than a school that is not there.
pub(super) fn phase(row: &mut Reading<'_>) -> SchoolPhase {
    let (code, name) = (row.value("PhaseOfEducation (code)"), row.value(PHASE));
    let by_name = match folded(name).as_str() {
        "notapplicable" => Some(SchoolPhase::NotApplicable),
        "nursery" => Some(SchoolPhase::Nursery),
        "primary" => Some(SchoolPhase::Primary),
        "middledeemedprimary" => Some(SchoolPhase::MiddleDeemedPrimary),
        "secondary" => Some(SchoolPhase::Secondary),
        "middledeemedsecondary" => Some(SchoolPhase::MiddleDeemedSecondary),
        "16plus" => Some(SchoolPhase::SixteenPlus),
        "allthrough" => Some(SchoolPhase::AllThrough),
        _ => None,
    };
    let by_code = || match code {
        "0" => Some(SchoolPhase::NotApplicable),
        "1" => Some(SchoolPhase::Nursery),
        "2" => Some(SchoolPhase::Primary),
        "3" => Some(SchoolPhase::MiddleDeemedPrimary),
        "4" => Some(SchoolPhase::Secondary),
        "5" => Some(SchoolPhase::MiddleDeemedSecondary),
        "6" => Some(SchoolPhase::SixteenPlus),
        "7" => Some(SchoolPhase::AllThrough),
        _ => None,
    };
    if let Some(phase) = by_name.or_else(by_code) {
        return phase;
    }
    if code.is_empty() && (name.is_empty() || says_nothing(name)) {
        let message = "empty: what is known stands, a new school has none";
        row.leave_unsaid("phase", "assumed", PHASE, message);
    } else {
        let given = format!("{} {}", shown(code), shown(name));
        let message = format!("{:?} is no phase of education", given.trim());
        row.leave_unsaid("phase", "unknown_phase", PHASE, message);
    }
    SchoolPhase::NotApplicable
}

pub(super) fn ages(row: &mut Reading<'_>) -> (Option<i32>, Option<i32>) {
    let lowest = row.number("StatutoryLowAge", "lowest_age", 0..=25);
    let highest = row.number("StatutoryHighAge", "highest_age", 0..=99);
    if matches!((lowest, highest), (Some(low), Some(high)) if low > high) {
        let message = "the lowest age is above the highest: neither is taken";
        row.leave_unsaid("lowest_age", "order", "StatutoryLowAge", message);
        row.leave_unsaid_quietly("highest_age");
        return (None, None);
    }
    (lowest, highest)
}

pub(super) fn gender(row: &mut Reading<'_>) -> Option<SchoolGender> {
    let name = row.value("Gender (name)");
    match folded(name).as_str() {
        "mixed" => Some(SchoolGender::Mixed),
        "boys" => Some(SchoolGender::Boys),
        "girls" => Some(SchoolGender::Girls),
        "" => None,
        _ if says_nothing(name) => None,
        _ => {
            let message = format!("Mixed, Boys or Girls, not {:?}", shown(name));
            row.leave_unsaid("gender", "format", "Gender (name)", message);
            None
        }
    }
}
