//! What the part looks up, and what an event brings about for the people who are booked.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::row::Row;
use entity::schools::contact;
use entity::training::attendance::{self, AttendanceStatus};
use entity::training::training_event::{self, TrainingAudience};
use sea_orm::sea_query::{LockType, SelectStatement};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::attendance::Attendance;
use super::rules;
use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Decided;

/// What the log calls it when somebody who waited gets a place.
const PROMOTE: Operation = Operation::Verb("promote");

/// What the log calls it when an attendance is cancelled because of its event.
const CANCEL: Operation = Operation::Verb(super::attendance::transition::CANCEL.name);

/// Why the people who still wait when an event takes place are cancelled.
const NO_PLACE: &str = "no place became free";

/// The hub as the service sees it: what follows from a caller's step does not depend on the caller's reach.
fn whole_hub(caller: &Caller) -> Caller {
    Caller::system(caller.state().clone(), caller.hub_id)
}

/// The statement that locks the event of an attendance, for [`Resource::LOCK`].
pub fn lock_event(caller: &Caller, attendance_id: Uuid) -> SelectStatement {
    let attendance = caller.rows_archived::<attendance::Entity>();
    let attendance = attendance.filter(attendance::Column::Id.eq(attendance_id));
    let event_id = attendance.select_only().column(attendance::Column::EventId).into_query();
    // A school keeps its places at an event that is no longer open to it.
    let event = whole_hub(caller).rows_archived::<training_event::Entity>();
    let event = event.filter(training_event::Column::Id.in_subquery(event_id));
    event.select_only().column(training_event::Column::Id).lock(LockType::NoKeyUpdate).into_query()
}

/// Events by their ids, locked in the order of the ids.
///
/// # Errors
/// When the database is away.
pub async fn locked(write: &Write, ids: BTreeSet<Uuid>) -> Result<HashMap<Uuid, training_event::Model>> {
    use training_event::Column;

    let rows = whole_hub(write.caller()).rows::<training_event::Entity>().filter(Column::Id.is_in(ids));
    let rows = rows.order_by_asc(Column::Id).lock(LockType::NoKeyUpdate).all(write.tx()).await?;
    Ok(rows.into_iter().map(|event| (event.id, event)).collect())
}

/// Events by their ids, as they are.
///
/// # Errors
/// When the database is away.
pub async fn events(
    caller: &Caller,
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, training_event::Model>> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    let rows = whole_hub(caller).rows::<training_event::Entity>().filter(training_event::Column::Id.is_in(ids));
    Ok(rows.all(db).await?.into_iter().map(|event| (event.id, event)).collect())
}

/// Who is expected at which event already, or came to it, beside the rows with these ids.
///
/// # Errors
/// When the database is away.
pub async fn expected(
    write: &Write,
    events: &BTreeSet<Uuid>,
    people: &BTreeSet<Uuid>,
    except: &[Uuid],
) -> Result<HashSet<(Uuid, Uuid)>> {
    use attendance::Column;

    let rows = whole_hub(write.caller()).rows::<attendance::Entity>();
    let rows = rows
        .filter(Column::EventId.is_in(events.iter().copied()))
        .filter(Column::PersonId.is_in(people.iter().copied()))
        .filter(Column::Status.ne(AttendanceStatus::Cancelled))
        .filter(Column::Id.is_not_in(except.iter().copied()));
    let rows = rows.select_only().columns([Column::EventId, Column::PersonId]);
    Ok(rows.into_tuple::<(Uuid, Uuid)>().all(write.tx()).await?.into_iter().collect())
}

/// Which of these people are contacts of which of these schools today.
///
/// # Errors
/// When the database is away.
pub async fn contacts(write: &Write, people: BTreeSet<Uuid>, schools: BTreeSet<Uuid>) -> Result<HashSet<(Uuid, Uuid)>> {
    use contact::Column;

    if schools.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = whole_hub(write.caller()).rows::<contact::Entity>();
    let rows = rows.filter(Column::PersonId.is_in(people)).filter(Column::SchoolId.is_in(schools)).filter(holds(
        Column::FromOn,
        Column::ToOn,
        write.caller().today(),
    ));
    let rows = rows.select_only().columns([Column::PersonId, Column::SchoolId]);
    Ok(rows.into_tuple::<(Uuid, Uuid)>().all(write.tx()).await?.into_iter().collect())
}

/// Gives places that are free to the people who wait, the oldest first. The events are locked; rows with the ids in
/// `except` are being changed by the caller.
///
/// # Errors
/// When the database is away.
pub async fn promote(write: &mut Write, events: &mut [&mut training_event::Model], except: &[Uuid]) -> Result<()> {
    use attendance::Column;

    let now = write.now();
    let giving: Vec<Uuid> = events.iter().filter(|event| rules::gives_places(event, now)).map(|it| it.id).collect();
    if giving.is_empty() {
        return Ok(());
    }
    let waiting = whole_hub(write.caller()).rows::<attendance::Entity>();
    let waiting = waiting
        .filter(Column::EventId.is_in(giving))
        .filter(Column::Status.eq(AttendanceStatus::Waiting))
        .filter(Column::Id.is_not_in(except.iter().copied()))
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id);
    let mut chosen = Vec::new();
    for row in waiting.lock(LockType::NoKeyUpdate).all(write.tx()).await? {
        let event = events.iter_mut().find(|event| event.id == row.event_id);
        if let Some(event) = event.filter(|event| rules::has_room(event)) {
            event.places_taken += 1;
            chosen.push(row);
        }
    }
    change(write, &chosen, PROMOTE, |row| row.status = AttendanceStatus::Booked).await
}

/// Cancels the attendances of everybody who is expected at an event that does not take place.
///
/// # Errors
/// When the database is away.
pub async fn cancel_all(write: &mut Write, event: &mut training_event::Model) -> Result<()> {
    let rows = of_event(write, event.id, attendance::expected()).await?;
    let reason = write.reason().map(str::to_owned);
    change(write, &rows, CANCEL, |row| {
        row.status = AttendanceStatus::Cancelled;
        row.status_reason.clone_from(&reason);
    })
    .await?;
    event.places_taken = 0;
    Ok(())
}

/// Cancels the attendances of everybody who still waits for a place at an event that took place.
///
/// # Errors
/// When the database is away.
pub async fn cancel_waiting(write: &mut Write, event_id: Uuid) -> Result<()> {
    let waits = attendance::Column::Status.eq(AttendanceStatus::Waiting);
    let rows = of_event(write, event_id, Condition::all().add(waits)).await?;
    // The caller's reason is about the event.
    let reason = write.reason().map(str::to_owned);
    write.because(Some(NO_PLACE.to_owned()));
    change(write, &rows, CANCEL, |row| {
        row.status = AttendanceStatus::Cancelled;
        row.status_reason = Some(NO_PLACE.to_owned());
    })
    .await?;
    write.because(reason);
    Ok(())
}

/// How many attendances of an event have one of these states.
///
/// # Errors
/// When the database is away.
pub async fn count_in(write: &Write, event_id: Uuid, statuses: &[AttendanceStatus]) -> Result<u64> {
    use attendance::Column;

    let which = Condition::all().add(Column::EventId.eq(event_id));
    children::count::<attendance::Entity>(write, which.add(Column::Status.is_in(statuses.iter().copied()))).await
}

/// Corrects for how long the people who came are qualified.
///
/// # Errors
/// When the database is away.
pub async fn requalify(write: &mut Write, event: &training_event::Model) -> Result<()> {
    let (attended_on, valid_until) = rules::qualified(event);
    let came = attendance::Column::Status.eq(AttendanceStatus::Attended);
    let rows = of_event(write, event.id, Condition::all().add(came)).await?;
    let rows: Vec<_> =
        rows.into_iter().filter(|row| (row.attended_on, row.valid_until) != (Some(attended_on), valid_until)).collect();
    change(write, &rows, Operation::Update, |row| {
        (row.attended_on, row.valid_until) = (Some(attended_on), valid_until);
    })
    .await
}

/// How many attendances of schools an event would leave out, to which it is open now.
///
/// # Errors
/// When the database is away.
pub async fn left_out(write: &Write, event: &training_event::Model) -> Result<u64> {
    use attendance::Column;

    let beyond = match event.audience {
        TrainingAudience::AllSchools => return Ok(0),
        TrainingAudience::ChosenSchools => {
            let ids = event.school_ids.as_deref().unwrap_or_default();
            Column::SchoolId.is_not_in(ids.iter().copied())
        }
        TrainingAudience::HubStaff => Column::SchoolId.is_not_null(),
    };
    let beyond = Condition::all().add(Column::EventId.eq(event.id)).add(Column::SchoolId.is_not_null()).add(beyond);
    children::count::<attendance::Entity>(write, beyond.add(Column::Status.ne(AttendanceStatus::Cancelled))).await
}

async fn of_event(write: &Write, event_id: Uuid, which: Condition) -> Result<Vec<attendance::Model>> {
    use attendance::Column;

    let rows = whole_hub(write.caller()).rows::<attendance::Entity>().filter(Column::EventId.eq(event_id));
    Ok(rows.filter(which).order_by_asc(Column::Id).lock(LockType::NoKeyUpdate).all(write.tx()).await?)
}

async fn change(
    write: &mut Write,
    before: &[attendance::Model],
    operation: Operation,
    change: impl Fn(&mut attendance::Model),
) -> Result<()> {
    let after = before.iter().map(|row| {
        let mut next = row.clone();
        change(&mut next);
        next.set_meta(write.meta_after(row));
        next
    });
    let after: Vec<_> = after.collect();
    let pairs = before.iter().zip(&after);
    let steps = pairs.map(|(before, after)| Decided { before: Some(before), after, operation });
    write.store_many::<Attendance>(&steps.collect::<Vec<_>>()).await
}
