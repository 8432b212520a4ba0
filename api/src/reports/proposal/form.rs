//! What a proposal is asked for by, and what it says.

use std::time::Duration;

use entity::instant::Instant;
use entity::schools::school::SchoolPhase;
use entity::visits::visit::{VisitKind, VisitMode};
use serde::Serialize;
use time::{Date, Time, Weekday};
use utoipa::ToSchema;

use super::schedule::Slot;
use crate::identity::hub::LaCode;
use crate::kernel::base::clock;
use crate::kernel::prelude::*;

/// The longest term, in days.
const LONGEST: i64 = 200;

entity::choice! {
    /// A day of the week.
    #[example = "tuesday"]
    pub enum VisitingDay {
        /// Monday.
        Monday = "monday",
        /// Tuesday.
        Tuesday = "tuesday",
        /// Wednesday.
        Wednesday = "wednesday",
        /// Thursday.
        Thursday = "thursday",
        /// Friday.
        Friday = "friday",
    }
}

impl VisitingDay {
    const fn of(day: Date) -> Option<Self> {
        match day.weekday() {
            Weekday::Monday => Some(Self::Monday),
            Weekday::Tuesday => Some(Self::Tuesday),
            Weekday::Wednesday => Some(Self::Wednesday),
            Weekday::Thursday => Some(Self::Thursday),
            Weekday::Friday => Some(Self::Friday),
            Weekday::Saturday | Weekday::Sunday => None,
        }
    }
}

/// When the first visit of a day begins unless the form says otherwise.
const HALF_PAST_NINE: Time = time::macros::time!(09:30);

/// A day in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Date, max_length = 10, example = "2014-10-27")]
pub struct ListedDay(#[serde(with = "entity::date")] pub Date);

/// The term, the visitors with their days, and the schools for which visits are to be proposed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewVisitProposal {
    /// The first day of the term.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-01")]
    pub from_on: Date,
    /// The last day of the term, at most 200 days after the first.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-12-19")]
    pub to_on: Date,
    /// Days on which nobody visits, such as the days of half-term.
    #[serde(default)]
    #[schema(max_items = 100, example = json!(["2014-10-27"]))]
    pub closed_days: Vec<ListedDay>,
    /// The people who visit.
    #[schema(min_items = 1, max_items = 50)]
    pub visitors: Vec<ProposedVisitor>,
    /// When the first visit of a day begins, by the clocks of English schools; 09:30 if absent.
    #[schema(min_length = 5, max_length = 5, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "09:30")]
    pub begins_at: Option<String>,
    /// How long a visit lasts, in minutes; 90 if absent.
    #[schema(minimum = 15, maximum = 480, example = 90)]
    pub duration_minutes: Option<u32>,
    /// How much time lies between two visits of a day, in minutes; 45 if absent.
    #[schema(minimum = 0, maximum = 240, example = 45)]
    pub gap_minutes: Option<u32>,
    /// What the visits are for; if absent, `initial` for a school that was never visited and `follow_up` for others.
    pub kind: Option<VisitKind>,
    /// How the visits take place; `in_person` if absent.
    pub mode: Option<VisitMode>,
    /// Only schools of these areas; all if empty.
    #[serde(default)]
    #[schema(max_items = 50, example = json!([]))]
    pub area_id: Vec<Uuid>,
    /// Only schools of these phases; all if empty.
    #[serde(default)]
    #[schema(max_items = 8, example = json!([]))]
    pub phase: Vec<SchoolPhase>,
    /// Only schools of these local authorities; all if empty.
    #[serde(default)]
    #[schema(value_type = Vec<LaCode>, max_items = 50, example = json!([]))]
    pub la_code: Vec<String>,
    /// So many months after its last visit a school is due for another one; 24 if absent.
    #[schema(minimum = 1, maximum = 60, example = 24)]
    pub interval_months: Option<i32>,
    /// Visits before this day do not count; all visits count if absent.
    #[serde(default, with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2014-04-01")]
    pub since_on: Option<Date>,
    /// How many schools are taken from the list at most, the first ones; 1,000 if absent.
    #[schema(minimum = 1, maximum = 1000, example = 1000)]
    pub schools_at_most: Option<u64>,
}

/// A person who visits, with the days on which the person can.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposedVisitor {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub person_id: Uuid,
    /// The very days; if empty, all days of the term that are among `weekdays`.
    #[serde(default)]
    #[schema(max_items = 200, example = json!([]))]
    pub days: Vec<ListedDay>,
    /// The days of the week; Monday to Friday if empty. Not with `days`.
    #[serde(default)]
    #[schema(max_items = 5, example = json!(["tuesday", "thursday"]))]
    pub weekdays: Vec<VisitingDay>,
    /// How many visits a day holds at most, planned ones included; 2 if absent.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub visits_a_day: Option<u32>,
    /// How many visits are proposed to the person at most; as many as fit if absent.
    #[schema(minimum = 1, maximum = 1000, example = 20)]
    pub visits_at_most: Option<u32>,
}

/// A proposal of visits. Nothing of it is saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitProposal {
    /// The visits in the order of their times, as `POST /visits/batch` takes them.
    #[schema(max_items = 1000)]
    pub items: Vec<ProposedVisit>,
    /// The days of the visitors.
    #[schema(max_items = 1000)]
    pub days: Vec<ProposedDay>,
    /// The schools that are due and for which no visit is proposed, in the order of the list.
    #[schema(max_items = 1000)]
    pub left_over: Vec<LeftOverSchool>,
}

/// A visit that is proposed, in the form that creates one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedVisit {
    /// The school.
    pub school_id: Uuid,
    /// The person who visits.
    pub visitor_id: Uuid,
    /// What it is for.
    pub kind: VisitKind,
    /// How it takes place.
    pub mode: VisitMode,
    /// When it begins.
    pub starts_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

/// A day of a visitor.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProposedDay {
    /// The day.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2014-09-02")]
    pub day: Date,
    /// The visitor.
    pub visitor_id: Uuid,
    /// How many visits are proposed for it.
    #[schema(minimum = 1, maximum = 6, example = 2)]
    pub visits: u64,
    /// The areas in which the schools lie; one where the visitor stays in an area.
    #[schema(max_items = 6)]
    pub area_ids: Vec<Uuid>,
    /// The way from the first school to the last one as the crow flies, as far as it is known where they lie.
    #[schema(minimum = 0, maximum = 2000, example = 6.2)]
    pub kilometres: f64,
}

entity::choice! {
    /// Why no visit is proposed for a school.
    #[example = "no_time_left"]
    pub enum LeftOverReason {
        /// The person who leads there is not among the visitors.
        LeadNotAmongVisitors = "lead_not_among_visitors",
        /// The days of the term hold no more visits.
        NoTimeLeft = "no_time_left",
    }
}

/// A school for which no visit is proposed.
#[derive(Debug, Serialize, ToSchema)]
pub struct LeftOverSchool {
    /// The school.
    pub school_id: Uuid,
    /// The specialist leader who leads there.
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// Why.
    pub reason: LeftOverReason,
}

impl ProposedVisitor {
    /// How many visits a day holds at most.
    pub fn a_day(&self) -> usize {
        self.visits_a_day.unwrap_or(2) as usize
    }

    /// How many visits are proposed at most.
    pub fn at_most(&self) -> usize {
        self.visits_at_most.unwrap_or(1000) as usize
    }
}

impl NewVisitProposal {
    /// The days of a visitor, in their order.
    pub fn days_of(&self, visitor: &ProposedVisitor) -> Vec<Date> {
        let term = std::iter::successors(Some(self.from_on), |day| day.next_day()).take_while(|day| *day <= self.to_on);
        let weekday = |day: Date| {
            VisitingDay::of(day).is_some_and(|day| visitor.weekdays.is_empty() || visitor.weekdays.contains(&day))
        };
        let given = |day: Date| visitor.days.contains(&ListedDay(day));
        let can = |day: Date| if visitor.days.is_empty() { weekday(day) } else { given(day) };
        term.filter(|day| can(*day) && !self.closed_days.contains(&ListedDay(*day))).collect()
    }

    /// The times of a day at which visits can begin, as many as the day holds.
    pub fn slots(&self, day: Date, a_day: usize) -> impl Iterator<Item = Slot> {
        let minutes = |given: Option<u32>, usual| Duration::from_mins(u64::from(given.unwrap_or(usual)));
        let (visit, gap) = (minutes(self.duration_minutes, 90), minutes(self.gap_minutes, 45));
        let first = clock::at(day, self.first_time());
        let end = clock::day_begins(day.next_day().unwrap_or(day));
        let starts = std::iter::successors(Some(first), move |start| Some(*start + visit + gap));
        let slots = starts.map(move |starts_at| Slot { starts_at, ends_at: starts_at + visit });
        slots.take_while(move |slot| slot.ends_at <= end).take(a_day)
    }

    fn first_time(&self) -> Time {
        let given = self.begins_at.as_deref().and_then(|text| text.split_once(':'));
        let given = given.and_then(|(hour, minute)| Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok());
        given.unwrap_or(HALF_PAST_NINE)
    }
}

/// Faults between the fields of a form.
pub fn faults(form: &NewVisitProposal) -> Vec<Fault> {
    let mut faults = Vec::new();
    if form.to_on < form.from_on {
        faults.push(Fault::new("/to_on", "order", "not before the first day"));
    } else if (form.to_on - form.from_on).whole_days() > LONGEST {
        faults.push(Fault::new("/to_on", "too_large", format!("a term has at most {LONGEST} days")));
    }
    for (at, visitor) in form.visitors.iter().enumerate() {
        if form.visitors[..at].iter().any(|other| other.person_id == visitor.person_id) {
            let message = "each person stands once among the visitors";
            faults.push(Fault::new(format!("/visitors/{at}/person_id"), "duplicate", message));
        }
        if !visitor.days.is_empty() && !visitor.weekdays.is_empty() {
            let message = "send either the days or the days of the week";
            faults.push(Fault::new(format!("/visitors/{at}/weekdays"), "exclusive", message));
        }
        for (place, day) in visitor.days.iter().enumerate() {
            if day.0 < form.from_on || day.0 > form.to_on {
                let message = "a day of the term, from `from_on` to `to_on`";
                faults.push(Fault::new(format!("/visitors/{at}/days/{place}"), "order", message));
            }
        }
    }
    faults
}
