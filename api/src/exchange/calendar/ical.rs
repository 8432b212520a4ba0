//! Visits as events of a calendar. Pure.

use entity::instant::Instant;
use entity::schools::school;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use icalendar::{Calendar, Component, Event, Property};
use time::OffsetDateTime;
use time::macros::format_description;

/// A visit with its school, if the caller sees it.
pub struct Entry<'a> {
    pub visit: &'a visit::Model,
    pub school: Option<&'a school::Model>,
}

/// Writes a calendar of that name.
pub fn write<'a>(name: &str, entries: impl Iterator<Item = Entry<'a>>) -> String {
    let mut calendar = Calendar::empty();
    calendar
        .append_property(("VERSION", "2.0"))
        .append_property(("PRODID", "-//School Music Education Plan//Visits//EN"))
        .append_property(("CALSCALE", "GREGORIAN"))
        .append_property(("X-WR-CALNAME", name))
        .append_property(Property::new("REFRESH-INTERVAL", "PT1H").append_parameter(("VALUE", "DURATION")).done())
        .append_property(("X-PUBLISHED-TTL", "PT1H"));
    calendar.extend(entries.map(|entry| event(&entry)));
    calendar.to_string()
}

fn event(entry: &Entry<'_>) -> Event {
    let Entry { visit, school } = entry;
    let mut event = Event::new();
    let kind = match visit.kind {
        VisitKind::Initial => "First visit",
        VisitKind::FollowUp => "Follow-up visit",
        VisitKind::TargetedSupport => "Targeted support",
        VisitKind::Moderation => "Moderation",
        VisitKind::PeerReview => "Peer review",
    };
    let status = match visit.status {
        VisitStatus::Planned => "TENTATIVE",
        VisitStatus::Cancelled | VisitStatus::Declined => "CANCELLED",
        _ => "CONFIRMED",
    };
    event
        .uid(&format!("{}@visits.smep", visit.id))
        .summary(&school.map_or_else(|| kind.to_owned(), |school| format!("{kind}: {}", school.name)))
        .add_property("DTSTAMP", moment(visit.updated_at))
        .add_property("LAST-MODIFIED", moment(visit.updated_at))
        .add_property("CREATED", moment(visit.created_at))
        .add_property("DTSTART", moment(visit.starts_at))
        .add_property("DTEND", moment(visit.ends_at))
        .add_property("SEQUENCE", (visit.version - 1).to_string())
        .add_property("STATUS", status);
    if let Some(place) = place(visit, *school) {
        event.add_property("LOCATION", place);
    }
    if let Some(purpose) = &visit.purpose {
        event.description(purpose);
    }
    event.done()
}

/// Where the visitor has to be.
fn place(visit: &visit::Model, school: Option<&school::Model>) -> Option<String> {
    match visit.mode {
        VisitMode::Online => Some("Online".to_owned()),
        VisitMode::Telephone => Some("By telephone".to_owned()),
        VisitMode::InPerson | VisitMode::Cluster => {
            let school = school?;
            let parts = [Some(&school.name), school.street.as_ref(), school.town.as_ref(), school.postcode.as_ref()];
            Some(parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A moment in the form of RFC 5545 (3.3.5): UTC, to the second.
fn moment(moment: Instant) -> String {
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    OffsetDateTime::from(moment).format(form).unwrap_or_default()
}
