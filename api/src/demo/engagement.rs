//! Whom the hub of the demo consults and meets, what it sent to schools, and the practice that it shares.

use std::collections::HashMap;

use entity::engagement::communication::{self, CommunicationStatus};
use entity::engagement::communication_recipient::{self, Outcome};
use entity::engagement::meeting::{self, MeetingStatus};
use entity::engagement::shared_practice::{self, PracticeStatus};
use entity::engagement::{practice_opening, shared_practice_audience};
use entity::row::Row;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::{Date, Duration};
use uuid::Uuid;

use super::hub::{Made, decode, one};
use crate::engagement::communication::Communication;
use crate::engagement::communication::recipient::CommunicationRecipient;
use crate::engagement::communication::transition as of_message;
use crate::engagement::meeting::Meeting;
use crate::engagement::meeting::transition as of_meeting;
use crate::engagement::practice::SharedPractice;
use crate::engagement::practice::transition as of_practice;
use crate::engagement::response::ConsultationResponse;
use crate::engagement::stakeholder_group::StakeholderGroup;
use crate::kernel::base::clock::day_begins;
use crate::kernel::base::problem::Result;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::transition::Verb;
use crate::kernel::resource::write::{Decided, Write};
use crate::visits::action::ActionItem;

/// What a hub of the demo has of it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Engagement {
    groups: Vec<Map<String, Value>>,
    meetings: Vec<MeetingStory>,
    communications: Vec<MessageStory>,
    practice: Vec<PracticeStory>,
}

/// A meeting, and how far it came.
#[derive(Clone, Deserialize)]
struct MeetingStory {
    status: MeetingStatus,
    /// Why it was cancelled.
    reason: Option<String>,
    #[serde(default, with = "entity::date::option")]
    agreed_on: Option<Date>,
    area: Option<String>,
    groups: Vec<String>,
    attendance: Vec<Value>,
    form: Map<String, Value>,
    #[serde(default)]
    actions: Vec<Map<String, Value>>,
    #[serde(default)]
    answers: Vec<Map<String, Value>>,
}

/// A message, and how far it came.
#[derive(Clone, Deserialize)]
struct MessageStory {
    status: CommunicationStatus,
    /// Why it was withdrawn.
    reason: Option<String>,
    #[serde(default, with = "entity::date::option")]
    sent_on: Option<Date>,
    /// How many in a hundred of its schools it reached.
    #[serde(default)]
    reached: usize,
    /// True for the recipient that the document's examples name.
    #[serde(default)]
    example_recipient: bool,
    #[serde(default)]
    areas: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    form: Map<String, Value>,
    #[serde(default)]
    answers: Vec<Map<String, Value>>,
}

/// A piece of practice, and how far it came.
#[derive(Clone, Deserialize)]
struct PracticeStory {
    status: PracticeStatus,
    /// Why it was withdrawn.
    reason: Option<String>,
    /// The school that it comes from.
    urn: Option<i32>,
    #[serde(default, with = "entity::date::option")]
    published_on: Option<Date>,
    #[serde(default, with = "entity::date::option")]
    consent_until: Option<Date>,
    /// Groups of schools that it is for.
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    opened: Vec<Opening>,
    form: Map<String, Value>,
}

/// A day on which a school opened it.
#[derive(Clone, Deserialize)]
struct Opening {
    urn: i32,
    #[serde(with = "entity::date")]
    on: Date,
}

/// Makes all of it. With `examples` the first row of each kind has the id that the document's examples name.
///
/// # Errors
/// 422 when a form of the demo breaks a rule. A test shows that none does.
pub async fn make(write: &mut Write, all: &Engagement, made: &Made, examples: bool) -> Result<()> {
    let mut groups = HashMap::new();
    for (at, group) in all.groups.iter().enumerate() {
        let mut form = group.clone();
        let members = group.get("members").and_then(Value::as_array).cloned().unwrap_or_default();
        form.insert("members".to_owned(), members.into_iter().map(|member| named(member, made)).collect());
        write.give_example_ids(examples && at == 0);
        let form = decode(write, Value::Object(form))?;
        let row = write.create::<StakeholderGroup>(form).await?;
        write.give_example_ids(false);
        groups.insert(row.name, row.id);
    }
    let mut answered = false;
    for (at, story) in all.meetings.iter().enumerate() {
        let meeting = meet(write, story, made, &groups, examples && at == 0).await?;
        for action in &story.actions {
            agree(write, action, meeting, made).await?;
        }
        for answer in &story.answers {
            let asked = json!({ "meeting_id": meeting });
            respond(write, answer, &asked, made, &groups, examples && !answered).await?;
            answered = true;
        }
    }
    for (at, story) in all.communications.iter().enumerate() {
        let message = tell(write, story, made, &groups, examples, at == 0).await?;
        for answer in &story.answers {
            respond(write, answer, &json!({ "communication_id": message }), made, &groups, false).await?;
        }
    }
    for (at, story) in all.practice.iter().enumerate() {
        share(write, story, made, examples && at == 0).await?;
    }
    Ok(())
}

/// A person by login or a school by URN, with ids in their place.
fn named(one: Value, made: &Made) -> Value {
    let Value::Object(mut one) = one else { return one };
    if let Some(login) = one.shift_remove("login") {
        one.insert("person_id".to_owned(), json!(login.as_str().and_then(|login| made.people.get(login))));
    }
    if let Some(urn) = one.shift_remove("urn") {
        one.insert("school_id".to_owned(), json!(school(&urn, made)));
    }
    Value::Object(one)
}

fn school(urn: &Value, made: &Made) -> Option<Uuid> {
    let urn = urn.as_i64().and_then(|urn| i32::try_from(urn).ok())?;
    made.schools.get(&urn).copied()
}

fn with(form: &Map<String, Value>, more: Value) -> Value {
    let more = more.as_object().cloned().unwrap_or_default();
    Value::Object(form.clone().into_iter().chain(more).collect())
}

fn ids(names: &[String], known: &HashMap<String, Uuid>) -> Vec<Uuid> {
    names.iter().filter_map(|name| known.get(name).copied()).collect()
}

async fn meet(
    write: &mut Write,
    story: &MeetingStory,
    made: &Made,
    groups: &HashMap<String, Uuid>,
    example: bool,
) -> Result<Uuid> {
    let attendance: Vec<Value> = story.attendance.iter().map(|one| named(one.clone(), made)).collect();
    let more = json!({
        "stakeholder_group_ids": ids(&story.groups, groups),
        "area_id": story.area.as_ref().and_then(|name| made.areas.get(name)),
        "attendance": attendance,
    });
    write.give_example_ids(example);
    let form = decode(write, with(&story.form, more))?;
    let mut row = write.create::<Meeting>(form).await?;
    write.give_example_ids(false);
    let way: &[Verb] = match story.status {
        MeetingStatus::Planned => &[],
        MeetingStatus::Held => &[of_meeting::HOLD],
        MeetingStatus::Minuted => &[of_meeting::HOLD, of_meeting::MINUTE],
        MeetingStatus::Cancelled => &[of_meeting::CANCEL],
    };
    for verb in way {
        write.because(story.reason.clone());
        let agreed_on = story.agreed_on.filter(|_| verb.name == of_meeting::MINUTE.name);
        let mut after = meeting::Model { minutes_agreed_on: agreed_on, ..row.clone() };
        Meeting::enter(write, &mut after, verb).await?;
        row = write.store::<Meeting>(Some(row), after, Operation::Verb(verb.name)).await?;
        write.because(None);
    }
    Ok(row.id)
}

/// Makes an action of a meeting.
async fn agree(write: &mut Write, story: &Map<String, Value>, meeting: Uuid, made: &Made) -> Result<()> {
    let mut form = story.clone();
    let school = form.shift_remove("urn").and_then(|urn| school(&urn, made));
    let owner = form.shift_remove("owner");
    let owner = owner.as_ref().and_then(Value::as_str).and_then(|login| made.people.get(login));
    let more = json!({ "school_id": school, "owner_id": owner, "source_kind": "meeting", "source_id": meeting });
    one::<ActionItem>(write, with(&form, more)).await
}

/// Records an answer to a consultation.
async fn respond(
    write: &mut Write,
    story: &Map<String, Value>,
    asked: &Value,
    made: &Made,
    groups: &HashMap<String, Uuid>,
    example: bool,
) -> Result<()> {
    let mut form = story.clone();
    if let Some(urn) = form.shift_remove("urn") {
        form.insert("school_id".to_owned(), json!(school(&urn, made)));
    }
    if let Some(group) = form.shift_remove("group") {
        let group = group.as_str().and_then(|name| groups.get(name));
        form.insert("stakeholder_group_id".to_owned(), json!(group));
    }
    write.give_example_ids(example);
    one::<ConsultationResponse>(write, with(&form, asked.clone())).await?;
    write.give_example_ids(false);
    Ok(())
}

async fn tell(
    write: &mut Write,
    story: &MessageStory,
    made: &Made,
    groups: &HashMap<String, Uuid>,
    examples: bool,
    first: bool,
) -> Result<Uuid> {
    let mut form = story.form.clone();
    if !story.areas.is_empty() {
        form.insert("to_area_ids".to_owned(), json!(ids(&story.areas, &made.areas)));
    }
    if !story.groups.is_empty() {
        form.insert("stakeholder_group_ids".to_owned(), json!(ids(&story.groups, groups)));
    }
    write.give_example_ids(examples && first);
    let form = decode(write, Value::Object(form))?;
    let mut row = write.create::<Communication>(form).await?;
    write.give_example_ids(false);
    let way: &[Verb] = match story.status {
        CommunicationStatus::Draft => &[],
        CommunicationStatus::Sent => &[of_message::SEND],
        CommunicationStatus::Closed => &[of_message::SEND, of_message::CLOSE],
        CommunicationStatus::Withdrawn => &[of_message::WITHDRAW],
    };
    for verb in way {
        write.because(story.reason.clone());
        write.give_example_ids(examples && story.example_recipient);
        let mut after = row.clone();
        Communication::enter(write, &mut after, verb).await?;
        write.give_example_ids(false);
        after.sent_on = after.sent_on.and(story.sent_on);
        after.sent_at = story.sent_on.filter(|_| after.sent_at.is_some()).map(day_begins);
        row = write.store::<Communication>(Some(row), after, Operation::Verb(verb.name)).await?;
        write.because(None);
        if let (Some(sent_on), CommunicationStatus::Sent) = (story.sent_on, row.status) {
            reach(write, &row, sent_on, story.reached).await?;
        }
    }
    Ok(row.id)
}

/// Records for each recipient what happened in the days after.
async fn reach(write: &mut Write, message: &communication::Model, sent_on: Date, percent: usize) -> Result<()> {
    use communication_recipient::Column;

    let rows = write.caller().rows::<communication_recipient::Entity>();
    let rows = rows.filter(Column::CommunicationId.eq(message.id)).order_by_asc(Column::SchoolId);
    let before = rows.all(write.tx()).await?;
    let after = before.iter().enumerate().map(|(at, row)| {
        let missed = 100 - percent;
        let reached = (at * missed) / 100 == ((at + 1) * missed) / 100;
        let later = Duration::days(i64::try_from(at % 5).unwrap_or_default());
        let mut next = communication_recipient::Model {
            sent_on,
            outcome: if reached { Outcome::Reached } else { Outcome::NotReached },
            reached_on: reached.then_some(sent_on + later),
            reason: (!reached).then(|| "Neither the office nor the head answered".to_owned()),
            ..row.clone()
        };
        next.set_meta(write.meta_after(row));
        next
    });
    let after: Vec<_> = after.collect();
    let steps = before.iter().zip(&after);
    let steps = steps.map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Update });
    write.store_many::<CommunicationRecipient>(&steps.collect::<Vec<_>>()).await
}

async fn share(write: &mut Write, story: &PracticeStory, made: &Made, example: bool) -> Result<()> {
    let mut form = story.form.clone();
    form.insert("school_id".to_owned(), json!(story.urn.and_then(|urn| made.schools.get(&urn))));
    if !story.groups.is_empty() {
        form.insert("to_school_group_ids".to_owned(), json!(ids(&story.groups, &made.groups)));
    }
    write.give_example_ids(example);
    let form = decode(write, Value::Object(form))?;
    let mut row = write.create::<SharedPractice>(form).await?;
    write.give_example_ids(false);
    let way: &[Verb] = match story.status {
        PracticeStatus::Draft => &[],
        PracticeStatus::Published => &[of_practice::PUBLISH],
        PracticeStatus::Withdrawn => &[of_practice::PUBLISH, of_practice::WITHDRAW],
    };
    for verb in way {
        write.because(story.reason.clone());
        let mut after = row.clone();
        SharedPractice::enter(write, &mut after, verb).await?;
        after.published_on = story.published_on;
        after.consent_until = story.consent_until;
        after.withdrawn_on = after.withdrawn_on.and(story.published_on).map(|on| on + Duration::days(90));
        row = write.store::<SharedPractice>(Some(row), after, Operation::Verb(verb.name)).await?;
        write.because(None);
    }
    if let Some(published_on) = story.published_on {
        date_back(write, &row, published_on).await?;
    }
    open(write, story, row.id, made).await
}

/// Lets the audience of a piece of practice begin and end on the days on which it was published and withdrawn.
async fn date_back(write: &Write, row: &shared_practice::Model, from_on: Date) -> Result<()> {
    use shared_practice_audience::{Column, Entity, Model};

    let rows = write.caller().rows::<Entity>().filter(Column::SharedPracticeId.eq(row.id)).all(write.tx()).await?;
    let to_on = row.withdrawn_on;
    let rows: Vec<Model> = rows.into_iter().map(|known| Model { from_on, to_on, ..known }).collect();
    write.replace_rows::<Entity>(&rows.iter().collect::<Vec<_>>()).await
}

async fn open(write: &Write, story: &PracticeStory, practice: Uuid, made: &Made) -> Result<()> {
    let opened = story.opened.iter().filter_map(|opening| {
        let meta = write.meta();
        Some(practice_opening::Model {
            hub_id: meta.hub_id,
            id: meta.id,
            version: meta.version,
            created_at: meta.created_at,
            updated_at: meta.updated_at,
            archived_at: meta.archived_at,
            shared_practice_id: practice,
            school_id: *made.schools.get(&opening.urn)?,
            opened_on: opening.on,
        })
    });
    write.insert_rows::<practice_opening::Entity>(&opened.collect::<Vec<_>>()).await
}
