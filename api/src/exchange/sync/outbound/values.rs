//! What the hub says about its schools to a music service: one statement for each field.

use std::collections::HashMap;

use entity::frameworks::award_application::{self, ApplicationStatus};
use entity::frameworks::award_scheme::AwardLevel;
use entity::instant::Instant;
use entity::people::person;
use entity::ratings::parts::RatingColour;
use entity::ratings::rag_rating;
use entity::schools::assignment::{self, AssignmentRole};
use entity::visits::visit::{self, VisitStatus};
use sea_orm::{ColumnTrait, Condition, QueryFilter, QuerySelect, QueryTrait};
use time::Date;
use uuid::Uuid;

use crate::exchange::sync::mapping::{Outbound, UserField};
use crate::kernel::base::clock;
use crate::kernel::base::period::holds;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::tenancy::Caller;
use crate::ratings::store;

/// The states of a visit that was made.
const MADE: [VisitStatus; 4] =
    [VisitStatus::Completed, VisitStatus::Reported, VisitStatus::Shared, VisitStatus::Closed];

/// The value of a field at each school that has one, as the source writes it.
///
/// # Errors
/// 503 when the database is away.
pub async fn of_schools(caller: &Caller, field: &UserField) -> Result<HashMap<Uuid, String>> {
    match field.what {
        Outbound::Rating => ratings(caller, field).await,
        Outbound::Specialist => specialists(caller).await,
        Outbound::LastVisit => last_visits(caller, field).await,
        Outbound::NextVisit => next_visits(caller, field).await,
        Outbound::Award => awards(caller, field).await,
    }
}

/// The colours of the ratings that hold today.
async fn ratings(caller: &Caller, field: &UserField) -> Result<HashMap<Uuid, String>> {
    use rag_rating::Column;

    let rows = caller.rows::<rag_rating::Entity>().filter(store::is_current(caller, caller.today()));
    let rows = rows.select_only().columns([Column::SchoolId, Column::Colour]);
    let rows: Vec<(Uuid, RatingColour)> = rows.into_tuple().all(caller.db().reports()).await?;
    Ok(rows.into_iter().map(|(school, colour)| (school, field.word(colour.as_str()))).collect())
}

/// The names of the specialists who lead at the schools today. An erased person has none.
async fn specialists(caller: &Caller) -> Result<HashMap<Uuid, String>> {
    use assignment::Column;

    let leads = || {
        let rows = caller.rows::<assignment::Entity>().filter(Column::Role.eq(AssignmentRole::Lead));
        rows.filter(holds(Column::FromOn, Column::ToOn, caller.today())).select_only()
    };
    let db = caller.db().reports();
    let ids = leads().column(Column::PersonId).into_query();
    let people = caller.rows::<person::Entity>().filter(person::Column::Id.in_subquery(ids));
    let people = people.filter(person::Column::ErasedAt.is_null());
    let people = people.select_only().columns([person::Column::Id, person::Column::Name]);
    let people: Vec<(Uuid, String)> = people.into_tuple().all(db).await?;
    let people: HashMap<Uuid, String> = people.into_iter().collect();
    let leads = leads().columns([Column::SchoolId, Column::PersonId]);
    let leads: Vec<(Uuid, Uuid)> = leads.into_tuple().all(db).await?;
    Ok(leads.into_iter().filter_map(|(school, person)| Some((school, people.get(&person)?.clone()))).collect())
}

/// The days of the last visits that were made.
async fn last_visits(caller: &Caller, field: &UserField) -> Result<HashMap<Uuid, String>> {
    use visit::Column;

    let rows = caller.rows::<visit::Entity>().filter(Column::Status.is_in(MADE));
    let rows = rows.filter(Column::CompletedOn.is_not_null()).select_only().column(Column::SchoolId);
    let rows = rows.column_as(Column::CompletedOn.max(), "last").group_by(Column::SchoolId);
    let rows: Vec<(Uuid, Option<Date>)> = rows.into_tuple().all(caller.db().reports()).await?;
    Ok(rows.into_iter().filter_map(|(school, day)| Some((school, field.date(day?)))).collect())
}

/// The days of the next visits that are planned or confirmed.
async fn next_visits(caller: &Caller, field: &UserField) -> Result<HashMap<Uuid, String>> {
    use visit::Column;

    let to_come = Column::Status.is_in([VisitStatus::Planned, VisitStatus::Confirmed]);
    let rows = caller.rows::<visit::Entity>().filter(to_come).filter(Column::StartsAt.gte(caller.now()));
    let rows = rows.select_only().column(Column::SchoolId);
    let rows = rows.column_as(Column::StartsAt.min(), "next").group_by(Column::SchoolId);
    let rows: Vec<(Uuid, Option<Instant>)> = rows.into_tuple().all(caller.db().reports()).await?;
    Ok(rows.into_iter().filter_map(|(school, at)| Some((school, field.date(clock::day_of(at?))))).collect())
}

/// The highest levels of the awards that the schools hold today.
async fn awards(caller: &Caller, field: &UserField) -> Result<HashMap<Uuid, String>> {
    use award_application::Column;

    let holds = Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gte(caller.today()));
    let rows = caller.rows::<award_application::Entity>().filter(Column::Status.eq(ApplicationStatus::Awarded));
    let rows = rows.filter(Condition::all().add(holds).add(Column::AwardedOn.lte(caller.today())));
    let rows = rows.select_only().columns([Column::SchoolId, Column::Level]);
    let rows: Vec<(Uuid, AwardLevel)> = rows.into_tuple().all(caller.db().reports()).await?;
    let height = |level: AwardLevel| AwardLevel::ALL.iter().position(|one| *one == level);
    let mut highest: HashMap<Uuid, AwardLevel> = HashMap::new();
    for (school, level) in rows {
        let held = highest.entry(school).or_insert(level);
        if height(level) > height(*held) {
            *held = level;
        }
    }
    Ok(highest.into_iter().map(|(school, level)| (school, field.word(level.as_str()))).collect())
}
