//! Figures of schools, from what a music service counts: First Access, singing, lessons and ensembles.
//!
//! `count` says which count of a term is right and what an activity counts in a year, `figure` what its activities make
//! of a school, and `lines` at which school of a line of predecessors and successors a figure stands. `gather` brings
//! the three together. What is done about each figure is in `plan`.

mod asked;
mod content;
mod count;
mod figure;
mod gather;
mod known;
mod lines;
mod plan;
#[cfg(test)]
mod tests;
mod trail;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::outcomes::measure_value::{self, Column};
use entity::row::{Meta, Row as _};
use entity::schools::school;
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use self::asked::Asked;
use self::gather::{FigureKey, Gathered, Schools};
use self::known::Known;
use self::lines::Span;
use self::plan::{PlannedFigure, Planner, Subject};
use self::trail::Trail;
use crate::exchange::sync::mapping::Leads;
use crate::exchange::sync::matching::KnownSchool;
use crate::exchange::sync::record::{SourceRow, Table};
use crate::exchange::sync::run::{Link, Reported, Run, expect_unchanged};
use crate::kernel::base::problem::Result;
use crate::kernel::resource::job::Stop;
use crate::kernel::resource::write::{Decided, Write};
use crate::outcomes::measure_value::MeasureValue;
use crate::outcomes::rules::family::{self, FamilyKey};

/// Takes the figures of a source.
///
/// # Errors
/// When the job is lost or cancelled; when the database is away.
pub async fn take(run: &mut Run<'_>) -> Result<(), Stop> {
    let asked = Asked::of(&run.mapping);
    let activities = std::mem::take(&mut run.tables.activities);
    let counts = std::mem::take(&mut run.tables.head_counts);
    let members = std::mem::take(&mut run.tables.ensemble_members);
    tell_remarks(run, SyncSection::Activities, &activities.rows).await?;
    tell_remarks(run, SyncSection::HeadCounts, &counts.rows).await?;
    tell_remarks(run, SyncSection::EnsembleMembers, &members.rows).await?;
    let now = run.caller.now().into();
    let gathered = {
        let schools = &run.schools;
        let line = |id: Uuid| -> Vec<Span> { schools.line_of(id).into_iter().map(span).collect() };
        let schools = Schools { place: &|contact| schools.of(contact), line: &line, today: run.today };
        let mut gathered = Gathered::default();
        gathered.activities(&asked, &schools, &activities.rows, &counts.rows, now);
        if let Some(code) = &asked.ensembles {
            gathered.members(code, &schools, &members.rows, now);
        }
        gathered
    };
    let trails = [
        Trail {
            section: SyncSection::Activities,
            tells_missing: activities.tells_missing(),
            links: run.links(SyncSection::Activities).await?,
            seen: &gathered.activities,
            keys: activities.rows.iter().map(|row| row.key.as_str()).collect(),
            rejected: rejected(&activities.rows),
        },
        Trail {
            section: SyncSection::EnsembleMembers,
            tells_missing: members.tells_missing(),
            links: run.links(SyncSection::EnsembleMembers).await?,
            seen: &gathered.members,
            keys: members.rows.iter().map(|row| row.key.as_str()).collect(),
            rejected: rejected(&members.rows),
        },
    ];
    run.tell(gathered.reported.iter().cloned()).await?;
    let held = trails.iter().flat_map(Trail::held).collect();
    let counted = counts.whole && counts.rows.iter().all(|count| count.row.is_some());
    let figures = settle(run, &asked, &gathered, (&held, counted)).await?;
    for trail in trails {
        trail.follow(run, &figures).await?;
    }
    Ok(())
}

/// The keys of rows that are of no use.
fn rejected<T>(rows: &[SourceRow<T>]) -> BTreeSet<&str> {
    rows.iter().filter(|row| row.row.is_none()).map(|row| row.key.as_str()).collect()
}

/// Reports cells that could not be understood. The row is taken all the same, unless it is of no use without them.
async fn tell_remarks<T>(run: &mut Run<'_>, section: SyncSection, rows: &[SourceRow<T>]) -> Result<(), Stop> {
    let outcome = |taken| if taken { SyncOutcome::Unchanged } else { SyncOutcome::Rejected };
    let remarks = rows.iter().flat_map(|row| {
        row.remarks.iter().map(move |remark| Reported::remark(section, remark, outcome(row.row.is_some())))
    });
    run.tell(remarks.collect::<Vec<_>>()).await
}

fn span(school: &KnownSchool) -> Span {
    Span { id: school.id, open: school.open, opened_on: school.opened_on, closed_on: school.closed_on }
}

/// Brings the hub's figures to what the source says. Figures of which a part waits or cannot be read (`held`) stay as
/// they are. Unless each count of pupils can be read (`counted`), no figure that is made of them falls. Returns the ids
/// of the figures.
async fn settle(
    run: &mut Run<'_>,
    asked: &Asked,
    gathered: &Gathered,
    (held, counted): (&HashSet<Uuid>, bool),
) -> Result<HashMap<FigureKey, Uuid>, Stop> {
    let codes = asked.codes();
    let figures = gathered.figures();
    let links = run.links(SyncSection::Figures).await?;
    let linked: BTreeMap<FigureKey, &Link> = links
        .iter()
        .filter_map(|(key, link)| Some((FigureKey::read(key)?, link)))
        .filter(|(key, _)| codes.contains(key.code.as_str()))
        .collect();
    let schools: BTreeSet<Uuid> = figures.keys().chain(linked.keys()).map(|key| key.school).collect();
    let known = Known::load(&run.caller, &schools, &codes).await?;
    let mut told: Vec<Reported> = codes.iter().filter_map(|code| unknown_measure(&known, code)).collect();
    told.extend(gathered.unclear.iter().map(|(school, year)| several(*school, year)));
    let held: HashSet<Uuid> = known.schools_of(held).collect();
    let caller = run.caller.clone();
    let meta = || Meta::first(caller.hub_id, Uuid::now_v7(), caller.now());
    let planner = Planner { salt: run.salt(), meta: &meta, now: caller.now() };
    let all: BTreeSet<&FigureKey> = figures.keys().chain(linked.keys()).collect();
    let mut planned = Vec::with_capacity(all.len());
    let mut ids = HashMap::with_capacity(figures.len());
    for key in all {
        let Ok(definition) = known.definition(&key.code) else { continue };
        let link = linked.get(key).copied();
        // Rows of a figure that stays as it is go on leading to it.
        let stands = || known.total(key).map(|row| (key.clone(), row.id));
        if link.is_some_and(|link| link.missing_since().is_none()) && held.contains(&key.school) {
            told.push(waiting(key));
            ids.extend(stands());
            continue;
        }
        let elsewhere = |id| id != key.school && figures.contains_key(&FigureKey { school: id, ..key.clone() });
        let moved = || run.schools.line_of(key.school).into_iter().any(|school| elsewhere(school.id));
        let said = figures.get(key);
        let falls = || said.and_then(|figure| figure.value) < known.total(key).and_then(|row| row.value);
        let is_unread = !counted && asked.ensembles.as_deref() != Some(key.code.as_str()) && falls();
        if link.is_some() && is_unread && (said.is_some() || !moved()) {
            told.push(unread(key));
            ids.extend(stands());
            continue;
        }
        let subject = Subject { key, definition, leads: leads(run, asked, key), before: known.total(key), link };
        let mut plan = match (said, link) {
            (Some(figure), _) => {
                let link = link.cloned().unwrap_or_else(|| run.new_link(SyncSection::Figures, &key.text()));
                planner.given(&subject, figure, link)
            }
            (None, Some(link)) => {
                let Some(plan) = planner.gone(&subject, link, moved()) else { continue };
                plan
            }
            (None, None) => continue,
        };
        match known.settle(&mut plan) {
            Err(message) => told.push(plan.reported.rejected("contradiction", &message)),
            Ok(()) => {
                if let Some(id) = plan.link.item_in(plan::table()) {
                    ids.insert(key.clone(), id);
                }
                if plan.is_idle() { told.push(plan.reported) } else { planned.push(plan) }
            }
        }
    }
    run.tell(told).await?;
    run.store(&planned, async |tx, some| write(tx, some).await).await?;
    Ok(ids)
}

fn leads(run: &Run<'_>, asked: &Asked, key: &FigureKey) -> Leads {
    match asked.ensembles.as_deref() == Some(key.code.as_str()) {
        true => run.mapping.leads(Table::EnsembleMembers, "members"),
        false => run.mapping.leads(Table::HeadCounts, "pupils"),
    }
}

/// Reports a measure of which no edition is in use.
fn unknown_measure(known: &Known, code: &str) -> Option<Reported> {
    let fault = known.definition(code).err()?;
    let reported = Reported::new(SyncSection::Figures, code, SyncOutcome::Rejected);
    Some(reported.because(fault.code, fault.message))
}

/// Reports a school whose figures could stand at several others of its line.
fn several(school: Uuid, year: &str) -> Reported {
    let fix = "the school was not open on the last day, and several of its line were: the figure stays at it";
    let reported = Reported::new(SyncSection::Figures, format!("{}|{year}", school.simple()), SyncOutcome::Unchanged);
    reported.because("several_schools", fix).school(school)
}

fn waiting(key: &FigureKey) -> Reported {
    let fix = "a contact that led to the school waits for a decision or is gone, or an activity cannot be read: the \
               figure stays as it is until then";
    let reported = Reported::new(SyncSection::Figures, key.text(), SyncOutcome::Waiting);
    reported.because("in_review", fix).school(key.school)
}

fn unread(key: &FigureKey) -> Reported {
    let fix = "a count of pupils cannot be read, and without it the figure would fall: correct the count first";
    let reported = Reported::new(SyncSection::Figures, key.text(), SyncOutcome::Waiting);
    reported.because("count_unread", fix).school(key.school)
}

/// Writes figures, if nobody has changed one of them since they were looked up, nor another one of their families.
/// Until they are written nobody else writes figures of their schools.
async fn write(write: &mut Write, items: &[&PlannedFigure]) -> Result<()> {
    let steps = || items.iter().flat_map(|item| &item.steps);
    let schools: BTreeSet<Uuid> = steps().map(|step| step.after.school_id).collect();
    if schools.is_empty() {
        return Ok(());
    }
    write.hold_all::<school::Entity>(schools.iter().copied().collect()).await?;
    let years: BTreeSet<&str> = steps().map(|step| step.after.academic_year.as_str()).collect();
    let codes: BTreeSet<&str> = steps().map(|step| step.after.definition_code.as_str()).collect();
    let which = Condition::all()
        .add(Column::SchoolId.is_in(schools))
        .add(Column::AcademicYear.is_in(years))
        .add(Column::DefinitionCode.is_in(codes));
    let rows = write.rows_archived::<measure_value::Entity>(which).await?;
    let mut families: HashMap<FamilyKey, BTreeSet<(Uuid, i64)>> = HashMap::new();
    for row in rows.iter().filter(|row| row.archived_at.is_none()) {
        families.entry(family::key(row)).or_default().insert((row.id, row.version));
    }
    for item in items {
        let Some(step) = item.steps.first() else { continue };
        let family = families.get(&family::key(&step.after));
        expect_unchanged(family.map_or(item.family.is_empty(), |family| *family == item.family))?;
    }
    let versions: HashMap<Uuid, i64> = rows.into_iter().map(|row| (row.id, row.version)).collect();
    let same = |row: &measure_value::Model| versions.get(&row.id) == Some(&row.version);
    expect_unchanged(steps().filter_map(|step| step.before.as_ref()).all(same))?;
    let stamped: Vec<measure_value::Model> = steps()
        .map(|step| {
            let mut after = step.after.clone();
            let meta = step.before.as_ref().map_or_else(|| after.meta(), |before| write.meta_after(before));
            after.set_meta(Meta { archived_at: after.archived_at, ..meta });
            after
        })
        .collect();
    let decided = steps().zip(&stamped);
    let decided =
        decided.map(|(step, after)| Decided { before: step.before.as_ref(), after, operation: step.operation });
    write.store_many::<MeasureValue>(&decided.collect::<Vec<_>>()).await
}
