//! How places are given: under the lock of the event, which counts them.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::row::Row;
use entity::training::attendance::{self, AttendanceResult, AttendanceStatus};
use entity::training::training_event;

use super::attendance::transition::CANCEL;
use super::rules::{self, Booking};
use super::store;
use super::training_event::TrainingEvent;
use crate::kernel::base::problem::Code;
use crate::kernel::caller::identity::Actor;
use crate::kernel::prelude::*;
use crate::kernel::resource::change::Entry;

/// What decides about attendances, looked up once for all of them.
struct Known {
    booking: Booking,
    /// The events, locked, with the places as the steps so far have taken them.
    events: HashMap<Uuid, training_event::Model>,
    /// Who is expected at which event.
    expected: HashSet<(Uuid, Uuid)>,
    /// People and schools of which they are contacts.
    contacts: HashSet<(Uuid, Uuid)>,
    /// Who asks.
    actor: Actor,
}

/// Decides about steps of attendances, each by itself, and gives the places that become free to people who wait.
///
/// # Errors
/// When the database is away.
pub async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, attendance::Model>]) -> Result<Vec<Result<()>>> {
    let mut known = Known::of(write, steps).await?;
    let before = known.events.clone();
    let decided: Vec<_> = steps.iter_mut().map(|step| known.decide(step)).collect();
    let ids: Vec<Uuid> = steps.iter().map(|step| step.after.id).collect();
    let mut events: Vec<&mut training_event::Model> = known.events.values_mut().collect();
    events.sort_by_key(|event| event.id);
    store::promote(write, &mut events, &ids).await?;
    count(write, &before, &events).await?;
    Ok(decided)
}

/// Stores the events whose places were taken or given up, each in its next version. One by one, since to replace many
/// at once would wait for others who are about to book.
async fn count(
    write: &mut Write,
    before: &HashMap<Uuid, training_event::Model>,
    events: &[&mut training_event::Model],
) -> Result<()> {
    for event in events {
        let Some(before) = before.get(&event.id).filter(|before| before.places_taken != event.places_taken) else {
            continue;
        };
        let mut after = training_event::Model::clone(event);
        after.set_meta(write.meta_after(before));
        write.replace_row::<training_event::Entity>(&after).await?;
        write.log(Entry::of::<TrainingEvent>(Some(before), &after, Operation::Update, None)?);
    }
    Ok(())
}

impl Known {
    async fn of(write: &Write, steps: &[Mutation<'_, attendance::Model>]) -> Result<Self> {
        let caller = write.caller();
        let rows = || steps.iter().map(|step| &*step.after);
        let of: BTreeSet<Uuid> = rows().map(|row| row.event_id).collect();
        let people: BTreeSet<Uuid> = rows().map(|row| row.person_id).collect();
        let schools = steps.iter().filter(|step| step.before.is_none()).filter_map(|step| step.after.school_id);
        let except: Vec<Uuid> = rows().map(|row| row.id).collect();
        let events = store::locked(write, of.clone()).await?;
        Ok(Self {
            booking: Booking {
                by_hub: caller.expect_writes_hub("attendances").is_ok(),
                now: write.now(),
                today: caller.today(),
            },
            events,
            expected: store::expected(write, &of, &people, &except).await?,
            contacts: store::contacts(write, people, schools.collect()).await?,
            actor: caller.actor,
        })
    }

    /// Decides about one step, and takes or gives up the place at the event.
    fn decide(&mut self, step: &mut Mutation<'_, attendance::Model>) -> Result<()> {
        let event = self
            .events
            .get(&step.after.event_id)
            .ok_or_else(|| Problem::conflict("the event is archived: restore it first, or choose another event"))?;
        match (step.before, step.operation) {
            (None, _) => self.create(event, step.after)?,
            (Some(before), Operation::Update) => self.update(event, before, step.after)?,
            (Some(before), Operation::Restore) => {
                self.expect_hub("restore an attendance")?;
                self.update(event, before, step.after)?;
                self.expect_once(step.after)?;
                self.readmit(event, step.after)?;
            }
            (Some(_), Operation::Archive) => self.expect_hub("archive an attendance")?,
            (Some(before), Operation::Verb(name)) => self.verb(event, before, step.after, name)?,
            (Some(_), _) => {}
        }
        let takes = i32::from(rules::is_placed(step.after)) - i32::from(step.before.is_some_and(rules::is_placed));
        if takes > 0 && !rules::has_room(event) {
            let places = event.places.unwrap_or_default();
            let detail = format!("every one of the {places} places is taken: record first who did not come");
            return Err(Problem::conflict(detail));
        }
        if rules::is_live(step.after) {
            self.expected.insert((step.after.event_id, step.after.person_id));
        }
        if let Some(event) = self.events.get_mut(&step.after.event_id) {
            event.places_taken += takes;
        }
        Ok(())
    }

    fn create(&self, event: &training_event::Model, row: &mut attendance::Model) -> Result<()> {
        let mut faults: Vec<Fault> = rules::school(event, row.school_id, self.booking.by_hub).into_iter().collect();
        if let Some(school) = row.school_id
            && faults.is_empty()
            && !self.contacts.contains(&(row.person_id, school))
        {
            let message = "the person is no contact of the school today: add the person by POST /contacts first";
            faults.push(Fault::new("/person_id", "unknown_reference", message));
        }
        if !faults.is_empty() {
            return Err(Problem::faults(faults));
        }
        row.booked_by_id = self.actor.person_id();
        if row.result.is_some() {
            self.record(event, row)?;
        } else {
            self.book(event, row)?;
        }
        self.expect_feedback(None, row)?;
        self.expect_once(row)
    }

    /// Gives a place, or a turn on the waiting list where every place is taken.
    fn book(&self, event: &training_event::Model, row: &mut attendance::Model) -> Result<()> {
        self.booking.admit(event)?;
        let room = rules::has_room(event);
        row.status = if room { AttendanceStatus::Booked } else { AttendanceStatus::Waiting };
        Ok(())
    }

    /// Decides about an attendance that comes out of the archive as about a new one, since the event may have changed
    /// meanwhile.
    fn readmit(&self, event: &training_event::Model, row: &mut attendance::Model) -> Result<()> {
        match row.status {
            AttendanceStatus::Waiting | AttendanceStatus::Booked => self.book(event, row),
            AttendanceStatus::Attended | AttendanceStatus::Absent => self.record(event, row),
            AttendanceStatus::Cancelled => Ok(()),
        }
    }

    fn update(
        &self,
        event: &training_event::Model,
        before: &attendance::Model,
        row: &mut attendance::Model,
    ) -> Result<()> {
        let kept = |row: &attendance::Model| (row.event_id, row.person_id, row.school_id);
        if kept(before) != kept(row) {
            let message = "an attendance keeps its event, person and school: cancel it and book again";
            let pointer = if before.event_id != row.event_id {
                "/event_id"
            } else if before.person_id != row.person_id {
                "/person_id"
            } else {
                "/school_id"
            };
            return Err(Problem::invalid(pointer, "fixed", message));
        }
        if before.result != row.result {
            if matches!(row.status, AttendanceStatus::Waiting | AttendanceStatus::Cancelled) {
                let detail = format!("cannot record a result for an attendance that is {}: book it again", row.status);
                return Err(Problem::conflict(detail));
            }
            self.record(event, row)?;
        }
        self.expect_feedback(Some(before), row)
    }

    fn verb(
        &self,
        event: &training_event::Model,
        before: &attendance::Model,
        row: &mut attendance::Model,
        name: &str,
    ) -> Result<()> {
        if name == CANCEL.name {
            return self.booking.admit_cancel(event, before);
        }
        if before.result == row.result { Ok(()) } else { self.record(event, row) }
    }

    /// Records whether the person came, or that it is not known any more.
    fn record(&self, event: &training_event::Model, row: &mut attendance::Model) -> Result<()> {
        self.expect_hub("record who came")?;
        self.booking.admit_result(event)?;
        row.status = match row.result {
            Some(AttendanceResult::Attended) => AttendanceStatus::Attended,
            Some(AttendanceResult::Absent) => AttendanceStatus::Absent,
            None => AttendanceStatus::Booked,
        };
        (row.attended_on, row.valid_until) = match row.result {
            Some(AttendanceResult::Attended) => {
                let (day, until) = rules::qualified(event);
                (Some(day), until)
            }
            _ => (None, None),
        };
        Ok(())
    }

    fn expect_hub(&self, what: &str) -> Result<()> {
        if self.booking.by_hub {
            return Ok(());
        }
        Err(Problem::forbidden(format!("only the hub may {what}: a school books, cancels and gives feedback")))
    }

    /// Refuses a second place of one person at one event.
    fn expect_once(&self, row: &attendance::Model) -> Result<()> {
        if !self.expected.contains(&(row.event_id, row.person_id)) {
            return Ok(());
        }
        let detail = "the person is booked for this event already, or waits for a place: change that attendance";
        Err(Problem::new(Code::Duplicate, detail).with(Fault::new("/person_id", "duplicate", detail)))
    }

    /// Refuses feedback by the hub in the name of somebody else, and feedback of somebody who did not come. To clear
    /// it is always allowed.
    fn expect_feedback(&self, before: Option<&attendance::Model>, row: &attendance::Model) -> Result<()> {
        let score = before.and_then(|before| before.feedback_score);
        let text = before.and_then(|before| before.feedback_text.as_deref());
        let gives_score = row.feedback_score.is_some() && row.feedback_score != score;
        let gives_text = row.feedback_text.is_some() && row.feedback_text.as_deref() != text;
        if !gives_score && !gives_text {
            return Ok(());
        }
        // The service itself acts for others: it makes the demonstration.
        let own = self.actor == Actor::System || self.actor.person_id() == Some(row.person_id);
        if self.booking.by_hub && !own {
            let detail = "only the school that booked, or the person who came, gives feedback: the hub may clear it by \
                          setting it to null";
            return Err(Problem::forbidden(detail));
        }
        if row.status == AttendanceStatus::Attended {
            return Ok(());
        }
        let detail = format!("cannot take feedback on an attendance that is {}: only of people who came", row.status);
        Err(Problem::conflict(detail))
    }
}
