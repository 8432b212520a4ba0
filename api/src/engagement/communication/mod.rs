//! Messages to many schools: chosen by a filter, fixed when they are sent, and followed until every school is reached.

pub mod addressed;
pub mod file;
pub mod lifecycle;
pub mod preview;
pub mod recipient;
pub mod selection;
pub mod transition;

use entity::engagement::communication::{self, Channel, CommunicationKind, CommunicationStatus};
use entity::engagement::{communication_recipient, consultation_response, stakeholder_group};
use entity::instant::Instant;
use entity::list::{Ids, List as Many, Strings};
use entity::schools::school::SchoolPhase;
use entity::schools::{area, school, school_group};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;

use super::rules;
use super::stakeholder_group::StakeholderGroup;
use crate::identity::hub::LaCode;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::schools::store::of_schools;

record! {
    /// A message to many schools.
    ///
    /// Its schools are chosen by a filter, of which every part that is given has to fit. `send` fixes the list: from
    /// then on neither the message nor the list changes. The service sends nothing itself: it gives the list with the
    /// people to write to, and records what happened at each school.
    Communication from NewCommunication in communication {
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "How should singing go on in our schools?")]
        title: String,
        /// What it is about, for lists.
        #[schema(min_length = 1, max_length = 500, example = "The plan for singing in 2015/16")]
        about: Option<String>,
        /// What it is.
        #[schema(example = "consultation")]
        kind: CommunicationKind,
        /// How it goes to schools.
        #[schema(example = "email")]
        channel: Channel,
        /// The text. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 20_000, example = "Please tell us by 12 June what your school needs.")]
        body: Option<String>,
        /// Where the text stands, if it stands elsewhere.
        #[schema(
            min_length = 1,
            max_length = 2000,
            pattern = r"^https?://[^\s]+$",
            example = "https://hub.example/singing-consultation",
        )]
        link: Option<String>,
        /// Any of these areas, in which the schools lie.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 50, example = json!(null))]
        to_area_ids: Option<Ids>,
        /// Any of these groups, of which the schools are members on the day of sending.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 50, example = json!(null))]
        to_school_group_ids: Option<Ids>,
        /// Any of these phases.
        #[schema(value_type = Option<Vec<SchoolPhase>>, max_items = 8, example = json!(null))]
        to_phases: Option<Many<SchoolPhase>>,
        /// Any of these local authorities, by code.
        #[schema(value_type = Option<Vec<LaCode>>, max_items = 50, example = json!(null))]
        to_la_codes: Option<Strings>,
        /// Any of these schools.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 2000, example = json!(null))]
        to_school_ids: Option<Ids>,
        /// True if it goes to open schools out of scope too. A closed school gets no message.
        #[serde(default)]
        #[schema(example = false)]
        to_out_of_scope: bool,
        /// True if it goes only to schools that no message has reached in the academic year of sending.
        #[serde(default)]
        #[schema(example = false)]
        to_unreached_only: bool,
        /// The job of the person at each school to whom it goes, as contacts have it and regardless of the case of A to
        /// Z.
        #[schema(min_length = 1, max_length = 100, example = "Head teacher")]
        contact_job_role: Option<String>,
        /// The stakeholder groups that a consultation asks beside the schools.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 50, example = json!(null))]
        stakeholder_group_ids: Option<Ids>,
        /// Anything worth knowing, for the hub's own people. No pupil names; safeguarding concerns go to the school's
        /// designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Ask the area groups to remind their schools")]
        note: Option<String>,
    }
    initial {
        title_key: String::new(),
        status: CommunicationStatus::Draft,
        status_reason: None,
        sent_at: None,
        sent_on: None,
        sent_by_id: None,
        recipient_count: None,
        closed_at: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by `send`, `close` and `withdraw`.
        #[schema(example = "draft")]
        status: CommunicationStatus,
        /// Why it was closed or withdrawn, where that was said.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// When it was sent.
        sent_at: Option<Instant>,
        /// The day on which it was sent.
        #[serde(with = "entity::date::option")]
        #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
        sent_on: Option<Date>,
        /// The person who sent it.
        #[schema(example = json!(null))]
        sent_by_id: Option<Uuid>,
        /// To how many schools it was sent.
        #[schema(minimum = 1, example = json!(null))]
        recipient_count: Option<i32>,
        /// When it was closed.
        closed_at: Option<Instant>,
    }
    embedded {
        /// The person who sent it, when asked for with `expand=sent_by`.
        sent_by: Person,
        /// The stakeholder groups, when asked for with `expand=stakeholder_groups`.
        #[schema(max_items = 50)]
        stakeholder_groups: Vec<StakeholderGroup>,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

fn ids(list: Option<&Ids>) -> &[Uuid] {
    list.map_or(&[], |ids| ids)
}

impl Resource for Communication {
    type Entity = communication::Entity;
    type Form = NewCommunication;
    type Filter = CommunicationFilter;

    const PATH: &'static str = "/communications";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, communication::Column)] = &[
        ("sent_at", communication::Column::SentAt),
        ("title", communication::Column::TitleKey),
        ("updated_at", communication::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["kind", "channel", "status", "sent_on"];
    const EXPANDS: &'static [&'static str] = &["sent_by", "stakeholder_groups", "actions"];
    const IF_MATCH: bool = true;
    const NAMES_PEOPLE: &'static [&'static str] =
        &["link", "contact_job_role", "title", "about", "body", "note", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["sent_by_id"];

    fn refs(form: &NewCommunication) -> Refs {
        Refs::default()
            .to_all::<area::Entity>("/to_area_ids", ids(form.to_area_ids.as_ref()))
            .to_all::<school_group::Entity>("/to_school_group_ids", ids(form.to_school_group_ids.as_ref()))
            .to_all::<school::Entity>("/to_school_ids", ids(form.to_school_ids.as_ref()))
            .to_all::<stakeholder_group::Entity>("/stakeholder_group_ids", ids(form.stakeholder_group_ids.as_ref()))
    }

    fn faults(form: &NewCommunication) -> Vec<Fault> {
        rules::message(form.kind, ids(form.stakeholder_group_ids.as_ref()))
    }

    fn complete(row: &mut communication::Model) {
        row.title_key = search_key(&row.title);
        let parts = [Some(&row.title), row.about.as_ref(), row.body.as_ref()];
        let text: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        row.search_key = search_key(&text.join(" "));
    }

    fn keys(row: &communication::Model) -> Value {
        json!({ "title": row.title })
    }

    /// A school sees the message, and nothing about its other recipients.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() {
            return Withheld::default();
        }
        Withheld::of(&[
            "to_area_ids",
            "to_school_group_ids",
            "to_phases",
            "to_la_codes",
            "to_school_ids",
            "contact_job_role",
            "stakeholder_group_ids",
            "note",
            "status_reason",
            "sent_by_id",
            "recipient_count",
        ])
    }

    fn referenced_by(row: &communication::Model, _: &Caller) -> ReferencedBy {
        ReferencedBy::default()
            .by::<consultation_response::Entity>(consultation_response::Column::CommunicationId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, communication::Model>) -> Result<()> {
        match (step.operation, step.before) {
            (Operation::Create, _) => write.caller().expect_writes_hub("the hub's messages"),
            (Operation::Update, Some(before)) => rules::message_editable(before.status),
            (Operation::Archive, _) => rules::message_archivable(step.after.status),
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[communication::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "sent_by" => {
                // What is withheld is not embedded either.
                let seen = caller.sees_hub();
                expand::one::<Person>(caller, db, rows.iter().map(|row| row.sent_by_id.filter(|_| seen))).await
            }
            // A school sees none of them.
            "stakeholder_groups" => {
                let lists = rows.iter().map(|row| ids(row.stakeholder_group_ids.as_ref())).collect();
                expand::many::<StakeholderGroup>(caller, db, lists).await
            }
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CommunicationFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 6)]
    pub kind: Vec<CommunicationKind>,
    /// Any of these channels.
    #[serde(default)]
    #[param(max_items = 6)]
    pub channel: Vec<Channel>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<CommunicationStatus>,
    /// Any of these schools, to which it was sent.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas, in which a school lies to which it was sent.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group, of which a school to which it was sent is a member today.
    pub school_group_id: Option<Uuid>,
    /// Only messages that were sent on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub sent_from: Option<Date>,
    /// Only messages that were sent on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub sent_to: Option<Date>,
    /// Words that the title, what it is about or the text contain, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "singing")]
    pub q: Option<String>,
}

impl Filter<communication::Entity> for CommunicationFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use communication::Column;
        use communication_recipient::Column as Of;

        let schools = any_of(Of::SchoolId, &self.school_id);
        let more = of_schools(caller, Of::SchoolId, &self.area_id, self.school_group_id);
        let asked = schools.is_some() || more.is_some();
        let recipients = asked.then(|| {
            let rows = caller.rows::<communication_recipient::Entity>();
            let rows = rows.filter(Condition::all().add_option(schools).add_option(more));
            Column::Id.in_subquery(rows.select_only().column(Of::CommunicationId).into_query())
        });
        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Channel, &self.channel))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(recipients)
            .add(between(Column::SentOn, self.sent_from, self.sent_to))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_communications, count_communications, export_communications, get_communication;
    WriteEngagement: create_communication, update_communication, archive_communication, restore_communication;
    ReadEngagement: list_communication_history;
}

/// Lists the messages.
///
/// A school sees the messages that were sent to it, without their other recipients.
#[utoipa::path(
    get,
    path = "/communications",
    params(List<Communication>),
    responses((status = 200, body = Page<Communication>)),
)]
async fn list_communications(can: Can<ReadEngagement>, list: List<Communication>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the messages by one or two of their fields.
#[utoipa::path(
    get,
    path = "/communications/counts",
    params(CountBy<Communication>),
    responses((status = 200, body = Counts)),
)]
async fn count_communications(can: Can<ReadEngagement>, by: CountBy<Communication>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the messages as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/communications/export",
    params(Export<Communication>),
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
async fn export_communications(can: Can<ReadEngagement>, export: Export<Communication>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Creates a message as a draft.
#[utoipa::path(post, path = "/communications", responses((status = 201, body = Communication)))]
async fn create_communication(can: Can<WriteEngagement>, form: Json<NewCommunication>) -> Result<Reply> {
    crud::create::<Communication>(&can, form).await
}

/// Gets a message.
#[utoipa::path(
    get,
    path = "/communications/{id}",
    params(Show<Communication>),
    responses((status = 200, body = Communication)),
)]
async fn get_communication(can: Can<ReadEngagement>, id: Id, show: Show<Communication>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a message.
///
/// Only a draft can change (409).
#[utoipa::path(
    patch,
    path = "/communications/{id}",
    request_body = NewCommunication,
    responses((status = 200, body = Communication)),
)]
async fn update_communication(can: Can<WriteEngagement>, id: Id, patch: Patch<NewCommunication>) -> Result<Reply> {
    crud::update::<Communication>(&can, id.0, patch).await
}

/// Archives a message.
///
/// Only a message that was never sent can be archived (409).
#[utoipa::path(delete, path = "/communications/{id}", responses((status = 204)))]
async fn archive_communication(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<Communication>(&can, id.0).await
}

/// Restores an archived message.
#[utoipa::path(post, path = "/communications/{id}/restore", responses((status = 200, body = Communication)))]
async fn restore_communication(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<Communication>(&can, id.0).await
}

/// Shows the history of a message.
#[utoipa::path(
    get,
    path = "/communications/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_communication_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Communication>(&can, id.0, &part).await
}
