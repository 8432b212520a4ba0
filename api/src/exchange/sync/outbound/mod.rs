//! What goes to a music service: values of user-defined fields of its schools, and nothing else.

mod decide;
mod memory;
mod standing;
mod values;

use std::collections::{BTreeMap, HashSet};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::owned::Owned as _;
use entity::schools::school;
use uuid::Uuid;

use self::decide::Decision;
use self::memory::{Memory, Sides};
use self::standing::Standing;
use super::clean;
use super::mapping::{Outbound, SourceKind, UserField};
use super::record::UserValue;
use super::run::{Link, Planned, Reported, Run};
use super::{Wanted, Writer};
use crate::kernel::resource::job::Stop;

/// A field of a contact with what is done about it.
struct PlannedValue {
    /// The value that is written; none where nothing is.
    written: Option<Wanted>,
    /// What is to be remembered, where that differs from what is.
    link: Option<Link>,
    reported: Reported,
}

impl PlannedValue {
    /// The report where somebody changed the field since this was planned. Nothing is remembered of it, so that the
    /// next run decides again.
    fn left_alone(self) -> Reported {
        let fix =
            "somebody changed the field while the run was under way, and nothing was written: the next run takes it";
        self.reported.conflict().because("changed_meanwhile", fix)
    }
}

impl Planned for PlannedValue {
    fn told(&self) -> Vec<Reported> {
        vec![self.reported.clone()]
    }

    fn links(&self) -> Vec<Link> {
        self.link.iter().cloned().collect()
    }
}

/// Writes the values of user-defined fields to the source, at each contact that leads to a school of the hub.
///
/// # Errors
/// When the job is lost or cancelled; when the database or the source is away.
pub async fn write_back(run: &mut Run<'_>) -> Result<(), Stop> {
    let mapping = run.mapping.clone();
    let known = std::mem::take(&mut run.tables.user_values);
    if !mapping.writes() || !known.taken {
        return Ok(());
    }
    let (standing, doubtful) = Standing::new(known.rows);
    run.tell(doubtful).await?;
    let links = run.links(SyncSection::UserValues).await?;
    let contacts: BTreeMap<String, Uuid> =
        run.schools.led().flat_map(|(id, keys)| keys.iter().map(move |key| (key.clone(), id))).collect();
    let (mut told, mut planned) = (Vec::new(), Vec::new());
    for field in mapping.fields() {
        let ours = values::of_schools(&run.caller, field).await?;
        for (contact, school) in &contacts {
            if standing.is_doubtful(contact, &field.code) {
                continue;
            }
            let theirs = standing.text(contact, &field.code);
            let ours = ours.get(school).and_then(|text| clean::typed(text));
            let key = format!("{contact}/{}", field.code);
            let plan = plan(
                run,
                field,
                (contact.as_str(), *school),
                (ours.as_deref(), theirs),
                (key.as_str(), links.get(&key)),
            );
            if plan.link.is_none() && plan.written.is_none() { told.push(plan.reported) } else { planned.push(plan) }
        }
    }
    run.tell(told).await?;
    let changed = write(run, &planned).await?;
    let (alone, planned): (Vec<_>, Vec<_>) = planned.into_iter().partition(|plan| {
        let place = plan.written.as_ref().map(|it| (it.to.school.clone(), it.to.field.clone()));
        place.is_some_and(|place| changed.contains(&place))
    });
    run.tell(alone.into_iter().map(PlannedValue::left_alone).collect::<Vec<_>>()).await?;
    run.store(&planned, async |_, _| Ok(())).await
}

/// Writes values to the source at once. What was written before a run broke off, the next one finds there and leaves:
/// its report does not name it. Returns the schools and fields that somebody changed since they were read.
async fn write(run: &Run<'_>, planned: &[PlannedValue]) -> Result<HashSet<(String, String)>, Stop> {
    let values: Vec<Wanted> = planned.iter().filter_map(|plan| plan.written.clone()).collect();
    // The file for a folder has all values that are still to be taken over there, and goes when there is none.
    let is_folder = run.mapping.kind() == SourceKind::Csv;
    if run.is_dry() || values.is_empty() && !is_folder {
        return Ok(HashSet::new());
    }
    let mut writer = Writer::open(&run.mapping).await?;
    let written = writer.write(&values, run.caller.now().into()).await?;
    Ok(written.changed.into_iter().collect())
}

fn plan(
    run: &Run<'_>,
    field: &UserField,
    (contact, school): (&str, Uuid),
    (ours, theirs): (Option<&str>, Option<&str>),
    (key, link): (&str, Option<&Link>),
) -> PlannedValue {
    let salt = run.salt();
    let digests = [ours, theirs].map(|value| salt.digest(&value));
    let sides = Sides { ours: &digests[0], theirs: &digests[1], are_empty: ours.is_none() && theirs.is_none() };
    let before = link.and_then(Memory::of);
    let is_folder = run.mapping.kind() == SourceKind::Csv;
    let state = |memory: &Memory| if is_folder { memory.of_folder(sides) } else { memory.of_database(sides) };
    let decision = decide::decide(ours, theirs, before.as_ref().map(state), field.leads);
    let writes = matches!(decision, Decision::Write | Decision::WriteOver);
    let after = if is_folder {
        Memory::in_folder(before.clone(), sides, writes, decision == Decision::WriteOver)
    } else {
        Memory::in_database(sides, if writes { sides.ours } else { sides.theirs })
    };
    let is_known = before.as_ref() == Some(&after);
    // Nothing is remembered of what neither side has.
    let relinks = !is_known && (ours.is_some() || before.is_some());
    let row = |outcome| {
        let row = Reported::new(SyncSection::UserValues, key, outcome).out().school(school);
        row.at(field.code.as_str()).item(school::Entity::table(), school)
    };
    let named = if field.what == Outbound::Specialist { None } else { ours };
    let shown = named.map_or_else(|| "its own value".to_owned(), |ours| format!("{ours:?}"));
    let reported = match decision {
        Decision::Nothing => row(SyncOutcome::Unchanged),
        // The file has it still, and nobody has taken it over yet.
        _ if is_folder && is_known => row(SyncOutcome::Unchanged),
        Decision::Write => row(SyncOutcome::Written).fields([field.what.as_str()]),
        Decision::WriteOver => {
            let fix =
                format!("somebody changed the field at the source: the hub leads, and {shown} was written over it");
            row(SyncOutcome::Written).because("both_changed", fix).fields([field.what.as_str()])
        }
        Decision::Keep => {
            let fix = format!("the source has another value, which stays; the hub has {shown}: correct one of the two");
            row(SyncOutcome::Conflict).because("both_changed", fix).fields([field.what.as_str()])
        }
    };
    let link = relinks.then(|| {
        let link = link.cloned().unwrap_or_else(|| run.new_link(SyncSection::UserValues, key));
        link.to(school::Entity::table(), school).saying(after.said().to_owned(), after.fields())
    });
    let written = || Wanted {
        to: UserValue { school: contact.to_owned(), field: field.code.clone(), value: ours.map(str::to_owned) },
        was: theirs.map(str::to_owned),
    };
    PlannedValue { written: writes.then(written), link, reported }
}
