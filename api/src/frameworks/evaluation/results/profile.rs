//! The levels of an evaluation, section by section. Pure.

use std::collections::HashMap;

use entity::frameworks::{criterion, evaluation_response as response, section};
use uuid::Uuid;

use super::{SectionChange, SectionResult, SimilarSchools};
use crate::frameworks::evaluation::rules;
use crate::frameworks::tree::Rows;

/// How many other schools there must be, so that none is recognised.
const FEWEST: usize = 5;

/// The result of each section by itself.
#[must_use]
pub fn sections(rows: &Rows, responses: &[response::Model]) -> Vec<SectionResult> {
    let result = |section: &section::Model| {
        let answered: Vec<_> = answered(rows, section, responses).collect();
        let levels = scale(&answered);
        let counts = |row: &response::Model| rules::counted(row);
        let not_applicable = answered.iter().filter(|(_, row)| rules::left_out(row)).fold(0, |count, _| count + 1);
        let counted = answered.iter().filter(|(_, row)| counts(row).is_some()).fold(0, |count, _| count + 1);
        let weighed =
            answered.iter().filter_map(|(criterion, row)| Some((criterion, place(counts(row)?, row.levels, levels))));
        SectionResult {
            section_id: section.id,
            title: section.title.clone(),
            counted,
            not_applicable,
            unanswered: answered.len() - counted - not_applicable,
            levels,
            average_level: mean(weighed.map(|(criterion, level)| (weight(criterion), level))),
            change: None,
            similar: None,
        }
    };
    rows.sections.iter().map(result).collect()
}

/// Adds the change of each section since levels that are known by the lineage of their criteria.
pub(super) fn compare(
    rows: &Rows,
    responses: &[response::Model],
    then: &HashMap<Uuid, i32>,
    results: &mut [SectionResult],
) {
    for (section, result) in rows.sections.iter().zip(results) {
        let pairs = answered(rows, section, responses).filter_map(|(criterion, row)| {
            let (now, before) = (rules::counted(row)?, *then.get(&criterion.lineage_id)?);
            let on_scale = |level| (weight(criterion), place(level, row.levels, result.levels));
            Some((on_scale(before), on_scale(now)))
        });
        let pairs: Vec<_> = pairs.collect();
        let before = mean(pairs.iter().map(|(before, _)| *before));
        let now = mean(pairs.iter().map(|(_, now)| *now));
        result.change = before.zip(now).map(|(before, now)| SectionChange { compared: pairs.len(), before, now });
    }
}

/// The spread of other schools, each with the share of the scale that it has climbed; none where they are too few.
#[must_use]
pub fn spread(shares: &[f64], levels: i32) -> Option<SimilarSchools> {
    if shares.len() < FEWEST {
        return None;
    }
    let mut sorted = shares.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| hundredths(1.0 + quantile(&sorted, share) * f64::from(levels - 1));
    Some(SimilarSchools { schools: sorted.len(), lower_quartile: at(0.25), median: at(0.5), upper_quartile: at(0.75) })
}

/// The value below which a share of sorted values lies, between two of them in proportion.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer schools than that")]
    let place = share * (sorted.len() - 1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the list")]
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (sorted[high] - sorted[low]) * place.fract()
}

fn answered<'a>(
    rows: &'a Rows,
    section: &section::Model,
    responses: &'a [response::Model],
) -> impl Iterator<Item = (&'a criterion::Model, &'a response::Model)> {
    let id = section.id;
    let of_section = rows.criteria.iter().filter(move |criterion| criterion.section_id == id);
    of_section.filter_map(|criterion| Some((criterion, responses.iter().find(|row| row.criterion_id == criterion.id)?)))
}

/// The scale of a section: that of its criterion with the most levels.
fn scale(answered: &[(&criterion::Model, &response::Model)]) -> i32 {
    answered.iter().map(|(_, row)| row.levels).max().unwrap_or(2).max(2)
}

/// A level of `own` levels on a scale of `levels`.
fn place(level: i32, own: i32, levels: i32) -> f64 {
    1.0 + f64::from(level - 1) * f64::from(levels - 1) / f64::from((own - 1).max(1))
}

fn weight(criterion: &criterion::Model) -> f64 {
    criterion.weight.map_or(1.0, f64::from)
}

fn mean(weighed: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (weight, sum) = weighed.fold((0.0, 0.0), |(all, sum), (weight, value)| (all + weight, sum + weight * value));
    (weight > 0.0).then(|| hundredths(sum / weight))
}

fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_shorter_scales_are_stretched() {
        let places = [place(1, 3, 5), place(2, 3, 5), place(3, 3, 5), place(4, 5, 5)];
        assert_eq!(format!("{places:?}"), "[1.0, 3.0, 5.0, 4.0]");
        assert_eq!(mean([(1.0, 2.0), (3.0, 4.0)].into_iter()), Some(3.5));
        assert_eq!(mean([].into_iter()), None);
    }

    #[test]
    fn four_schools_are_too_few_and_five_show_a_spread() {
        assert_eq!(spread(&[0.0, 0.25, 0.5, 1.0], 4), None);
        let spread = spread(&[1.0, 0.0, 0.5, 0.25, 0.75], 5).unwrap();
        assert_eq!((spread.lower_quartile, spread.median, spread.upper_quartile), (2.0, 3.0, 4.0));
        assert_eq!(quantile(&[0.0, 1.0, 2.0, 3.0], 0.5).to_string(), "1.5");
    }
}
