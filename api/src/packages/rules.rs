//! What a unit costs, what an order adds up to, and how terms are counted. Pure.

use std::ops::RangeInclusive;

use entity::packages::package::{self, PriceBand};
use entity::packages::package_order::{OrderLine, OrderSubsidy, SchoolTerm};
use time::Date;

use crate::kernel::base::academic_year;
use crate::kernel::base::problem::Fault;

/// Finds bands that end before they begin, and bands that overlap an earlier one.
#[must_use]
pub fn bands(bands: &[PriceBand]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (at, band) in bands.iter().enumerate() {
        if band.to_pupils.is_some_and(|to| to < band.from_pupils) {
            let message = "not before `from_pupils`: the band ends before it begins";
            faults.push(Fault::new(format!("/price_bands/{at}/to_pupils"), "order", message));
            continue;
        }
        if let Some(other) = bands[..at].iter().position(|other| overlap(band, other)) {
            let message = format!("this band overlaps band {other}: give each number of pupils one price");
            faults.push(Fault::new(format!("/price_bands/{at}/from_pupils"), "overlap", message));
        }
    }
    faults
}

/// Finds the items of a list that stand in it twice.
#[must_use]
pub fn each_once<T: PartialEq>(pointer: &str, items: &[T]) -> Vec<Fault> {
    let again = items.iter().enumerate().filter(|(at, item)| items[..*at].contains(item));
    again.map(|(at, _)| Fault::new(format!("{pointer}/{at}"), "duplicate", "each once")).collect()
}

fn overlap(one: &PriceBand, two: &PriceBand) -> bool {
    let ends_before = |one: &PriceBand, two: &PriceBand| one.to_pupils.is_some_and(|to| to < two.from_pupils);
    !ends_before(one, two) && !ends_before(two, one)
}

/// What one unit of a package costs a school with so many pupils on roll, in pence.
///
/// # Errors
/// What is missing, in words that say what to do.
pub fn price(package: &package::Model, pupils: Option<i32>) -> Result<i64, String> {
    if let Some(price) = package.price_pence {
        return Ok(price);
    }
    if package.price_bands.is_empty() {
        return Err("the package has no price: the hub gives it one, or sets `price_pence` with a reason".to_owned());
    }
    let Some(pupils) = pupils else {
        let detail = "the price depends on the number of pupils on roll, which is not known for the school: enter \
                      `pupils` by PATCH /schools/{id}, or let the hub set `price_pence` with a reason";
        return Err(detail.to_owned());
    };
    let fits = |band: &&PriceBand| band.from_pupils <= pupils && band.to_pupils.is_none_or(|to| pupils <= to);
    package.price_bands.iter().find(fits).map(|band| band.price_pence).ok_or_else(|| {
        format!(
            "the package has no price for {pupils} pupils on roll: the hub adds a band, or sets `price_pence` with a \
             reason"
        )
    })
}

/// What an order adds up to, net and in pence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The lines without subsidies.
    pub lines: i64,
    /// The subsidies, negative or 0.
    pub subsidy: i64,
    /// What is left to pay.
    pub total: i64,
}

/// The amount of a line: its units times the price of one.
#[must_use]
pub fn amount(line: &OrderLine) -> i64 {
    i64::from(line.quantity) * line.price_pence.unwrap_or_default()
}

/// Adds an order up.
///
/// # Errors
/// A fault where the subsidies are more than the lines.
pub fn totals(lines: &[OrderLine], subsidies: &[OrderSubsidy]) -> Result<Totals, Fault> {
    let lines: i64 = lines.iter().map(amount).sum();
    let subsidy: i64 = subsidies.iter().map(|subsidy| subsidy.subsidy_pence).sum();
    let total = lines + subsidy;
    if total < 0 {
        let message = format!("the subsidies are {} pence more than the lines: at most {lines} pence", -total);
        return Err(Fault::new("/subsidies", "too_large", message));
    }
    Ok(Totals { lines, subsidy, total })
}

/// The terms of a year.
const TERMS: i32 = 3;

/// The number of a term, by which terms are ordered and counted; none where the year is none.
#[must_use]
pub fn term_number(year: &str, term: SchoolTerm) -> Option<i32> {
    let (first, _) = academic_year::days(year)?;
    let place = match term {
        SchoolTerm::Autumn => 0,
        SchoolTerm::Spring => 1,
        SchoolTerm::Summer => 2,
    };
    Some(first.year() * TERMS + place)
}

/// The year and the term of a number.
#[must_use]
pub fn term_of(number: i32) -> (String, SchoolTerm) {
    let first = number.div_euclid(TERMS);
    let term = match number.rem_euclid(TERMS) {
        0 => SchoolTerm::Autumn,
        1 => SchoolTerm::Spring,
        _ => SchoolTerm::Summer,
    };
    (format!("{first:04}/{:02}", (first + 1).rem_euclid(100)), term)
}

/// A term as people say it: `spring 2014/15`.
#[must_use]
pub fn term_in_words(number: i32) -> String {
    let (year, term) = term_of(number);
    format!("{term} {year}")
}

/// The number of the term in which a day lies. Spring lasts until the end of April, since Easter moves.
#[must_use]
pub fn term_on(day: Date) -> i32 {
    let place = match u8::from(day.month()) {
        9.. => 0,
        ..=4 => 1,
        _ => 2,
    };
    (day.year() - i32::from(place > 0)) * TERMS + place
}

/// The terms for which quotes are entered on a day: by a school from the term of the day to the end of the next two
/// academic years, by the hub from ten academic years back to five ahead.
#[must_use]
pub fn terms_to_quote(today: Date, by_hub: bool) -> RangeInclusive<i32> {
    let now = term_on(today);
    let autumn = now - now.rem_euclid(TERMS);
    let summer = autumn + TERMS - 1;
    if by_hub { autumn - 10 * TERMS..=summer + 5 * TERMS } else { now..=summer + 2 * TERMS }
}

/// How many further terms are looked at for room: four years.
pub const AHEAD: i32 = 4 * TERMS;

/// How many terms with room a refusal names.
const NAMED: usize = 3;

/// Says what is left of a capacity where an order asks for more; none where it fits.
#[must_use]
pub fn beyond_capacity(
    title: &str,
    capacity: i64,
    wanted: i64,
    term: i32,
    used: impl Fn(i32) -> i64,
) -> Option<String> {
    let left = |term| (capacity - used(term)).max(0);
    if wanted <= left(term) {
        return None;
    }
    let later = (term + 1..=term + AHEAD).filter(|term| left(*term) >= wanted).take(NAMED);
    let later: Vec<String> = later.map(|term| format!("{} ({} left)", term_in_words(term), left(term))).collect();
    let next = if later.is_empty() {
        format!("no term of the next four years has room for {wanted}")
    } else {
        format!("the next terms with room are {}", later.join(", "))
    };
    Some(format!("{} of {capacity} units of {title} are left in {}; {next}", left(term), term_in_words(term)))
}

/// Says in which terms more is ordered than a new capacity allows; none where it suffices. Each term has its units.
#[must_use]
pub fn below_ordered(capacity: i64, used: impl IntoIterator<Item = (i32, i64)>) -> Option<String> {
    let mut beyond: Vec<(i32, i64)> = used.into_iter().filter(|(_, units)| *units > capacity).collect();
    beyond.sort_unstable();
    let most = beyond.iter().map(|(_, units)| *units).max()?;
    let told: Vec<String> = beyond.iter().map(|(term, units)| format!("{units} in {}", term_in_words(*term))).collect();
    Some(format!("units are ordered already, {}: set at least {most}, or cancel orders first", told.join(", ")))
}

/// Pence as pounds: `£1,234.50`.
#[must_use]
pub fn pounds(pence: i64) -> String {
    let (sign, pence) = (if pence < 0 { "−" } else { "" }, pence.unsigned_abs());
    let whole = (pence / 100).to_string();
    let digits = whole.len();
    let mut grouped = String::with_capacity(digits + digits / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (digits - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}£{grouped}.{:02}", pence % 100)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
