//! Training events themselves: their own fields and their states.

pub mod lifecycle;
pub mod transition;

use entity::cell::json;
use entity::instant::Instant;
use entity::list::Ids;
use entity::partners::partner;
use entity::schools::school;
use entity::training::attendance;
use entity::training::attendance::{AttendanceStatus, RECORDED};
use entity::training::training_event::{self, TrainingAudience, TrainingKind, TrainingStatus};
use sea_orm::{ExprTrait, QueryFilter, QuerySelect, QueryTrait};
use time::Date;

use super::{rules, store};
use crate::kernel::prelude::*;
use crate::kernel::resource::transition::{Action, actions};
use crate::partners::partner::Partner;
use crate::schools::school::School;
use crate::schools::store::of_schools;

record! {
    /// A training event: a training, a session in which schools learn from each other, a moderation or a briefing.
    ///
    /// Once it is opened, the schools that it is open to see it and book places for their own people.
    TrainingEvent from NewTrainingEvent in training_event {
        /// The title, as schools read it.
        #[schema(min_length = 1, max_length = 200, example = "Whole-class singing in key stage 2")]
        title: String,
        /// What kind of event it is.
        #[schema(example = "training")]
        kind: TrainingKind,
        /// When it begins.
        #[schema(value_type = String, format = DateTime, example = "2030-10-15T09:00:00.000000Z")]
        starts_at: Instant,
        /// When it ends: after it begins, and within 31 days.
        #[schema(value_type = String, format = DateTime, example = "2030-10-15T15:30:00.000000Z")]
        ends_at: Instant,
        /// Where it takes place.
        #[schema(min_length = 1, max_length = 300, example = "Bosworth Academy, main hall")]
        place: Option<String>,
        /// Where it takes place online.
        #[schema(pattern = r"^https?://[^\s]+$", max_length = 500, example = json!(null))]
        online_link: Option<String>,
        /// The school that is the host, if one is.
        #[schema(example = json!(null))]
        host_school_id: Option<Uuid>,
        /// The partner that is the host, if one is.
        #[schema(example = json!(null))]
        host_partner_id: Option<Uuid>,
        /// How many people there is room for; absent for any number.
        #[schema(minimum = 1, maximum = 5000, example = 20)]
        places: Option<i32>,
        /// What it is about. No pupil names.
        #[schema(min_length = 1, max_length = 4000, example = "Songs, warm-ups, and how to hear progress")]
        description: Option<String>,
        /// The last day on which schools book; absent where they book until it begins.
        #[serde(default, with = "entity::date::option")]
        #[schema(example = "2030-10-08")]
        book_until: Option<Date>,
        /// What it qualifies people for who came.
        #[schema(min_length = 1, max_length = 200, pattern = r"^\S(.*\S)?$", example = "Singing leader, level 1")]
        qualification: Option<String>,
        /// For how many months it qualifies; absent where it does for good. Only with `qualification`.
        #[schema(minimum = 1, maximum = 240, example = 24)]
        qualification_months: Option<i32>,
        /// To whom it is open.
        #[schema(example = "all_schools")]
        audience: TrainingAudience,
        /// The schools that it is open to, each once; only with the audience `chosen_schools`. Schools do not see it.
        #[schema(value_type = Option<Vec<Uuid>>, max_items = 1000, example = json!(null))]
        school_ids: Option<Ids>,
    }
    initial {
        places_taken: 0,
        qualification_key: None,
        status: TrainingStatus::Planned,
        status_reason: None,
        announced_at: None,
        search_key: String::new(),
    }
    computed {
        /// How far it has come; changed by the verbs under its address.
        #[schema(example = "planned")]
        status: TrainingStatus,
        /// Why it was cancelled.
        #[schema(max_length = 2000, example = json!(null))]
        status_reason: Option<String>,
        /// When it was opened for the first time; schools see it from then on.
        announced_at: Option<Instant>,
        /// How many people have a place, or came.
        #[schema(minimum = 0, example = 12)]
        places_taken: i32,
        /// How many places are left; absent where there is no limit.
        #[schema(minimum = 0, example = 8)]
        places_left: Option<i32> = |row: &training_event::Model| {
            rules::places_left(row.places, row.places_taken)
        }, of &["places", "places_taken"], by |row, at, out| {
            json(&rules::places_left(row.try_get_by_index(at)?, row.try_get_by_index(at + 1)?), out)
        },
    }
    embedded {
        /// The school that is the host, when asked for with `expand=host_school`.
        host_school: School,
        /// The partner that is the host, when asked for with `expand=host_partner`.
        host_partner: Partner,
        /// The transitions that the caller may make now, with `expand=actions`.
        #[schema(max_items = 10)]
        actions: Vec<Action>,
    }
}

impl Resource for TrainingEvent {
    type Entity = training_event::Entity;
    type Form = NewTrainingEvent;
    type Filter = TrainingEventFilter;

    const PATH: &'static str = "/training-events";
    const READ: Scope = Scope::ReadTraining;
    const SORTS: &'static [(&'static str, training_event::Column)] = &[
        ("starts_at", training_event::Column::StartsAt),
        ("book_until", training_event::Column::BookUntil),
        ("updated_at", training_event::Column::UpdatedAt),
    ];
    const COUNTS: &'static [&'static str] = &["status", "kind", "audience", "qualification", "host_school_id"];
    const EXPANDS: &'static [&'static str] = &["host_school", "host_partner", "actions"];
    const NAMES_PEOPLE: &'static [&'static str] =
        &["online_link", "title", "place", "description", "qualification", "status_reason"];

    fn refs(form: &NewTrainingEvent) -> Refs {
        Refs::default()
            .to::<school::Entity>("/host_school_id", form.host_school_id)
            .to::<partner::Entity>("/host_partner_id", form.host_partner_id)
            .to_all::<school::Entity>("/school_ids", form.school_ids.as_deref().unwrap_or_default())
    }

    fn faults(form: &NewTrainingEvent) -> Vec<Fault> {
        rules::event(form)
    }

    fn complete(row: &mut training_event::Model) {
        row.qualification_key = row.qualification.as_deref().map(search_key);
        let words = [Some(&row.title), row.place.as_ref(), row.description.as_ref(), row.qualification.as_ref()];
        let words: Vec<&str> = words.into_iter().flatten().map(String::as_str).collect();
        row.search_key = search_key(&words.join(" "));
    }

    fn keys(row: &training_event::Model) -> Value {
        json!({ "title": row.title })
    }

    /// Which other schools are invited is no school's business.
    fn withheld(caller: &Caller) -> Withheld {
        if caller.sees_hub() { Withheld::default() } else { Withheld::of(&["school_ids"]) }
    }

    fn referenced_by(row: &training_event::Model, _: &Caller) -> ReferencedBy {
        let live = attendance::Column::Status.ne(AttendanceStatus::Cancelled);
        ReferencedBy::default().by::<attendance::Entity>(live.and(attendance::Column::EventId.eq(row.id)))
    }

    async fn decide(write: &mut Write, step: Mutation<'_, training_event::Model>) -> Result<()> {
        write.caller().expect_writes_hub("training events")?;
        let (Some(before), Operation::Update) = (step.before, step.operation) else { return Ok(()) };
        let after = step.after;
        rules::event_change(before, after)?;
        let moved = rules::moved(before, after);
        if !moved.is_empty() && store::count_in(write, after.id, RECORDED).await? > 0 {
            return Err(Problem::faults(moved));
        }
        rules::enough_places(after)?;
        if (before.audience, &before.school_ids) != (after.audience, &after.school_ids) {
            let left_out = store::left_out(write, after).await?;
            if left_out > 0 {
                let detail = format!(
                    "cannot close the event to schools that have booked: {left_out} attendances are of schools that \
                     it would not be open to. Cancel them first"
                );
                return Err(Problem::conflict(detail));
            }
        }
        if (before.places, before.starts_at) != (after.places, after.starts_at) {
            store::promote(write, &mut [&mut *after], &[]).await?;
        }
        if before.qualification_months != after.qualification_months {
            store::requalify(write, after).await?;
        }
        Ok(())
    }

    async fn expand<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        name: &str,
        rows: &[training_event::Model],
    ) -> Result<Vec<Value>> {
        match name {
            "host_school" => expand::one::<School>(caller, db, rows.iter().map(|row| row.host_school_id)).await,
            "host_partner" => expand::one::<Partner>(caller, db, rows.iter().map(|row| row.host_partner_id)).await,
            _ => actions::<Self>(caller, db, rows).await,
        }
    }
}

/// Narrows the list of training events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrainingEventFilter {
    /// Any of these kinds.
    #[serde(default)]
    #[param(max_items = 4)]
    pub kind: Vec<TrainingKind>,
    /// Any of these states.
    #[serde(default)]
    #[param(max_items = 5)]
    pub status: Vec<TrainingStatus>,
    /// Only events that are open to these people or schools.
    pub audience: Option<TrainingAudience>,
    /// Any of these schools, as the host.
    #[serde(default)]
    #[param(max_items = 200)]
    pub host_school_id: Vec<Uuid>,
    /// Any of these partners, as the host.
    #[serde(default)]
    #[param(max_items = 50)]
    pub host_partner_id: Vec<Uuid>,
    /// Any of these areas, in which the school that is the host lies.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group to which the school that is the host belongs today.
    pub school_group_id: Option<Uuid>,
    /// Any of these schools, whose people have a place, wait for one, or came.
    #[serde(default)]
    #[param(max_items = 50)]
    pub attending_school_id: Vec<Uuid>,
    /// Any of these people, who have a place, wait for one, or came.
    #[serde(default)]
    #[param(max_items = 50)]
    pub person_id: Vec<Uuid>,
    /// Only events that begin at this moment or later.
    #[param(example = "2014-09-01T00:00:00Z")]
    pub starts_from: Option<Instant>,
    /// Only events that begin at this moment or earlier.
    #[param(example = "2015-08-31T23:59:59Z")]
    pub starts_to: Option<Instant>,
    /// Only events with a place left, or only full ones.
    pub has_places: Option<bool>,
    /// What they qualify for, regardless of case and accents.
    #[param(min_length = 1, max_length = 200, example = "Singing leader, level 1")]
    pub qualification: Option<String>,
    /// Words of the title, the place, the description and the qualification, each whole or in part, in any order and
    /// without regard to case and accents.
    #[param(min_length = 1, max_length = 100, example = "singing")]
    pub q: Option<String>,
}

impl Filter<training_event::Entity> for TrainingEventFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        use training_event::Column;

        let room = self.has_places.map(|has| {
            let is = Column::Places.is_null().or(Column::PlacesTaken.into_expr().lt(Column::Places.into_expr()));
            if has { is } else { is.not() }
        });
        let attended = (!self.attending_school_id.is_empty() || !self.person_id.is_empty()).then(|| {
            let rows = caller.rows::<attendance::Entity>();
            let rows = rows.filter(attendance::Column::Status.ne(AttendanceStatus::Cancelled)).filter(
                Condition::all()
                    .add_option(any_of(attendance::Column::SchoolId, &self.attending_school_id))
                    .add_option(any_of(attendance::Column::PersonId, &self.person_id)),
            );
            Column::Id.in_subquery(rows.select_only().column(attendance::Column::EventId).into_query())
        });
        let qualification = self.qualification.as_deref().map(search_key);
        Condition::all()
            .add_option(any_of(Column::Kind, &self.kind))
            .add_option(any_of(Column::Status, &self.status))
            .add_option(is(Column::Audience, self.audience))
            .add_option(any_of(Column::HostSchoolId, &self.host_school_id))
            .add_option(any_of(Column::HostPartnerId, &self.host_partner_id))
            .add_option(of_schools(caller, Column::HostSchoolId, &self.area_id, self.school_group_id))
            .add_option(attended)
            .add(between(Column::StartsAt, self.starts_from, self.starts_to))
            .add_option(room)
            .add_option(is(Column::QualificationKey, qualification))
            .add_option(contains(Column::SearchKey, self.q.as_deref()))
    }
}

routes! {
    ReadTraining: list_training_events, count_training_events, export_training_events, get_training_event;
    WriteTraining: create_training_event, update_training_event, archive_training_event, restore_training_event;
    ReadTraining: list_training_event_history;
}

/// Lists the training events.
///
/// A school sees the events that were opened to it. A specialist leader sees every event that was opened.
#[utoipa::path(
    get,
    path = "/training-events",
    params(List<TrainingEvent>),
    responses((status = 200, body = Page<TrainingEvent>)),
)]
async fn list_training_events(can: Can<ReadTraining>, list: List<TrainingEvent>) -> Result<Reply> {
    crud::list(&can, list).await
}

/// Counts the training events by one or two of their fields.
#[utoipa::path(
    get,
    path = "/training-events/counts",
    params(CountBy<TrainingEvent>),
    responses((status = 200, body = Counts)),
)]
async fn count_training_events(can: Can<ReadTraining>, by: CountBy<TrainingEvent>) -> Result<Reply> {
    crud::counts(&can, by).await
}

/// Exports the training events as a file.
///
/// The file holds the whole list, with the same filters and in the same order.
#[utoipa::path(
    get,
    path = "/training-events/export",
    params(Export<TrainingEvent>),
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
async fn export_training_events(can: Can<ReadTraining>, export: Export<TrainingEvent>) -> Result<HttpResponse> {
    crud::export(&can, export).await
}

/// Plans a training event.
///
/// Schools see it once it is opened.
#[utoipa::path(post, path = "/training-events", responses((status = 201, body = TrainingEvent)))]
async fn create_training_event(can: Can<WriteTraining>, form: Json<NewTrainingEvent>) -> Result<Reply> {
    crud::create::<TrainingEvent>(&can, form).await
}

/// Gets a training event.
#[utoipa::path(
    get,
    path = "/training-events/{id}",
    params(Show<TrainingEvent>),
    responses((status = 200, body = TrainingEvent)),
)]
async fn get_training_event(can: Can<ReadTraining>, id: Id, show: Show<TrainingEvent>) -> Result<Reply> {
    crud::get(&can, id.0, show).await
}

/// Changes a training event.
///
/// 409 for fewer places than are taken, with how many are, and for an audience without a school that has booked. More
/// places go to the people who wait, the oldest first. Once it is recorded who came, its times stay (422). Once the
/// event is held, its title, kind, times, places, qualification and audience stay (422); a cancelled event does not
/// change.
#[utoipa::path(patch, path = "/training-events/{id}", responses((status = 200, body = TrainingEvent)))]
async fn update_training_event(can: Can<WriteTraining>, id: Id, patch: Patch<NewTrainingEvent>) -> Result<Reply> {
    crud::update::<TrainingEvent>(&can, id.0, patch).await
}

/// Archives a training event.
///
/// Only for entries made by mistake: an event that does not take place is cancelled. Refused (409) while people are
/// booked, wait or came.
#[utoipa::path(delete, path = "/training-events/{id}", responses((status = 204)))]
async fn archive_training_event(can: Can<WriteTraining>, id: Id) -> Result<Reply> {
    crud::archive::<TrainingEvent>(&can, id.0).await
}

/// Restores an archived training event.
#[utoipa::path(post, path = "/training-events/{id}/restore", responses((status = 200, body = TrainingEvent)))]
async fn restore_training_event(can: Can<WriteTraining>, id: Id) -> Result<Reply> {
    crud::restore::<TrainingEvent>(&can, id.0).await
}

/// Shows the history of a training event.
#[utoipa::path(
    get,
    path = "/training-events/{id}/history",
    params(HistoryQuery),
    responses((status = 200, body = Changes)),
)]
async fn list_training_event_history(can: Can<ReadTraining>, id: Id, part: Query<HistoryQuery>) -> Result<Reply> {
    feed::history::<TrainingEvent>(&can, id.0, &part).await
}
