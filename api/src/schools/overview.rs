//! What a list of schools shows of each: its rating, who leads its support, and when it was last visited. One list is
//! then a whole screen.

use std::collections::HashMap;

use entity::instant::Instant;
use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating::{self, RatingSource, SupportCode};
use entity::schools::assignment::{self, AssignmentRole};
use entity::schools::school;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use time::Date;
use utoipa::ToSchema;

use super::store::rated;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::people::store::named::named;

/// The current rating of a school: the latest accepted one that has not expired, of those that the caller sees.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchoolRating {
    /// The rating.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// How much the school needs support.
    #[schema(example = "amber")]
    pub colour: RatingColour,
    /// The day of the rating.
    #[serde(with = "entity::date")]
    #[schema(example = "2015-01-20")]
    pub on_date: Date,
    /// The last day on which it holds, if it ends.
    #[serde(with = "entity::date::option")]
    #[schema(example = "2027-12-31")]
    pub valid_until: Option<Date>,
    /// Where it comes from.
    pub source: RatingSource,
    /// What support the school gets.
    pub support_code: Option<SupportCode>,
}

/// Who leads the support of a school today.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchoolLead {
    /// The person.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-9c0b7a0b61e0")]
    pub person_id: Uuid,
    /// The name, as far as the caller may know it.
    #[schema(max_length = 200, example = "Vivace Rondo")]
    pub name: Option<String>,
    /// What the person is in the hub: the post, or else the designation.
    #[schema(max_length = 200, example = "Specialist leader")]
    pub role: Option<String>,
    /// The first day of the assignment.
    #[serde(with = "entity::date")]
    #[schema(example = "2014-09-01")]
    pub from_on: Date,
}

/// The visit that a school had last.
#[derive(Debug, Serialize, ToSchema)]
pub struct SchoolVisit {
    /// The visit.
    #[schema(example = "0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10")]
    pub id: Uuid,
    /// The day on which it was made.
    #[serde(with = "entity::date::option")]
    #[schema(example = "2015-02-03")]
    pub completed_on: Option<Date>,
    /// When it was to begin.
    pub starts_at: Instant,
    /// What it was for.
    pub kind: VisitKind,
    /// How it took place.
    pub mode: VisitMode,
    /// How far it has come.
    pub status: VisitStatus,
}

/// Loads one of what `expand` embeds into schools, one value for each, with a fixed number of statements.
///
/// # Errors
/// When the database is away.
pub async fn expanded(
    caller: &Caller,
    db: &impl ConnectionTrait,
    name: &str,
    rows: &[school::Model],
) -> Result<Vec<Value>> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut found = match name {
        "rating" => ratings(caller, db, &ids).await?,
        "lead" => leads(caller, db, &ids).await?,
        _ => last_visits(caller, db, &ids).await?,
    };
    Ok(ids.iter().map(|id| found.remove(id).unwrap_or_default()).collect())
}

/// What is embedded, by the school.
type BySchool = HashMap<Uuid, Value>;

fn value(item: &impl Serialize) -> Result<Value> {
    serde_json::to_value(item).map_err(Problem::internal)
}

async fn ratings(caller: &Caller, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BySchool> {
    use rag_rating::Column;

    let Some(under) = caller.under(Scope::ReadRatings) else { return Ok(BySchool::new()) };
    let rows = under.rows::<rag_rating::Entity>().filter(Column::SchoolId.is_in(ids.iter().copied()));
    let rows = rows.filter(rated::is_current(&under, under.today())).all(db).await?;
    let shown = |row: rag_rating::Model| {
        let shown = SchoolRating {
            id: row.id,
            colour: row.colour,
            on_date: row.on_date,
            valid_until: row.valid_until,
            source: row.source,
            support_code: row.support_code,
        };
        Ok((row.school_id, value(&shown)?))
    };
    rows.into_iter().map(shown).collect()
}

async fn leads(caller: &Caller, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BySchool> {
    use assignment::Column;

    let Some(under) = caller.under(Scope::ReadSchools) else { return Ok(BySchool::new()) };
    let rows = under.rows::<assignment::Entity>().filter(Column::SchoolId.is_in(ids.iter().copied()));
    let rows = rows.filter(Column::Role.eq(AssignmentRole::Lead));
    let rows = rows.filter(holds(Column::FromOn, Column::ToOn, under.today()));
    let rows = rows.select_only().columns([Column::SchoolId, Column::PersonId, Column::FromOn]);
    let rows: Vec<(Uuid, Uuid, Date)> = rows.into_tuple().all(db).await?;
    let names = named(&under, db, rows.iter().map(|(_, person, _)| *person)).await?;
    let shown = |(school_id, person_id, from_on)| {
        let person = names.get(&person_id);
        let name = person.map(|person| person.name.clone());
        let role = person.and_then(|person| person.role.clone());
        Ok((school_id, value(&SchoolLead { person_id, name, role, from_on })?))
    };
    rows.into_iter().map(shown).collect()
}

async fn last_visits(caller: &Caller, db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BySchool> {
    use visit::Column;

    let Some(under) = caller.under(Scope::ReadVisits) else { return Ok(BySchool::new()) };
    let of_schools = || under.rows::<visit::Entity>().filter(Column::SchoolId.is_in(ids.iter().copied()));
    let days = of_schools().filter(Column::CompletedOn.is_not_null()).group_by(Column::SchoolId);
    let days = days.select_only().column(Column::SchoolId).column_as(Column::CompletedOn.max(), "last");
    let days: Vec<(Uuid, Date)> = days.into_tuple().all(db).await?;
    if days.is_empty() {
        return Ok(BySchool::new());
    }
    let last: HashMap<Uuid, Date> = days.into_iter().collect();
    // What others had on that day is among the rows, and left out below. Of two on one day the later one is kept.
    let rows = of_schools().filter(Column::CompletedOn.is_in(last.values().copied()));
    let rows = rows.order_by_asc(Column::StartsAt).order_by_asc(Column::Id).all(db).await?;
    let rows = rows.into_iter().filter(|row| row.completed_on.as_ref() == last.get(&row.school_id));
    let shown = |row: visit::Model| {
        let shown = SchoolVisit {
            id: row.id,
            completed_on: row.completed_on,
            starts_at: row.starts_at,
            kind: row.kind,
            mode: row.mode,
            status: row.status,
        };
        Ok((row.school_id, value(&shown)?))
    };
    rows.map(shown).collect()
}
