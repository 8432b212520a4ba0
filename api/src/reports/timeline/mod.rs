//! All that happened with a school and is planned with it, in one list from the rows of all parts.

pub(super) mod merged;
mod sources;
mod visited;

use entity::choice;
use entity::instant::Instant;
use entity::schools::school;
use sea_orm::QueryFilter;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use self::merged::Place;
use crate::kernel::base::clock::day_begins;
use crate::kernel::base::cursor::Cursor;
use crate::kernel::operations::list::Address;
use crate::kernel::prelude::*;
use crate::people::store::named::NamedPerson;

choice! {
    /// What kind of entry of a timeline it is.
    pub enum TimelineKind {
        /// A visit, at the time for which it is planned.
        Visit = "visit",
        /// An evaluation, when it was submitted, or when it was begun as long as it was not.
        Evaluation = "evaluation",
        /// An application for an award, on the day on which the school applied.
        AwardApplication = "award_application",
        /// A rating that was accepted, on its day.
        Rating = "rating",
        /// The record of music in the school's plans, on the day on which it was checked.
        PlanRecord = "plan_record",
        /// An action, on the day by which it is to be done.
        Action = "action",
        /// An order, on the day of its quote.
        Order = "order",
        /// A delivery, on its day.
        Delivery = "delivery",
        /// A place at a training event, at the time of the event.
        Training = "training",
        /// A message to the school, on the day on which it was sent.
        Communication = "communication",
        /// An answer of the school in a consultation, on its day.
        ConsultationResponse = "consultation_response",
        /// A meeting at which the school is, at its time.
        Meeting = "meeting",
        /// Practice of the school that the hub shares, since the day of its publication.
        SharedPractice = "shared_practice",
    }
}

choice! {
    /// The order of a timeline.
    pub enum TimelineOrder {
        /// The earliest first.
        Rising = "at",
        /// The latest first.
        Falling = "-at",
    }
}

/// An entry of a school's timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TimelineEntry {
    /// What it is.
    #[schema(example = "visit")]
    pub kind: TimelineKind,
    /// The item, which its own address tells in full.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// When it happened, or is to happen: the beginning of the day where only a day is known.
    pub at: Instant,
    /// The day of it, as the hub's clocks tell it.
    #[serde(with = "entity::date")]
    #[schema(example = "2014-08-28")]
    pub on_date: Date,
    /// True if only the day is known.
    #[schema(example = false)]
    pub whole_day: bool,
    /// True if it is still to come.
    #[schema(example = false)]
    pub planned: bool,
    /// Which kind of visit, evaluation, award, training or message it is, the colour of a rating, the term of an order,
    /// as the item has it.
    #[schema(max_length = 60, example = "follow_up")]
    pub what: Option<String>,
    /// What it is about: the purpose of a visit, the text of an action, the academic year of an evaluation, a record or
    /// an order, the title of a message.
    #[schema(max_length = 1000, example = "Hear the new choir")]
    pub title: Option<String>,
    /// How far it has come, as the item has it; absent for what has no states.
    #[schema(max_length = 60, example = "closed")]
    pub status: Option<String>,
    /// The newest version of a visit's report that the caller sees; null for a visit without one, and for all else.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub report_id: Option<Uuid>,
    /// Who comes to a visit, by name and role, the visitor first; null for all else.
    #[schema(max_items = 11)]
    pub visitors: Option<Vec<NamedPerson>>,
}

/// Narrows a timeline, and pages it.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TimelineQuery {
    /// Any of these kinds; all if absent.
    #[serde(default)]
    #[param(max_items = 20)]
    pub kind: Vec<TimelineKind>,
    /// Only entries on this day or later.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2014-04-01")]
    pub from: Option<Date>,
    /// Only entries on this day or earlier.
    #[serde(default, with = "entity::date::option")]
    #[param(example = "2026-07-31")]
    pub to: Option<Date>,
    /// True for what is still to come, false for what is not.
    pub planned: Option<bool>,
    /// The latest first, `-at`, if absent.
    #[param(inline, example = "-at")]
    pub sort: Option<TimelineOrder>,
    /// How many entries at most, 1 to 200; 50 if absent.
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000, example = "Wb1mGZl0c2NhcGU")]
    pub cursor: Option<String>,
}

impl TimelineQuery {
    /// What a cursor fits: everything but the cursor and the length of a page.
    fn bound(&self, caller: &Caller, school: Uuid) -> String {
        let Self { kind, from, to, planned, sort, .. } = self;
        format!("timeline|{}|{school}|{kind:?}|{from:?}|{to:?}|{planned:?}|{sort:?}", caller.hub_id)
    }
}

routes! { ReadSchools: get_school_timeline }

/// Tells what happened with a school and what is planned with it.
///
/// Visits, evaluations, award applications, ratings, records of music in the school's plans, actions, orders,
/// deliveries, training, messages, consultations, meetings and shared practice, each as far as the caller sees it
/// elsewhere.
#[utoipa::path(
    get,
    path = "/schools/{id}/timeline",
    params(TimelineQuery),
    responses((status = 200, body = Page<TimelineEntry>)),
)]
async fn get_school_timeline(can: Can<ReadSchools>, id: Id, query: Query<TimelineQuery>) -> Result<Reply> {
    let db = can.db().snapshot().await?;
    let school = can.rows::<school::Entity>().filter(school::Column::Id.eq(id.0)).one(&db).await?;
    school.ok_or_else(Problem::not_found)?;
    let (secret, bound) = (&can.state().cursor_secret, query.bound(&can, id.0));
    let after = query.cursor.as_deref().map(|text| Place::of(&Cursor::open(text, secret, &bound)?)).transpose()?;
    let limit = query.limit.unwrap_or(50);
    let mut entries = merged::entries(&can, &db, id.0, &query, after).await?;
    let more = entries.len() as u64 > limit;
    entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = entries.last().filter(|_| more);
    let next_cursor = last.map(|(place, _)| place.cursor().seal(secret, &bound));
    let mut items: Vec<_> = entries.into_iter().map(|(_, entry)| entry).collect();
    visited::complete(&can, &db, &mut items).await?;
    Address::asked_by(&can).reply(&Page { items, next_cursor, total: None })
}

/// Returns true if something at a time is still to come.
fn is_to_come(caller: &Caller, at: Instant, whole_day: bool) -> bool {
    if whole_day { at > day_begins(caller.today()) } else { at > caller.now() }
}
