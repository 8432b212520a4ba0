//! Who is who at a school: a line of the source is a person, a school and a job role, as a contact of the hub.

use std::collections::{BTreeSet, HashMap, HashSet};

use entity::exchange::sync_link::LinkField;
use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::owned::Owned as _;
use entity::row::Meta;
use entity::schools::contact;
use serde::Serialize;
use time::Date;
use uuid::Uuid;

use super::persons::{Who, both_changed};
use crate::exchange::sync::digest::Salt;
use crate::exchange::sync::record::{Association, SourceRow, Table};
use crate::exchange::sync::run::{Link, Merge, Place, Planned, Reported, Run};
use crate::kernel::base::clock;
use crate::schools::rules::Period;

pub(super) const SECTION: SyncSection = SyncSection::Associations;

/// A line of the source that leads to a person and a school of the hub.
pub struct Line {
    key: String,
    person_key: String,
    person_id: Uuid,
    school_id: Uuid,
    job_role: String,
    is_primary: bool,
    from_on: Option<Date>,
    to_on: Option<Date>,
    /// The day on which the source changed it, as far as it says.
    changed_on: Option<Date>,
    /// The fields of which the source says nothing.
    unsaid: BTreeSet<&'static str>,
    link: Option<Link>,
}

impl Line {
    fn period(&self) -> Period {
        Period { from: self.from_on, to: self.to_on }
    }

    /// The day of the change that is seen now: the source's own, unless it is from before what was seen last.
    fn changed_since(&self, today: Date) -> Date {
        let seen_on = self.link.as_ref().map(Link::seen_on);
        self.changed_on.filter(|day| seen_on.is_none_or(|seen_on| *day >= seen_on)).unwrap_or(today)
    }

    fn fingerprint(&self, salt: Salt) -> String {
        let (days, ids) = ((self.from_on, self.to_on), (self.person_id, self.school_id));
        salt.digest(&(&self.person_key, ids, &self.job_role, self.is_primary, days))
    }
}

/// What was decided about a line, before the primary contacts of schools are.
pub struct Draft {
    /// The key at the source.
    pub key: String,
    /// The row of the report.
    pub row: Reported,
    /// What was remembered of the line.
    pub known: Option<Link>,
    /// What is to be remembered of its fields.
    pub fields: Vec<LinkField>,
    /// The contact that ends, where the person or the school of the line is another one.
    pub ended: Option<(contact::Model, contact::Model)>,
    /// The contact as it is, if it is here, and as it will be.
    pub contact: (Option<contact::Model>, contact::Model),
    /// Whether the source says that it is the school's primary one.
    pub wants_primary: bool,
    /// Whether the source says who is the primary one at all.
    pub says_primary: bool,
    fingerprint: String,
    conflict: bool,
}

impl Draft {
    /// What is stored of it; as an error the row of the report, where nothing is.
    pub fn finish(self, run: &Run<'_>) -> std::result::Result<Change, Box<Reported>> {
        let table = contact::Entity::table();
        let (before, after) = self.contact;
        let row = self.row.school(after.school_id).item(table, after.id);
        let leads_there = |link: &Link| link.is_same(&self.fingerprint) && link.item_in(table) == Some(after.id);
        let same = self.known.as_ref().is_some_and(leads_there) && !self.conflict;
        let link = self.known.unwrap_or_else(|| run.new_link(SECTION, &self.key)).to(table, after.id);
        let link = link.saying(self.fingerprint, self.fields.into());
        let changed = before.as_ref() != Some(&after);
        let ended = self.ended.map(|(before, after)| (Some(before), after));
        let contacts: Vec<_> = ended.into_iter().chain(changed.then_some((before, after))).collect();
        if same && contacts.is_empty() { Err(Box::new(row)) } else { Ok(Change { row, link, contacts }) }
    }
}

/// What a line changes, or what is to be remembered of it.
pub struct Change {
    row: Reported,
    link: Link,
    /// Contacts as they are and as they will be.
    pub contacts: Vec<(Option<contact::Model>, contact::Model)>,
}

impl Planned for Change {
    fn told(&self) -> Vec<Reported> {
        vec![self.row.clone()]
    }

    fn links(&self) -> Vec<Link> {
        vec![self.link.clone()]
    }
}

/// What was decided about the lines.
#[derive(Default)]
pub struct Lines {
    /// Lines that lead to a contact, or will.
    pub drafts: Vec<Draft>,
    /// Further rows of the report.
    pub rows: Vec<Reported>,
}

/// Sorts out the lines that lead to a person and a school; tells why others do not.
pub fn sort_out(
    run: &Run<'_>,
    associations: Vec<SourceRow<Association>>,
    (keys, who): (&HashSet<String>, &HashMap<String, Who>),
    links: &mut HashMap<String, Link>,
    lines: &mut Lines,
) -> Vec<Line> {
    let mut all = Vec::new();
    for SourceRow { key, modified_at, remarks, unsaid, row } in associations {
        let link = links.remove(&key);
        let outcome = if row.is_some() { SyncOutcome::Unchanged } else { SyncOutcome::Rejected };
        lines.rows.extend(remarks.iter().map(|remark| Reported::remark(SECTION, remark, outcome)));
        let Some(said) = row else { continue };
        let told = |outcome| Reported::new(SECTION, &key, outcome);
        if !keys.contains(&said.person) {
            let fix = format!("the source has no person with the key {}: correct the line there", said.person);
            lines.rows.push(told(SyncOutcome::Rejected).at("person").because("unknown_person", fix));
            continue;
        }
        let school_id = match run.schools.of(&said.school) {
            Place::School(id) => id,
            Place::Review => {
                let fix = format!("somebody has to decide first which school the contact {} means", said.school);
                lines.rows.push(told(SyncOutcome::Waiting).because("school_in_review", fix));
                continue;
            }
            Place::Unread => {
                let fix = format!("the contact {} cannot be read: correct it at the source first", said.school);
                lines.rows.push(told(SyncOutcome::Waiting).because("school_unread", fix));
                continue;
            }
            Place::OutOfArea => {
                lines.rows.push(told(SyncOutcome::OutOfArea));
                continue;
            }
            Place::Ignored => {
                lines.rows.push(told(SyncOutcome::Ignored));
                continue;
            }
            Place::Unknown => {
                let fix = format!("the source has no school with the key {}: correct the line there", said.school);
                lines.rows.push(told(SyncOutcome::Rejected).at("school").because("unknown_school", fix));
                continue;
            }
        };
        let rejected = |code, message: String| told(SyncOutcome::Rejected).school(school_id).because(code, message);
        let person_id = match who.get(&said.person) {
            Some(Who::Is(id)) => *id,
            Some(Who::Erased) => {
                lines.rows.push(told(SyncOutcome::Ignored).school(school_id));
                continue;
            }
            Some(Who::Archived(id)) => {
                let fix =
                    "the person is archived in the hub: restore the person to have the line taken over".to_owned();
                lines.rows.push(rejected("archived", fix).item("person", *id));
                continue;
            }
            Some(Who::Rejected) | None => {
                let fix = format!("the person {} was not understood: see the row of the person", said.person);
                lines.rows.push(rejected("person_rejected", fix).at("person"));
                continue;
            }
        };
        if matches!((said.started_on, said.ended_on), (Some(from), Some(to)) if to < from) {
            let fix = "the line ends before it begins: correct its days at the source".to_owned();
            lines.rows.push(rejected("order", fix).at("ended_on"));
            continue;
        }
        let today = run.today;
        let changed_on = modified_at.map(|at| clock::day_of(at.into())).filter(|day| *day <= today);
        all.push(Line {
            person_key: said.person,
            person_id,
            school_id,
            job_role: said.job_role.chars().take(100).collect(),
            is_primary: said.primary,
            from_on: said.started_on,
            to_on: said.ended_on,
            changed_on,
            unsaid,
            link,
            key,
        });
    }
    all
}

/// Decides about the lines.
pub fn decide(run: &Run<'_>, all: Vec<Line>, contacts: &[contact::Model], lines: &mut Lines) {
    let table = contact::Entity::table();
    let by_id: HashMap<Uuid, &contact::Model> = contacts.iter().map(|row| (row.id, row)).collect();
    let led = |line: &Line| line.link.as_ref().and_then(|link| link.item_in(table)).filter(|id| by_id.contains_key(id));
    let mut taken: HashSet<Uuid> = all.iter().filter_map(&led).collect();
    let mut of_person: HashMap<(Uuid, Uuid), Vec<&contact::Model>> = HashMap::new();
    for row in contacts.iter().filter(|row| row.archived_at.is_none()) {
        of_person.entry((row.person_id, row.school_id)).or_default().push(row);
    }
    let (all, twice) = once_each(all, |line| led(line).is_some());
    for (line, other) in twice {
        let message = format!("the line {other} says the same: remove one of the two at the source");
        let row = Reported::new(SECTION, &line.key, SyncOutcome::Unchanged).school(line.school_id);
        lines.rows.push(row.because("entered_twice", message));
    }
    for line in all {
        let before = led(&line).and_then(|id| by_id.get(&id).copied()).or_else(|| {
            // Who stands here already in the same job is the one.
            let rows = of_person.get(&(line.person_id, line.school_id)).into_iter().flatten();
            let same = |row: &&&contact::Model| {
                row.job_role.eq_ignore_ascii_case(&line.job_role)
                    && Period::from(**row).meets(line.period())
                    && !taken.contains(&row.id)
            };
            rows.filter(same).min_by_key(|row| row.id).copied()
        });
        if let Some(row) = before {
            taken.insert(row.id);
        }
        if before.is_some_and(|row| row.archived_at.is_some()) {
            let fix = "the contact is archived in the hub: restore it to have it follow the source";
            let row = Reported::new(SECTION, &line.key, SyncOutcome::Unchanged).school(line.school_id);
            lines.rows.push(row.because("archived", fix));
            continue;
        }
        one(run, line, before, lines);
    }
}

/// Lines without those that say the same as another one, each of which comes with the key of that one. Two lines of a
/// person in one job are two where their days are apart.
fn once_each(all: Vec<Line>, is_led: impl Fn(&Line) -> bool) -> (Vec<Line>, Vec<(Line, String)>) {
    let mut order: Vec<(bool, Line)> = all.into_iter().map(|line| (!is_led(&line), line)).collect();
    // Lines come in the order of their keys, which stays within each half.
    order.sort_by_key(|(is_new, _)| *is_new);
    let mut kept: Vec<Line> = Vec::new();
    let mut twice = Vec::new();
    let mut of: HashMap<(Uuid, Uuid, String), Vec<usize>> = HashMap::new();
    for (is_new, line) in order {
        let same = of.entry((line.person_id, line.school_id, line.job_role.to_lowercase())).or_default();
        let other = same.iter().map(|at| &kept[*at]).find(|other| is_new && other.period().meets(line.period()));
        match other.map(|other| other.key.clone()) {
            Some(other) => twice.push((line, other)),
            None => {
                same.push(kept.len());
                kept.push(line);
            }
        }
    }
    (kept, twice)
}

/// Decides about one line and its contact, if it has one.
fn one(run: &Run<'_>, line: Line, before: Option<&contact::Model>, lines: &mut Lines) {
    let salt = run.salt();
    let digests = (salt.digest(&line.person_key), salt.digest(&line.school_id));
    let said = |field: &str| line.link.as_ref().and_then(|link| link.said(field));
    let other = |field: &str, digest: &str| said(field).is_some_and(|known| known != digest);
    let elsewhere = other("school_id", &digests.1);
    let outcome = match before {
        Some(row) if other("person_id", &digests.0) && row.person_id != line.person_id => replaced(run, &line, row),
        Some(row)
            if elsewhere && row.school_id != line.school_id && run.schools.are_tied(row.school_id, line.school_id) =>
        {
            moved(run, &line, row)
        }
        _ => merged(run, &line, before, elsewhere),
    };
    let own = [("person_id", digests.0), ("school_id", digests.1)];
    let own = own.map(|(name, said)| LinkField { name: name.to_owned(), left: said.clone(), said });
    lines.drafts.push(Draft {
        fingerprint: line.fingerprint(salt),
        key: line.key,
        row: outcome.row,
        known: line.link,
        fields: own.into_iter().chain(outcome.fields).collect(),
        ended: outcome.ended,
        contact: outcome.contact,
        wants_primary: line.is_primary,
        says_primary: !line.unsaid.contains("primary"),
        conflict: outcome.conflict,
    });
}

/// What a line makes of its contact.
struct Outcome {
    row: Reported,
    fields: Vec<LinkField>,
    ended: Option<(contact::Model, contact::Model)>,
    contact: (Option<contact::Model>, contact::Model),
    conflict: bool,
}

/// The line stands for the same person at the same school: field by field.
fn merged(run: &Run<'_>, line: &Line, before: Option<&contact::Model>, corrected: bool) -> Outcome {
    let salt = run.salt();
    let leads = |field: &str| run.mapping.leads(Table::Associations, column(field));
    let base = before.cloned().unwrap_or_else(|| fresh(run, line));
    let unsaid = |field: &str| line.unsaid.contains(column(field));
    let mut merge = Merge::new(salt, &leads, line.link.as_ref(), before.is_none()).without(&unsaid);
    let mut after = contact::Model {
        job_role: merge.field("job_role", &base.job_role, &line.job_role),
        from_on: merge.field("from_on", &base.from_on, &line.from_on),
        to_on: merge.field("to_on", &base.to_on, &line.to_on),
        ..base
    };
    let merged = merge.end();
    let mut changed: Vec<&str> = merged.changed.clone();
    // The source led the line to another school by mistake, and no school came from the other.
    if corrected && after.school_id != line.school_id {
        after.school_id = line.school_id;
        changed.push("school_id");
    }
    if matches!((after.from_on, after.to_on), (Some(from), Some(to)) if to < from) {
        after.to_on = after.from_on;
    }
    let ended = before.is_some_and(|row| row.to_on.is_none()) && after.to_on.is_some_and(|day| day <= run.today);
    let outcome = match before {
        None => SyncOutcome::Created,
        Some(_) if ended => SyncOutcome::Ended,
        Some(row) if *row != after => SyncOutcome::Updated,
        Some(_) if !merged.conflicts.is_empty() => SyncOutcome::Conflict,
        Some(_) => SyncOutcome::Unchanged,
    };
    let mut row = Reported::new(SECTION, &line.key, outcome);
    if merged.conflicts.is_empty() {
        row = row.fields(changed);
    } else {
        let names = merged.conflicts.iter().copied();
        row = row.fields(names).because("both_changed", both_changed(&merged.conflicts, leads));
    }
    Outcome {
        row,
        fields: merged.fields.into_vec(),
        ended: None,
        contact: (before.cloned(), after),
        conflict: !merged.conflicts.is_empty(),
    }
}

/// The field of the mapping for a field of a contact.
fn column(field: &str) -> &str {
    match field {
        "from_on" => "started_on",
        "to_on" => "ended_on",
        same => same,
    }
}

/// Another person stands in the line: the time of the one before ends, and the time of this one begins.
fn replaced(run: &Run<'_>, line: &Line, before: &contact::Model) -> Outcome {
    let said_from = line.link.as_ref().and_then(|link| link.said("from_on")) != Some(&run.salt().digest(&line.from_on));
    let stated = line.from_on.filter(|day| said_from && before.from_on.is_none_or(|from| *day > from));
    let from_on = stated.unwrap_or_else(|| line.changed_since(run.today));
    let from_on = before.from_on.map_or(from_on, |from| from_on.max(from));
    let row = Reported::new(SECTION, &line.key, SyncOutcome::Updated).fields(["person_id"]);
    let message =
        format!("another person stands in the line: the contact before ends, and another begins on {from_on}");
    succeeded(run, line, before, from_on, row.because("replaced", message))
}

/// The school was succeeded by another: the time at the one ends, and the time at the other begins.
fn moved(run: &Run<'_>, line: &Line, before: &contact::Model) -> Outcome {
    let [old, new] = [before.school_id, line.school_id].map(|id| run.schools.school(id));
    let after_the_end = old.and_then(|school| school.closed_on?.next_day());
    let from_on = after_the_end.or(new.and_then(|school| school.opened_on));
    let from_on = from_on.unwrap_or_else(|| line.changed_since(run.today));
    let row = Reported::new(SECTION, &line.key, SyncOutcome::Updated).fields(["school_id"]);
    if before.from_on.is_some_and(|from| from >= from_on) {
        let after = contact::Model { school_id: line.school_id, ..before.clone() };
        let fields = remembered(run.salt(), line, &after);
        return Outcome { row, fields, ended: None, contact: (Some(before.clone()), after), conflict: false };
    }
    let message = format!("the school was succeeded by another: the contact goes on there from {from_on}");
    succeeded(run, line, before, from_on, row.because("moved", message))
}

/// Ends a contact on the day before another begins, which it does for the line.
fn succeeded(run: &Run<'_>, line: &Line, before: &contact::Model, from_on: Date, row: Reported) -> Outcome {
    let last = from_on.previous_day().unwrap_or(from_on);
    let last = before.from_on.map_or(last, |from| last.max(from));
    let ended = contact::Model {
        to_on: Some(before.to_on.map_or(last, |to| to.min(last))),
        // Two on one day are not both the primary contact.
        is_primary: before.is_primary && last < from_on,
        ..before.clone()
    };
    let after =
        contact::Model { from_on: Some(from_on), to_on: line.to_on.filter(|to| *to >= from_on), ..fresh(run, line) };
    let fields = remembered(run.salt(), line, &after);
    Outcome { row, fields, ended: Some((before.clone(), ended)), contact: (None, after), conflict: false }
}

/// What is remembered of a contact that was made for a line: what the source said, and what was made of it.
fn remembered(salt: Salt, line: &Line, after: &contact::Model) -> Vec<LinkField> {
    fn field<T: Serialize>(salt: Salt, name: &str, said: &T, left: &T) -> LinkField {
        LinkField { name: name.to_owned(), said: salt.digest(said), left: salt.digest(left) }
    }
    vec![
        field(salt, "job_role", &line.job_role, &after.job_role),
        field(salt, "from_on", &line.from_on, &after.from_on),
        field(salt, "to_on", &line.to_on, &after.to_on),
    ]
}

/// A contact that is not here yet. Whether it is the primary one is decided later, school by school.
fn fresh(run: &Run<'_>, line: &Line) -> contact::Model {
    let meta = Meta::first(run.caller.hub_id, Uuid::now_v7(), run.caller.now());
    contact::Model {
        hub_id: meta.hub_id,
        id: meta.id,
        version: meta.version,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        person_id: line.person_id,
        school_id: line.school_id,
        job_role: line.job_role.clone(),
        is_primary: false,
        from_on: line.from_on,
        to_on: line.to_on,
        checked_on: None,
    }
}
