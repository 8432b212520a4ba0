//! Answers of stakeholder groups and schools to consultations.

use entity::engagement::communication::{self, CommunicationKind, CommunicationStatus};
use entity::engagement::meeting::{self, MeetingKind, MeetingStatus};
use entity::engagement::{communication_recipient, consultation_response, stakeholder_group};
use entity::people::person;
use entity::schools::school;
use sea_orm::QueryFilter;
use time::Date;

use super::communication::Communication;
use super::meeting::Meeting;
use super::rules;
use super::stakeholder_group::StakeholderGroup;
use crate::kernel::base::clock::day_of;
use crate::kernel::base::problem::Code;
use crate::kernel::document::openapi::example_id;
use crate::kernel::prelude::*;
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// What a stakeholder group or a school says in a consultation, which is a message or a meeting of that kind.
    ///
    /// Each answers a consultation once, and may change its answer until the consultation is closed.
    ConsultationResponse from NewConsultationResponse in consultation_response {
        /// The message that asks; absent where a meeting does.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        communication_id: Option<Uuid>,
        /// The meeting that asks; absent where a message does.
        #[schema(example = json!(null))]
        meeting_id: Option<Uuid>,
        /// The stakeholder group that answers, one of those asked; absent where a school does.
        #[schema(example = json!(null))]
        stakeholder_group_id: Option<Uuid>,
        /// The school that answers: one to which the message was sent, or that was expected at the meeting.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        school_id: Option<Uuid>,
        /// The person who answered; the caller where neither this nor `answered_by` is given.
        #[schema(example = json!(null))]
        answered_by_id: Option<Uuid>,
        /// Who answered, in words.
        #[schema(min_length = 1, max_length = 200, example = "Chair of governors")]
        answered_by: Option<String>,
        /// The day of the answer; today where it is not given.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        answered_on: Option<Date>,
        /// True if they support what is proposed, false if not; null while they are undecided.
        #[schema(example = true)]
        buy_in: Option<bool>,
        /// What they say. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 4000, example = "Yes, if the choir can meet in school time")]
        comments: Option<String>,
    }
    initial { search_key: String::new() }
    embedded {
        /// The message, when asked for with `expand=communication`.
        communication: Communication,
        /// The meeting, when asked for with `expand=meeting`.
        meeting: Meeting,
        /// The stakeholder group, when asked for with `expand=stakeholder_group`.
        stakeholder_group: StakeholderGroup,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The person who answered, when asked for with `expand=person`.
        person: Person,
    }
}

impl Resource for ConsultationResponse {
    type Entity = consultation_response::Entity;
    type Form = NewConsultationResponse;
    type Filter = ConsultationResponseFilter;

    const PATH: &'static str = "/consultation-responses";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, consultation_response::Column)] = &[
        ("answered_on", consultation_response::Column::AnsweredOn),
        ("updated_at", consultation_response::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] =
        &["buy_in", "communication_id", "meeting_id", "stakeholder_group_id", "school_id"];
    const EXPANDS: &'static [&'static str] = &["communication", "meeting", "stakeholder_group", "school", "person"];
    const NAMES_PEOPLE: &'static [&'static str] = &["answered_by", "comments"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["answered_by_id"];

    fn refs(form: &NewConsultationResponse) -> Refs {
        Refs::default()
            .to::<communication::Entity>("/communication_id", form.communication_id)
            .to::<meeting::Entity>("/meeting_id", form.meeting_id)
            .to::<stakeholder_group::Entity>("/stakeholder_group_id", form.stakeholder_group_id)
            .to::<school::Entity>("/school_id", form.school_id)
            .to::<person::Entity>("/answered_by_id", form.answered_by_id)
    }

    fn faults(form: &NewConsultationResponse) -> Vec<Fault> {
        let consultation = (form.communication_id, form.meeting_id);
        rules::response(consultation, (form.stakeholder_group_id, form.school_id))
    }

    fn complete(row: &mut consultation_response::Model) {
        row.search_key = search_key(row.comments.as_deref().unwrap_or_default());
    }

    fn school(row: &consultation_response::Model) -> Option<Uuid> {
        row.school_id
    }

    fn keys(row: &consultation_response::Model) -> Value {
        json!({
            "communication_id": row.communication_id,
            "meeting_id": row.meeting_id,
            "stakeholder_group_id": row.stakeholder_group_id,
            "school_id": row.school_id,
        })
    }

    async fn decide(write: &mut Write, step: Mutation<'_, consultation_response::Model>) -> Result<()> {
        if let (Operation::Update, Some(before)) = (step.operation, step.before) {
            let faults = rules::response_fixed(before, step.after);
            if !faults.is_empty() {
                return Err(Problem::faults(faults));
            }
        }
        let asked = Asked::of(write, step.after).await?;
        asked.expect_open()?;
        if step.operation == Operation::Archive {
            return Ok(());
        }
        asked.expect_answers(write, step.after).await?;
        let today = write.caller().today();
        asked.expect_day(*step.after.answered_on.get_or_insert(today), today)?;
        expect_no_other(write, step.after).await?;
        if step.after.answered_by.is_none() && step.after.answered_by_id.is_none() {
            step.after.answered_by_id = write.caller().actor.person_id();
        }
        if step.after.answered_by.is_none() && step.after.answered_by_id.is_none() {
            let message = "say who answered: by `answered_by_id`, or in words";
            return Err(Problem::invalid("/answered_by", "missing", message));
        }
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[consultation_response::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "communication" => {
                expand::one::<Communication>(caller, db, rows.iter().map(|row| row.communication_id)).await
            }
            "meeting" => expand::one::<Meeting>(caller, db, rows.iter().map(|row| row.meeting_id)).await,
            "stakeholder_group" => {
                expand::one::<StakeholderGroup>(caller, db, rows.iter().map(|row| row.stakeholder_group_id)).await
            }
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => expand::one::<Person>(caller, db, rows.iter().map(|row| row.answered_by_id)).await,
        }
    }
}

/// The consultation of an answer, which waits for nobody else until the end: of two who answer for the same, the second
/// meets the first.
enum Asked {
    Message(communication::Model),
    Meeting(meeting::Model),
}

impl Asked {
    async fn of(write: &Write, row: &consultation_response::Model) -> Result<Self> {
        match (row.communication_id, row.meeting_id) {
            (Some(id), _) => Ok(Self::Message(write.row::<communication::Entity>(id).await?)),
            (_, Some(id)) => Ok(Self::Meeting(write.row::<meeting::Entity>(id).await?)),
            (None, None) => Err(Problem::internal("an answer without a consultation")),
        }
    }

    /// Refuses what is no consultation, or one that takes no answers.
    fn expect_open(&self) -> Result<()> {
        let (consults, pointer) = match self {
            Self::Message(row) => (row.kind == CommunicationKind::Consultation, "/communication_id"),
            Self::Meeting(row) => (row.kind == MeetingKind::Consultation, "/meeting_id"),
        };
        if !consults {
            return Err(Problem::invalid(pointer, "unknown_reference", "it is of another kind than `consultation`"));
        }
        match self {
            Self::Message(row) if row.status != CommunicationStatus::Sent => {
                Err(Problem::conflict(format!("cannot answer a {} consultation: it must be sent", row.status)))
            }
            Self::Meeting(row) if !matches!(row.status, MeetingStatus::Held | MeetingStatus::Minuted) => {
                Err(Problem::conflict(format!("cannot answer at a {} meeting: it must be held", row.status)))
            }
            Self::Message(_) | Self::Meeting(_) => Ok(()),
        }
    }

    /// Refuses an answer of a group or a school that was not asked.
    async fn expect_answers(&self, write: &Write, row: &consultation_response::Model) -> Result<()> {
        let was_asked = match (self, row.stakeholder_group_id, row.school_id) {
            (Self::Message(asked), Some(group), _) => {
                asked.stakeholder_group_ids.as_ref().is_some_and(|groups| groups.contains(&group))
            }
            (Self::Meeting(asked), Some(group), _) => asked.stakeholder_group_ids.contains(&group),
            (Self::Message(asked), None, Some(school)) => received(write, asked.id, school).await?,
            (Self::Meeting(asked), None, school) => asked.attendance.iter().any(|one| one.school_id == school),
            (Self::Message(_), None, None) => false,
        };
        if was_asked {
            return Ok(());
        }
        let (pointer, message) = match row.stakeholder_group_id {
            Some(_) => ("/stakeholder_group_id", "the consultation does not ask this group"),
            None => ("/school_id", "the consultation does not ask this school"),
        };
        Err(Problem::invalid(pointer, "unknown_reference", message))
    }

    /// Refuses an answer from before the question, or from a day to come.
    fn expect_day(&self, answered_on: Date, today: Date) -> Result<()> {
        let from = match self {
            Self::Message(row) => row.sent_on,
            Self::Meeting(row) => Some(day_of(row.starts_at)),
        };
        let message = match () {
            () if answered_on > today => "the day has not come yet",
            () if from.is_some_and(|from| answered_on < from) => "not before the day on which they were asked",
            () => return Ok(()),
        };
        Err(Problem::invalid("/answered_on", "order", message))
    }
}

/// Returns true if a message was sent to a school.
async fn received(write: &Write, message: Uuid, school: Uuid) -> Result<bool> {
    use communication_recipient::Column;

    let recipients = write.caller().rows::<communication_recipient::Entity>();
    let recipients = recipients.filter(Column::CommunicationId.eq(message)).filter(Column::SchoolId.eq(school));
    Ok(recipients.one(write.tx()).await?.is_some())
}

/// Refuses a second answer of a group or a school to one consultation.
async fn expect_no_other(write: &Write, row: &consultation_response::Model) -> Result<()> {
    use consultation_response::Column;

    let same = Condition::all()
        .add_option(is(Column::CommunicationId, row.communication_id))
        .add_option(is(Column::MeetingId, row.meeting_id))
        .add_option(is(Column::StakeholderGroupId, row.stakeholder_group_id))
        .add_option(is(Column::SchoolId, row.school_id));
    let others = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let others = others.rows_archived::<consultation_response::Entity>().filter(same).filter(Column::Id.ne(row.id));
    let Some(other) = others.one(write.tx()).await? else { return Ok(()) };
    let (pointer, who) = match row.stakeholder_group_id {
        Some(_) => ("/stakeholder_group_id", "group"),
        None => ("/school_id", "school"),
    };
    let fix = if other.archived_at.is_some() { "restore it" } else { "change that one" };
    let detail = format!("the {who} has answered this consultation already, and answer {} is its own: {fix}", other.id);
    let location = ConsultationResponse::location(other.id);
    let problem = Problem::new(Code::Duplicate, &detail).with(Fault::new(pointer, "duplicate", &detail));
    Err(problem.header(actix_web::http::header::LOCATION, location))
}

/// Narrows the list of answers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsultationResponseFilter {
    /// Any of these messages.
    #[serde(default)]
    #[param(max_items = 200)]
    pub communication_id: Vec<Uuid>,
    /// Any of these meetings.
    #[serde(default)]
    #[param(max_items = 200)]
    pub meeting_id: Vec<Uuid>,
    /// Any of these stakeholder groups.
    #[serde(default)]
    #[param(max_items = 200)]
    pub stakeholder_group_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these people, who answered.
    #[serde(default)]
    #[param(max_items = 50)]
    pub answered_by_id: Vec<Uuid>,
    /// True for answers that support what is proposed, false for answers that do not.
    pub buy_in: Option<bool>,
    /// True for answers that are undecided, false for the others.
    pub undecided: Option<bool>,
    /// Only answers of this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-09-01")]
    pub answered_from: Option<Date>,
    /// Only answers of this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-08-31")]
    pub answered_to: Option<Date>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Words that the comments contain, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "choir")]
    pub q: Option<String>,
}

impl Filter<consultation_response::Entity> for ConsultationResponseFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use consultation_response::Column;

        let undecided = self
            .undecided
            .map(|undecided| if undecided { Column::BuyIn.is_null() } else { Column::BuyIn.is_not_null() });
        Condition::all()
            .add_option(any_of(Column::CommunicationId, &self.communication_id))
            .add_option(any_of(Column::MeetingId, &self.meeting_id))
            .add_option(any_of(Column::StakeholderGroupId, &self.stakeholder_group_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(any_of(Column::AnsweredById, &self.answered_by_id))
            .add_option(is(Column::BuyIn, self.buy_in))
            .add_option(undecided)
            .add(between(Column::AnsweredOn, self.answered_from, self.answered_to))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_consultation_responses, count_consultation_responses, export_consultation_responses,
        get_consultation_response;
    WriteEngagement: create_consultation_response, update_consultation_response, archive_consultation_response,
        restore_consultation_response;
    ReadEngagement: list_consultation_response_history;
}

/// Lists the answers.
///
/// A school sees its own answers.
#[utoipa::path(
    get,
    path = "/consultation-responses",
    params(List<ConsultationResponse>),
    responses((status = 200, body = Page<ConsultationResponse>)),
)]
async fn list_consultation_responses(can: Can<ReadEngagement>, list: List<ConsultationResponse>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the answers by one or two of their fields.
#[utoipa::path(
    get,
    path = "/consultation-responses/counts",
    params(CountBy<ConsultationResponse>),
    responses((status = 200, body = Counts)),
)]
async fn count_consultation_responses(can: Can<ReadEngagement>, by: CountBy<ConsultationResponse>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the answers as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/consultation-responses/export",
    params(Export<ConsultationResponse>),
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
async fn export_consultation_responses(
    can: Can<ReadEngagement>,
    export: Export<ConsultationResponse>,
) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Answers a consultation.
///
/// The head of a school answers the consultations that were sent to it; the hub records the answers of stakeholder
/// groups, and what schools said elsewhere. 409 where the group or the school has answered already.
#[utoipa::path(post, path = "/consultation-responses", request_body(
        content = NewConsultationResponse,
        example = json!({
            "communication_id": example_id("communication"),
            "school_id": example_id("school"),
            "answered_by": "Chair of governors",
            "buy_in": true,
            "comments": "Yes, if the choir can meet in school time",
        }),
    ), responses((status = 201, body = ConsultationResponse)))]
async fn create_consultation_response(can: Can<WriteEngagement>, form: Json<NewConsultationResponse>) -> Result<Reply> {
    crud::create::<ConsultationResponse>(&can, form).await
}

/// Gets an answer.
#[utoipa::path(
    get,
    path = "/consultation-responses/{id}",
    params(Show<ConsultationResponse>),
    responses((status = 200, body = ConsultationResponse)),
)]
async fn get_consultation_response(
    can: Can<ReadEngagement>,
    id: Id,
    show: Show<ConsultationResponse>,
) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an answer.
///
/// An answer stays with its consultation and with who gave it. 409 once the consultation is closed.
#[utoipa::path(
    patch,
    path = "/consultation-responses/{id}",
    request_body = NewConsultationResponse,
    responses((status = 200, body = ConsultationResponse)),
)]
async fn update_consultation_response(
    can: Can<WriteEngagement>,
    id: Id,
    patch: Patch<NewConsultationResponse>,
) -> Result<Reply> {
    crud::update::<ConsultationResponse>(&can, id.0, patch).await
}

/// Archives an answer.
///
/// 409 once the consultation is closed.
#[utoipa::path(delete, path = "/consultation-responses/{id}", responses((status = 204)))]
async fn archive_consultation_response(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<ConsultationResponse>(&can, id.0).await
}

/// Restores an archived answer.
#[utoipa::path(
    post,
    path = "/consultation-responses/{id}/restore",
    responses((status = 200, body = ConsultationResponse)),
)]
async fn restore_consultation_response(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<ConsultationResponse>(&can, id.0).await
}

/// Shows the history of an answer.
#[utoipa::path(
    get,
    path = "/consultation-responses/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_consultation_response_history(
    can: Can<ReadEngagement>,
    id: Id,
    part: Query<HistoryQuery>,
) -> Result<Reply> {
    feed::history::<ConsultationResponse>(&can, id.0, &part).await
}
