use entity::list::List;
use entity::row::Meta;
use time::macros::date;
use uuid::Uuid;

use super::*;
use crate::kernel::resource::traits::Form;
use crate::ratings::rag_scheme::shipped;

fn criterion(code: &str, data: RatingData, green: f64, amber: f64, no_data: NoData) -> Criterion {
    Criterion { code: code.to_owned(), title: code.to_owned(), data, green, amber, weight: 1, no_data }
}

fn plans(no_data: NoData) -> Criterion {
    criterion("plans", RatingData::MusicInPlans, 60.0, 30.0, no_data)
}

fn visit(no_data: NoData) -> Criterion {
    criterion("visit", RatingData::LastVisit, 12.0, 24.0, no_data)
}

fn datum(value: f64) -> Datum {
    Datum { value, share: None, dated: Some(date!(2014 - 10 - 03)), item_id: None, what: format!("{value} found") }
}

fn scheme_of(criteria: Vec<Criterion>) -> rag_scheme::Model {
    let form = shipped::form().unwrap();
    rag_scheme::Model { criteria: criteria.into(), ..form.into_row(Meta::unset()) }
}

fn rated(scheme: &rag_scheme::Model, values: &[Option<f64>]) -> Option<(i32, RatingColour)> {
    let found: Vec<_> = values.iter().map(|value| value.map(datum)).collect();
    let scores: Vec<_> = scheme.criteria.iter().zip(&found).map(|(it, found)| score(it, found.as_ref())).collect();
    verdict(scheme, &scores).map(|verdict| (verdict.need, verdict.colour))
}

#[test]
fn a_value_at_a_threshold_has_the_better_colour() {
    let colour = |criterion: &Criterion, value| score(criterion, Some(&datum(value))).colour.unwrap().as_str();
    let more = plans(NoData::LeftOut);
    assert_eq!([60.0, 59.9, 30.0, 29.9].map(|value| colour(&more, value)), ["green", "amber", "amber", "red"]);
    let less = visit(NoData::LeftOut);
    assert_eq!([12.0, 13.0, 24.0, 25.0].map(|value| colour(&less, value)), ["green", "amber", "amber", "red"]);
}

#[test]
fn a_score_says_what_it_used_and_how_it_counts() {
    let told = score(&plans(NoData::LeftOut), Some(&datum(50.0))).explanation;
    assert_eq!(told, "50 found: amber (green from 60, amber from 30)");
    let told = score(&visit(NoData::LeftOut), Some(&datum(30.0))).explanation;
    assert_eq!(told, "30 found: red (green up to 12, amber up to 24)");
    let told = [NoData::LeftOut, NoData::AsAmber, NoData::AsRed].map(|it| score(&plans(it), None).explanation);
    assert_eq!(told, ["no data: left out", "no data: counts as amber", "no data: counts as red"]);
}

#[test]
fn the_need_is_the_mean_by_weight_and_makes_the_colour() {
    let mut scheme = scheme_of(vec![plans(NoData::LeftOut), visit(NoData::AsRed)]);
    assert_eq!(rated(&scheme, &[Some(80.0), Some(6.0)]), Some((0, RatingColour::Green)));
    assert_eq!(rated(&scheme, &[Some(80.0), Some(30.0)]), Some((50, RatingColour::Amber)));
    assert_eq!(rated(&scheme, &[Some(10.0), None]), Some((100, RatingColour::Red)));
    scheme.criteria = vec![Criterion { weight: 2, ..plans(NoData::LeftOut) }, visit(NoData::AsRed)].into();
    // A third of 100, and two thirds.
    assert_eq!(rated(&scheme, &[Some(80.0), Some(30.0)]), Some((33, RatingColour::Green)));
    assert_eq!(rated(&scheme, &[Some(10.0), Some(6.0)]), Some((67, RatingColour::Red)));
}

#[test]
fn without_enough_data_there_is_no_rating() {
    let mut scheme = scheme_of(vec![plans(NoData::LeftOut), visit(NoData::AsRed)]);
    assert_eq!(rated(&scheme, &[None, None]), None);
    assert_eq!(rated(&scheme, &[None, Some(1.0)]), Some((0, RatingColour::Green)));
    scheme.least_with_data = 2;
    assert_eq!(rated(&scheme, &[None, Some(1.0)]), None);
}

#[test]
fn the_scheme_says_from_which_colour_support_is_targeted() {
    let mut scheme = scheme_of(vec![plans(NoData::LeftOut)]);
    let support = |scheme: &rag_scheme::Model, value| {
        let scores = [score(&scheme.criteria[0], Some(&datum(value)))];
        verdict(scheme, &scores).unwrap().support.as_str()
    };
    assert_eq!([80.0, 40.0, 10.0].map(|value| support(&scheme, value)), ["universal", "universal", "targeted"]);
    scheme.targeted_from = RatingColour::Amber;
    assert_eq!([80.0, 40.0, 10.0].map(|value| support(&scheme, value)), ["universal", "targeted", "targeted"]);
}

#[test]
fn thresholds_that_cross_and_codes_used_twice_are_found() {
    let crossing = [
        criterion("a", RatingData::MusicInPlans, 30.0, 60.0, NoData::LeftOut),
        criterion("a", RatingData::LastVisit, 24.0, 12.0, NoData::LeftOut),
    ];
    let found: Vec<_> = scheme(&crossing, 65, 35, 3).into_iter().map(|it| (it.pointer, it.code)).collect();
    let expected = [
        ("/criteria/0/amber", "order"),
        ("/criteria/1/code", "duplicate"),
        ("/criteria/1/amber", "order"),
        ("/red_from", "order"),
        ("/least_with_data", "order"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}

fn computed(value: f64, dated: Date) -> rag_rating::Model {
    let found = Datum { dated: Some(dated), ..datum(value) };
    let form = NewRagRating {
        school_id: Uuid::nil(),
        on_date: date!(2015 - 01 - 20),
        colour: RatingColour::Green,
        source: RatingSource::Computed,
        visit_id: None,
        reason: None,
        valid_until: Some(date!(2016 - 01 - 20)),
        support_code: None,
    };
    let scores = List::from(vec![score(&visit(NoData::AsRed), Some(&found))]);
    rag_rating::Model { scores, ..form.into_row(Meta::unset()) }
}

#[test]
fn time_that_passes_changes_nothing_before_it_changes_a_colour() {
    let day = date!(2014 - 10 - 03);
    let before = computed(3.0, day);
    assert!(is_unchanged(&before, &computed(4.0, day)));
    assert!(!is_unchanged(&before, &computed(13.0, day)), "another colour");
    assert!(!is_unchanged(&before, &computed(3.0, date!(2014 - 12 - 01))), "another visit");
    let later = rag_rating::Model { on_date: date!(2016 - 01 - 21), ..computed(4.0, day) };
    assert!(!is_unchanged(&before, &later), "expired");
    let scheme_id = Some(Uuid::max());
    assert!(!is_unchanged(&before, &rag_rating::Model { scheme_id, ..computed(3.0, day) }), "another edition");
}
