use entity::list::List;
use entity::packages::package::{PackageKind, PackageStatus, PackageUnit};
use entity::row::Meta;
use proptest::prelude::*;
use time::macros::date;
use uuid::Uuid;

use super::*;

fn band(from_pupils: i32, to_pupils: Option<i32>, price_pence: i64) -> PriceBand {
    PriceBand { from_pupils, to_pupils, price_pence }
}

fn package(price_pence: Option<i64>, price_bands: Vec<PriceBand>) -> package::Model {
    let Meta { hub_id, id, version, created_at, updated_at, archived_at } = Meta::unset();
    package::Model {
        hub_id,
        id,
        version,
        created_at,
        updated_at,
        archived_at,
        code: "LDR".to_owned(),
        code_key: "ldr".to_owned(),
        title: "Leadership support".to_owned(),
        title_key: "leadership support".to_owned(),
        kind: PackageKind::LeadershipSupport,
        phases: List::default(),
        description: None,
        price_pence,
        price_bands: price_bands.into(),
        vat_code: "S".to_owned(),
        unit: PackageUnit::Visit,
        capacity_per_term: None,
        working_group_id: None,
        lead_ids: List::default(),
        framework_ids: List::default(),
        resource_ids: List::default(),
        status: PackageStatus::Live,
        status_reason: None,
        search_key: String::new(),
    }
}

fn line(quantity: i32, price_pence: i64) -> OrderLine {
    OrderLine {
        id: None,
        package_id: Uuid::nil(),
        quantity,
        price_pence: Some(price_pence),
        price_reason: None,
        provider_id: None,
        code: None,
        title: None,
        unit: None,
        vat_code: None,
    }
}

fn subsidy(subsidy_pence: i64) -> OrderSubsidy {
    OrderSubsidy { text: "Small schools".to_owned(), subsidy_pence, package_id: None }
}

#[test]
fn a_band_that_overlaps_another_is_found_where_it_stands() {
    let pointers = |list: &[PriceBand]| bands(list).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
    assert!(pointers(&[band(0, Some(210), 1), band(211, Some(900), 2), band(901, None, 3)]).is_empty());
    assert_eq!(pointers(&[band(0, Some(210), 1), band(210, None, 2)]), ["/price_bands/1/from_pupils"]);
    assert_eq!(pointers(&[band(300, None, 1), band(0, Some(300), 2)]), ["/price_bands/1/from_pupils"]);
    assert_eq!(pointers(&[band(0, None, 1), band(5, Some(4), 2)]), ["/price_bands/1/to_pupils"]);
}

#[test]
fn the_price_is_the_bands_in_which_the_school_lies() {
    let banded = package(None, vec![band(0, Some(210), 9000), band(211, Some(900), 15_000)]);
    for (pupils, pence) in [(0, 9000), (210, 9000), (211, 15_000), (900, 15_000)] {
        assert_eq!(price(&banded, Some(pupils)), Ok(pence));
    }
    assert!(price(&banded, Some(901)).unwrap_err().contains("no price for 901 pupils"));
    assert!(price(&banded, None).unwrap_err().contains("PATCH /schools/{id}"));
    assert_eq!(price(&package(Some(24_000), Vec::new()), None), Ok(24_000));
    assert!(price(&package(None, Vec::new()), Some(7)).is_err());
}

#[test]
fn terms_follow_each_other_over_the_years() {
    let spring = term_number("2014/15", SchoolTerm::Spring).unwrap();
    let next: Vec<_> = (spring..spring + 4).map(term_in_words).collect();
    assert_eq!(next, ["spring 2014/15", "summer 2014/15", "autumn 2015/16", "spring 2015/16"]);
    assert_eq!(term_of(spring), ("2014/15".to_owned(), SchoolTerm::Spring));
    assert_eq!(term_in_words(term_number("1999/00", SchoolTerm::Summer).unwrap() + 1), "autumn 2000/01");
    assert_eq!(term_number("2014/16", SchoolTerm::Autumn), None);
}

#[test]
fn a_refusal_names_what_is_left_and_the_next_terms_with_room() {
    let spring = term_number("2014/15", SchoolTerm::Spring).unwrap();
    let used = |term| [8, 10, 3, 9, 0][usize::try_from(term - spring).unwrap().min(4)];
    assert_eq!(beyond_capacity("visits", 10, 2, spring, used), None);
    assert_eq!(
        beyond_capacity("visits", 10, 3, spring, used).unwrap(),
        "2 of 10 units of visits are left in spring 2014/15; the next terms with room are autumn 2015/16 (7 left), \
         summer 2015/16 (10 left), autumn 2016/17 (10 left)"
    );
    assert!(beyond_capacity("visits", 10, 11, spring, used).unwrap().contains("no term of the next four years"));
    // A package whose capacity was lowered since has nothing left.
    assert!(beyond_capacity("visits", 5, 1, spring, used).unwrap().starts_with("0 of 5"));
}

#[test]
fn a_term_begins_in_september_january_and_may() {
    let days = [date!(2014 - 08 - 31), date!(2014 - 09 - 01), date!(2014 - 12 - 31), date!(2015 - 01 - 01)];
    let told = days.map(|day| term_in_words(term_on(day)));
    assert_eq!(told, ["summer 2013/14", "autumn 2014/15", "autumn 2014/15", "spring 2014/15"]);
    let told = [date!(2015 - 04 - 30), date!(2015 - 05 - 01)].map(|day| term_in_words(term_on(day)));
    assert_eq!(told, ["spring 2014/15", "summer 2014/15"]);
}

#[test]
fn a_school_quotes_from_today_and_the_hub_looks_back() {
    let told = |by_hub| {
        let terms = terms_to_quote(date!(2015 - 02 - 01), by_hub);
        [*terms.start(), *terms.end()].map(term_in_words)
    };
    assert_eq!(told(false), ["spring 2014/15", "summer 2016/17"]);
    assert_eq!(told(true), ["autumn 2004/05", "summer 2019/20"]);
}

#[test]
fn a_capacity_below_what_is_ordered_names_the_terms() {
    let spring = term_number("2014/15", SchoolTerm::Spring).unwrap();
    let used = || [(spring + 1, 12), (spring, 10), (spring + 2, 3)];
    assert_eq!(below_ordered(12, used()), None);
    assert_eq!(
        below_ordered(9, used()).unwrap(),
        "units are ordered already, 10 in spring 2014/15, 12 in summer 2014/15: set at least 12, or cancel orders first"
    );
}

#[test]
fn pence_are_read_as_pounds() {
    let shown = [0, 5, 99, 100, 123_450, 100_000_000, -5_000].map(pounds);
    assert_eq!(shown, ["£0.00", "£0.05", "£0.99", "£1.00", "£1,234.50", "£1,000,000.00", "−£50.00"]);
}

proptest! {
    #[test]
    fn the_total_is_the_sum_of_its_lines_and_never_below_zero(
        lines in prop::collection::vec((1..=10_000_i32, 0..=100_000_000_i64), 1..=50),
        subsidies in prop::collection::vec(-100_000_000_000_i64..=-1, 0..=20),
    ) {
        let expected: i128 = lines.iter().map(|(units, price)| i128::from(*units) * i128::from(*price)).sum();
        let granted: i128 = subsidies.iter().copied().map(i128::from).sum();
        let lines: Vec<_> = lines.into_iter().map(|(units, price)| line(units, price)).collect();
        let subsidies: Vec<_> = subsidies.into_iter().map(subsidy).collect();
        match totals(&lines, &subsidies) {
            Ok(found) => {
                prop_assert_eq!(i128::from(found.lines), expected);
                prop_assert_eq!(i128::from(found.subsidy), granted);
                prop_assert_eq!(i128::from(found.total), expected + granted);
                prop_assert!(found.total >= 0);
                // What is counted line by line adds up to the same.
                prop_assert_eq!(lines.iter().map(amount).sum::<i64>(), found.lines);
            }
            Err(fault) => {
                prop_assert_eq!(fault.pointer.as_str(), "/subsidies");
                prop_assert!(expected + granted < 0);
            }
        }
    }

    #[test]
    fn no_number_of_pupils_has_two_prices(
        found in prop::collection::vec((0..=1000_i32, prop::option::of(0..=1000_i32)), 1..=3),
        pupils in 0..=1000_i32,
    ) {
        let list: Vec<_> = found.iter().map(|(from, to)| band(*from, *to, 100)).collect();
        if !bands(&list).is_empty() {
            return Ok(());
        }
        let fits = list.iter().filter(|it| it.from_pupils <= pupils && it.to_pupils.is_none_or(|to| pupils <= to));
        prop_assert!(fits.count() <= 1);
    }

    #[test]
    fn a_term_is_read_as_it_is_counted(number in 3..29_000_i32) {
        let (year, term) = term_of(number);
        prop_assert_eq!(term_number(&year, term), Some(number));
    }

    #[test]
    fn what_is_ordered_within_a_capacity_never_exceeds_it(
        capacity in 0..=50_i64,
        asked in prop::collection::vec(1..=10_i64, 1..=50),
    ) {
        let mut taken = 0;
        for units in asked {
            if beyond_capacity("visits", capacity, units, 6043, |term| if term == 6043 { taken } else { 0 }).is_none() {
                taken += units;
            }
        }
        prop_assert!(taken <= capacity);
    }
}
