//! What an event must be, who may book, and how long an event qualifies. Pure.

use std::collections::HashSet;

use entity::instant::Instant;
use entity::training::attendance::{self, AttendanceStatus, PLACED};
use entity::training::training_event::{self, TrainingAudience, TrainingStatus};
use time::{Date, Duration};
use uuid::Uuid;

use super::training_event::NewTrainingEvent;
use crate::kernel::base::clock::day_of;
use crate::kernel::base::period::months_later;
use crate::kernel::base::problem::{Fault, Problem, Result};

/// The longest time from the beginning of an event to its end.
const LONGEST: std::time::Duration = std::time::Duration::from_hours(24 * 31);

/// Faults between the fields of an event.
#[must_use]
pub fn event(form: &NewTrainingEvent) -> Vec<Fault> {
    let mut faults = Vec::new();
    if form.ends_at <= form.starts_at {
        faults.push(Fault::new("/ends_at", "order", "an event ends after it begins"));
    } else if form.ends_at > form.starts_at + LONGEST {
        faults.push(Fault::new("/ends_at", "order", "an event lasts 31 days at most: plan one for each part"));
    }
    if form.book_until.is_some_and(|day| day > day_of(form.starts_at)) {
        faults.push(Fault::new("/book_until", "order", "not after the day on which the event begins"));
    }
    if form.host_school_id.is_some() && form.host_partner_id.is_some() {
        faults.push(Fault::new("/host_partner_id", "one_of", "an event has one host: a school or a partner"));
    }
    if form.qualification_months.is_some() && form.qualification.is_none() {
        faults.push(Fault::new("/qualification", "missing", "goes with `qualification_months`"));
    }
    faults.extend(audience(form));
    faults
}

fn audience(form: &NewTrainingEvent) -> Vec<Fault> {
    let ids = form.school_ids.as_deref().unwrap_or_default();
    match (form.audience, ids.is_empty()) {
        (TrainingAudience::ChosenSchools, true) => {
            return vec![Fault::new("/school_ids", "missing", "name the schools that the event is open to")];
        }
        (TrainingAudience::AllSchools | TrainingAudience::HubStaff, false) => {
            let message = "only with the audience `chosen_schools`: leave the schools out, or choose that audience";
            return vec![Fault::new("/school_ids", "unexpected", message)];
        }
        _ => {}
    }
    let mut seen = HashSet::new();
    let twice = ids.iter().enumerate().filter(|(_, id)| !seen.insert(**id));
    twice.map(|(at, _)| Fault::new(format!("/school_ids/{at}"), "duplicate", "each school once")).collect()
}

/// Decides whether an event in its state may be changed so.
///
/// # Errors
/// 409 for a cancelled event; 422 for what stays as it was when the event took place.
pub fn event_change(before: &training_event::Model, after: &training_event::Model) -> Result<()> {
    match before.status {
        TrainingStatus::Cancelled => {
            Err(Problem::conflict("cannot change a cancelled event: plan another one by POST /training-events"))
        }
        TrainingStatus::Held => {
            let changed = [
                ("/title", before.title != after.title),
                ("/kind", before.kind != after.kind),
                ("/starts_at", before.starts_at != after.starts_at),
                ("/ends_at", before.ends_at != after.ends_at),
                ("/places", before.places != after.places),
                ("/qualification", before.qualification != after.qualification),
                ("/qualification_months", before.qualification_months != after.qualification_months),
                ("/audience", before.audience != after.audience),
                ("/school_ids", before.school_ids != after.school_ids),
            ];
            let message = "this stays as it was when the event took place";
            let faults = changed.into_iter().filter(|(_, changed)| *changed);
            let faults: Vec<Fault> = faults.map(|(pointer, _)| Fault::new(pointer, "fixed", message)).collect();
            if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
        }
        TrainingStatus::Planned | TrainingStatus::Open | TrainingStatus::Closed => Ok(()),
    }
}

/// The faults of a change that moves an event whose attendances have a result. Certificates show its days.
#[must_use]
pub fn moved(before: &training_event::Model, after: &training_event::Model) -> Vec<Fault> {
    let changed = [("/starts_at", before.starts_at != after.starts_at), ("/ends_at", before.ends_at != after.ends_at)];
    let message = "cannot move an event once it is recorded who came: set each `result` back to null first";
    let faults = changed.into_iter().filter(|(_, changed)| *changed);
    faults.map(|(pointer, _)| Fault::new(pointer, "fixed", message)).collect()
}

/// Refuses fewer places than there are people who have one.
///
/// # Errors
/// 409, which says how many places are taken.
pub fn enough_places(event: &training_event::Model) -> Result<()> {
    match event.places {
        Some(places) if places < event.places_taken => Err(Problem::conflict(format!(
            "cannot reduce the places to {places}: {} are taken. Cancel attendances first, or keep more places",
            event.places_taken
        ))),
        _ => Ok(()),
    }
}

/// How many places are left; none where there is no limit.
#[must_use]
pub fn places_left(places: Option<i32>, taken: i32) -> Option<i32> {
    places.map(|places| (places - taken).max(0))
}

/// Returns true if one more person gets a place.
#[must_use]
pub fn has_room(event: &training_event::Model) -> bool {
    event.places.is_none_or(|places| event.places_taken < places)
}

/// Returns true if a place that becomes free goes to somebody who waits: as long as the event is still to begin.
#[must_use]
pub fn gives_places(event: &training_event::Model, now: Instant) -> bool {
    matches!(event.status, TrainingStatus::Open | TrainingStatus::Closed) && now < event.starts_at && has_room(event)
}

/// Returns true if somebody in this state takes a place.
#[must_use]
pub fn is_placed(row: &attendance::Model) -> bool {
    row.archived_at.is_none() && PLACED.contains(&row.status)
}

/// Returns true if an attendance keeps its person from another one at the same event.
#[must_use]
pub fn is_live(row: &attendance::Model) -> bool {
    row.archived_at.is_none() && row.status != AttendanceStatus::Cancelled
}

/// Who books, and when.
#[derive(Clone, Copy, Debug)]
pub struct Booking {
    /// True for callers who write in the whole hub.
    pub by_hub: bool,
    /// The moment.
    pub now: Instant,
    /// The day.
    pub today: Date,
}

impl Booking {
    /// Decides whether a place at an event may be booked now.
    ///
    /// # Errors
    /// 409, which says why not.
    pub fn admit(&self, event: &training_event::Model) -> Result<()> {
        let status = event.status;
        let open = status == TrainingStatus::Open || self.by_hub && status == TrainingStatus::Closed;
        if !open {
            let fix = match status {
                TrainingStatus::Planned => "it opens by POST /training-events/{id}/open",
                TrainingStatus::Closed => "ask the hub for a place",
                _ => "choose another event",
            };
            return Err(Problem::conflict(format!("cannot book a place at an event that is {status}: {fix}")));
        }
        if self.by_hub {
            return Ok(());
        }
        if let Some(last) = event.book_until.filter(|last| *last < self.today) {
            let detail = format!("cannot book after {last}, the last day for bookings: ask the hub for a place");
            return Err(Problem::conflict(detail));
        }
        if self.has_begun(event) {
            return Err(Problem::conflict("cannot book a place at an event that has begun: ask the hub for a place"));
        }
        Ok(())
    }

    /// Returns true if an event has begun.
    #[must_use]
    pub fn has_begun(&self, event: &training_event::Model) -> bool {
        event.starts_at <= self.now
    }

    /// Decides whether an attendance may be cancelled now. A school gives a place up until the event begins; from
    /// then on the hub records who came. The waiting list may be left at any time.
    ///
    /// # Errors
    /// 409, which says why not.
    pub fn admit_cancel(&self, event: &training_event::Model, row: &attendance::Model) -> Result<()> {
        if self.by_hub || row.status == AttendanceStatus::Waiting || !self.has_begun(event) {
            return Ok(());
        }
        Err(Problem::conflict("cannot cancel an attendance once the event has begun: the hub records who came"))
    }

    /// Decides whether it may be recorded now who came.
    ///
    /// # Errors
    /// 409 before the event begins, and for an event that does not take place.
    pub fn admit_result(&self, event: &training_event::Model) -> Result<()> {
        if matches!(event.status, TrainingStatus::Planned | TrainingStatus::Cancelled) {
            let status = event.status;
            return Err(Problem::conflict(format!("cannot record who came to an event that is {status}")));
        }
        if self.has_begun(event) {
            return Ok(());
        }
        let detail = format!("cannot record who came before the event begins: it begins at {}", event.starts_at);
        Err(Problem::conflict(detail))
    }
}

/// The fault of a school at which an event is not open, or that is missing.
#[must_use]
pub fn school(event: &training_event::Model, school_id: Option<Uuid>, by_hub: bool) -> Option<Fault> {
    let message = match (school_id, event.audience) {
        (None, _) if by_hub => return None,
        (None, _) => return Some(Fault::new("/school_id", "missing", "name the school that books")),
        (Some(_), TrainingAudience::HubStaff) => "the event is for the hub's own people: leave the school out",
        (Some(id), TrainingAudience::ChosenSchools)
            if !event.school_ids.as_deref().unwrap_or_default().contains(&id) =>
        {
            "the event is not open to this school: add the school to `school_ids` of the event first"
        }
        _ => return None,
    };
    Some(Fault::new("/school_id", "unknown_reference", message))
}

/// The day of an event, and the last day for which it qualifies who came.
#[must_use]
pub fn qualified(event: &training_event::Model) -> (Date, Option<Date>) {
    let day = day_of(event.starts_at);
    (day, event.qualification_months.map(|months| months_later(day, months) - Duration::DAY))
}

#[cfg(test)]
mod tests {
    use entity::row::Meta;
    use entity::training::training_event::TrainingKind;
    use time::macros::{date, datetime};

    use super::*;

    fn event() -> training_event::Model {
        let Meta { hub_id, id, version, created_at, updated_at, archived_at } = Meta::unset();
        training_event::Model {
            hub_id,
            id,
            version,
            created_at,
            updated_at,
            archived_at,
            title: "Singing".to_owned(),
            kind: TrainingKind::Training,
            starts_at: datetime!(2014-10-15 09:00 UTC).into(),
            ends_at: datetime!(2014-10-15 15:00 UTC).into(),
            place: None,
            online_link: None,
            host_school_id: None,
            host_partner_id: None,
            places: Some(2),
            places_taken: 1,
            description: None,
            book_until: Some(date!(2014 - 10 - 08)),
            qualification: Some("Singing".to_owned()),
            qualification_key: Some("singing".to_owned()),
            qualification_months: Some(12),
            audience: TrainingAudience::AllSchools,
            school_ids: None,
            status: TrainingStatus::Open,
            status_reason: None,
            announced_at: None,
            search_key: String::new(),
        }
    }

    fn booking(by_hub: bool, now: time::OffsetDateTime) -> Booking {
        Booking { by_hub, now: now.into(), today: now.date() }
    }

    #[test]
    fn a_school_books_up_to_the_last_day_and_the_hub_until_it_is_over() {
        let event = event();
        let admits = |by_hub, now| booking(by_hub, now).admit(&event).is_ok();
        assert!(admits(false, datetime!(2014-10-08 20:00 UTC)));
        assert!(!admits(false, datetime!(2014-10-09 06:00 UTC)));
        assert!(admits(true, datetime!(2014-10-15 09:00 UTC)));
        let closed = training_event::Model { status: TrainingStatus::Closed, ..event.clone() };
        let early = datetime!(2014-09-01 09:00 UTC);
        assert!(booking(false, early).admit(&closed).is_err() && booking(true, early).admit(&closed).is_ok());
        for status in [TrainingStatus::Planned, TrainingStatus::Held, TrainingStatus::Cancelled] {
            let event = training_event::Model { status, ..event.clone() };
            assert!(booking(true, early).admit(&event).is_err(), "{status}");
        }
        let open = training_event::Model { book_until: None, ..event };
        assert!(booking(false, datetime!(2014-10-15 09:00 UTC)).admit(&open).is_err(), "it has begun");
    }

    #[test]
    fn a_place_that_becomes_free_is_given_until_the_event_begins() {
        let event = event();
        assert!(gives_places(&event, datetime!(2014-10-15 08:59 UTC).into()));
        assert!(!gives_places(&event, datetime!(2014-10-15 09:00 UTC).into()));
        let full = training_event::Model { places_taken: 2, ..event.clone() };
        assert!(!gives_places(&full, datetime!(2014-09-01 09:00 UTC).into()));
        assert!(enough_places(&full).is_ok());
        let fewer = training_event::Model { places: Some(1), ..full };
        assert!(enough_places(&fewer).unwrap_err().detail().contains("2 are taken"));
        assert_eq!([places_left(Some(2), 1), places_left(None, 9)], [Some(1), None]);
    }

    #[test]
    fn an_event_that_took_place_keeps_what_its_certificates_show() {
        let held = training_event::Model { status: TrainingStatus::Held, ..event() };
        let after = training_event::Model { title: "Drums".to_owned(), qualification_months: None, ..held.clone() };
        assert!(event_change(&held, &after).is_err() && event_change(&event(), &after).is_ok());
        let elsewhere = training_event::Model { place: Some("Town hall".to_owned()), ..held.clone() };
        assert!(event_change(&held, &elsewhere).is_ok() && moved(&held, &elsewhere).is_empty());
        let longer = training_event::Model { ends_at: datetime!(2014-10-16 15:00 UTC).into(), ..held.clone() };
        assert_eq!(moved(&held, &longer).len(), 1);
    }

    #[test]
    fn an_event_qualifies_up_to_the_day_before_its_anniversary() {
        assert_eq!(qualified(&event()), (date!(2014 - 10 - 15), Some(date!(2015 - 10 - 14))));
        let for_good = training_event::Model { qualification_months: None, ..event() };
        assert_eq!(qualified(&for_good).1, None);
    }
}
