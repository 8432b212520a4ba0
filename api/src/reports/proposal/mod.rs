//! A proposal of who visits whom when, made from the list of schools that are due. Nothing is saved.

mod form;
pub mod schedule;

use std::collections::{BTreeMap, HashMap, HashSet};

use actix_web::rt::task::spawn_blocking;
use entity::people::person;
use entity::visits::visit::{self, VisitKind, VisitMode, VisitStatus};
use time::{Date, Duration};

use self::form::{
    LeftOverReason, LeftOverSchool, NewVisitProposal, ProposedDay, ProposedVisit, ProposedVisitor, VisitProposal,
};
use self::schedule::{Candidate, Day, Placed, Slot, Visitor};
use super::counted::CountedVisits;
use super::visit_due::DueQuery;
use super::visit_due::row::{self, DueRow};
use crate::kernel::base::clock;
use crate::kernel::prelude::*;
use crate::schools::store::reported::ReportedSchools;

routes! { WriteVisits: propose_visits }

/// Proposes who visits whom when.
///
/// The schools are the ones that `GET /reports/visit-due` lists as overdue or due by the last day, in its order,
/// without the ones that have a visit planned. Each is visited by its lead; a school that nobody leads goes to a
/// visitor who has time near it. A visitor stays in one area on a day where the days suffice for that, and never has
/// two visits at a time, planned ones included. Nothing is saved: send `items` to `POST /visits/batch`, whole or in
/// part.
#[utoipa::path(post, path = "/visits/proposals", responses((status = 200, body = VisitProposal)))]
async fn propose_visits(can: Can<WriteVisits>, form: Json<NewVisitProposal>) -> Result<Reply> {
    let faults = form::faults(&form);
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    let proposal = propose(&can, &form).await?;
    Write::run(&can, async |_| Reply::ok(&proposal)).await
}

async fn propose(caller: &Caller, form: &NewVisitProposal) -> Result<VisitProposal> {
    let db = caller.db().report_snapshot().await?;
    // What is known today decides who is due, also where the days lie ahead.
    let reading = ReportReading::new(caller, caller.today().min(form.from_on), &db);
    expect_visitors(&reading, &form.visitors).await?;
    let schools = due(&reading, form).await?;
    let visitors = visitors(form, &planned(&reading, form).await?);
    db.rollback().await?;
    let candidates: Vec<_> = schools.iter().map(candidate).collect();
    let ranked = spawn_blocking(move || {
        let placed = schedule::propose(&candidates, &visitors);
        (candidates, placed)
    });
    let (candidates, placed) = ranked.await.map_err(Problem::internal)?;
    Ok(proposal(form, &schools, &candidates, &placed))
}

/// Refuses people who do not exist for the caller. Nothing refers to them yet, so that no row is locked.
async fn expect_visitors(reading: &ReportReading<'_>, visitors: &[ProposedVisitor]) -> Result<()> {
    let own = reading.caller.actor.person_id();
    let others = || visitors.iter().enumerate().filter(|(_, visitor)| Some(visitor.person_id) != own);
    let mut people = reading.caller.statement::<person::Entity>(false);
    people
        .column((person::Entity, person::Column::Id))
        .and_where(person::Column::Id.is_in(others().map(|(_, visitor)| visitor.person_id)));
    let rows = reading.all(&people).await?;
    let known = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    let unknown = others().filter(|(_, visitor)| !known.contains(&visitor.person_id)).map(|(at, _)| {
        let pointer = format!("/visitors/{at}/person_id");
        Fault::new(pointer, "unknown_reference", "there is no such person")
    });
    let faults: Vec<_> = unknown.collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// The schools that are due by the last day and have no visit planned, in the order of the list.
async fn due(reading: &ReportReading<'_>, form: &NewVisitProposal) -> Result<Vec<DueRow>> {
    let query =
        DueQuery { planned: Some(false), limit: Some(form.schools_at_most.unwrap_or(1000)), ..DueQuery::default() };
    let counted =
        CountedVisits { since_on: form.since_on, interval_months: form.interval_months, ..CountedVisits::default() };
    let narrowed = ReportedSchools {
        area_id: form.area_id.clone(),
        phase: form.phase.clone(),
        la_code: form.la_code.clone(),
        ..ReportedSchools::default()
    };
    let period = Period { from_on: form.from_on, to_on: form.to_on, label: None, plan_id: None };
    Ok(row::read(reading, &query, &counted, &narrowed, &period).await?.0)
}

/// When the visitors are on visits that are planned already, by visitor.
async fn planned(reading: &ReportReading<'_>, form: &NewVisitProposal) -> Result<HashMap<Uuid, Vec<Slot>>> {
    use visit::Column;

    let people = form.visitors.iter().map(|visitor| visitor.person_id);
    let mut visits = reading.caller.statement::<visit::Entity>(false);
    visits
        .columns([Column::VisitorId, Column::StartsAt, Column::EndsAt].map(|column| (visit::Entity, column)))
        .and_where(Column::VisitorId.is_in(people))
        .and_where(Column::Status.is_in([VisitStatus::Planned, VisitStatus::Confirmed]))
        // A visit lasts a day at most.
        .and_where(Column::StartsAt.gte(clock::day_begins(form.from_on.saturating_sub(Duration::DAY))))
        .and_where(Column::StartsAt.lt(clock::day_begins(form.to_on.saturating_add(Duration::DAY))));
    let mut planned: HashMap<Uuid, Vec<Slot>> = HashMap::new();
    for row in reading.all(&visits).await? {
        let slot = Slot { starts_at: row.try_get_by_index(1)?, ends_at: row.try_get_by_index(2)? };
        planned.entry(row.try_get_by_index(0)?).or_default().push(slot);
    }
    Ok(planned)
}

/// The visitors with the times at which each of them can visit.
fn visitors(form: &NewVisitProposal, planned: &HashMap<Uuid, Vec<Slot>>) -> Vec<Visitor> {
    let visitors = form.visitors.iter().map(|visitor| {
        let planned = planned.get(&visitor.person_id).map_or(&[][..], Vec::as_slice);
        let a_day = visitor.a_day();
        let days = form.days_of(visitor).into_iter();
        let days = days.map(|day| Day { day, slots: schedule::free(form.slots(day, a_day), planned, a_day) });
        Visitor { person_id: visitor.person_id, days: days.collect(), at_most: visitor.at_most() }
    });
    visitors.collect()
}

fn candidate(school: &DueRow) -> Candidate {
    Candidate {
        school_id: school.school_id,
        area_id: school.area_id,
        position: school.position,
        lead_id: school.lead_id,
    }
}

fn proposal(form: &NewVisitProposal, schools: &[DueRow], candidates: &[Candidate], placed: &[Placed]) -> VisitProposal {
    let items = placed.iter().map(|visit| {
        let school = &schools[visit.candidate];
        let usual = if school.last_visit_on.is_none() { VisitKind::Initial } else { VisitKind::FollowUp };
        ProposedVisit {
            school_id: school.school_id,
            visitor_id: visit.visitor_id,
            kind: form.kind.unwrap_or(usual),
            mode: form.mode.unwrap_or(VisitMode::InPerson),
            starts_at: visit.slot.starts_at,
            ends_at: visit.slot.ends_at,
        }
    });
    let visited: HashSet<usize> = placed.iter().map(|visit| visit.candidate).collect();
    let left = candidates.iter().enumerate().filter(|(place, _)| !visited.contains(place));
    let left = left.map(|(_, school)| {
        let led_by_another = school.lead_id.is_some_and(|lead| form.visitors.iter().all(|it| it.person_id != lead));
        let reason = if led_by_another { LeftOverReason::LeadNotAmongVisitors } else { LeftOverReason::NoTimeLeft };
        LeftOverSchool { school_id: school.school_id, person_id: school.lead_id, reason }
    });
    VisitProposal { items: items.collect(), days: days(candidates, placed), left_over: left.collect() }
}

/// The days of the visitors, in the order of days.
fn days(candidates: &[Candidate], placed: &[Placed]) -> Vec<ProposedDay> {
    let mut of_day: BTreeMap<(Date, Uuid), Vec<&Candidate>> = BTreeMap::new();
    for visit in placed {
        of_day.entry((visit.day, visit.visitor_id)).or_default().push(&candidates[visit.candidate]);
    }
    let days = of_day.into_iter().map(|((day, visitor_id), schools)| {
        let mut area_ids: Vec<Uuid> = schools.iter().filter_map(|school| school.area_id).collect();
        area_ids.sort_unstable();
        area_ids.dedup();
        let legs = schools.windows(2).filter_map(|pair| pair[0].position.zip(pair[1].position));
        let kilometres: f64 = legs.map(|(one, other)| super::rules::kilometres(one, other)).sum();
        let kilometres = (kilometres * 10.0).round() / 10.0;
        ProposedDay { day, visitor_id, visits: schools.len() as u64, area_ids, kilometres }
    });
    days.collect()
}
