use super::*;
use time::macros::date;

/// 0 to 100 from 1 April to 10 July 2014, a hundred days.
fn rising() -> TargetFacts {
    TargetFacts {
        kind: TargetKind::Measured,
        baseline: Some(0.0),
        comparator: Some(Comparator::AtLeast),
        value: Some(100.0),
        starts_on: date!(2014 - 04 - 01),
        last_due_on: Some(date!(2014 - 07 - 10)),
        all_done: false,
        latest: None,
    }
}

const BEFORE: Date = date!(2014 - 03 - 31);
const START: Date = date!(2014 - 04 - 01);
const HALFWAY: Date = date!(2014 - 05 - 21);
const LAST_DAY: Date = date!(2014 - 07 - 10);
const AFTER: Date = date!(2014 - 07 - 11);

fn with(latest: f64) -> TargetFacts {
    TargetFacts { latest: Some(latest), ..rising() }
}

#[track_caller]
fn holds(facts: &TargetFacts, expected: &[(Date, Status)]) {
    for (as_at, wanted) in expected {
        assert_eq!(status(facts, *as_at), *wanted, "{as_at} {facts:?}");
    }
}

use Status::{AtRisk, Met, Missed, NotStarted, OnTrack};

#[test]
fn without_a_value_it_runs_from_not_started_to_missed() {
    // Nothing is expected on the first day; from the second there is.
    holds(
        &rising(),
        &[(BEFORE, NotStarted), (START, OnTrack), (date!(2014 - 04 - 02), AtRisk), (LAST_DAY, AtRisk), (AFTER, Missed)],
    );
}

#[test]
fn a_value_before_the_start_counts() {
    holds(&with(5.0), &[(BEFORE, OnTrack)]);
    holds(&with(100.0), &[(BEFORE, Met)]);
    holds(&with(-1.0), &[(BEFORE, AtRisk)]);
}

#[test]
fn ninety_per_cent_of_the_expected_change_is_enough() {
    holds(&with(45.0), &[(HALFWAY, OnTrack)]);
    holds(&with(44.99), &[(HALFWAY, AtRisk)]);
    holds(&with(90.0), &[(LAST_DAY, OnTrack), (AFTER, Missed)]);
    holds(&with(89.99), &[(LAST_DAY, AtRisk)]);
}

#[test]
fn fractions_lose_nothing_at_the_boundary() {
    // 90 % of a tenth of 0.3 is 0.027, which 0.3 * 0.1 * 0.9 misses by a hair.
    let facts = TargetFacts { value: Some(0.3), latest: Some(0.027), ..rising() };
    holds(&facts, &[(date!(2014 - 04 - 11), OnTrack)]);
    let facts = TargetFacts { value: Some(0.3), latest: Some(0.1 + 0.2), ..rising() };
    holds(&TargetFacts { comparator: Some(Comparator::Equal), ..facts }, &[(HALFWAY, Met)]);
}

#[test]
fn the_change_is_counted_from_the_baseline() {
    // 60 to 100: on the half way 80 is expected, of which 36 of the 40 / 2 must be done.
    let facts = |latest| TargetFacts { baseline: Some(60.0), latest, ..rising() };
    holds(&facts(Some(78.0)), &[(HALFWAY, OnTrack)]);
    holds(&facts(Some(77.9)), &[(HALFWAY, AtRisk)]);
    holds(&facts(None), &[(START, OnTrack), (HALFWAY, AtRisk)]);
}

#[test]
fn without_a_baseline_the_expected_value_is_what_counts() {
    let facts = |latest| TargetFacts { baseline: None, latest, ..rising() };
    holds(&facts(Some(45.0)), &[(HALFWAY, OnTrack)]);
    holds(&facts(Some(44.9)), &[(HALFWAY, AtRisk)]);
    holds(&facts(None), &[(BEFORE, NotStarted), (START, OnTrack), (HALFWAY, AtRisk)]);
}

#[test]
fn met_stays_met_after_the_last_due() {
    holds(&with(100.0), &[(START, Met), (LAST_DAY, Met), (AFTER, Met)]);
    holds(&with(120.0), &[(AFTER, Met)]);
    holds(&with(99.9), &[(LAST_DAY, OnTrack), (AFTER, Missed)]);
}

#[test]
fn a_figure_to_be_brought_down_follows_its_path() {
    // 40 down to 20: half way 30 is expected, and 9 of the 10 must be gone.
    let facts = |latest| TargetFacts {
        baseline: Some(40.0),
        value: Some(20.0),
        comparator: Some(Comparator::AtMost),
        latest,
        ..rising()
    };
    holds(&facts(None), &[(BEFORE, NotStarted), (START, OnTrack), (HALFWAY, AtRisk)]);
    holds(&facts(Some(31.0)), &[(HALFWAY, OnTrack), (LAST_DAY, AtRisk), (AFTER, Missed)]);
    holds(&facts(Some(31.1)), &[(HALFWAY, AtRisk)]);
    holds(&facts(Some(45.0)), &[(START, AtRisk)]);
    holds(&facts(Some(20.0)), &[(HALFWAY, Met), (AFTER, Met)]);
}

#[test]
fn keep_at_or_below_is_met_or_at_risk_and_missed_once_over() {
    for baseline in [None, Some(8.0), Some(10.0)] {
        let facts = |latest| TargetFacts {
            baseline,
            value: Some(10.0),
            comparator: Some(Comparator::AtMost),
            latest,
            ..rising()
        };
        holds(&facts(Some(10.0)), &[(BEFORE, Met), (HALFWAY, Met), (AFTER, Met)]);
        holds(&facts(Some(10.1)), &[(START, AtRisk), (LAST_DAY, AtRisk), (AFTER, Missed)]);
        holds(&facts(None), &[(BEFORE, NotStarted), (START, AtRisk), (AFTER, Missed)]);
    }
}

#[test]
fn a_figure_to_be_kept_is_at_risk_when_it_falls() {
    let facts = |latest| TargetFacts { baseline: Some(100.0), latest, ..rising() };
    holds(&facts(None), &[(HALFWAY, OnTrack), (AFTER, Missed)]);
    holds(&facts(Some(99.0)), &[(HALFWAY, AtRisk), (AFTER, Missed)]);
    holds(&facts(Some(100.0)), &[(HALFWAY, Met)]);
    let equal = |latest| TargetFacts { comparator: Some(Comparator::Equal), ..facts(latest) };
    holds(&equal(None), &[(HALFWAY, OnTrack)]);
    holds(&equal(Some(101.0)), &[(HALFWAY, AtRisk), (AFTER, Missed)]);
}

#[test]
fn equal_is_met_by_the_figure_alone() {
    let facts = |latest| TargetFacts {
        comparator: Some(Comparator::Equal),
        value: Some(2.0),
        latest: Some(latest),
        ..rising()
    };
    holds(&facts(2.0), &[(HALFWAY, Met), (AFTER, Met)]);
    holds(&facts(1.0), &[(HALFWAY, OnTrack), (AFTER, Missed)]);
    holds(&facts(3.0), &[(AFTER, Missed)]);
}

#[test]
fn without_a_due_it_is_never_missed() {
    let facts = |latest| TargetFacts { last_due_on: None, latest, ..rising() };
    let year_2100 = date!(2100 - 01 - 01);
    holds(&facts(None), &[(BEFORE, NotStarted), (HALFWAY, OnTrack), (year_2100, OnTrack)]);
    holds(&facts(Some(-1.0)), &[(HALFWAY, AtRisk)]);
    holds(&facts(Some(100.0)), &[(HALFWAY, Met)]);
}

#[test]
fn due_on_its_first_day_all_is_expected_that_day() {
    let facts = TargetFacts { last_due_on: Some(START), ..with(50.0) };
    holds(&facts, &[(BEFORE, OnTrack), (START, AtRisk), (date!(2014 - 04 - 02), Missed)]);
}

#[test]
fn words_are_closed_by_their_dues() {
    let open = TargetFacts { kind: TargetKind::Text, value: None, baseline: None, ..rising() };
    holds(&open, &[(BEFORE, NotStarted), (START, OnTrack), (LAST_DAY, OnTrack), (AFTER, Missed)]);
    let done = TargetFacts { all_done: true, ..open };
    holds(&done, &[(BEFORE, Met), (HALFWAY, Met), (AFTER, Met)]);
}

#[test]
fn a_figure_not_set_yet_is_described_in_words() {
    let facts = TargetFacts { value: None, ..with(40.0) };
    holds(&facts, &[(HALFWAY, OnTrack), (AFTER, Missed)]);
    holds(&TargetFacts { all_done: true, ..facts }, &[(AFTER, Met)]);
}

#[test]
fn a_figure_without_comparator_is_a_least() {
    holds(&TargetFacts { comparator: None, ..with(100.0) }, &[(HALFWAY, Met)]);
    holds(&TargetFacts { comparator: None, ..with(99.0) }, &[(AFTER, Missed)]);
}

mod facts {
    use super::*;
    use entity::plans::parts::{Due, Precision};
    use entity::row::Meta;
    use uuid::Uuid;

    fn due(first_day: Date, last_day: Date, done_on: Option<Date>) -> Due {
        Due { first_day, last_day, precision: Precision::Range, label: String::new(), done_on }
    }

    fn text(dues: Vec<Due>) -> target::Model {
        let Meta { hub_id, id, version, created_at, updated_at, archived_at } = Meta::unset();
        target::Model {
            hub_id,
            id,
            version,
            created_at,
            updated_at,
            archived_at,
            plan_id: Uuid::nil(),
            objective_id: Uuid::nil(),
            plan_year_id: Uuid::nil(),
            position: 1,
            lineage_id: None,
            strand_ids: Vec::new().into(),
            kind: TargetKind::Text,
            statement: String::new(),
            baseline: None,
            comparator: None,
            value: None,
            unit: None,
            metric: None,
            metric_filter: None,
            cohort_id: None,
            population: None,
            starts_on: None,
            last_due_on: dues.iter().map(|due| due.last_day).max(),
            dues: dues.into(),
            leads: Vec::new().into(),
            monitors: Vec::new().into(),
            search_key: None,
        }
    }

    fn told(target: &target::Model, as_at: Date) -> Status {
        status(&TargetFacts::of(target, date!(2014 - 04 - 01), None, as_at), as_at)
    }

    #[test]
    fn what_is_done_later_is_not_done_yet() {
        let october = due(date!(2014 - 10 - 01), date!(2014 - 10 - 31), Some(date!(2014 - 10 - 30)));
        let february = due(date!(2015 - 02 - 01), date!(2015 - 02 - 28), Some(date!(2015 - 03 - 02)));
        let target = text(vec![october, february]);
        assert_eq!(told(&target, date!(2014 - 03 - 31)), NotStarted);
        assert_eq!(told(&target, date!(2014 - 10 - 30)), OnTrack);
        assert_eq!(told(&target, date!(2015 - 03 - 01)), Missed);
        assert_eq!(told(&target, date!(2015 - 03 - 02)), Met);
    }

    #[test]
    fn a_due_before_the_plan_year_starts_the_target() {
        let january = due(date!(2014 - 01 - 01), date!(2014 - 01 - 31), None);
        let target = text(vec![january]);
        assert_eq!(told(&target, date!(2013 - 12 - 31)), NotStarted);
        assert_eq!(told(&target, date!(2014 - 01 - 01)), OnTrack);
        assert_eq!(told(&target, date!(2014 - 02 - 01)), Missed);
    }

    #[test]
    fn without_dues_nothing_is_done() {
        assert_eq!(told(&text(Vec::new()), date!(2030 - 01 - 01)), OnTrack);
    }
}
