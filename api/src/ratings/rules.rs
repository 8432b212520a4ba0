//! How data makes a score, and scores a rating. Pure.

use std::collections::HashSet;

use entity::ratings::parts::{Criterion, NoData, RatingColour, RatingData, Score};
use entity::ratings::rag_rating::{self, RatingSource, RatingStatus, SupportCode};
use entity::ratings::rag_scheme::{self, SchemeStatus};
use time::Date;

use super::data::{Datum, Source};
use super::rag_rating::NewRagRating;
use crate::kernel::base::problem::{Fault, Problem, Result};

/// Finds criteria whose codes or thresholds do not fit, and thresholds of the scheme that do not.
#[must_use]
pub fn scheme(criteria: &[Criterion], amber_from: i32, red_from: i32, least_with_data: i32) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut seen = HashSet::new();
    for (at, criterion) in criteria.iter().enumerate() {
        if !seen.insert(criterion.code.as_str()) {
            let message = "another criterion of the scheme has this code";
            faults.push(Fault::new(format!("/criteria/{at}/code"), "duplicate", message));
        }
        let source = Source::of(criterion.data);
        if source.is_better(criterion.amber, criterion.green) {
            let message = match source.more_is_better {
                true => "more is better here: amber begins at `green` or below",
                false => "less is better here: amber goes up to `green` or further",
            };
            faults.push(Fault::new(format!("/criteria/{at}/amber"), "order", message));
        }
    }
    if red_from < amber_from {
        faults.push(Fault::new("/red_from", "order", "red begins at `amber_from` or above"));
    }
    if usize::try_from(least_with_data).unwrap_or(0) > criteria.len() {
        let message = format!("the scheme has {} criteria: ask for data of no more than these", criteria.len());
        faults.push(Fault::new("/least_with_data", "order", message));
    }
    faults
}

/// Decides whether a scheme in this state may be changed.
///
/// # Errors
/// 409, which says what to do instead.
pub fn editable(status: SchemeStatus) -> Result<()> {
    match status {
        SchemeStatus::Draft => Ok(()),
        SchemeStatus::Active | SchemeStatus::Retired => Err(Problem::conflict(format!(
            "cannot change a scheme that is {status}, which is frozen for good: make the next edition by POST \
             /rag-schemes/{{id}}/next-edition and change that draft"
        ))),
    }
}

/// Decides whether a scheme in this state may be archived.
///
/// # Errors
/// 409, which says what to do first.
pub fn archivable(status: SchemeStatus) -> Result<()> {
    match status {
        SchemeStatus::Draft | SchemeStatus::Retired => Ok(()),
        SchemeStatus::Active => {
            Err(Problem::conflict("cannot archive an active scheme: retire it by POST /rag-schemes/{id}/retire"))
        }
    }
}

/// Scores a criterion by what was found for a school.
#[must_use]
pub fn score(criterion: &Criterion, found: Option<&Datum>) -> Score {
    let source = Source::of(criterion.data);
    let value = found.map(|found| (found.value * 10.0).round() / 10.0);
    let colour = match (value, criterion.no_data) {
        (Some(value), _) if !source.is_better(criterion.green, value) => Some(RatingColour::Green),
        (Some(value), _) if !source.is_better(criterion.amber, value) => Some(RatingColour::Amber),
        (Some(_), _) | (None, NoData::AsRed) => Some(RatingColour::Red),
        (None, NoData::AsAmber) => Some(RatingColour::Amber),
        (None, NoData::LeftOut) => None,
    };
    let told = match (found, colour) {
        (Some(found), Some(colour)) => {
            let bound = if source.more_is_better { "from" } else { "up to" };
            let (green, amber, what) = (criterion.green, criterion.amber, &found.what);
            format!("{what}: {colour} (green {bound} {green}, amber {bound} {amber})")
        }
        (_, Some(colour)) => format!("no data: counts as {colour}"),
        (_, None) => "no data: left out".to_owned(),
    };
    Score {
        code: criterion.code.clone(),
        title: criterion.title.clone(),
        data: criterion.data,
        value,
        numerator: found.and_then(|found| found.share).map(|(numerator, _)| numerator),
        denominator: found.and_then(|found| found.share).map(|(_, denominator)| denominator),
        dated: found.and_then(|found| found.dated),
        item_id: found.and_then(|found| found.item_id),
        green: criterion.green,
        amber: criterion.amber,
        colour,
        weight: criterion.weight,
        explanation: told,
    }
}

/// What scores come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The need of support, 0 to 100.
    pub need: i32,
    /// The colour.
    pub colour: RatingColour,
    /// The support that the scheme gives to the colour.
    pub support: SupportCode,
}

/// Rates scores by a scheme: the mean of their needs by weight, of which red is 100, amber 50 and green 0. None if
/// fewer criteria have data than the scheme asks for.
#[must_use]
pub fn verdict(scheme: &rag_scheme::Model, scores: &[Score]) -> Option<Verdict> {
    let with_data = scores.iter().filter(|score| score.value.is_some()).count();
    if with_data < usize::try_from(scheme.least_with_data).unwrap_or(usize::MAX) {
        return None;
    }
    let counted = || scores.iter().filter_map(|score| Some((severity(score.colour?), score.weight)));
    let weight: i32 = counted().map(|(_, weight)| weight).sum();
    let needed: i32 = counted().map(|(severity, weight)| severity * 50 * weight).sum();
    // Rounded half up in whole numbers, so that no binary fraction decides.
    let need = (weight > 0).then(|| (needed * 2 + weight) / (weight * 2))?;
    let colour = match need {
        need if need >= scheme.red_from => RatingColour::Red,
        need if need >= scheme.amber_from => RatingColour::Amber,
        _ => RatingColour::Green,
    };
    let targeted = severity(colour) >= severity(scheme.targeted_from);
    let support = if targeted { SupportCode::Targeted } else { SupportCode::Universal };
    Some(Verdict { need, colour, support })
}

const fn severity(colour: RatingColour) -> i32 {
    match colour {
        RatingColour::Red => 2,
        RatingColour::Amber => 1,
        RatingColour::Green => 0,
    }
}

/// Returns true if a computed rating still says what would be computed now: by the same edition of the scheme, of the
/// same data. That time has passed since a visit is no change before it changes a colour.
#[must_use]
pub fn is_unchanged(before: &rag_rating::Model, now: &rag_rating::Model) -> bool {
    let basis = |score: &Score| {
        let value = score.value.filter(|_| score.data != RatingData::LastVisit);
        let of = (score.numerator, score.denominator, score.dated, score.item_id);
        (score.code.clone(), score.colour, value.map(f64::to_bits), of)
    };
    before.valid_until.is_none_or(|day| day >= now.on_date)
        && before.scheme_id == now.scheme_id
        && before.colour == now.colour
        && before.scores.iter().map(basis).eq(now.scores.iter().map(basis))
}

/// Finds what a rating lacks that was given by hand or after a visit, and what does not go together in any.
#[must_use]
pub fn rating(form: &NewRagRating) -> Vec<Fault> {
    let given = form.source != RatingSource::Computed;
    let mut faults = Vec::new();
    if form.valid_until.is_some_and(|day| day < form.on_date) {
        faults.push(Fault::new("/valid_until", "order", "not before `on_date`"));
    }
    if given && form.reason.is_none() {
        faults.push(Fault::new("/reason", "missing", "say why the school has this colour"));
    }
    if given && form.valid_until.is_none() {
        faults.push(Fault::new("/valid_until", "missing", "say until when the rating holds"));
    }
    match (form.source, form.visit_id.is_some()) {
        (RatingSource::Visit, false) => {
            faults.push(Fault::new("/visit_id", "missing", "name the visit that the rating comes from"));
        }
        (RatingSource::ByHand | RatingSource::Computed, true) => {
            faults.push(Fault::new("/visit_id", "exclusive", "only a rating from a visit names one"));
        }
        _ => {}
    }
    faults
}

/// Decides about a new rating that was sent.
#[must_use]
pub fn new_rating(row: &rag_rating::Model, today: Date) -> Vec<Fault> {
    let mut faults = Vec::new();
    if row.source == RatingSource::Computed {
        let message = "a scheme computes ratings: send POST /rag-schemes/{id}/recompute, or give a rating by hand";
        faults.push(Fault::new("/source", "fixed", message));
    }
    if row.on_date > today {
        faults.push(Fault::new("/on_date", "order", "not in the future"));
    }
    faults
}

/// Decides about a change of a rating.
///
/// # Errors
/// 409 for a rating that stays as it is; 422 for what does not change.
pub fn change(before: &rag_rating::Model, after: &rag_rating::Model, today: Date) -> Result<()> {
    if before.shared_on.is_some() {
        return Err(Problem::conflict(
            "cannot change a rating that is shared with the school: give another rating by POST /rag-ratings",
        ));
    }
    if before.status == RatingStatus::Dismissed {
        return Err(Problem::conflict("cannot change a dismissed rating: give another by POST /rag-ratings"));
    }
    let computed = before.source == RatingSource::Computed;
    let mut faults = Vec::new();
    let mut fixed = |changed: bool, pointer: &str, message: &str| {
        if changed {
            faults.push(Fault::new(pointer, "fixed", message));
        }
    };
    fixed(before.school_id != after.school_id, "/school_id", "a rating stays with its school: give another rating");
    fixed(before.source != after.source, "/source", "a rating keeps its source: give another rating");
    let message = "a computed rating keeps what was computed: dismiss it, and give another rating by hand";
    fixed(computed && before.colour != after.colour, "/colour", message);
    fixed(computed && before.on_date != after.on_date, "/on_date", message);
    if after.on_date > today {
        faults.push(Fault::new("/on_date", "order", "not in the future"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Problem::faults(faults)) }
}

/// Decides whether a rating may be archived.
///
/// # Errors
/// 409, which says what to do instead.
pub fn removable(row: &rag_rating::Model) -> Result<()> {
    if row.shared_on.is_some() {
        return Err(Problem::conflict("cannot archive a rating that is shared with the school: give another rating"));
    }
    if row.source == RatingSource::Computed {
        let detail = "cannot archive a computed rating: dismiss a suggestion by POST /rag-ratings/{id}/dismiss";
        return Err(Problem::conflict(detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
