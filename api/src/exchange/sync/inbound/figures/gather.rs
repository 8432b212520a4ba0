//! What the source's activities and ensembles count, school by school and year by year. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use serde::Serialize;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::asked::Asked;
use super::count::{TermCount, YearCount};
use super::figure::{Figure, Group};
use super::lines::{Span, Standing, standing};
use crate::exchange::sync::record::{Activity, EnsembleMembers, HeadCount, Remark, SourceRow};
use crate::exchange::sync::run::{Place, Reported};

/// Which figure: the school, the year and the code of the measure.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FigureKey {
    /// The school at which the figure stands.
    pub school: Uuid,
    /// The academic year.
    pub year: String,
    /// The code of the measure.
    pub code: String,
}

/// What is known of schools.
pub struct Schools<'a> {
    /// Where a contact leads, by its key.
    pub place: &'a dyn Fn(&str) -> Place,
    /// All that came before or after a school, and the school itself.
    pub line: &'a dyn Fn(Uuid) -> Vec<Span>,
    /// The day of the run.
    pub today: Date,
}

/// An activity or an ensemble in a figure.
#[derive(Clone, Debug)]
struct Part {
    class: Option<String>,
    year: YearCount,
}

/// A row of the source that figures are made of.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What it says, for a digest.
    pub content: Content,
    /// A figure that it is in.
    pub figure: Option<FigureKey>,
    /// Whether nobody knows to which school it belongs now, so that its figure stays as it is.
    pub waits: bool,
    /// How it is reported; none where it is reported already, with what could not be understood in it.
    pub reported: Option<Reported>,
}

/// What a row of the source says, as far as figures are concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Content {
    /// The contact of the school.
    pub school: Option<String>,
    /// The class, and the codes of measures.
    pub what: Vec<String>,
    /// Whether it is left out: cancelled, or at a centre.
    pub left_out: bool,
    /// By year what it counts, and whether that is an estimate.
    pub counts: Vec<(String, Option<i64>, bool)>,
}

/// Counts by year, and in the year by term, each by the row that is right.
type Years = BTreeMap<String, BTreeMap<String, TermCount>>;

/// What was found.
#[derive(Debug, Default)]
pub struct Gathered {
    parts: BTreeMap<FigureKey, Vec<Part>>,
    /// The activities, by their keys.
    pub activities: BTreeMap<String, Seen>,
    /// The rows of members of ensembles, by their keys.
    pub members: BTreeMap<String, Seen>,
    /// What else is reported.
    pub reported: Vec<Reported>,
    /// Schools whose line leads to several schools, with the year.
    pub unclear: BTreeSet<(Uuid, String)>,
}

impl Gathered {
    /// The figures that the source gives.
    #[must_use]
    pub fn figures(&self) -> BTreeMap<FigureKey, Figure> {
        let figure = |parts: &[Part]| {
            let groups = parts.iter().map(|part| Group { class: part.class.as_deref(), year: part.year });
            Figure::of(&groups.collect::<Vec<_>>())
        };
        self.parts.iter().map(|(key, parts)| (key.clone(), figure(parts))).collect()
    }

    /// Adds activities with their counts.
    pub fn activities(
        &mut self,
        asked: &Asked,
        schools: &Schools<'_>,
        activities: &[SourceRow<Activity>],
        counts: &[SourceRow<HeadCount>],
        now: OffsetDateTime,
    ) {
        let known: BTreeSet<&str> = activities.iter().map(|row| row.key.as_str()).collect();
        let mut counted = self.counted(&known, counts, now);
        for SourceRow { key, row, remarks, .. } in activities {
            let Some(activity) = row else { continue };
            let codes = asked.of_activity(activity);
            if codes.is_empty() {
                self.reported.extend(unchanged(SyncSection::Activities, key, remarks));
                continue;
            }
            let mut years = counted.remove(key.as_str()).unwrap_or_default();
            // Nobody may have counted it yet, and the school has it all the same.
            years.entry(activity.academic_year.clone()).or_default();
            let years: Vec<(String, YearCount)> =
                years.into_iter().map(|(year, terms)| (year, YearCount::of(terms.values()))).collect();
            let left_out = activity.cancelled || activity.at_centre;
            let content = Content {
                school: activity.school.clone(),
                what: activity.class.iter().cloned().chain(codes.iter().map(|code| (*code).to_owned())).collect(),
                left_out,
                counts: years.iter().map(|(year, count)| (year.clone(), count.pupils, count.estimated)).collect(),
            };
            let placed = match (left_out, activity.school.as_deref()) {
                (true, _) => Placed { school: None, outcome: SyncOutcome::Unchanged, waits: false, fix: None },
                (false, Some(contact)) => Placed::of((schools.place)(contact)),
                (false, None) => {
                    let fix = "neither a school nor a centre: enter where it takes place";
                    Placed { school: None, outcome: SyncOutcome::Rejected, waits: false, fix: Some(fix) }
                }
            };
            let mut figure = None;
            if let Some(school) = placed.school {
                for (year, count) in &years {
                    for code in &codes {
                        let part = Part { class: activity.class.clone(), year: *count };
                        figure = Some(self.add(schools, school, year, code, part));
                    }
                }
            }
            self.activities
                .insert(key.clone(), placed.seen((SyncSection::Activities, key.as_str(), remarks), content, figure));
        }
    }

    /// Adds members of ensembles. An ensemble has its own highest term at each contact of a school.
    pub fn members(
        &mut self,
        code: &str,
        schools: &Schools<'_>,
        rows: &[SourceRow<EnsembleMembers>],
        now: OffsetDateTime,
    ) {
        let mut groups = BTreeMap::new();
        for SourceRow { key, row, modified_at, remarks, .. } in rows {
            let Some(members) = row else { continue };
            let placed = Placed::of((schools.place)(&members.school));
            let count = TermCount {
                key: key.clone(),
                pupils: members.members,
                estimated: false,
                sequence: None,
                modified_at: modified_at.filter(|at| *at <= now),
            };
            let content = Content {
                school: Some(members.school.clone()),
                what: vec![members.ensemble.clone(), code.to_owned()],
                left_out: false,
                counts: vec![(members.academic_year.clone(), count.counted(), false)],
            };
            if let Some(school) = placed.school {
                let group = (members.ensemble.as_str(), members.school.as_str(), members.academic_year.as_str());
                let (_, terms) = groups.entry(group).or_insert_with(|| (school, BTreeMap::new()));
                correct(terms, &members.term, count);
            }
            let figure = placed.school.map(|school| self.key(schools, school, &members.academic_year, code));
            self.members.insert(
                key.clone(),
                placed.seen((SyncSection::EnsembleMembers, key.as_str(), remarks), content, figure),
            );
        }
        for ((_, _, year), (school, terms)) in groups {
            let part = Part { class: None, year: YearCount::of(terms.values()) };
            self.add(schools, school, year, code, part);
        }
    }

    /// The counts of activities that are there. Reports the others.
    fn counted<'a>(
        &mut self,
        known: &BTreeSet<&str>,
        counts: &'a [SourceRow<HeadCount>],
        now: OffsetDateTime,
    ) -> HashMap<&'a str, Years> {
        let mut counted: HashMap<&str, Years> = HashMap::new();
        for SourceRow { key, row, modified_at, remarks, .. } in counts {
            let Some(count) = row else { continue };
            if !known.contains(count.activity.as_str()) {
                let message =
                    format!("there is no activity {}: remove the count, or restore the activity", count.activity);
                let gone = Reported::new(SyncSection::HeadCounts, key, SyncOutcome::Rejected);
                self.reported.push(gone.because("unknown_reference", message).at("activity"));
                continue;
            }
            self.reported.extend(unchanged(SyncSection::HeadCounts, key, remarks));
            let year =
                counted.entry(count.activity.as_str()).or_default().entry(count.academic_year.clone()).or_default();
            let row = TermCount {
                key: key.clone(),
                pupils: count.pupils,
                estimated: count.estimated,
                sequence: count.sequence,
                // A clock that is ahead says nothing.
                modified_at: modified_at.filter(|at| *at <= now),
            };
            correct(year, &count.term, row);
        }
        counted
    }

    fn key(&mut self, schools: &Schools<'_>, school: Uuid, year: &str, code: &str) -> FigureKey {
        let stands = standing(school, &(schools.line)(school), year, schools.today);
        if let Standing::Several(school) = stands {
            self.unclear.insert((school, year.to_owned()));
        }
        FigureKey { school: stands.school(), year: year.to_owned(), code: code.to_owned() }
    }

    fn add(&mut self, schools: &Schools<'_>, school: Uuid, year: &str, code: &str, part: Part) -> FigureKey {
        let key = self.key(schools, school, year, code);
        self.parts.entry(key.clone()).or_default().push(part);
        key
    }
}

/// Keeps of several rows of a term the one that is right.
fn correct(terms: &mut BTreeMap<String, TermCount>, term: &str, row: TermCount) {
    match terms.get_mut(term) {
        Some(known) if row.corrects(known) => *known = row,
        Some(_) => {}
        None => {
            terms.insert(term.to_owned(), row);
        }
    }
}

/// What comes of a row by the place to which its contact leads: its school, the outcome, whether its figure waits, and
/// the fix if it needs one.
struct Placed {
    school: Option<Uuid>,
    outcome: SyncOutcome,
    waits: bool,
    fix: Option<&'static str>,
}

impl Placed {
    fn of(place: Place) -> Self {
        let (school, outcome, fix) = match place {
            Place::School(id) => (Some(id), SyncOutcome::Unchanged, None),
            Place::Review | Place::Unread => (None, SyncOutcome::Waiting, None),
            Place::OutOfArea => (None, SyncOutcome::OutOfArea, None),
            Place::Ignored => (None, SyncOutcome::Ignored, None),
            Place::Unknown => {
                let fix = "its school is gone from the source: remove the row, or lead it to a school";
                (None, SyncOutcome::Rejected, Some(fix))
            }
        };
        let waits = matches!(place, Place::Review | Place::Unread | Place::Unknown);
        Self { school, outcome, waits, fix }
    }

    fn seen(
        &self,
        (section, key, remarks): (SyncSection, &str, &Vec<Remark>),
        content: Content,
        figure: Option<FigureKey>,
    ) -> Seen {
        let reported = Reported::new(section, key, self.outcome).school(self.school);
        let reported = match self.fix {
            Some(fix) => Some(reported.because("unknown_reference", fix).at("school")),
            None if self.outcome == SyncOutcome::Unchanged && !remarks.is_empty() => None,
            None => Some(reported),
        };
        Seen { content, figure, waits: self.waits, reported }
    }
}

/// A row that changes nothing, unless it is reported already.
fn unchanged(section: SyncSection, key: &str, remarks: &[Remark]) -> Option<Reported> {
    remarks.is_empty().then(|| Reported::new(section, key, SyncOutcome::Unchanged))
}
