//! Which schools are due for a visit, in an order that each row explains.

pub mod row;
mod statement;

use entity::ratings::parts::RatingColour;
use entity::schools::school::SchoolPhase;
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use self::row::DueRow;
use super::counted::CountedVisits;
use super::rules;
use crate::kernel::prelude::*;
use crate::schools::store::reported::{self, ReportedSchools};

entity::choice! {
    /// Whether a school is due for a visit.
    #[example = "overdue"]
    pub enum DueState {
        /// The day by which it should have been visited is over.
        Overdue = "overdue",
        /// It is due by the last day of the period.
        Due = "due",
        /// It is due later.
        NotDue = "not_due",
    }
}

entity::choice! {
    /// Why a school stands where it stands in the list.
    #[example = "never_visited"]
    pub enum DueReason {
        /// The day by which it should have been visited is over.
        Overdue = "overdue",
        /// It is due by the last day of the period.
        Due = "due",
        /// It is rated red.
        RatedRed = "rated_red",
        /// It is rated amber.
        RatedAmber = "rated_amber",
        /// It gets targeted support.
        Targeted = "targeted",
        /// No visit that counts was made yet.
        NeverVisited = "never_visited",
        /// Nobody leads at the school on the day.
        Unassigned = "unassigned",
        /// A visit is planned.
        VisitPlanned = "visit_planned",
    }
}

/// Narrows the list of schools that are due.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DueQuery {
    /// Any of these states; schools that are overdue or due if absent.
    #[serde(default)]
    #[param(max_items = 3)]
    pub state: Vec<DueState>,
    /// True for schools at which nobody leads on the day, false for the others.
    pub unassigned: Option<bool>,
    /// True for schools that have a visit planned on the day or later, false for the others.
    pub planned: Option<bool>,
    /// How many lines the list has at most; 200 if absent.
    #[param(minimum = 1, maximum = 1000, example = 200)]
    pub limit: Option<u64>,
}

impl DueQuery {
    /// The states asked for.
    #[must_use]
    pub fn states(&self) -> &[DueState] {
        if self.state.is_empty() { &[DueState::Overdue, DueState::Due] } else { &self.state }
    }
}

/// The report.
pub struct Due;

/// A school in the list of schools that are due.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitDue {
    /// The place in the order, from 1.
    #[schema(minimum = 1, example = 1)]
    pub place: u64,
    /// The school.
    pub school_id: Uuid,
    /// The school's name.
    #[schema(max_length = 200, example = "Woodgate Vale Primary School")]
    pub school_name: String,
    /// Unique Reference Number; null outside the register.
    #[schema(minimum = 100_000, maximum = 999_999, example = 120_305)]
    pub urn: Option<i32>,
    /// Phase of education.
    pub phase: SchoolPhase,
    /// The area that it lies in.
    #[schema(example = json!(null))]
    pub area_id: Option<Uuid>,
    /// The area's name.
    #[schema(max_length = 200, example = "North")]
    pub area_name: Option<String>,
    /// The local authority, by code.
    #[schema(max_length = 3, example = "855")]
    pub la_code: Option<String>,
    /// The specialist leader who leads at the school on the day.
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// The specialist leader's name; null where the caller does not see it.
    #[schema(max_length = 200, example = "Priya Nair")]
    pub person_name: Option<String>,
    /// Whether the school is due.
    pub state: DueState,
    /// The day by which it should be visited: the interval after its last visit, or the last day of the period where
    /// it was never visited.
    #[serde(with = "entity::date")]
    #[schema(value_type = String, format = Date, max_length = 10, example = "2015-08-31")]
    pub due_on: Date,
    /// The day of its last visit that counts.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = "2013-06-12")]
    pub last_visit_on: Option<Date>,
    /// The rating in force on the day; null where there is none, or the caller does not see ratings.
    pub rating: Option<RatingColour>,
    /// True if the school gets targeted support by that rating.
    #[schema(example = false)]
    pub targeted: bool,
    /// The day of the next visit that is planned.
    #[serde(with = "entity::date::option")]
    #[schema(value_type = Option<String>, format = Date, max_length = 10, example = json!(null))]
    pub planned_on: Option<Date>,
    /// Why it stands here, in the order in which the reasons count.
    #[schema(max_items = 8)]
    pub reasons: Vec<DueReason>,
    /// The distance from the school in the line before, in kilometres as the crow flies; null where the place of one
    /// of them is not known.
    #[schema(minimum = 0, maximum = 2000, example = 3.4)]
    pub km_from_previous: Option<f64>,
    /// The distance from the school that its specialist leader visited last.
    #[schema(minimum = 0, maximum = 2000, example = 12.1)]
    pub km_from_last_visit: Option<f64>,
}

impl ReportSource for Due {
    const NAME: &'static str = "visit-due";
    type Query = And<DueQuery, And<CountedVisits, And<ReportedSchools, PeriodQuery>>>;
    type Line = VisitDue;

    async fn read(reading: &ReportReading<'_>, query: &Self::Query) -> Result<Figures<Self::Line>> {
        let And(query, And(counted, And(narrowed, period))) = query;
        let period = period.period(reading).await?;
        let (rows, found) = row::read(reading, query, counted, narrowed, &period).await?;
        let areas = reported::areas(reading, rows.iter().filter_map(|row| row.area_id).collect()).await?;
        let leads: Vec<Uuid> = rows.iter().filter_map(|row| row.lead_id).collect();
        let people = reported::people(reading, leads.clone()).await?;
        let visited = row::last_positions(reading, leads).await?;
        let mut lines: Vec<VisitDue> = Vec::with_capacity(rows.len());
        let mut previous = None;
        for (place, row) in (1..).zip(rows) {
            let last = row.lead_id.and_then(|lead| visited.get(&lead).copied());
            let named = |names: &std::collections::BTreeMap<String, String>, id: Option<Uuid>| {
                id.and_then(|id| names.get(&id.to_string()).cloned())
            };
            lines.push(VisitDue {
                place,
                reasons: reasons(&row),
                area_name: named(&areas, row.area_id),
                person_name: named(&people, row.lead_id),
                km_from_previous: apart(previous, row.position),
                km_from_last_visit: apart(last, row.position),
                school_id: row.school_id,
                school_name: row.school_name,
                urn: row.urn,
                phase: row.phase,
                area_id: row.area_id,
                la_code: row.la_code,
                person_id: row.lead_id,
                state: row.state,
                due_on: row.due_on,
                last_visit_on: row.last_visit_on,
                rating: row.rating,
                targeted: row.targeted,
                planned_on: row.planned_on,
            });
            previous = row.position;
        }
        Ok(Figures { period: Some(period), scope: reported::SCOPE, lines, total: None, found })
    }
}

fn apart(one: Option<rules::Position>, other: Option<rules::Position>) -> Option<f64> {
    one.zip(other).map(|(one, other)| rules::kilometres(one, other))
}

/// The reasons of a row, in the order in which they count.
fn reasons(row: &DueRow) -> Vec<DueReason> {
    let state = match row.state {
        DueState::Overdue => Some(DueReason::Overdue),
        DueState::Due => Some(DueReason::Due),
        DueState::NotDue => None,
    };
    let rating = match row.rating {
        Some(RatingColour::Red) => Some(DueReason::RatedRed),
        Some(RatingColour::Amber) => Some(DueReason::RatedAmber),
        Some(RatingColour::Green) | None => None,
    };
    let when = |holds: bool, reason| holds.then_some(reason);
    [
        state,
        rating,
        when(row.targeted, DueReason::Targeted),
        when(row.last_visit_on.is_none(), DueReason::NeverVisited),
        when(row.lead_id.is_none(), DueReason::Unassigned),
        when(row.planned_on.is_some(), DueReason::VisitPlanned),
    ]
    .into_iter()
    .flatten()
    .collect()
}

routes! { ReadReports: report_visit_due }

/// Reports which schools are due for a visit.
///
/// The order: schools that are overdue before schools that are due; red before amber before unrated and green; targeted
/// support first; never visited first, then the longest time since the last visit; then the name. `reasons` says why a
/// school stands where it does. Distances follow from easting and northing.
#[utoipa::path(
    get,
    path = "/reports/visit-due",
    params(Asked<Due>),
    responses(
        (
            status = 200,
            description = "The report, in the form asked for, with an `ETag`.",
            content(
                (Report<VisitDue> = "application/json"),
                (ReportTable = "text/csv"),
                (ReportSheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
            ),
        ),
    ),
)]
async fn report_visit_due(can: Can<ReadReports>, asked: Asked<Due>) -> Result<Reply> {
    report::run(&can, asked).await
}
