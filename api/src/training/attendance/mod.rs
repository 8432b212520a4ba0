//! Who is booked for a training event, waits for a place, came or did not.

pub mod certificate;
pub mod lifecycle;
pub mod transition;

use entity::instant::Instant;
use entity::people::person;
use entity::schools::school;
use entity::training::attendance::{self, AttendanceResult, AttendanceStatus};
use entity::training::training_event::{self, TrainingKind};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};
use time::Date;

use super::training_event::TrainingEvent;
use super::{booking, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::people::person::Person;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// A person's place at a training event: booked or on the waiting list, and afterwards whether the person came.
    ///
    /// A school books for its own people; the hub's own people have no school. Where every place is taken, the person
    /// waits, and gets the next place that becomes free.
    Attendance from NewAttendance in attendance {
        /// The event.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        event_id: Uuid,
        /// The person; for a school, one of its contacts.
        #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
        person_id: Uuid,
        /// The school that books; absent for the hub's own people.
        #[schema(example = json!(null))]
        school_id: Option<Uuid>,
        /// Whether the person came; the hub records it once the event has begun. A new attendance with a result is of
        /// somebody who had not booked.
        #[schema(example = json!(null))]
        result: Option<AttendanceResult>,
        /// What the person or the school thought of the event, from 1 for poor to 5 for excellent; only of people who
        /// came. The hub clears it, and gives none.
        #[schema(minimum = 1, maximum = 5, example = json!(null))]
        feedback_score: Option<i32>,
        /// The same in words. No pupil names; safeguarding concerns go to the school's designated lead, not here.
        #[schema(min_length = 1, max_length = 2000, example = json!(null))]
        feedback_text: Option<String>,
    }
    initial {
        status: AttendanceStatus::Booked,
        status_reason: None,
        booked_by_id: None,
        attended_on: None,
        valid_until: None,
    }
    computed {
        /// How far it has come; changed by `result` and by the verbs under its address. `waiting` becomes `booked` by
        /// itself when a place becomes free before the event begins.
        #[schema(example = "booked")]
        status: AttendanceStatus,
        /// Why it was cancelled.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// The person who booked.
        #[schema(example = json!(null))]
        booked_by_id: Option<Uuid>,
        /// The day of the event, for a person who came.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        attended_on: Option<Date>,
        /// The last day on which the person is qualified by the event; absent where it qualifies for good, or not at
        /// all.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = json!(null))]
        valid_until: Option<Date>,
    }
    embedded {
        /// The event, when asked for with `expand=event`.
        event: TrainingEvent,
        /// The person, when asked for with `expand=person`.
        person: Person,
        /// The school, when asked for with `expand=school`.
        school: School,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for Attendance {
    type Entity = attendance::Entity;
    type Form = NewAttendance;
    type Filter = AttendanceFilter;

    const PATH: &'static str = "/attendances";
    const READ: Scope = Scope::ReadTraining;
    const SORTS: &'static [(&'static str, attendance::Column)] = &[
        ("created_at", attendance::Column::CreatedAt),
        ("attended_on", attendance::Column::AttendedOn),
        ("valid_until", attendance::Column::ValidUntil),
        ("updated_at", attendance::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] =
        &["status", "event_id", "school_id", "person_id", "feedback_score", "valid_until"];
    const EXPANDS: &'static [&'static str] = &["event", "person", "school", "actions"];
    const PAIR: Option<[attendance::Column; 2]> = Some([attendance::Column::EventId, attendance::Column::PersonId]);
    const LOCK: Option<LockRoot> = Some(store::lock_event);
    const NAMES_PEOPLE: &'static [&'static str] = &["feedback_text", "status_reason"];
    const REFERS_TO_PEOPLE: &'static [&'static str] = &["person_id", "booked_by_id"];

    fn refs(form: &NewAttendance) -> Refs {
        Refs::default()
            .to::<training_event::Entity>("/event_id", form.event_id)
            .to::<person::Entity>("/person_id", form.person_id)
            .to::<school::Entity>("/school_id", form.school_id)
    }

    fn school(row: &attendance::Model) -> Option<Uuid> {
        row.school_id
    }

    async fn decide(write: &mut Write, step: Mutation<'_, attendance::Model>) -> Result<()> {
        booking::decide_all(write, &mut [step]).await?.pop().unwrap_or(Ok(()))
    }

    async fn decide_all(write: &mut Write, steps: &mut [Mutation<'_, attendance::Model>]) -> Result<Vec<Result<()>>> {
        booking::decide_all(write, steps).await
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[attendance::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "event" => expand::one::<TrainingEvent>(caller, db, rows.iter().map(|row| row.event_id)).await,
            "person" => expand::one::<Person>(caller, db, rows.iter().map(|row| row.person_id)).await,
            "school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.school_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of attendances.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AttendanceFilter {
    /// Any of these events.
    #[serde(default)]
    #[param(max_items = 200)]
    pub event_id: Vec<Uuid>,
    /// Any of these people.
    #[serde(default)]
    #[param(max_items = 200)]
    pub person_id: Vec<Uuid>,
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas, in which the school lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 5)]
    pub status: Vec<AttendanceStatus>,
    /// Any of these kinds of event.
    #[serde(default)]
    #[param(max_items = 4)]
    pub kind: Vec<TrainingKind>,
    /// Only attendances at events that begin at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub starts_from: Option<Instant>,
    /// Only attendances at events that begin at this moment or earlier.
    #[param(example = "2015-08-31T23:59:59Z")]
    pub starts_to: Option<Instant>,
    /// What the event qualifies for, regardless of case and accents.
    #[param(min_length = 1, max_length = 200, example = "Singing leader, level 1")]
    pub qualification: Option<String>,
    /// Only people who came to an event that qualifies them on this day.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub valid_on: Option<Date>,
    /// Only attendances by which the person is qualified up to this day or a later one.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-03-31")]
    pub valid_until_from: Option<Date>,
    /// Only attendances by which the person is qualified up to this day or an earlier one.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2015-06-30")]
    pub valid_until_to: Option<Date>,
    /// Only attendances with feedback, or only others.
    pub has_feedback: Option<bool>,
    /// Words of the event, each whole or in part, in any order and without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "singing")]
    pub q: Option<String>,
}

impl AttendanceFilter {
    /// The events that are asked for, as far as the caller sees them.
    fn events(&self, caller: &Caller) -> Option<Condition> {
        use training_event::Column;

        let qualification = self.qualification.as_deref().map(search_key);
        let qualifies = self.valid_on.map(|_| Column::QualificationKey.is_not_null());
        let asked = Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(is(Column::QualificationKey, qualification))
            .add_option(self.starts_from.map(|from| Column::StartsAt.gte(from)))
            .add_option(self.starts_to.map(|to| Column::StartsAt.lte(to)))
            .add_option(qualifies)
            .add_option(contains(Column::SearchKey, self.q.as_deref()));
        if asked.is_empty() {
            return None;
        }
        let events = caller.rows::<training_event::Entity>().filter(asked).select_only().column(Column::Id);
        Some(Condition::all().add(attendance::Column::EventId.in_subquery(events.into_query())))
    }
}

impl Filter<attendance::Entity> for AttendanceFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use attendance::Column;

        let valid = self.valid_on.map(|day| {
            Condition::all()
                .add(Column::AttendedOn.lte(day))
                .add(Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gte(day)))
        });
        let feedback = self.has_feedback.map(|has| {
            let any = Condition::any().add(Column::FeedbackScore.is_not_null()).add(Column::FeedbackText.is_not_null());
            if has { any } else { any.not() }
        });
        Condition::all()
            .add_option(any_of(Column::EventId, &self.event_id))
            .add_option(any_of(Column::PersonId, &self.person_id))
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(self.events(caller))
            .add_option(valid)
            .add(between(Column::ValidUntil, self.valid_until_from, self.valid_until_to))
            .add_option(feedback)
    }
}

routes! {
    ReadTraining: list_attendances, count_attendances, export_attendances, get_attendance;
    WriteTraining: create_attendance, update_attendance, archive_attendance, batch_attendances, restore_attendance;
    ReadTraining: list_attendance_history;
}

/// Lists the attendances.
///
/// A school sees the attendances that it booked, and never the ones of other schools.
#[utoipa::path(
    get,
    path = "/attendances",
    params(List<Attendance>),
    responses((status = 200, body = Page<Attendance>)),
)]
async fn list_attendances(can: Can<ReadTraining>, list: List<Attendance>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the attendances by one or two of their fields.
#[utoipa::path(
    get,
    path = "/attendances/counts",
    params(CountBy<Attendance>),
    responses((status = 200, body = Counts)),
)]
async fn count_attendances(can: Can<ReadTraining>, by: CountBy<Attendance>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the attendances as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/attendances/export",
    params(Export<Attendance>),
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
async fn export_attendances(can: Can<ReadTraining>, export: Export<Attendance>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Books a place at a training event.
///
/// Where every place is taken, the person waits (`status` is `waiting`). A school books for its own people (422), while
/// the event is open and up to `book_until` (409); the hub also books once it is closed. 409 where the person is booked
/// already.
#[utoipa::path(post, path = "/attendances", responses((status = 201, body = Attendance)))]
async fn create_attendance(can: Can<WriteTraining>, form: Json<NewAttendance>) -> Result<Reply> {
    crud::create::<Attendance>(&can, form).await
}

/// Gets an attendance.
#[utoipa::path(get, path = "/attendances/{id}", params(Show<Attendance>), responses((status = 200, body = Attendance)))]
async fn get_attendance(can: Can<ReadTraining>, id: Id, show: Show<Attendance>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes an attendance: records whether the person came, or gives feedback.
///
/// The result is recorded by the hub (403). Feedback is given on people who came (409), by the school that booked or by
/// the person; the hub may clear it only (403). Event, person and school stay.
#[utoipa::path(patch, path = "/attendances/{id}", responses((status = 200, body = Attendance)))]
async fn update_attendance(can: Can<WriteTraining>, id: Id, patch: Patch<NewAttendance>) -> Result<Reply> {
    crud::update::<Attendance>(&can, id.0, patch).await
}

/// Takes many attendances, such as who came to an event.
///
/// An item with the event and the person of an attendance changes that one; every other item books a place, or records
/// with its `result` somebody who had not booked. The whole hub is needed. At most 1,000 items and 4 MiB.
#[utoipa::path(
    post,
    path = "/attendances/batch",
    params(BatchQuery),
    responses((status = 200, description = "The outcome of each item.", body = BatchReport)),
)]
async fn batch_attendances(
    can: Can<WriteTraining>,
    how: Query<BatchQuery>,
    batch: Batch<NewAttendance>,
) -> Result<Reply> {
    crud::batch::<Attendance>(&can, &batch, &how).await
}

/// Archives an attendance.
///
/// Only for entries made by mistake, and only by the hub (403): a person who does not come is cancelled or absent.
#[utoipa::path(delete, path = "/attendances/{id}", responses((status = 204)))]
async fn archive_attendance(can: Can<WriteTraining>, id: Id) -> Result<Reply> {
    crud::archive::<Attendance>(&can, id.0).await
}

/// Restores an archived attendance.
///
/// One without a result is booked again: 409 where the event takes no bookings, and the person waits where every place
/// is taken.
#[utoipa::path(post, path = "/attendances/{id}/restore", responses((status = 200, body = Attendance)))]
async fn restore_attendance(can: Can<WriteTraining>, id: Id) -> Result<Reply> {
    crud::restore::<Attendance>(&can, id.0).await
}

/// Shows the history of an attendance.
#[utoipa::path(
    get,
    path = "/attendances/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_attendance_history(can: Can<ReadTraining>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<Attendance>(&can, id.0, &part).await
}
