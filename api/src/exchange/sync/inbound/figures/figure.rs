//! A school's figure of a year, from what its activities count. Pure.

use std::collections::HashSet;

use entity::outcomes::measure_definition::MeasureBasis;

use super::count::YearCount;

/// An activity or an ensemble of a school in a year.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// The class, without blanks and in one case; none where the source names none.
    pub class: Option<&'a str>,
    /// What it counts.
    pub year: YearCount,
}

/// What the source says about a school in a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The figure; none where nothing was counted.
    pub value: Option<i64>,
    /// Whether children may be counted twice.
    pub basis: MeasureBasis,
    /// Whether a count that it is made of is an estimate.
    pub estimated: bool,
}

impl Figure {
    /// Adds up the activities of a school.
    ///
    /// The basis is a headcount when one activity was counted, or when each counted one names its class and no class
    /// comes twice. Otherwise children may be in the figure twice.
    #[must_use]
    pub fn of(groups: &[Group<'_>]) -> Self {
        let counted: Vec<&Group<'_>> = groups.iter().filter(|group| group.year.pupils.is_some()).collect();
        let mut classes = HashSet::new();
        let apart = counted.iter().all(|group| group.class.is_some_and(|class| classes.insert(class)));
        let basis = if counted.len() <= 1 || apart { MeasureBasis::Headcount } else { MeasureBasis::Participations };
        let pupils = || counted.iter().filter_map(|group| group.year.pupils);
        Self {
            value: (!counted.is_empty()).then(|| pupils().fold(0, i64::saturating_add)),
            basis,
            estimated: counted.iter().any(|group| group.year.estimated),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(class: Option<&str>, pupils: Option<i64>) -> Group<'_> {
        Group { class, year: YearCount { pupils, estimated: false } }
    }

    fn basis(groups: &[Group<'_>]) -> MeasureBasis {
        Figure::of(groups).basis
    }

    #[test]
    fn a_school_s_figure_is_the_sum_over_its_activities() {
        let figure = Figure::of(&[group(Some("4a"), Some(27)), group(Some("4b"), Some(25)), group(Some("4c"), None)]);
        assert_eq!(figure.value, Some(52));
    }

    #[test]
    fn a_school_of_which_nothing_was_counted_has_no_figure() {
        assert_eq!(Figure::of(&[group(Some("4a"), None)]).value, None);
        assert_eq!(Figure::of(&[group(Some("4a"), Some(0))]).value, Some(0));
    }

    #[test]
    fn one_counted_activity_is_a_headcount() {
        assert_eq!(basis(&[group(None, Some(27))]), MeasureBasis::Headcount);
        assert_eq!(basis(&[group(None, Some(27)), group(None, None)]), MeasureBasis::Headcount);
    }

    #[test]
    fn classes_that_differ_are_a_headcount() {
        assert_eq!(basis(&[group(Some("4a"), Some(27)), group(Some("4b"), Some(25))]), MeasureBasis::Headcount);
        let uncounted = group(Some("4a"), None);
        assert_eq!(
            basis(&[group(Some("4a"), Some(27)), group(Some("4b"), Some(25)), uncounted]),
            MeasureBasis::Headcount
        );
    }

    #[test]
    fn a_class_twice_and_a_class_without_a_name_are_participations() {
        let twice = [group(Some("4a"), Some(27)), group(Some("4a"), Some(27))];
        assert_eq!(basis(&twice), MeasureBasis::Participations);
        assert_eq!(basis(&[group(Some("4a"), Some(27)), group(None, Some(27))]), MeasureBasis::Participations);
    }

    #[test]
    fn one_estimate_makes_the_figure_an_estimate() {
        let estimated = Group { class: Some("4b"), year: YearCount { pupils: Some(20), estimated: true } };
        assert!(Figure::of(&[group(Some("4a"), Some(27)), estimated]).estimated);
        assert!(!Figure::of(&[group(Some("4a"), Some(27))]).estimated);
    }
}
