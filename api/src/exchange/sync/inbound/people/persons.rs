//! People of the source, as people of the hub. An e-mail address is no key of a person: nobody is taken for somebody
//! else.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::external::{ExternalId, ExternalIds};
use entity::owned::Owned as _;
use entity::people::person;
use entity::row::{Meta, Row};
use sea_orm::{ColumnTrait, Condition};
use serde_json::json;
use uuid::Uuid;

use super::tidy;
use crate::exchange::sync::mapping::Leads;
use crate::exchange::sync::record::{Person as SourcePerson, SourceRow, Table};
use crate::exchange::sync::run::{Link, Merge, Planned, Read, Reported, Run, expect_unchanged, gone};
use crate::kernel::base::fold::search_key;
use crate::kernel::base::problem::Result;
use crate::kernel::document::openapi::Document;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::write::{Decided, Write};
use crate::people::person::NewPerson;
use crate::people::person::Person;

const SECTION: SyncSection = SyncSection::Persons;

/// Who a person of the source is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A person of the hub.
    Is(Uuid),
    /// Somebody whom the hub has archived, so that nothing new is taken over.
    Archived(Uuid),
    /// Somebody who was erased, here or at the source.
    Erased,
    /// Somebody who could not be understood.
    Rejected,
}

impl Who {
    /// The person of the hub.
    const fn person(self) -> Option<Uuid> {
        match self {
            Self::Is(id) | Self::Archived(id) => Some(id),
            Self::Erased | Self::Rejected => None,
        }
    }
}

/// A person to be made or changed.
pub struct Change {
    row: Reported,
    link: Link,
    before: Option<person::Model>,
    after: person::Model,
}

impl Planned for Change {
    fn told(&self) -> Vec<Reported> {
        vec![self.row.clone()]
    }

    fn links(&self) -> Vec<Link> {
        vec![self.link.clone()]
    }
}

/// Somebody whom the source has erased and the hub has not.
pub struct Erased {
    /// The person here.
    pub person_id: Uuid,
    /// The key at the source.
    pub key: String,
    /// What is to be remembered.
    pub link: Link,
}

/// The report of a row that the source has erased, where its person is kept.
fn still_there(key: &str, person_id: Uuid) -> Reported {
    let message = "the source has erased this row, and another row of it, or another system, has the same person here: \
                   nobody is erased, begin an erasure by POST /people/{id}/erase if the person is to be erased";
    let row = Reported::new(SECTION, key, SyncOutcome::Unchanged).item(person::Entity::table(), person_id);
    row.because("erased_at_source", message)
}

/// Whether another system has a person too.
fn has_other(row: &person::Model, system: &str) -> bool {
    row.external_ids.iter().any(|it| it.system != system)
}

/// What was decided about people.
#[derive(Default)]
pub struct People {
    /// Who is who, by the keys at the source.
    pub who: HashMap<String, Who>,
    /// People to be made or changed.
    pub changes: Vec<Change>,
    /// People to be erased.
    pub erased: Vec<Erased>,
    /// Further rows of the report.
    pub rows: Vec<Reported>,
    /// People whom the source does not have any more.
    pub missing: Vec<Link>,
}

impl People {
    /// Erases nobody to whom another row of the source leads that was not erased.
    fn keep_who_is_there(&mut self) {
        let there: HashSet<Uuid> = self.who.values().filter_map(|who| who.person()).collect();
        let erased = std::mem::take(&mut self.erased);
        let (still, erased): (Vec<_>, Vec<_>) = erased.into_iter().partition(|it| there.contains(&it.person_id));
        self.rows.extend(still.iter().map(|it| still_there(&it.key, it.person_id)));
        self.erased = erased;
    }
}

/// Decides about the people that are `wanted`, by their keys, and about people who were taken over before. The erasures
/// of people who are `leaving` have begun.
pub fn decide(
    run: &Run<'_>,
    people: Read<SourcePerson>,
    known: &HashMap<Uuid, person::Model>,
    leaving: &HashSet<Uuid>,
    mut links: HashMap<String, Link>,
    wanted: &HashSet<&str>,
) -> People {
    let table = person::Entity::table();
    let system = &run.source.name;
    let of_system =
        |row: &person::Model| row.external_ids.iter().find(|it| it.system == *system).map(|it| it.id.clone());
    let by_key: HashMap<String, Uuid> = known.values().filter_map(|row| Some((of_system(row)?, row.id))).collect();
    let mut decided = People::default();
    let mut humans: HashMap<(String, String), String> = HashMap::new();
    let tells_missing = people.tells_missing();
    for SourceRow { key, remarks, unsaid, row, .. } in people.rows {
        let link = links.remove(&key);
        let there = link.as_ref().and_then(|link| link.item_in(table)).or_else(|| by_key.get(&key).copied());
        if there.is_none() && !wanted.contains(key.as_str()) {
            continue;
        }
        let outcome = if row.is_some() { SyncOutcome::Unchanged } else { SyncOutcome::Rejected };
        decided.rows.extend(remarks.iter().map(|remark| Reported::remark(SECTION, remark, outcome)));
        let Some(said) = row else {
            decided.who.insert(key, Who::Rejected);
            continue;
        };
        let before = there.and_then(|id| known.get(&id));
        let merged = before.filter(|row| row.erased_at.is_none()).and_then(|row| row.merged_into_id);
        // What was merged into somebody is that one, and its own row says nothing more but that it was erased.
        let who = match merged.map(|into| last(into, known)) {
            Some(last) if !is_wiped(&said) => standing(last, known),
            Some(last) if known.get(&last).is_some_and(|row| has_other(row, system)) => {
                decided.rows.push(still_there(&key, last));
                Who::Erased
            }
            last => {
                let before = last.map_or(before, |last| known.get(&last));
                one(run, &key, (&said, &unsaid), before, leaving, link, &mut decided)
            }
        };
        if let Some(email) = said.email.filter(|_| matches!(who, Who::Is(_))) {
            let first = humans.entry((search_key(&said.name), email)).or_insert_with(|| key.clone());
            if *first != key {
                let message =
                    format!("the person {first} has the same name and e-mail address: join the two at the source");
                let row = Reported::new(SECTION, &key, SyncOutcome::Unchanged).because("same_human", message);
                decided.rows.push(row);
            }
        }
        decided.who.insert(key, who);
    }
    decided.keep_who_is_there();
    decided.missing = gone(links.into_values(), tells_missing);
    decided
}

/// Whether the source says that it has erased the person.
fn is_wiped(said: &SourcePerson) -> bool {
    tidy::is_erased(&said.name) && said.email.is_none() && said.telephone.is_none()
}

/// The one at the end into whom others were merged, who may have been merged in turn.
fn last(into: Uuid, known: &HashMap<Uuid, person::Model>) -> Uuid {
    let next = |id: &Uuid| known.get(id)?.merged_into_id;
    // So many steps end also where people were merged in a circle.
    std::iter::successors(Some(into), next).take(known.len()).last().unwrap_or(into)
}

/// Who somebody is into whom others were merged.
fn standing(last: Uuid, known: &HashMap<Uuid, person::Model>) -> Who {
    match known.get(&last) {
        Some(row) if row.erased_at.is_some() => Who::Erased,
        Some(row) if row.archived_at.is_some() => Who::Archived(last),
        Some(_) => Who::Is(last),
        None => Who::Rejected,
    }
}

/// Decides about one person.
fn one(
    run: &Run<'_>,
    key: &str,
    (said, unsaid): (&SourcePerson, &BTreeSet<&'static str>),
    before: Option<&person::Model>,
    leaving: &HashSet<Uuid>,
    link: Option<Link>,
    decided: &mut People,
) -> Who {
    let table = person::Entity::table();
    let fingerprint = run.salt().digest(&[Some(&said.name), said.email.as_ref(), said.telephone.as_ref()]);
    if before.is_some_and(|row| row.erased_at.is_some()) {
        return Who::Erased;
    }
    if is_wiped(said) {
        if let Some(row) = before.filter(|row| !leaving.contains(&row.id)) {
            let link = link.unwrap_or_else(|| run.new_link(SECTION, key)).forgotten(fingerprint).to(table, row.id);
            decided.erased.push(Erased { person_id: row.id, key: key.to_owned(), link });
        }
        return Who::Erased;
    }
    if let Some(row) = before.filter(|row| row.archived_at.is_some()) {
        return Who::Archived(row.id);
    }
    let leads = |field: &str| run.mapping.leads(Table::Persons, field);
    let document = &run.caller.state().document;
    let (said, faults) = fitting(document, said);
    let base = before.cloned().unwrap_or_else(|| fresh(run));
    let unsaid = |field: &str| unsaid.contains(field) || faults.iter().any(|(column, _)| *column == field);
    let mut merge = Merge::new(run.salt(), &leads, link.as_ref(), before.is_none()).without(&unsaid);
    let mut after = person::Model {
        name: merge.field("name", &base.name, &said.name),
        email: merge.field("email", &base.email, &said.email),
        telephone: merge.field("telephone", &base.telephone, &said.telephone),
        ..base
    };
    let merged = merge.end();
    after.external_ids = with_key(&after.external_ids, &run.source.name, key);
    Person::complete(&mut after);
    let outcome = match before {
        None => SyncOutcome::Created,
        Some(row) if *row != after => SyncOutcome::Updated,
        Some(_) if !merged.conflicts.is_empty() => SyncOutcome::Conflict,
        Some(_) => SyncOutcome::Unchanged,
    };
    let mut row = Reported::new(SECTION, key, outcome).item(table, after.id);
    if !merged.conflicts.is_empty() {
        row = row
            .fields(merged.conflicts.iter().copied())
            .because("both_changed", both_changed(&merged.conflicts, leads));
    } else if let Some((column, message)) = faults.first() {
        row = row.at(*column).because("format", message).fields(merged.changed.iter().copied());
    } else {
        row = row.fields(merged.changed.iter().copied());
    }
    let id = after.id;
    let fresh_link = link.clone().unwrap_or_else(|| run.new_link(SECTION, key));
    let same = link.as_ref().is_some_and(|it| it.is_same(&fingerprint) && it.item_in(table) == Some(id));
    let link = fresh_link.saying(fingerprint, merged.fields).to(table, id);
    let changes = before != Some(&after);
    if changes || !same || outcome == SyncOutcome::Conflict {
        decided.changes.push(Change { row, link, before: before.cloned(), after });
    } else {
        decided.rows.push(row);
    }
    Who::Is(id)
}

/// The message about fields that both sides changed.
pub fn both_changed(fields: &[&'static str], leads: impl Fn(&str) -> Leads) -> String {
    let here: Vec<_> = fields.iter().filter(|field| leads(field) != Leads::Source).copied().collect();
    if here.is_empty() {
        return format!("changed here and at the source, which leads in {}: its value was taken", fields.join(", "));
    }
    format!("changed here and at the source: the hub's value of {} stays; put one side right", here.join(", "))
}

/// A person who is not here yet.
fn fresh(run: &Run<'_>) -> person::Model {
    unnamed(Meta::first(run.caller.hub_id, Uuid::now_v7(), run.caller.now()))
}

fn unnamed(meta: Meta) -> person::Model {
    person::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        name: String::new(),
        name_key: String::new(),
        email: None,
        telephone: None,
        organisation: None,
        dbs_checked_on: None,
        safeguarding_training_until: None,
        external_ids: ExternalIds::default(),
        erased_at: None,
        merged_into_id: None,
    }
}

/// What the source says, without what does not fit the form of a person, each with its column and what is wrong.
fn fitting(document: &Document, said: &SourcePerson) -> (SourcePerson, Vec<(&'static str, String)>) {
    let name: String = tidy::name(&said.name).chars().take(200).collect();
    let mut said = SourcePerson { name, ..said.clone() };
    let blank = json!({ "name": "Nobody", "external_ids": [] });
    let patch = json!({ "name": said.name, "email": said.email, "telephone": said.telephone });
    let Err(problem) = document.patched::<NewPerson>(blank, &patch) else { return (said, Vec::new()) };
    let mut faults = Vec::new();
    for fault in problem.errors() {
        match fault.pointer.as_str() {
            "/email" => {
                said.email = None;
                faults.push(("email", format!("no e-mail address, and left out: {}", fault.message)));
            }
            "/telephone" => {
                said.telephone = None;
                faults.push(("telephone", format!("no telephone number, and left out: {}", fault.message)));
            }
            _ => {}
        }
    }
    (said, faults)
}

/// Keys with the key of the source among them.
fn with_key(keys: &ExternalIds, system: &str, key: &str) -> ExternalIds {
    let own = ExternalId { system: system.to_owned(), id: key.to_owned() };
    if keys.contains(&own) || key.len() > 100 {
        return keys.clone();
    }
    keys.iter().filter(|it| it.system != system).cloned().chain([own]).collect()
}

/// Stores some people.
///
/// # Errors
/// 409 where somebody changed one of them meanwhile.
pub async fn store(write: &mut Write, some: &[&Change]) -> Result<()> {
    let ids = some.iter().filter_map(|change| Some(change.before.as_ref()?.id));
    let known = write.rows_archived::<person::Entity>(Condition::all().add(person::Column::Id.is_in(ids))).await?;
    let mut rows = Vec::new();
    for change in some {
        expect_unchanged(change.before.as_ref().is_none_or(|before| known.contains(before)))?;
        // A conflict that leaves the row as it is changes what is remembered.
        if change.before.as_ref() == Some(&change.after) {
            continue;
        }
        let mut after = change.after.clone();
        if let Some(before) = &change.before {
            after.set_meta(write.meta_after(before));
        }
        rows.push((change.before.as_ref(), after));
    }
    let steps: Vec<_> = rows.iter().map(|(before, after)| Decided::kept(*before, after)).collect();
    write.store_many::<Person>(&steps).await
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Uuid = Uuid::from_u128(9);

    fn person(number: u128, into: Option<u128>) -> person::Model {
        let meta = Meta::first(Uuid::nil(), Uuid::from_u128(number), Meta::unset().created_at);
        let archived_at = into.map(|_| meta.created_at);
        person::Model { merged_into_id: into.map(Uuid::from_u128), archived_at, ..unnamed(meta) }
    }

    #[test]
    fn who_was_merged_is_the_one_at_the_end_if_that_one_is_there() {
        let then = Meta::unset().created_at;
        let of = |people: Vec<person::Model>| {
            let known = people.into_iter().map(|row| (row.id, row)).collect();
            standing(last(Uuid::from_u128(2), &known), &known)
        };
        let chain = |last: person::Model| of(vec![person(1, Some(2)), person(2, Some(3)), last]);
        let end = Uuid::from_u128(3);
        assert_eq!(chain(person(3, None)), Who::Is(end));
        assert_eq!(chain(person::Model { archived_at: Some(then), ..person(3, None) }), Who::Archived(end));
        assert_eq!(chain(person::Model { erased_at: Some(then), ..person(3, None) }), Who::Erased);
        assert_eq!(chain(person::Model { id: NOBODY, ..person(3, None) }), Who::Rejected, "the end is not known");
        assert_eq!(of(vec![person(1, Some(2)), person(2, Some(1))]), Who::Archived(Uuid::from_u128(1)), "a circle");
    }
}
