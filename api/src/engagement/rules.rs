//! What groups, meetings, messages, answers and shared practice must be to be stored. Pure.

use std::collections::HashSet;
use std::time::Duration;

use entity::engagement::communication::{self, CommunicationKind, CommunicationStatus};
use entity::engagement::communication_recipient::{self, Outcome};
use entity::engagement::consultation_response;
use entity::engagement::hub_link::LinkStatus;
use entity::engagement::hub_share::ShareStatus;
use entity::engagement::meeting::{Attendee, MeetingDecision, MeetingStatus};
use entity::engagement::shared_practice::{self, PracticeAudience, PracticeStatus};
use entity::engagement::stakeholder_group::GroupMember;
use entity::instant::Instant;
use time::Date;
use uuid::Uuid;

use crate::kernel::base::problem::{Fault, Problem, Result};

/// The longest that a meeting lasts.
const LONGEST: Duration = Duration::from_hours(24);

/// Finds what is wrong with the times of a meeting.
#[must_use]
pub fn times(starts_at: Instant, ends_at: Instant) -> Option<Fault> {
    let message = match () {
        () if ends_at <= starts_at => "a meeting ends after it begins",
        () if ends_at > starts_at + LONGEST => "a meeting lasts 24 hours at most: plan one for each day",
        () => return None,
    };
    Some(Fault::new("/ends_at", "order", message))
}

/// Who is named: a person, a school, or somebody in words.
type Named<'a> = (Option<Uuid>, Option<Uuid>, Option<&'a str>);

fn named_once<'a>(list: &str, all: impl Iterator<Item = Named<'a>>) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let mut faults = Vec::new();
    for (at, (person, school, text)) in all.enumerate() {
        let count = [person.is_some(), school.is_some(), text.is_some()].into_iter().filter(|given| *given).count();
        if count != 1 {
            let message = "name exactly one of `person_id`, `school_id` and `text`";
            faults.push(Fault::new(format!("{list}/{at}"), "one_of", message));
        } else if let Some(id) = person.or(school)
            && !seen.insert(id)
        {
            let field = if person.is_some() { "person_id" } else { "school_id" };
            faults.push(Fault::new(format!("{list}/{at}/{field}"), "duplicate", "each stands once in the list"));
        }
    }
    faults
}

/// Finds members that name nobody or several, or that stand twice in a group.
#[must_use]
pub fn members(members: &[GroupMember]) -> Vec<Fault> {
    named_once("/members", members.iter().map(|one| (one.person_id, one.school_id, one.text.as_deref())))
}

/// Finds attendees that name nobody or several, or that stand twice at a meeting.
#[must_use]
pub fn attendance(attendance: &[Attendee]) -> Vec<Fault> {
    named_once("/attendance", attendance.iter().map(|one| (one.person_id, one.school_id, one.text.as_deref())))
}

/// Finds minutes that have the same number.
#[must_use]
pub fn decisions(decisions: &[MeetingDecision]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let twice = decisions.iter().enumerate().filter(|(_, decision)| !seen.insert(decision.number.as_str()));
    let message = "each minute has a number of its own within the meeting";
    twice.map(|(at, _)| Fault::new(format!("/decisions/{at}/number"), "duplicate", message)).collect()
}

/// Finds ids that stand twice in a list.
#[must_use]
pub fn each_once(pointer: &str, ids: &[Uuid]) -> Vec<Fault> {
    let mut seen = HashSet::new();
    let twice = ids.iter().enumerate().filter(|(_, id)| !seen.insert(**id));
    twice.map(|(at, _)| Fault::new(format!("{pointer}/{at}"), "duplicate", "each stands once in the list")).collect()
}

/// Decides whether a meeting in this state, or its files, may be changed.
///
/// # Errors
/// 409, which says what to do first.
pub fn meeting_editable(status: MeetingStatus) -> Result<()> {
    match status {
        MeetingStatus::Planned | MeetingStatus::Held => Ok(()),
        MeetingStatus::Minuted => Err(Problem::conflict(
            "cannot change a minuted meeting, whose minutes are agreed: open them again by POST /meetings/{id}/reopen",
        )),
        MeetingStatus::Cancelled => Err(Problem::conflict("cannot change a cancelled meeting: it stays as it is")),
    }
}

/// Finds what a meeting cannot have while it is planned, or before the day has come.
#[must_use]
pub fn agreed_on(status: MeetingStatus, agreed_on: Option<Date>, held_on: Date, today: Date) -> Option<Fault> {
    let agreed_on = agreed_on?;
    let (code, message) = match () {
        () if status == MeetingStatus::Planned => {
            ("not_applicable", "minutes are agreed once the meeting was held: by POST /meetings/{id}/minute")
        }
        () if agreed_on < held_on => ("order", "not before the day of the meeting"),
        () if agreed_on > today => ("order", "the day has not come yet"),
        () => return None,
    };
    Some(Fault::new("/minutes_agreed_on", code, message))
}

/// Finds what a message lacks or has too much.
#[must_use]
pub fn message(kind: CommunicationKind, stakeholder_group_ids: &[Uuid]) -> Vec<Fault> {
    let mut faults = each_once("/stakeholder_group_ids", stakeholder_group_ids);
    if kind != CommunicationKind::Consultation && !stakeholder_group_ids.is_empty() {
        let message = "only a consultation asks stakeholder groups: leave it out, or choose that kind";
        faults.push(Fault::new("/stakeholder_group_ids", "not_applicable", message));
    }
    faults
}

/// Decides whether a message in this state, or its files, may be changed.
///
/// # Errors
/// 409, which says what to do instead.
pub fn message_editable(status: CommunicationStatus) -> Result<()> {
    match status {
        CommunicationStatus::Draft => Ok(()),
        CommunicationStatus::Sent | CommunicationStatus::Closed => Err(Problem::conflict(format!(
            "cannot change a {status} message: schools have it as it is; send another one"
        ))),
        CommunicationStatus::Withdrawn => Err(Problem::conflict("cannot change a withdrawn message")),
    }
}

/// Decides whether a message in this state may be archived.
///
/// # Errors
/// 409 for a message that schools have.
pub fn message_archivable(status: CommunicationStatus) -> Result<()> {
    match status {
        CommunicationStatus::Draft | CommunicationStatus::Withdrawn => Ok(()),
        CommunicationStatus::Sent | CommunicationStatus::Closed => {
            Err(Problem::conflict("cannot archive a message that was sent: it counts in the hub's figures"))
        }
    }
}

/// Says what keeps a message from being sent.
///
/// # Errors
/// 409, which says what is missing.
pub fn sendable(row: &communication::Model) -> Result<()> {
    if row.body.is_some() || row.link.is_some() {
        return Ok(());
    }
    let problem = Problem::conflict("cannot send a message that says nothing: write what is missing first");
    Err(problem.with(Fault::new("/body", "missing", "write a `body`, or give a `link`")))
}

/// Decides about what is recorded of a recipient, on a day.
///
/// # Errors
/// 409 for a message that is not sent, or closed; 422 for another school or message, or fields that do not go with the
/// outcome.
pub fn outcome(
    before: &communication_recipient::Model,
    after: &mut communication_recipient::Model,
    status: CommunicationStatus,
    today: Date,
) -> Result<()> {
    if status != CommunicationStatus::Sent {
        return Err(Problem::conflict(format!("cannot record the outcome of a {status} message")));
    }
    let mut faults = Vec::new();
    let fixed = [
        ("/communication_id", before.communication_id != after.communication_id),
        ("/school_id", before.school_id != after.school_id),
    ];
    let message = "the list of recipients is fixed since the message was sent";
    faults.extend(fixed.into_iter().filter(|(_, changed)| *changed).map(|(at, _)| Fault::new(at, "fixed", message)));
    if after.outcome == Outcome::Reached {
        // It stays for another outcome only where it was sent with that.
        let day = *after.reached_on.get_or_insert(today);
        if day < after.sent_on {
            faults.push(Fault::new("/reached_on", "order", "not before the day on which the message was sent"));
        } else if day > today {
            faults.push(Fault::new("/reached_on", "order", "the day has not come yet"));
        }
    } else if after.reached_on.is_some() && after.reached_on != before.reached_on {
        let message = "only a school that was reached has a day on which it was";
        faults.push(Fault::new("/reached_on", "not_applicable", message));
    } else {
        after.reached_on = None;
    }
    match (after.outcome, &after.reason) {
        (Outcome::NotReached, None) => {
            faults.push(Fault::new("/reason", "missing", "say why the school was not reached"));
        }
        (Outcome::Reached | Outcome::Unknown, Some(_)) if after.reason != before.reason => {
            let message = "only a school that was not reached has a reason: put anything else into `note`";
            faults.push(Fault::new("/reason", "not_applicable", message));
        }
        (Outcome::Reached | Outcome::Unknown, _) => after.reason = None,
        (Outcome::NotReached, Some(_)) => {}
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Finds answers that name no consultation or two, or nobody or two who answer.
#[must_use]
pub fn response(
    (communication, meeting): (Option<Uuid>, Option<Uuid>),
    (group, school): (Option<Uuid>, Option<Uuid>),
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if communication.is_some() == meeting.is_some() {
        let message = "name the consultation: exactly one of `communication_id` and `meeting_id`";
        faults.push(Fault::new("/communication_id", "one_of", message));
    }
    if group.is_some() == school.is_some() {
        let message = "name who answers: exactly one of `stakeholder_group_id` and `school_id`";
        faults.push(Fault::new("/school_id", "one_of", message));
    }
    faults
}

/// Finds what an answer that is stored already keeps.
#[must_use]
pub fn response_fixed(before: &consultation_response::Model, after: &consultation_response::Model) -> Vec<Fault> {
    let fixed = [
        ("/communication_id", before.communication_id != after.communication_id),
        ("/meeting_id", before.meeting_id != after.meeting_id),
        ("/stakeholder_group_id", before.stakeholder_group_id != after.stakeholder_group_id),
        ("/school_id", before.school_id != after.school_id),
    ];
    let changed = fixed.into_iter().filter(|(_, changed)| *changed);
    let message = "an answer stays with its consultation and with who gave it: add another one";
    changed.map(|(at, _)| Fault::new(at, "fixed", message)).collect()
}

/// Finds lists of schools that do not go with the audience of a piece of practice.
#[must_use]
pub fn audience(audience: PracticeAudience, schools: &[Uuid], groups: &[Uuid]) -> Vec<Fault> {
    let mut faults = each_once("/to_school_ids", schools);
    faults.extend(each_once("/to_school_group_ids", groups));
    match audience {
        PracticeAudience::All if !schools.is_empty() || !groups.is_empty() => {
            let message = "practice for all schools names none: leave the lists out, or choose `chosen`";
            faults.push(Fault::new("/audience", "not_applicable", message));
        }
        PracticeAudience::Chosen if schools.is_empty() && groups.is_empty() => {
            let message = "choose at least one school or group, or `all`";
            faults.push(Fault::new("/to_school_ids", "missing", message));
        }
        PracticeAudience::All | PracticeAudience::Chosen => {}
    }
    faults
}

/// Says what keeps practice from being shown to schools on a day.
#[must_use]
pub fn consent(row: &shared_practice::Model, today: Date) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row.consent_by_id.is_none() && row.consent_by.is_none() {
        faults.push(Fault::new("/consent_by", "missing", "say who confirmed that it may be shared"));
    }
    match row.consent_confirmed_on {
        None => faults.push(Fault::new("/consent_confirmed_on", "missing", "say when the consent was confirmed")),
        Some(on) if on > today => {
            faults.push(Fault::new("/consent_confirmed_on", "order", "the day has not come yet"));
        }
        Some(_) => {}
    }
    if row.consent_until.is_some_and(|until| until < today) {
        faults.push(Fault::new("/consent_until", "order", "the consent is over: ask for another one"));
    }
    faults
}

/// Says what keeps practice from being published on a day.
///
/// # Errors
/// 409 with everything that is missing, each at its field.
pub fn publishable(row: &shared_practice::Model, today: Date) -> Result<()> {
    let mut faults = consent(row, today);
    if row.text.is_none() && row.link.is_none() {
        faults.push(Fault::new("/text", "missing", "write a `text`, or give a `link`"));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let problem = Problem::conflict("cannot publish practice that is not ready: put it right first");
    Err(faults.into_iter().fold(problem, Problem::with))
}

/// Decides about a change of a piece of practice.
///
/// # Errors
/// 409 for practice that was withdrawn; 422 for what schools have read already.
pub fn practice_edit(before: &shared_practice::Model, after: &shared_practice::Model, today: Date) -> Result<()> {
    match before.status {
        PracticeStatus::Draft => return Ok(()),
        PracticeStatus::Withdrawn => return Err(Problem::conflict("cannot change practice that was withdrawn")),
        PracticeStatus::Published => {}
    }
    let fixed = [
        ("/kind", before.kind != after.kind),
        ("/title", before.title != after.title),
        ("/text", before.text != after.text),
        ("/link", before.link != after.link),
        ("/school_id", before.school_id != after.school_id),
    ];
    let changed = fixed.into_iter().filter(|(_, changed)| *changed);
    let message = "it stays as schools have read it: withdraw it and publish another one";
    let mut faults: Vec<_> = changed.map(|(at, _)| Fault::new(at, "fixed", message)).collect();
    let of_consent =
        |row: &shared_practice::Model| (row.consent_by_id, row.consent_by.clone(), row.consent_confirmed_on);
    if of_consent(before) != of_consent(after) {
        // The last day may be moved to the past, which ends the sharing.
        let until = shared_practice::Model { consent_until: None, ..after.clone() };
        faults.extend(consent(&until, today));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Decides whether practice in this state may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn practice_archivable(status: PracticeStatus) -> Result<()> {
    if status == PracticeStatus::Published {
        let detail = "cannot archive published practice: withdraw it by POST /shared-practice/{id}/withdraw";
        return Err(Problem::conflict(detail));
    }
    Ok(())
}

/// Decides whether a link with another hub may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn link_archivable(status: LinkStatus) -> Result<()> {
    if status == LinkStatus::Ended {
        return Ok(());
    }
    Err(Problem::conflict(format!(
        "cannot archive a link that is {status}, which the other hub has too: end it by POST /hub-links/{{id}}/end"
    )))
}

/// Decides whether a share may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn share_archivable(status: ShareStatus) -> Result<()> {
    if status == ShareStatus::Ended {
        return Ok(());
    }
    Err(Problem::conflict("cannot archive an active share: end it by POST /hub-shares/{id}/end"))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
