//! From rows of a source to figures, and from figures to what is done about them.

use entity::exchange::sync_row::{SyncOutcome, SyncSection};
use entity::missing::MissingReason;
use entity::outcomes::measure_definition::{self, DefinitionStatus, MeasureBasis};
use entity::outcomes::measure_value::Model;
use entity::row::Meta;
use time::Date;
use time::macros::{date, datetime};
use uuid::Uuid;

use super::asked::{Asked, ByKind};
use super::figure::Figure;
use super::gather::{FigureKey, Gathered, Schools, Seen};
use super::known::Known;
use super::lines::Span;
use super::plan::{PlannedFigure, Planner, Subject};
use crate::exchange::sync::digest::Salt;
use crate::exchange::sync::mapping::Leads;
use crate::exchange::sync::record::{Activity, EnsembleMembers, HeadCount, SourceRow};
use crate::exchange::sync::run::{Link, Place};
use crate::kernel::resource::operation::Operation;

const SCHOOL: Uuid = Uuid::from_u128(1);
const OLD: Uuid = Uuid::from_u128(2);
const NEW: Uuid = Uuid::from_u128(3);
const TODAY: Date = date!(2025 - 02 - 03);

fn row<T>(key: &str, row: T) -> SourceRow<T> {
    SourceRow { row: Some(row), ..SourceRow::rejected(key.to_owned(), Vec::new()) }
}

/// A First Access activity of 2024/25 of a contact, with a class.
fn activity(contact: &str, class: &str) -> Activity {
    Activity {
        school: Some(contact.to_owned()),
        academic_year: "2024/25".to_owned(),
        kind: Some("First Access".to_owned()),
        first_access: true,
        class: Some(class.to_owned()).filter(|class| !class.is_empty()),
        ..Activity::default()
    }
}

fn count(activity: &str, term: &str, pupils: Option<i64>) -> HeadCount {
    HeadCount {
        activity: activity.to_owned(),
        academic_year: if term.starts_with("14") { "2023/24" } else { "2024/25" }.to_owned(),
        term: term.to_owned(),
        pupils,
        ..HeadCount::default()
    }
}

fn members(ensemble: &str, term: &str, contact: &str, members: Option<i64>) -> EnsembleMembers {
    EnsembleMembers {
        ensemble: ensemble.to_owned(),
        name: ensemble.to_owned(),
        academic_year: "2024/25".to_owned(),
        term: term.to_owned(),
        school: contact.to_owned(),
        members,
    }
}

/// `s` and `t` are contacts of the school; `old` and `new` of a school that converted on 31 January.
fn place(contact: &str) -> Place {
    match contact {
        "s" | "t" => Place::School(SCHOOL),
        "old" => Place::School(OLD),
        "new" => Place::School(NEW),
        "review" => Place::Review,
        "far" => Place::OutOfArea,
        _ => Place::Unknown,
    }
}

fn line(school: Uuid) -> Vec<Span> {
    let closed = Some(date!(2025 - 01 - 31));
    match school {
        OLD | NEW => vec![
            Span { id: OLD, open: false, opened_on: None, closed_on: closed },
            Span { id: NEW, open: true, opened_on: Some(date!(2025 - 02 - 01)), closed_on: None },
        ],
        id => vec![Span { id, open: true, opened_on: None, closed_on: None }],
    }
}

fn asked() -> Asked {
    Asked {
        first_access: Some(ByKind { code: "first_access_pupils".to_owned(), kinds: Vec::new() }),
        singing: Some(ByKind { code: "singing_pupils".to_owned(), kinds: Vec::new() }),
        lessons: Some(ByKind {
            code: "instrumental_lessons".to_owned(),
            kinds: vec!["instrumental tuition".to_owned()],
        }),
        ensembles: Some("ensemble_places".to_owned()),
    }
}

fn gathered(activities: &[SourceRow<Activity>], counts: &[SourceRow<HeadCount>]) -> Gathered {
    let schools = Schools { place: &place, line: &line, today: TODAY };
    let mut gathered = Gathered::default();
    gathered.activities(&asked(), &schools, activities, counts, datetime!(2025-02-03 12:00 UTC));
    gathered
}

fn key(school: Uuid, year: &str, code: &str) -> FigureKey {
    FigureKey { school, year: year.to_owned(), code: code.to_owned() }
}

fn first_access(gathered: &Gathered, school: Uuid, year: &str) -> Option<(Option<i64>, MeasureBasis)> {
    gathered.figures().get(&key(school, year, "first_access_pupils")).map(|figure| (figure.value, figure.basis))
}

fn outcome(seen: &Seen) -> SyncOutcome {
    seen.reported.as_ref().expect("a row without remarks").outcome()
}

const HEADS: MeasureBasis = MeasureBasis::Headcount;

#[test]
fn a_count_belongs_to_the_year_of_its_term() {
    let last_year = Activity { academic_year: "2023/24".to_owned(), ..activity("s", "4") };
    let counts = [row("1", count("a", "143", Some(24))), row("2", count("a", "151", Some(26)))];
    let found = gathered(&[row("a", last_year)], &counts);
    assert_eq!(first_access(&found, SCHOOL, "2023/24"), Some((Some(24), HEADS)));
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((Some(26), HEADS)));
}

#[test]
fn a_second_row_for_the_term_corrects_the_first() {
    let late =
        SourceRow { modified_at: Some(datetime!(2024-09-29 10:00 UTC)), ..row("2", count("a", "151", Some(27))) };
    let early =
        SourceRow { modified_at: Some(datetime!(2024-09-20 10:00 UTC)), ..row("1", count("a", "151", Some(30))) };
    let ahead =
        SourceRow { modified_at: Some(datetime!(2037-12-31 23:59 UTC)), ..row("0", count("a", "151", Some(9))) };
    let found = gathered(&[row("a", activity("s", "4"))], &[late, early, ahead]);
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((Some(27), HEADS)), "a clock that is ahead says nothing");
}

#[test]
fn an_activity_that_nobody_counted_is_not_collected() {
    let found = gathered(&[row("a", activity("s", "4"))], &[row("1", count("a", "151", None))]);
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((None, HEADS)));
    let found = gathered(&[row("a", activity("s", "4"))], &[]);
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((None, HEADS)), "without a row of counts");
}

#[test]
fn cancelled_activities_and_those_at_a_centre_are_no_school_s() {
    let cancelled = Activity { cancelled: true, ..activity("s", "4") };
    let centre = Activity { at_centre: true, school: None, ..activity("s", "4") };
    let counts = [row("1", count("a", "151", Some(24))), row("2", count("b", "151", Some(20)))];
    let found = gathered(&[row("a", cancelled), row("b", centre)], &counts);
    assert!(found.figures().is_empty());
    assert!(found.activities.values().all(|seen| outcome(seen) == SyncOutcome::Unchanged && !seen.waits));
}

#[test]
fn the_flag_decides_and_not_the_name_of_the_type() {
    let follow_on =
        Activity { first_access: false, kind: Some("First Access Follow-on".to_owned()), ..activity("s", "4") };
    let ukulele = Activity { kind: Some("Whole Class Ukulele (do not use)".to_owned()), ..activity("s", "5") };
    let counts = [row("1", count("a", "151", Some(24))), row("2", count("b", "151", Some(20)))];
    let found = gathered(&[row("a", follow_on), row("b", ukulele)], &counts);
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((Some(20), HEADS)));
}

#[test]
fn two_contacts_of_one_school_add_up() {
    let counts = [row("1", count("a", "151", Some(24))), row("2", count("b", "151", Some(20)))];
    let found = gathered(&[row("a", activity("s", "4")), row("b", activity("t", "4"))], &counts);
    assert_eq!(first_access(&found, SCHOOL, "2024/25"), Some((Some(44), MeasureBasis::Participations)));
}

#[test]
fn a_converted_school_gives_this_year_to_the_academy_and_keeps_the_last() {
    let last_year = Activity { academic_year: "2023/24".to_owned(), ..activity("new", "4") };
    let activities = [row("a", activity("old", "m1")), row("b", activity("new", "m1")), row("c", last_year)];
    let counts = [
        row("1", count("a", "151", Some(9))),
        row("2", count("b", "152", Some(10))),
        row("3", count("c", "142", Some(30))),
    ];
    let found = gathered(&activities, &counts);
    assert_eq!(first_access(&found, NEW, "2024/25"), Some((Some(19), MeasureBasis::Participations)));
    assert_eq!(first_access(&found, OLD, "2024/25"), None);
    assert_eq!(first_access(&found, OLD, "2023/24"), Some((Some(30), HEADS)));
}

#[test]
fn rows_of_contacts_without_a_school_wait_or_are_rejected() {
    let contacts = [("a", "review"), ("b", "far"), ("c", "gone")];
    let rows = contacts.map(|(key, contact)| row(key, activity(contact, "4")));
    let nowhere = Activity { school: None, ..activity("s", "4") };
    let found = gathered(&[rows.to_vec(), vec![row("d", nowhere)]].concat(), &[]);
    let outcomes: Vec<_> = found.activities.values().map(outcome).collect();
    assert_eq!(outcomes, [SyncOutcome::Waiting, SyncOutcome::OutOfArea, SyncOutcome::Rejected, SyncOutcome::Rejected]);
    let waits: Vec<_> = found.activities.values().map(|seen| seen.waits).collect();
    assert_eq!(waits, [true, false, true, false], "what is in review, and what is at a contact that is gone");
    assert!(found.figures().is_empty());
}

#[test]
fn other_measures_take_their_activities_by_kind_and_by_flag() {
    let tuition =
        |kind: &str, vocal| Activity { first_access: false, vocal, kind: Some(kind.to_owned()), ..activity("s", "") };
    let activities = [row("a", tuition("instrumental tuition", false)), row("b", tuition("Vocal Tuition", true))];
    let counts = [row("1", count("a", "151", Some(4))), row("2", count("b", "151", Some(3)))];
    let figures = gathered(&activities, &counts).figures();
    assert_eq!(figures[&key(SCHOOL, "2024/25", "instrumental_lessons")].value, Some(4));
    assert_eq!(figures[&key(SCHOOL, "2024/25", "singing_pupils")].value, Some(3));
    assert_eq!(figures.len(), 2);
}

#[test]
fn an_ensemble_counts_its_highest_term_at_each_contact() {
    let rows = [
        row("301/151/s", members("301", "151", "s", Some(3))),
        row("301/152/s", members("301", "152", "s", Some(4))),
        row("302/151/s", members("302", "151", "s", Some(2))),
        row("302/151/t", members("302", "151", "t", None)),
        row("303/151/gone", members("303", "151", "gone", Some(1))),
    ];
    let schools = Schools { place: &place, line: &line, today: TODAY };
    let mut found = Gathered::default();
    found.members("ensemble_places", &schools, &rows, datetime!(2025-02-03 12:00 UTC));
    let figure = found.figures()[&key(SCHOOL, "2024/25", "ensemble_places")];
    assert_eq!((figure.value, figure.basis), (Some(6), MeasureBasis::Participations));
    assert_eq!(outcome(&found.members["303/151/gone"]), SyncOutcome::Rejected);
}

fn definition() -> measure_definition::Model {
    let meta = Meta::unset();
    measure_definition::Model {
        hub_id: meta.hub_id,
        id: Uuid::from_u128(77),
        version: 1,
        created_at: meta.created_at,
        updated_at: meta.updated_at,
        archived_at: None,
        code: "first_access_pupils".to_owned(),
        title: String::new(),
        title_key: String::new(),
        meaning: String::new(),
        unit: "pupils".to_owned(),
        basis: HEADS,
        population: None,
        dimensions: Vec::new().into(),
        status: DefinitionStatus::Published,
        edition: 1,
        lineage_id: Uuid::from_u128(77),
        previous_id: None,
        published_at: None,
        retired_at: None,
    }
}

fn figure(value: Option<i64>) -> Figure {
    Figure { value, basis: HEADS, estimated: false }
}

/// The hub with one figure, as runs go over it.
struct Hub {
    row: Option<Model>,
    link: Option<Link>,
    leads: Leads,
}

impl Hub {
    fn new(leads: Leads) -> Self {
        Self { row: None, link: None, leads }
    }

    fn planned<T>(&self, plan: impl FnOnce(&Planner<'_>, &Subject<'_>) -> T) -> T {
        let meta = || Meta { id: Uuid::from_u128(9), ..Meta::unset() };
        let planner = Planner { salt: Salt::of(Uuid::nil()), meta: &meta, now: Meta::unset().created_at };
        let (key, definition) = (key(SCHOOL, "2024/25", "first_access_pupils"), definition());
        let (before, link) = (self.row.as_ref(), self.link.as_ref());
        plan(&planner, &Subject { key: &key, definition: &definition, leads: self.leads, before, link })
    }

    /// A run in which the source gives a figure. Returns what was done, and the outcome.
    fn given(&mut self, value: Option<i64>) -> (Option<Operation>, SyncOutcome) {
        let new = self.link.clone().unwrap_or_else(|| Link::remembering(SyncSection::Figures, Vec::new().into()));
        let planned = self.planned(|planner, subject| planner.given(subject, &figure(value), new));
        self.apply(planned)
    }

    /// A run in which the source no longer gives it.
    fn gone(&mut self, moved: bool) -> Option<(Option<Operation>, SyncOutcome)> {
        let link = self.link.clone().expect("a figure that the source gave");
        let planned = self.planned(|planner, subject| planner.gone(subject, &link, moved))?;
        Some(self.apply(planned))
    }

    fn apply(&mut self, planned: PlannedFigure) -> (Option<Operation>, SyncOutcome) {
        let outcome = planned.reported.outcome();
        if planned.relinks {
            self.link = Some(planned.link);
        }
        let step = planned.steps.into_iter().next();
        let operation = step.as_ref().map(|step| step.operation);
        if let Some(step) = step {
            self.row = Some(step.after);
        }
        (operation, outcome)
    }

    fn value(&self) -> Option<i64> {
        self.row.as_ref().filter(|row| row.archived_at.is_none()).and_then(|row| row.value)
    }

    /// Somebody corrects the figure here.
    fn corrected(&mut self, value: i64) {
        let row = self.row.as_mut().expect("a figure");
        (row.value, row.missing_reason) = (Some(value), None);
    }
}

#[test]
fn a_figure_is_made_then_left_alone_then_changed() {
    let mut hub = Hub::new(Leads::Neither);
    assert_eq!(hub.given(Some(27)), (Some(Operation::Create), SyncOutcome::Created));
    assert_eq!(hub.given(Some(27)), (None, SyncOutcome::Unchanged));
    assert_eq!(hub.given(Some(31)), (Some(Operation::Update), SyncOutcome::Updated));
    assert_eq!((hub.value(), hub.given(Some(31)).0), (Some(31), None));
}

#[test]
fn a_figure_that_nobody_collected_is_made_without_a_value() {
    let mut hub = Hub::new(Leads::Neither);
    assert_eq!(hub.given(None), (Some(Operation::Create), SyncOutcome::Created));
    let row = hub.row.as_ref().unwrap();
    assert_eq!((row.value, row.missing_reason), (None, Some(MissingReason::NotCollected)));
    assert_eq!(hub.given(None), (None, SyncOutcome::Unchanged));
    assert_eq!(hub.given(Some(20)), (Some(Operation::Update), SyncOutcome::Updated));
}

#[test]
fn a_figure_that_somebody_corrected_here_stays() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    hub.corrected(25);
    assert_eq!(hub.given(Some(27)), (None, SyncOutcome::Unchanged), "the source says what it said");
    assert_eq!(hub.given(Some(30)), (None, SyncOutcome::Conflict), "both sides changed");
    assert_eq!((hub.value(), hub.given(Some(30))), (Some(25), (None, SyncOutcome::Unchanged)), "it is listed once");
}

#[test]
fn a_source_that_leads_overwrites_a_correction() {
    let mut hub = Hub::new(Leads::Source);
    hub.given(Some(27));
    hub.corrected(25);
    assert_eq!(hub.given(Some(27)), (Some(Operation::Update), SyncOutcome::Updated));
    hub.corrected(25);
    assert_eq!(hub.given(Some(30)), (Some(Operation::Update), SyncOutcome::Updated));
    assert_eq!(hub.value(), Some(30));
}

#[test]
fn a_figure_that_the_school_returned_stays_and_is_a_conflict() {
    let mut returned = Hub::new(Leads::Neither);
    returned.given(Some(40));
    returned.link = None;
    assert_eq!(returned.given(Some(27)), (None, SyncOutcome::Conflict));
    assert_eq!((returned.value(), returned.given(Some(27)).1), (Some(40), SyncOutcome::Unchanged));
    let mut same = Hub::new(Leads::Neither);
    same.given(Some(27));
    same.link = None;
    assert_eq!(same.given(Some(27)), (None, SyncOutcome::Unchanged), "both say the same");
    let mut uncounted = Hub::new(Leads::Neither);
    uncounted.given(Some(40));
    uncounted.link = None;
    assert_eq!(uncounted.given(None), (None, SyncOutcome::Unchanged), "no count contradicts nothing");
}

#[test]
fn a_figure_without_activities_is_not_collected_and_comes_back() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    assert_eq!(hub.gone(false), Some((Some(Operation::Update), SyncOutcome::Missing)));
    assert_eq!(hub.row.as_ref().unwrap().missing_reason, Some(MissingReason::NotCollected));
    assert_eq!(hub.gone(false), None, "it is reported once");
    assert_eq!(hub.given(Some(27)), (Some(Operation::Update), SyncOutcome::Updated));
    assert_eq!(hub.value(), Some(27));
}

#[test]
fn a_figure_that_moved_is_archived_and_comes_back() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    assert_eq!(hub.gone(true), Some((Some(Operation::Archive), SyncOutcome::Missing)));
    assert_eq!((hub.value(), hub.gone(true)), (None, None));
    assert_eq!(hub.given(Some(27)), (Some(Operation::Restore), SyncOutcome::Created));
    assert_eq!((hub.value(), hub.given(Some(27)).0), (Some(27), None));
}

#[test]
fn a_corrected_figure_outlives_its_activities() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    hub.corrected(25);
    assert_eq!(hub.gone(false), Some((None, SyncOutcome::Missing)));
    assert_eq!(hub.value(), Some(25));
}

#[test]
fn a_figure_that_somebody_archived_stays_archived() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    let row = hub.row.as_mut().unwrap();
    row.archived_at = Some(Meta::unset().created_at);
    assert_eq!(hub.given(Some(30)), (None, SyncOutcome::Unchanged));
    assert_eq!(hub.value(), None);
}

#[test]
fn a_figure_knows_the_family_beside_which_it_was_decided_on() {
    let mut hub = Hub::new(Leads::Neither);
    hub.given(Some(27));
    let mut girls = hub.row.clone().expect("a figure");
    (girls.id, girls.version, girls.row_key, girls.cell) =
        (Uuid::from_u128(8), 3, "girls".to_owned(), "girls".to_owned());
    let archived = Model { archived_at: Some(Meta::unset().created_at), row_key: "boys".to_owned(), ..girls.clone() };
    let row = hub.row.clone().expect("a figure");
    let expected = [(girls.id, girls.version), (row.id, row.version)].into();
    let known = Known::of(vec![definition()], vec![row, girls, archived]);
    let link = hub.link.clone().expect("a link");
    let mut planned = hub.planned(|planner, subject| planner.given(subject, &figure(Some(31)), link));
    known.settle(&mut planned).expect("no contradiction");
    assert_eq!(planned.family, expected);
}
