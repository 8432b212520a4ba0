//! Visits of the demo, in every state, with reports, answers, actions and observed lessons.

use entity::visits::action::{self, ActionStatus};
use entity::visits::visit::{self, VisitStatus};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::Date;
use uuid::Uuid;

use super::hub::{Made, decode, one};
use super::ratings;
use crate::frameworks::observation::Observation;
use crate::kernel::base::clock::day_of;
use crate::kernel::base::problem::Result;
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::Write;
use crate::visits::action::ActionItem;
use crate::visits::action::transition as of_action;
use crate::visits::visit::Visit;
use crate::visits::visit::transition::{CANCEL, COMPLETE, CONFIRM, DECLINE, REPORT, SHARE};
use crate::visits::visit_report::VisitReport;
use crate::visits::visit_report::transition::{ACCEPT, DISPUTE};

/// A visit with its outcome.
#[derive(Clone, Deserialize)]
pub struct VisitStory {
    urn: i32,
    /// The login of the person who visits.
    visitor: String,
    /// The name of the partner that provides it.
    provider: Option<String>,
    visit: Map<String, Value>,
    /// How far it came.
    status: VisitStatus,
    /// Why it was called off, or what the school says about its report: a closed one it accepts, a shared one it
    /// disputes.
    comment: Option<String>,
    report: Option<Map<String, Value>>,
    /// True for the report that the document's examples name.
    #[serde(default)]
    example_report: bool,
    #[serde(default)]
    actions: Vec<ActionStory>,
    /// The lessons that were observed on the day.
    #[serde(default)]
    lessons: Vec<Map<String, Value>>,
}

/// An action, which is open unless it was done or dropped.
#[derive(Clone, Deserialize)]
struct ActionStory {
    /// The login of the person who sees to it.
    owner: Option<String>,
    #[serde(default, with = "entity::date::option")]
    done_on: Option<Date>,
    /// Why it was dropped.
    dropped: Option<String>,
    #[serde(flatten)]
    form: Map<String, Value>,
}

/// Makes the visits, with lessons observed by a published framework. With `examples` the first has the id that the
/// document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(
    write: &mut Write,
    visits: &[VisitStory],
    framework: Uuid,
    made: &Made,
    examples: bool,
) -> Result<()> {
    for (at, story) in visits.iter().enumerate() {
        write.give_example_ids(examples && at == 0);
        let form = json!({
            "school_id": made.schools.get(&story.urn),
            "visitor_id": made.people.get(&story.visitor),
            "provider_id": story.provider.as_ref().and_then(|name| made.partners.get(name)),
        });
        let form = decode(write, with(&story.visit, form))?;
        let visit = write.create::<Visit>(form).await?;
        write.give_example_ids(false);
        for action in &story.actions {
            agree(write, action, &visit, made).await?;
        }
        for lesson in &story.lessons {
            let form = json!({
                "school_id": visit.school_id,
                "framework_id": framework,
                "visit_id": visit.id,
                "observed_on": day_of(visit.starts_at).to_string(),
                "observer_id": visit.visitor_id,
            });
            one::<Observation>(write, with(lesson, form)).await?;
        }
        tell(write, story, visit.id, examples).await?;
    }
    if examples {
        example_action(write).await?;
    }
    Ok(())
}

/// The verbs that lead to a state.
const fn way(status: VisitStatus) -> &'static [Verb] {
    match status {
        VisitStatus::Planned => &[],
        VisitStatus::Confirmed => &[CONFIRM],
        VisitStatus::Completed => &[CONFIRM, COMPLETE],
        VisitStatus::Reported => &[CONFIRM, COMPLETE, REPORT],
        VisitStatus::Shared | VisitStatus::Closed => &[CONFIRM, COMPLETE, REPORT, SHARE],
        VisitStatus::Cancelled => &[CANCEL],
        VisitStatus::Declined => &[DECLINE],
    }
}

async fn tell(write: &mut Write, story: &VisitStory, visit: Uuid, examples: bool) -> Result<()> {
    let called_off = matches!(story.status, VisitStatus::Cancelled | VisitStatus::Declined);
    let reason = story.comment.as_ref().filter(|_| called_off);
    let mut report = None;
    for verb in way(story.status) {
        let visit = lifecycle::transition::<Visit>(write, visit, verb, reason.cloned()).await?;
        if let (Some(form), VisitStatus::Completed) = (&story.report, visit.status) {
            write.give_example_ids(examples && story.example_report);
            let form = decode(write, with(form, json!({ "visit_id": visit.id })))?;
            report = Some(write.create::<VisitReport>(form).await?);
            write.give_example_ids(false);
        }
        if let (Some(report), VisitStatus::Shared) = (&report, visit.status) {
            ratings::rate_visited(write, &visit, report).await?;
        }
    }
    let answer = match story.status {
        VisitStatus::Closed => Some(&ACCEPT),
        VisitStatus::Shared => story.comment.as_ref().map(|_| &DISPUTE),
        _ => None,
    };
    if let Some((report, verb)) = report.zip(answer) {
        lifecycle::transition::<VisitReport>(write, report.id, verb, story.comment.clone()).await?;
    }
    write.because(None);
    Ok(())
}

/// Makes an action of a visit, and ends it where it has ended.
async fn agree(write: &mut Write, story: &ActionStory, visit: &visit::Model, made: &Made) -> Result<()> {
    let form = json!({
        "school_id": visit.school_id,
        "source_kind": "visit",
        "source_id": visit.id,
        "owner_id": story.owner.as_ref().and_then(|login| made.people.get(login)),
    });
    let form = decode(write, with(&story.form, form))?;
    let open = write.create::<ActionItem>(form).await?;
    let (status, verb) = match (&story.dropped, story.done_on) {
        (Some(_), _) => (ActionStatus::Dropped, &of_action::DROP),
        (None, Some(_)) => (ActionStatus::Done, &of_action::COMPLETE),
        (None, None) => return Ok(()),
    };
    let (done_on, status_reason) = (story.done_on, story.dropped.clone());
    let ended = action::Model { status, status_reason, done_on, ..open.clone() };
    write.store::<ActionItem>(Some(open), ended, Operation::Verb(verb.name)).await.map(drop)
}

/// The action that examples change: it comes from a meeting, so that it does not depend on a visit.
async fn example_action(write: &mut Write) -> Result<()> {
    write.give_example_ids(true);
    let form = json!({
        "school_id": example_id("school"),
        "source_kind": "meeting",
        "source_text": "Area group of 4 November 2014",
        "text": "Plan what follows whole-class ukulele in Year 5",
        "owner_role": "Head of music",
        "due_on": "2015-03-27",
        "audience": "school",
    });
    one::<ActionItem>(write, form).await?;
    write.give_example_ids(false);
    Ok(())
}

fn with(form: &Map<String, Value>, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    Value::Object(form.clone().into_iter().chain(more).collect())
}
