//! The schools in the list, as they are read.

use std::collections::HashMap;

use entity::instant::Instant;
use entity::ratings::parts::RatingColour;
use entity::schools::school::SchoolPhase;
use sea_orm::QueryResult;
use time::Date;

use super::statement::{self, Thresholds};
use super::{DueQuery, DueState};
use crate::kernel::base::clock::day_of;
use crate::kernel::base::period::months_later;
use crate::kernel::prelude::*;
use crate::reports::counted::CountedVisits;
use crate::reports::rules::Position;
use crate::schools::store::reported::{self, ReportedSchools, SchoolGrouping};

/// How many lines there are unless it is asked otherwise.
const LIMIT: u64 = 200;

/// A school in the list.
#[derive(Debug)]
pub struct DueRow {
    pub school_id: Uuid,
    pub school_name: String,
    pub urn: Option<i32>,
    pub phase: SchoolPhase,
    pub area_id: Option<Uuid>,
    pub la_code: Option<String>,
    pub position: Option<Position>,
    pub lead_id: Option<Uuid>,
    pub state: DueState,
    pub due_on: Date,
    pub last_visit_on: Option<Date>,
    pub rating: Option<RatingColour>,
    pub targeted: bool,
    pub planned_on: Option<Date>,
}

/// Reads the schools asked for in their order, and how many there are in all.
///
/// # Errors
/// When the database is away.
pub async fn read(
    reading: &ReportReading<'_>,
    query: &DueQuery,
    counted: &CountedVisits,
    narrowed: &ReportedSchools,
    period: &Period,
) -> Result<(Vec<DueRow>, u64)> {
    let schools = reported::schools(reading, narrowed, Some(SchoolGrouping::Specialist)).await?;
    let counted = &counted.in_period(reading, period).await?;
    let thresholds = Thresholds::of(period, reading.as_at, counted.interval());
    let mut list = statement::list(reading, schools, counted, thresholds, query);
    list.limit(query.limit.unwrap_or(LIMIT));
    let rows = reading.all(&list).await?;
    let found = rows.first().map(|row| row.try_get_by_index::<i64>(statement::FOUND)).transpose()?;
    let read = |row| DueRow::of(row, period, counted.interval());
    let rows = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok((rows, found.and_then(|found| u64::try_from(found).ok()).unwrap_or(0)))
}

/// Where the given people made their last visits by the day.
///
/// # Errors
/// When the database is away.
pub async fn last_positions(reading: &ReportReading<'_>, people: Vec<Uuid>) -> Result<HashMap<Uuid, Position>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = reading.all(&statement::last_positions(reading, people)).await?;
    rows.iter()
        .map(|row| Ok((row.try_get_by_index(0)?, (row.try_get_by_index(1)?, row.try_get_by_index(2)?))))
        .collect()
}

impl DueRow {
    fn of(row: &QueryResult, period: &Period, interval: i32) -> Result<Self> {
        let easting: Option<i32> = row.try_get_by_index(6)?;
        let northing: Option<i32> = row.try_get_by_index(7)?;
        let last_visit_on: Option<Date> = row.try_get_by_index(9)?;
        let planned_at: Option<Instant> = row.try_get_by_index(10)?;
        Ok(Self {
            school_id: row.try_get_by_index(0)?,
            school_name: row.try_get_by_index(1)?,
            urn: row.try_get_by_index(2)?,
            phase: row.try_get_by_index(3)?,
            area_id: row.try_get_by_index(4)?,
            la_code: row.try_get_by_index(5)?,
            position: easting.zip(northing),
            lead_id: row.try_get_by_index(8)?,
            state: match row.try_get_by_index::<i32>(13)? {
                statement::OVERDUE => DueState::Overdue,
                statement::DUE => DueState::Due,
                _ => DueState::NotDue,
            },
            due_on: last_visit_on.map_or(period.to_on, |last| months_later(last, interval)),
            last_visit_on,
            rating: row.try_get_by_index(11)?,
            targeted: row.try_get_by_index::<i32>(12)? == 1,
            planned_on: planned_at.map(day_of),
        })
    }
}
