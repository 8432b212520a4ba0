//! The schools to which a message was sent, and what happened there.

use std::collections::{BTreeSet, HashMap};

use entity::engagement::communication::{self, CommunicationKind, CommunicationStatus};
use entity::engagement::communication_recipient::{self, Outcome};
use entity::schools::school;
use sea_orm::sea_query::LockType;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use time::Date;
use time::macros::date;

use super::Communication;
use crate::engagement::rules;
use crate::kernel::prelude::*;
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// A school to which a message was sent, with what happened there.
    ///
    /// Recipients are made when the message is sent; nobody adds or removes one.
    CommunicationRecipient from NewCommunicationRecipient in communication_recipient {
        /// The message.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        communication_id: Uuid,
        /// The school.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Uuid,
        /// What happened.
        #[schema(example = "reached")]
        outcome: Outcome,
        /// The day on which the school was reached; today where it is not given. Only a school that was reached has
        /// one.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        reached_on: Option<Date>,
        /// Why the school was not reached; only such a school has a reason.
        #[schema(min_length = 1, max_length = 500, example = json!(null))]
        reason: Option<String>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 1000, example = "The office passed it on to the head of music")]
        note: Option<String>,
    }
    initial { person_id: None, kind: CommunicationKind::Other, sent_on: date!(1970 - 01 - 01) }
    computed {
        /// The person to whom it went, where the message names a job and somebody had it.
        #[schema(example = json!(null))]
        person_id: Option<Uuid>,
        /// The kind of the message.
        #[schema(example = "consultation")]
        kind: CommunicationKind,
        /// The day on which it was sent.
        #[serde(with = "entity::date")]
        #[schema(value_type = String, format = Date, max_length = 10, example = "2015-06-01")]
        sent_on: Date,
    }
    embedded {
        /// The message, when asked for with `expand=communication`.
        communication: Communication,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person, when asked for with `expand=person`.
        person: Person,
    }
}

impl Resource for CommunicationRecipient {
    type Entity = communication_recipient::Entity;
    type Form = NewCommunicationRecipient;
    type Filter = CommunicationRecipientFilter;

    const PATH: &'static str = "/communication-recipients";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, communication_recipient::Column)] = &[
        ("sent_on", communication_recipient::Column::SentOn),
        ("reached_on", communication_recipient::Column::ReachedOn),
        ("updated_at", communication_recipient::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["outcome", "kind", "communication_id", "school_id", "sent_on"];
    const EXPANDS: &'static [&'static str] = &["communication", "school", "person"];
    const PAIR: Option<[communication_recipient::Column; 2]> =
        Some([communication_recipient::Column::CommunicationId, communication_recipient::Column::SchoolId]);
    const NAMES_PEOPLE: &'static [&'static str] = &["reason", "note"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id"];

    fn refs(form: &NewCommunicationRecipient) -> Refs {
        Refs::default()
            .to::<communication::Entity>("/communication_id", form.communication_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn school(row: &communication_recipient::Model) -> Option<Uuid> {
        Some(row.school_id)
    }

    fn keys(row: &communication_recipient::Model) -> Value {
        json!({ "communication_id": row.communication_id, "school_id": row.school_id })
    }

    /// A school sees that it was asked, and not what the hub noted about it.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["reason", "note"]) }
    }

    async fn decide(write: &mut Write, step: Mutation<'_, communication_recipient::Model>) -> Result<()> {
        Self::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    /// The messages are looked up once for all steps, and stay as they are until the end.
    async fn decide_all(
        write: &mut Write,
        steps: &mut [Mutation<'_, communication_recipient::Model>],
    ) -> Result<Vec<Result<()>>> {
        let states = states(write, steps.iter().map(|step| step.after.communication_id)).await?;
        let today = write.caller().today();
        let decisions = steps.iter_mut().map(|step| match step.before {
            Some(before) => {
                let status = states.get(&before.communication_id).copied().unwrap_or(CommunicationStatus::Draft);
                rules::outcome(before, step.after, status, today)
            }
            None => {
                let message = "the message was not sent to this school: the list of recipients is fixed";
                Err(Problem::invalid("/school_id", "unknown_reference", message))
            }
        });
        Ok(decisions.collect())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[communication_recipient::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "communication" => {
                expand::one::<Communication>(caller, db, rows.iter().map(|row| row.communication_id)).await
            }
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
        }
    }
}

/// The states of messages, which nobody changes until the end.
async fn states(write: &Write, ids: impl Iterator<Item = Uuid>) -> Result<HashMap<Uuid, CommunicationStatus>> {
    use communication::Column;

    let ids: BTreeSet<Uuid> = ids.collect();
    let rows = write.caller().rows::<communication::Entity>().filter(Column::Id.is_in(ids)).order_by_asc(Column::Id);
    let rows = rows.lock(LockType::Share).select_only().columns([Column::Id, Column::Status]);
    Ok(rows.into_tuple().all(write.tx()).await?.into_iter().collect())
}

/// Narrows the list of recipients.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommunicationRecipientFilter {
    /// Any of these messages.
    #[serde(default)]
    #[param(max_items = 200)]
    pub communication_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these people, to whom it went.
    #[serde(default)]
    #[param(max_items = 50)]
    pub person_id: Vec<Uuid>,
    /// Any of these kinds of message.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<CommunicationKind>,
    /// Any of these outcomes.
    #[serde(default)]
    #[param(max_items = 3)]
    pub outcome: Vec<Outcome>,
    /// Only messages that were sent on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub sent_from: Option<Date>,
    /// Only messages that were sent on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub sent_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
}

impl Filter<communication_recipient::Entity> for CommunicationRecipientFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use communication_recipient::Column;

        Condition::all()
            .add_option(any_of(Column::CommunicationId, &self.communication_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::PersonId, &self.person_id))
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Outcome, &self.outcome))
            .add(between(Column::SentOn, self.sent_from, self.sent_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
    }
}

routes! {
    ReadEngagement: list_communication_recipients, count_communication_recipients, export_communication_recipients,
        get_communication_recipient;
    WriteEngagement: update_communication_recipient, batch_communication_recipients;
    ReadEngagement: list_communication_recipient_history;
}

/// Lists the recipients.
///
/// A school sees itself alone. The recipients of one message with the addresses of the people stand under
/// `/communications/{id}/recipients`.
#[utoipa::path(
    get,
    path = "/communication-recipients",
    params(List<CommunicationRecipient>),
    responses((status = 200, body = Page<CommunicationRecipient>)),
)]
async fn list_communication_recipients(can: Can<ReadEngagement>, list: List<CommunicationRecipient>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the recipients by one or two of their fields.
#[utoipa::path(
    get,
    path = "/communication-recipients/counts",
    params(CountBy<CommunicationRecipient>),
    responses((status = 200, body = Counts)),
)]
async fn count_communication_recipients(
    can: Can<ReadEngagement>,
    by: CountBy<CommunicationRecipient>,
) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the recipients as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/communication-recipients/export",
    params(Export<CommunicationRecipient>),
    responses(
        (
            status = 200,
            description = "The file, named in `Content-Disposition` by the day. One that breaks off is not whole.",
            content(
                (ExportTable = "text/csv"),
                (ExportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                (ExportLines = "application/x-ndjson"),
            ),
        ),
    ),
)]
async fn export_communication_recipients(
    can: Can<ReadEngagement>,
    export: Export<CommunicationRecipient>,
) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Gets a recipient.
#[utoipa::path(
    get,
    path = "/communication-recipients/{id}",
    params(Show<CommunicationRecipient>),
    responses((status = 200, body = CommunicationRecipient)),
)]
async fn get_communication_recipient(
    can: Can<ReadEngagement>,
    id: Id,
    show: Show<CommunicationRecipient>,
) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a recipient.
///
/// Records what happened at the school. 409 once the message is closed.
#[utoipa::path(
    patch,
    path = "/communication-recipients/{id}",
    request_body = NewCommunicationRecipient,
    responses((status = 200, body = CommunicationRecipient)),
)]
async fn update_communication_recipient(
    can: Can<WriteEngagement>,
    id: Id,
    patch: Patch<NewCommunicationRecipient>,
) -> Result<Reply> {
    crud::update::<CommunicationRecipient>(&can, id.0, patch).await
}

/// Records what happened at many schools.
///
/// Each item names the message and the school, which must be one of its recipients. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/communication-recipients/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_communication_recipients(
    can: Can<WriteEngagement>,
    how: Query<BatchQuery>,
    batch: Batch<NewCommunicationRecipient>,
) -> Result<Reply> {
    crud::batch::<CommunicationRecipient>(&can, &batch, &how).await
}

/// Shows the history of a recipient.
#[utoipa::path(
    get,
    path = "/communication-recipients/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_communication_recipient_history(
    can: Can<ReadEngagement>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<CommunicationRecipient>(&can, id.0, &part).await
}
