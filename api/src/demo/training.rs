//! Training events of the demo, in every state, with the people who were booked, waited, came or did not.

use entity::training::attendance;
use entity::training::training_event::TrainingStatus;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::hub::{Made, decode};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::Write;
use crate::training::attendance::transition as of_attendance;
use crate::training::attendance::{Attendance, NewAttendance};
use crate::training::training_event::TrainingEvent;
use crate::training::training_event::transition::{CANCEL, CLOSE, HOLD, OPEN};

/// An event with the people who booked.
#[derive(Clone, Deserialize)]
pub struct EventStory {
    status: TrainingStatus,
    /// Why it was cancelled.
    reason: Option<String>,
    /// The school that was the host.
    host_urn: Option<i32>,
    /// The name of the partner that was the host.
    partner: Option<String>,
    /// The schools that it was open to, where they were chosen.
    #[serde(default)]
    chosen_urns: Vec<i32>,
    event: Map<String, Value>,
    attendances: Vec<AttendanceStory>,
}

/// A person who booked.
#[derive(Clone, Deserialize)]
struct AttendanceStory {
    person: String,
    urn: Option<i32>,
    /// The verb by which it ended.
    end: Option<String>,
    #[serde(flatten)]
    feedback: Map<String, Value>,
}

/// Makes the events. With `examples` the first one, and the first attendance, have the ids that the document's examples
/// name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, stories: &[EventStory], made: &Made, examples: bool) -> Result<()> {
    for (at, story) in stories.iter().enumerate() {
        let mut form = story.event.clone();
        let school = |urn: &i32| made.schools.get(urn);
        form.insert("host_school_id".to_owned(), json!(story.host_urn.as_ref().and_then(school)));
        form.insert("host_partner_id".to_owned(), json!(story.partner.as_ref().and_then(|it| made.partners.get(it))));
        if !story.chosen_urns.is_empty() {
            let chosen: Vec<_> = story.chosen_urns.iter().filter_map(school).collect();
            form.insert("school_ids".to_owned(), json!(chosen));
        }
        write.give_example_ids(examples && at == 0);
        let form = decode(write, Value::Object(form))?;
        let event = write.create::<TrainingEvent>(form).await?;
        write.give_example_ids(false);
        if story.status == TrainingStatus::Planned {
            continue;
        }
        lifecycle::transition::<TrainingEvent>(write, event.id, &OPEN, None).await?;
        for (place, attendance) in story.attendances.iter().enumerate() {
            let form = json!({
                "event_id": event.id,
                "person_id": made.people.get(&attendance.person),
                "school_id": attendance.urn.as_ref().and_then(school),
            });
            write.give_example_ids(examples && at == 0 && place == 0);
            let form = decode(write, form)?;
            let row = write.create::<Attendance>(form).await?;
            write.give_example_ids(false);
            end(write, attendance, row).await?;
        }
        let verb = match story.status {
            TrainingStatus::Closed => &CLOSE,
            TrainingStatus::Held => &HOLD,
            TrainingStatus::Cancelled => &CANCEL,
            TrainingStatus::Planned | TrainingStatus::Open => continue,
        };
        lifecycle::transition::<TrainingEvent>(write, event.id, verb, story.reason.clone()).await?;
        write.because(None);
    }
    Ok(())
}

/// Says how an attendance ended, with the feedback that was given.
async fn end(write: &mut Write, story: &AttendanceStory, row: attendance::Model) -> Result<()> {
    let verbs = [of_attendance::ATTEND, of_attendance::MISS, of_attendance::CANCEL];
    let verb: Option<Verb> = verbs.into_iter().find(|verb| Some(verb.name) == story.end.as_deref());
    let Some(verb) = verb else { return Ok(()) };
    let row = lifecycle::transition::<Attendance>(write, row.id, &verb, None).await?;
    if story.feedback.is_empty() {
        return Ok(());
    }
    let mut form = serde_json::to_value(NewAttendance::from(&row)).unwrap_or_default();
    if let Value::Object(form) = &mut form {
        form.extend(story.feedback.clone());
    }
    let form = decode(write, form)?;
    write.update::<Attendance>(row, form).await.map(drop)
}
