//! Leads the source's contacts to schools, asks people where that is doubtful, and gives schools their keys at the
//! source.

use std::collections::HashMap;

use entity::exchange::sync_match::{self, SyncMatchState};
use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::owned::Owned as _;
use entity::row::{Meta, Row};
use entity::schools::school;
use sea_orm::{ColumnTrait, Condition, QueryFilter};
use uuid::Uuid;

use super::school_keys;
use crate::exchange::sync::matching::{Judgement, Keys, Note, Register, Verdict, judge};
use crate::exchange::sync::record::{SchoolContact, SourceRow};
use crate::exchange::sync::run::{Link, Place, Planned, Reported, Resolution, Run, expect_unchanged, gone};
use crate::exchange::sync::sync_match::transition::{DOUBT, SETTLE};
use crate::exchange::sync::sync_match::{SyncMatch, question};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job::Stop;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::write::{Decided, Write};

const SECTION: SyncSection = SyncSection::Schools;

/// A contact with all that was decided about it.
struct Led {
    row: Reported,
    link: Link,
    step: Option<MatchStep>,
}

/// What happens to the question about a contact.
struct MatchStep {
    before: Option<sync_match::Model>,
    after: sync_match::Model,
    operation: Operation,
}

impl Planned for Led {
    fn told(&self) -> Vec<Reported> {
        vec![self.row.clone()]
    }

    fn links(&self) -> Vec<Link> {
        vec![self.link.clone()]
    }
}

/// Leads all contacts to their schools.
///
/// # Errors
/// When the job is lost or cancelled; when the database is away.
pub async fn lead(run: &mut Run<'_>) -> Result<(), Stop> {
    let contacts = std::mem::take(&mut run.tables.schools);
    if !contacts.taken {
        return Ok(());
    }
    let caller = run.caller.clone();
    let register = Register::load(&caller, &run.hub.la_codes).await?;
    let mut links = run.links(SECTION).await?;
    let matches = caller.rows::<sync_match::Entity>().filter(sync_match::Column::SourceId.eq(run.source.id));
    let matches = matches.all(caller.db().reports()).await?;
    let mut matches: HashMap<String, sync_match::Model> =
        matches.into_iter().map(|row| (row.contact_key.clone(), row)).collect();

    let tells_missing = contacts.tells_missing();
    let mut led = Vec::new();
    let mut rows = Vec::new();
    let mut places: Vec<(String, Place)> = Vec::with_capacity(contacts.rows.len());
    let mut first: HashMap<Uuid, String> = HashMap::new();
    for source in contacts.rows {
        rows.extend(remarks(&source));
        let SourceRow { key, row, .. } = source;
        let link = links.remove(&key);
        let Some(contact) = row else {
            // A contact that cannot be read leads where it led. Of several rows with a key the first one counts.
            if !key.is_empty() && places.last().is_none_or(|(last, _)| *last != key) {
                places.push((key, led_before(link.as_ref(), &register)));
            }
            continue;
        };
        let keys = Keys::of(&contact);
        let fingerprint = run.salt().digest(&keys.essence());
        let Judgement { verdict, mut notes } = judge(&keys, &register);
        let known = matches.remove(&key);
        let (place, step) = decide(run, &register, &key, &contact, (known, &fingerprint), verdict);
        if let Place::School(id) = place {
            let other = first.entry(id).or_insert_with(|| key.clone());
            if *other != key {
                let message = format!("the contact {other} leads to the same school: counts of both are added up");
                notes.push(Note { code: "same_school", column: None, message });
            }
        }
        let (row, link) = told(run, &key, place, &notes, link, fingerprint);
        match link {
            Some(link) => led.push(Led { row, link, step }),
            None if step.is_some() => led.push(Led { row, link: run.new_link(SECTION, &key).to_nothing(), step }),
            None => rows.push(row),
        }
        places.push((key, place));
        tokio::task::yield_now().await;
    }
    for link in gone(links.into_values(), tells_missing) {
        let step = matches.remove(link.key()).filter(|row| row.state == SyncMatchState::Open).map(settled);
        let row = Reported::new(SECTION, link.key(), SyncOutcome::Missing);
        let row = row.school(link.item_in(school::Entity::table()));
        led.push(Led { row, link: link.missing(caller.now()), step });
    }
    run.tell(rows).await?;
    run.store(&led, async |write, some| store(write, some).await).await?;
    run.schools = Resolution::new(register, places, contacts.whole);
    school_keys::give(run).await
}

/// Where a contact leads that cannot be read: to the school to which it led, if there is one.
fn led_before(link: Option<&Link>, register: &Register) -> Place {
    let led = link.and_then(|link| link.item_in(school::Entity::table()));
    led.filter(|id| register.school(*id).is_some()).map_or(Place::Unread, Place::School)
}

/// The cells and rows that could not be understood.
fn remarks(source: &SourceRow<SchoolContact>) -> Vec<Reported> {
    let outcome = if source.row.is_some() { SyncOutcome::Unchanged } else { SyncOutcome::Rejected };
    source.remarks.iter().map(|remark| Reported::remark(SECTION, remark, outcome)).collect()
}

/// Where a contact leads, by what people decided and else by its keys; and what happens to the question about it.
fn decide(
    run: &Run<'_>,
    register: &Register,
    key: &str,
    contact: &SchoolContact,
    (known, fingerprint): (Option<sync_match::Model>, &str),
    verdict: Verdict,
) -> (Place, Option<MatchStep>) {
    let said = |row: &sync_match::Model| row.fingerprint == fingerprint;
    if let Some(row) = &known {
        // What somebody decided holds as long as the source says what it said, and the school is there.
        match (row.state, row.school_id) {
            (SyncMatchState::Ignored, _) if said(row) => return (Place::Ignored, None),
            (SyncMatchState::Matched, Some(id)) if said(row) && register.school(id).is_some() => {
                return (Place::School(id), None);
            }
            _ => {}
        }
    }
    let settle =
        |known: Option<sync_match::Model>| known.filter(|row| row.state != SyncMatchState::Settled).map(settled);
    match verdict {
        Verdict::Leads(id) => (Place::School(id), settle(known)),
        Verdict::OutOfArea => (Place::OutOfArea, settle(known)),
        Verdict::Doubt { reason, proposals } => {
            let now = run.caller.now();
            let before = known;
            let base = before.clone().unwrap_or_else(|| {
                let meta = Meta::first(run.caller.hub_id, Uuid::now_v7(), now);
                question(meta, run.source.id, key)
            });
            let reopened = before.is_some() && base.state != SyncMatchState::Open;
            let after = sync_match::Model {
                name: contact.name.as_deref().map(|text| short(text, 300)),
                urn: contact.urn.as_deref().map(|text| short(text, 100)),
                dfe_number: contact.dfe_number.as_deref().map(|text| short(text, 100)),
                postcode: contact.postcode.as_deref().map(|text| short(text, 100)),
                town: contact.town.as_deref().map(|text| short(text, 200)),
                closed_on: contact.closed_on,
                reason,
                proposals: proposals.into(),
                state: SyncMatchState::Open,
                fingerprint: fingerprint.to_owned(),
                ..base
            };
            let after = if reopened {
                let (decided_by_kind, decided_by_id, decided_at) = (None, None, None);
                let reopened_at = Some(now);
                sync_match::Model {
                    school_id: None,
                    note: None,
                    decided_by_kind,
                    decided_by_id,
                    decided_at,
                    reopened_at,
                    ..after
                }
            } else {
                after
            };
            let operation = match &before {
                None => Operation::Create,
                Some(_) if reopened => Operation::Verb(DOUBT.name),
                Some(_) => Operation::Update,
            };
            let step = (before.as_ref() != Some(&after)).then_some(MatchStep { before, after, operation });
            (Place::Review, step)
        }
    }
}

/// Nothing is left to decide.
fn settled(before: sync_match::Model) -> MatchStep {
    let after = sync_match::Model { state: SyncMatchState::Settled, ..before.clone() };
    MatchStep { before: Some(before), after, operation: Operation::Verb(SETTLE.name) }
}

/// The row of the report for a contact, and what is to be remembered of it where that changes.
fn told(
    run: &Run<'_>,
    key: &str,
    place: Place,
    notes: &[Note],
    link: Option<Link>,
    fingerprint: String,
) -> (Reported, Option<Link>) {
    let table = school::Entity::table();
    let target = match place {
        Place::School(id) => Some(id),
        _ => None,
    };
    let led = link.as_ref().and_then(|link| link.item_in(table));
    let same = link.as_ref().is_some_and(|link| link.is_same(&fingerprint)) && led == target;
    let outcome = match place {
        Place::Review => SyncOutcome::Review,
        Place::OutOfArea => SyncOutcome::OutOfArea,
        Place::Ignored => SyncOutcome::Ignored,
        Place::School(_) | Place::Unread | Place::Unknown => match (led, target) {
            (None, Some(_)) => SyncOutcome::Created,
            (before, after) if before != after => SyncOutcome::Updated,
            _ => SyncOutcome::Unchanged,
        },
    };
    let mut row = Reported::new(SECTION, key, outcome).school(target);
    if let Some(first) = notes.first() {
        let message = notes.iter().map(|note| note.message.as_str()).collect::<Vec<_>>().join("; ");
        row = row.because(first.code, message);
        if let Some(column) = first.column {
            row = row.at(column);
        }
    } else if outcome == SyncOutcome::Review {
        row = row.because("in_review", "somebody has to decide which school is meant: see /sync-matches");
    }
    if let Some(id) = target {
        row = row.item(table, id);
    }
    let remembered = (!same).then(|| {
        let link = link.unwrap_or_else(|| run.new_link(SECTION, key)).forgotten(fingerprint);
        match target {
            Some(id) => link.to(table, id),
            None => link.to_nothing(),
        }
    });
    (row, remembered)
}

/// Stores the questions of some contacts.
async fn store(write: &mut Write, some: &[&Led]) -> Result<()> {
    let known = some.iter().filter_map(|led| Some(led.step.as_ref()?.before.as_ref()?.id));
    let known = Condition::all().add(sync_match::Column::Id.is_in(known));
    let known = write.rows_archived::<sync_match::Entity>(known).await?;
    let mut rows = Vec::new();
    for step in some.iter().filter_map(|led| led.step.as_ref()) {
        let same = step.before.as_ref().is_none_or(|before| known.contains(before));
        expect_unchanged(same)?;
        let mut after = step.after.clone();
        if let Some(before) = &step.before {
            after.set_meta(write.meta_after(before));
        }
        SyncMatch::complete(&mut after);
        rows.push((step, after));
    }
    let steps: Vec<_> = rows
        .iter()
        .map(|(step, after)| Decided { before: step.before.as_ref(), after, operation: step.operation })
        .collect();
    write.store_many::<SyncMatch>(&steps).await
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
