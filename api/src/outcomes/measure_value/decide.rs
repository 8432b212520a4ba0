//! Decides about figures: by their definitions, by the return that they stand in, and by the figures beside them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::outcomes::collection::{self, CollectionStatus};
use entity::outcomes::measure_definition;
use entity::outcomes::measure_value::{self, Column, Model};
use entity::outcomes::school_return::{self, ReturnStatus};
use entity::owned::Owned;
use entity::row::Row;
use entity::schools::school;
use sea_orm::sea_query::LockType;
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use super::MeasureValue;
use crate::kernel::prelude::*;
use crate::kernel::resource::write::Decided;
use crate::outcomes::rules::family::{self, FamilyKey};
use crate::outcomes::{rules, store};

/// Decides about each step, and suppresses what has to be in the families that the steps change.
pub async fn all(write: &mut Write, steps: &mut [Mutation<'_, Model>]) -> Result<Vec<Result<()>>> {
    // Definitions, and the other figures of a school, are no secret from the rules of a caller who sees less.
    let service = Caller::system(write.caller().state().clone(), write.caller().hub_id);
    let schools = hold_schools(write, &service, steps).await?;
    let definitions = store::definitions(&service, write.tx()).await?;
    let sent = sent_returns(write, &service, steps).await?;
    let mut decisions: Vec<Result<()>> = Vec::with_capacity(steps.len());
    for step in steps.iter_mut() {
        let caller = write.caller();
        decisions.push(one(caller, step, &schools, &definitions).and_then(|()| unsent(step, &sent)));
    }
    families(write, &service, steps, &definitions, &mut decisions).await?;
    Ok(decisions)
}

/// Locks the schools of the figures, so that two who write figures of one school wait for each other. Returns the
/// schools that the caller may refer to.
async fn hold_schools(write: &Write, service: &Caller, steps: &[Mutation<'_, Model>]) -> Result<HashSet<Uuid>> {
    let ids: BTreeSet<Uuid> = steps.iter().map(|step| step.after.school_id).collect();
    let held = service.rows::<school::Entity>().filter(school::Column::Id.is_in(ids.iter().copied()));
    let held = held.order_by_asc(school::Column::Id).lock(LockType::NoKeyUpdate);
    let held: Vec<Uuid> = held.select_only().column(school::Column::Id).into_tuple().all(write.tx()).await?;
    // A provider sees no register, and names schools by their ids.
    if write.caller().partner_id.is_some() {
        return Ok(held.into_iter().collect());
    }
    let seen = write.caller().rows::<school::Entity>().filter(school::Column::Id.is_in(ids));
    let seen: Vec<Uuid> = seen.select_only().column(school::Column::Id).into_tuple().all(write.tx()).await?;
    Ok(seen.into_iter().collect())
}

/// Decides about a figure by itself.
fn one(
    caller: &Caller,
    step: &mut Mutation<'_, Model>,
    schools: &HashSet<Uuid>,
    definitions: &[measure_definition::Model],
) -> Result<()> {
    let after = &mut *step.after;
    if matches!(step.operation, Operation::Archive) {
        return Ok(());
    }
    if !schools.contains(&after.school_id) {
        let message = format!("there is no school {} that you can refer to", after.school_id);
        return Err(Problem::invalid("/school_id", "unknown_reference", message));
    }
    if let Some(partner) = caller.partner_id
        && after.provider_id != Some(partner)
    {
        let message = format!("a provider records its own figures: send {partner}");
        return Err(Problem::invalid("/provider_id", "fixed", message));
    }
    let definition = rules::edition_of(&after.definition_code, after.definition_id, definitions);
    let definition = definition.map_err(|fault| Problem::faults(vec![fault]))?;
    let mut faults = rules::codes(definition, &after.codes());
    faults.extend(rules::figure(definition.basis, after.value));
    if !faults.is_empty() {
        return Err(Problem::faults(faults));
    }
    after.definition_id = Some(definition.id);
    after.basis = rules::basis(definition.basis, step.before, after);
    Ok(())
}

/// What schools have sent: the school, the year and the code of each figure.
type SentReturns = HashSet<FamilyKey>;

/// The figures of returns that are with the hub, for a caller who is not of the hub.
async fn sent_returns(write: &Write, service: &Caller, steps: &[Mutation<'_, Model>]) -> Result<SentReturns> {
    if store::writes_hub(write.caller()) {
        return Ok(SentReturns::new());
    }
    let years: BTreeSet<&str> = steps.iter().map(|step| step.after.academic_year.as_str()).collect();
    let collections = service
        .rows::<collection::Entity>()
        .filter(collection::Column::AcademicYear.is_in(years))
        .filter(collection::Column::Status.is_in([CollectionStatus::Open, CollectionStatus::Closed]))
        .all(write.tx())
        .await?;
    let schools: BTreeSet<Uuid> = steps.iter().map(|step| step.after.school_id).collect();
    let returns: Vec<(Uuid, Uuid)> = service
        .rows::<school_return::Entity>()
        .filter(school_return::Column::CollectionId.is_in(collections.iter().map(|one| one.id)))
        .filter(school_return::Column::SchoolId.is_in(schools))
        .filter(school_return::Column::Status.is_in([ReturnStatus::Submitted, ReturnStatus::Accepted]))
        .select_only()
        .columns([school_return::Column::CollectionId, school_return::Column::SchoolId])
        .into_tuple()
        .all(write.tx())
        .await?;
    let collections: HashMap<Uuid, collection::Model> = collections.into_iter().map(|one| (one.id, one)).collect();
    let figures = returns.into_iter().filter_map(|(collection, school)| Some((collections.get(&collection)?, school)));
    let lines = figures.flat_map(|(collection, school)| {
        let year = &collection.academic_year;
        collection.lines.iter().map(move |line| (school, year.clone(), line.definition_code.clone()))
    });
    Ok(lines.collect())
}

fn unsent(step: &Mutation<'_, Model>, sent: &SentReturns) -> Result<()> {
    let touched = |row: &Model| sent.contains(&family::key(row));
    if touched(step.after) || step.before.is_some_and(touched) {
        return Err(Problem::conflict(
            "cannot change a figure of a return that is with the hub: ask the hub to send the return back",
        ));
    }
    Ok(())
}

/// Holds the figures of each family against each other as they will be, and suppresses small ones.
async fn families(
    write: &mut Write,
    service: &Caller,
    steps: &mut [Mutation<'_, Model>],
    definitions: &[measure_definition::Model],
    decisions: &mut [Result<()>],
) -> Result<()> {
    let mut touched: BTreeMap<FamilyKey, Vec<usize>> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate().filter(|(at, _)| decisions[*at].is_ok()) {
        touched.entry(family::key(step.after)).or_default().push(at);
        if let Some(before) = step.before.filter(|before| family::key(before) != family::key(step.after)) {
            touched.entry(family::key(before)).or_default();
        }
    }
    let changed: HashSet<Uuid> = steps
        .iter()
        .zip(&*decisions)
        .filter(|(_, decision)| decision.is_ok())
        .map(|(step, _)| step.after.id())
        .collect();
    let mut others: BTreeMap<FamilyKey, Vec<Model>> = BTreeMap::new();
    for row in beside(write, service, &touched).await? {
        if !changed.contains(&row.id) && touched.contains_key(&family::key(&row)) {
            others.entry(family::key(&row)).or_default().push(row);
        }
    }
    let mut flagged = Vec::new();
    for (key, places) in touched {
        let others = others.remove(&key).unwrap_or_default();
        let own = places.iter().map(|at| &*steps[*at].after).filter(|row| row.archived_at.is_none());
        let rows: Vec<&Model> = others.iter().chain(own).collect();
        let Some(definition) = family::edition(&rows, definitions) else { continue };
        if let Some(message) = family::contradiction(&key.2, &definition.dimensions, &rows) {
            for at in places {
                decisions[at] = Err(Problem::invalid("/value", "contradiction", message.clone()));
            }
            continue;
        }
        let suppressed = family::suppressed(&family::dimensions(&rows, definitions), &rows);
        for at in places {
            let row = &mut *steps[at].after;
            row.suppressed = suppressed.contains(&row.id);
        }
        let stale = others.into_iter().filter(|row| row.suppressed != suppressed.contains(&row.id));
        flagged.extend(stale);
    }
    flag(write, flagged).await
}

/// The figures of some families as they stand.
async fn beside(write: &Write, service: &Caller, touched: &BTreeMap<FamilyKey, Vec<usize>>) -> Result<Vec<Model>> {
    let schools: BTreeSet<Uuid> = touched.keys().map(|(school, ..)| *school).collect();
    let years: BTreeSet<&str> = touched.keys().map(|(_, year, _)| year.as_str()).collect();
    let codes: BTreeSet<&str> = touched.keys().map(|(.., code)| code.as_str()).collect();
    let rows = service
        .rows::<measure_value::Entity>()
        .filter(Column::SchoolId.is_in(schools))
        .filter(Column::AcademicYear.is_in(years))
        .filter(Column::DefinitionCode.is_in(codes))
        .order_by_asc(measure_value::Entity::id());
    Ok(rows.all(write.tx()).await?)
}

/// Suppresses other figures of a family, or shows them again, each in its next version.
async fn flag(write: &mut Write, rows: Vec<Model>) -> Result<()> {
    let flipped: Vec<(Model, Model)> = rows
        .into_iter()
        .map(|before| {
            let mut after = Model { suppressed: !before.suppressed, ..before.clone() };
            after.set_meta(write.meta_after(&before));
            (before, after)
        })
        .collect();
    let steps =
        flipped.iter().map(|(before, after)| Decided { before: Some(before), after, operation: Operation::Update });
    write.store_many::<MeasureValue>(&steps.collect::<Vec<_>>()).await
}
