//! Visits of the demo, in several states, with reports, answers and actions.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::hub::{Made, decode};
use crate::kernel::base::problem::{Problem, Result};
use crate::kernel::document::openapi::example_id;
use crate::kernel::resource::lifecycle;
use crate::kernel::resource::transition::{States, Verb};
use crate::kernel::resource::write::Write;
use crate::visits::action::ActionItem;
use crate::visits::visit::Visit;
use crate::visits::visit::transition::DECLINE;
use crate::visits::visit_report::VisitReport;
use crate::visits::visit_report::transition::{ACCEPT, DISPUTE};

/// A visit with its outcome.
#[derive(Clone, Deserialize)]
pub struct VisitStory {
    urn: i32,
    visit: Map<String, Value>,
    /// How far it came, verb by verb.
    verbs: Vec<String>,
    report: Option<Map<String, Value>>,
    /// True for the report that the document's examples name.
    #[serde(default)]
    example_report: bool,
    answer: Option<Answer>,
    #[serde(default)]
    actions: Vec<Map<String, Value>>,
    declined: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Accept(String),
    Dispute(String),
}

/// Makes the visits. With `examples` the first has the id that the document's examples name.
///
/// # Errors
/// What any form breaks, which a test holds to be nothing.
pub async fn make(write: &mut Write, visits: &[VisitStory], made: &Made, examples: bool) -> Result<()> {
    let visitor = made.people.get("sle");
    for (at, story) in visits.iter().enumerate() {
        let school = made.schools.get(&story.urn);
        write.give_example_ids(examples && at == 0);
        let form = with(&story.visit, json!({ "school_id": school, "visitor_id": visitor }));
        let form = decode(write, form)?;
        let visit = write.create::<Visit>(form).await?.id;
        write.give_example_ids(false);
        for form in &story.actions {
            let form = with(form, json!({ "school_id": school, "source_kind": "visit", "source_id": visit }));
            let form = decode(write, form)?;
            write.create::<ActionItem>(form).await?;
        }
        tell(write, story, visit, examples).await?;
    }
    if examples {
        example_action(write).await?;
    }
    Ok(())
}

async fn tell(write: &mut Write, story: &VisitStory, visit: Uuid, examples: bool) -> Result<()> {
    let mut report = None;
    for name in &story.verbs {
        lifecycle::transition::<Visit>(write, visit, verb(name)?, None).await?;
        if let (Some(form), "complete") = (&story.report, name.as_str()) {
            write.give_example_ids(examples && story.example_report);
            let form = decode(write, with(form, json!({ "visit_id": visit })))?;
            report = Some(write.create::<VisitReport>(form).await?.id);
            write.give_example_ids(false);
        }
    }
    if let Some(reason) = &story.declined {
        lifecycle::transition::<Visit>(write, visit, &DECLINE, Some(reason.clone())).await?;
    }
    if let (Some(report), Some(answer)) = (report, &story.answer) {
        let (verb, comment) = match answer {
            Answer::Accept(comment) => (&ACCEPT, comment),
            Answer::Dispute(comment) => (&DISPUTE, comment),
        };
        lifecycle::transition::<VisitReport>(write, report, verb, Some(comment.clone())).await?;
    }
    write.because(None);
    Ok(())
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
    let form = decode(write, form)?;
    write.create::<ActionItem>(form).await?;
    write.give_example_ids(false);
    Ok(())
}

fn verb(name: &str) -> Result<&'static Verb> {
    let verb = Visit::TABLE.verbs.iter().find(|verb| verb.name == name);
    verb.ok_or_else(|| Problem::internal(format!("a visit has no verb `{name}`")))
}

fn with(form: &Map<String, Value>, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    Value::Object(form.clone().into_iter().chain(more).collect())
}
