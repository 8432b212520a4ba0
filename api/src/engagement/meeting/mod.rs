//! Meetings of the hub, with agenda, attendance, minutes and decisions.

pub mod file;
pub mod lifecycle;
pub mod transition;

use entity::engagement::meeting::{self, Attendance, Attendee, Decisions, MeetingDecision, MeetingKind, MeetingStatus};
use entity::engagement::{consultation_response, stakeholder_group};
use entity::instant::Instant;
use entity::list::{Ids, Strings};
use entity::people::person;
use entity::reports::tabled_report;
use entity::schools::{area, school};
use entity::visits::action::{self, ActionSource};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::rules;
use super::stakeholder_group::StakeholderGroup;
use crate::kernel::base::clock::day_of;
use crate::kernel::base::filter::json_names;
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::schools::area::Area;

/// A point of an agenda.
#[derive(Serialize, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 300, example = "Choirs in the summer term")]
pub struct AgendaItem(pub String);

record! {
    /// A meeting, with its agenda, who was there, and what was decided.
    ///
    /// What is to be done after it is an action with `source_kind=meeting`. Only the hub sees it.
    Meeting from NewMeeting in meeting {
        /// What it is for.
        #[schema(example = "area_group")]
        kind: MeetingKind,
        /// The title.
        #[schema(min_length = 1, max_length = 200, example = "Area group Charnwood, spring term")]
        title: String,
        /// When it begins.
        #[schema(value_type = String, format = DateTime, example = "2015-03-04T15:45:00.000000Z")]
        starts_at: Instant,
        /// When it ends: after it begins, and within 24 hours.
        #[schema(value_type = String, format = DateTime, example = "2015-03-04T17:00:00.000000Z")]
        ends_at: Instant,
        /// Where it takes place.
        #[schema(min_length = 1, max_length = 200, example = "The library of the college")]
        place: Option<String>,
        /// The stakeholder groups that meet. A consultation asks them.
        #[serde(default)]
        #[schema(value_type = Vec<Uuid>, max_items = 50, example = json!([]))]
        stakeholder_group_ids: Ids,
        /// The area that it is about, if it is about one.
        #[schema(example = json!(null))]
        area_id: Option<Uuid>,
        /// The agenda, in its order.
        #[serde(default)]
        #[schema(value_type = Vec<AgendaItem>, max_items = 50, example = json!(["Choirs in the summer term"]))]
        agenda: Strings,
        /// Who was expected: people, schools, or others in words, and whether they were there.
        #[serde(default)]
        #[schema(
            value_type = Vec<Attendee>,
            max_items = 300,
            example = json!([{ "text": "Two officers of the county council", "presence": "apologies" }]),
        )]
        attendance: Attendance,
        /// The notes. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 20_000, example = "All schools of the area reported on their choirs.")]
        notes: Option<String>,
        /// What was decided, each with the number of its minute.
        #[serde(default)]
        #[schema(
            value_type = Vec<MeetingDecision>,
            max_items = 100,
            example = json!([{ "number": "1", "text": "Every school sends its choir in June" }]),
        )]
        decisions: Decisions,
        /// The day on which the minutes were agreed. `minute` sets it to today where it is not given; a planned meeting
        /// has none.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        minutes_agreed_on: Option<Date>,
    }
    initial {
        title_key: String::new(),
        status: MeetingStatus::Planned,
        status_reason: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by `hold`, `minute`, `reopen` and `cancel`.
        #[schema(example = "planned")]
        status: MeetingStatus,
        /// Why it was cancelled, or its minutes were opened again.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
    }
    embedded {
        /// The stakeholder groups, when asked for with `expand=stakeholder_groups`.
        #[schema(max_items = 50)]
        stakeholder_groups: Vec<StakeholderGroup>,
        /// The area, when asked for with `expand=area`.
        area: Area,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Meeting {
    type Entity = meeting::Entity;
    type Form = NewMeeting;
    type Filter = MeetingFilter;

    const PATH: &'static str = "/meetings";
    const READ: Scope = Scope::ReadEngagement;
    const SORTS: &'static [(&'static str, meeting::Column)] = &[
        ("starts_at", meeting::Column::StartsAt),
        ("title", meeting::Column::TitleKey),
        ("updated_at", meeting::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["kind", "status", "area_id"];
    const EXPANDS: &'static [&'static str] = &["stakeholder_groups", "area", "actions"];
    const IF_MATCH: bool = true;
    const NAMES_PEOPLE: &'static [&'static str] =
        &["title", "place", "agenda", "attendance", "notes", "decisions", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["attendance"];

    fn refs(form: &NewMeeting) -> Refs {
        let at = |field, id: Option<Uuid>, place| Some((format!("/attendance/{place}/{field}"), id?));
        let people = form.attendance.iter().enumerate();
        let people = people.filter_map(|(place, attendee)| at("person_id", attendee.person_id, place));
        let schools = form.attendance.iter().enumerate();
        let schools = schools.filter_map(|(place, attendee)| at("school_id", attendee.school_id, place));
        Refs::default()
            .to_all::<stakeholder_group::Entity>("/stakeholder_group_ids", &form.stakeholder_group_ids)
            .to::<area::Entity>("/area_id", form.area_id)
            .each::<person::Entity>(people)
            .each::<school::Entity>(schools)
    }

    fn faults(form: &NewMeeting) -> Vec<Fault> {
        rules::times(form.starts_at, form.ends_at)
            .into_iter()
            .chain(rules::each_once("/stakeholder_group_ids", &form.stakeholder_group_ids))
            .chain(rules::attendance(&form.attendance))
            .chain(rules::decisions(&form.decisions))
            .collect()
    }

    fn complete(row: &mut meeting::Model) {
        row.title_key = search_key(&row.title);
        row.search_key = search_key(&format!("{} {}", row.title, row.notes.as_deref().unwrap_or_default()));
    }

    fn keys(row: &meeting::Model) -> Value {
        json!({ "title": row.title, "starts_at": row.starts_at })
    }

    fn referenced_by(row: &meeting::Model, _: &Caller) -> ReferencedBy {
        let of_meeting = Condition::all()
            .add(action::Column::SourceKind.eq(ActionSource::Meeting))
            .add(action::Column::SourceId.eq(row.id));
        ReferencedBy::default()
            .by::<action::Entity>(of_meeting)
            .by::<consultation_response::Entity>(consultation_response::Column::MeetingId.eq(row.id))
            .by::<tabled_report::Entity>(tabled_report::Column::MeetingId.eq(row.id))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, meeting::Model>) -> Result<()> {
        match step.operation {
            Operation::Create | Operation::Update => {
                match step.before {
                    Some(before) => rules::meeting_editable(before.status)?,
                    None => write.caller().expect_writes_hub("the hub's meetings")?,
                }
                let (row, today) = (&*step.after, write.caller().today());
                match rules::agreed_on(row.status, row.minutes_agreed_on, day_of(row.starts_at), today) {
                    Some(fault) => Err(Problem::faults(vec![fault])),
                    None => Ok(()),
                }
            }
            Operation::Archive if step.after.status == MeetingStatus::Minuted => {
                Err(Problem::conflict("cannot archive a meeting whose minutes are agreed"))
            }
            _ => Ok(()),
        }
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[meeting::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "stakeholder_groups" => {
                let lists = rows.iter().map(|row| &*row.stakeholder_group_ids).collect();
                expand::many::<StakeholderGroup>(caller, db, lists).await
            }
            "area" => expand::one::<Area>(caller, db, rows.iter().map(|row| row.area_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of meetings.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MeetingFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 5)]
    pub kind: Vec<MeetingKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 4)]
    pub status: Vec<MeetingStatus>,
    /// A stakeholder group that meets.
    pub stakeholder_group_id: Option<Uuid>,
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A person who was expected.
    pub person_id: Option<Uuid>,
    /// A school that was expected.
    pub school_id: Option<Uuid>,
    /// Only meetings that begin at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub starts_from: Option<Instant>,
    /// Only meetings that begin at this moment or earlier.
    #[param(example = "2015-07-31T23:59:59Z")]
    pub starts_to: Option<Instant>,
    /// Words that the title or the notes contain, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "choir")]
    pub q: Option<String>,
}

impl Filter<meeting::Entity> for MeetingFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use meeting::Column;

        let backend = caller.db().backend();
        let expected = |field, id: Option<Uuid>| id.map(|id| json_names(backend, Column::Attendance, field, id));
        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(self.stakeholder_group_id.map(|id| json_has(backend, Column::StakeholderGroupIds, id)))
            .add_option(any_of(Column::AreaId, &self.area_id))
            .add_option(expected("person_id", self.person_id))
            .add_option(expected("school_id", self.school_id))
            .add(between(Column::StartsAt, self.starts_from, self.starts_to))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadEngagement: list_meetings, count_meetings, export_meetings, get_meeting;
    WriteEngagement: create_meeting, update_meeting, archive_meeting, restore_meeting;
    ReadEngagement: list_meeting_history;
}

/// Lists the meetings.
#[utoipa::path(get, path = "/meetings", params(List<Meeting>), responses((status = 200, body = Page<Meeting>)))]
async fn list_meetings(can: Can<ReadEngagement>, list: List<Meeting>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the meetings by one or two of their fields.
#[utoipa::path(get, path = "/meetings/counts", params(CountBy<Meeting>), responses((status = 200, body = Counts)))]
async fn count_meetings(can: Can<ReadEngagement>, by: CountBy<Meeting>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the meetings as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/meetings/export",
    params(Export<Meeting>),
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
async fn export_meetings(can: Can<ReadEngagement>, export: Export<Meeting>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Plans a meeting.
#[utoipa::path(post, path = "/meetings", responses((status = 201, body = Meeting)))]
async fn create_meeting(can: Can<WriteEngagement>, form: Json<NewMeeting>) -> Result<Reply> {
    crud::create::<Meeting>(&can, form).await
}

/// Gets a meeting.
#[utoipa::path(get, path = "/meetings/{id}", params(Show<Meeting>), responses((status = 200, body = Meeting)))]
async fn get_meeting(can: Can<ReadEngagement>, id: Id, show: Show<Meeting>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a meeting.
///
/// A cancelled meeting stays as it is, and so does one whose minutes are agreed, until they are opened again (409).
#[utoipa::path(patch, path = "/meetings/{id}", request_body = NewMeeting, responses((status = 200, body = Meeting)))]
async fn update_meeting(can: Can<WriteEngagement>, id: Id, patch: Patch<NewMeeting>) -> Result<Reply> {
    crud::update::<Meeting>(&can, id.0, patch).await
}

/// Archives a meeting.
///
/// Only for entries made by mistake: a meeting that does not take place is cancelled. Refused (409) while an
/// action, an answer or a tabled report names it, and once its minutes are agreed.
#[utoipa::path(delete, path = "/meetings/{id}", responses((status = 204)))]
async fn archive_meeting(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::archive::<Meeting>(&can, id.0).await
}

/// Restores an archived meeting.
#[utoipa::path(post, path = "/meetings/{id}/restore", responses((status = 200, body = Meeting)))]
async fn restore_meeting(can: Can<WriteEngagement>, id: Id) -> Result<Reply> {
    crud::restore::<Meeting>(&can, id.0).await
}

/// Shows the history of a meeting.
#[utoipa::path(get, path = "/meetings/{id}/history", params(HistoryQuery), responses((status = 200, body = Changes)))]
async fn list_meeting_history(can: Can<ReadEngagement>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Meeting>(&can, id.0, &part).await
}
