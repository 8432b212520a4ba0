//! Which count of a term is right, and what an activity counts in a year. Pure.

use time::OffsetDateTime;

/// The greatest count: more is a mistake of typing.
pub const MOST: i64 = 1_000_000_000;

/// A row with a count of the pupils of one activity, or of the members of one ensemble, in one term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermCount {
    /// The row's key in the source.
    pub key: String,
    /// How many there are; none where the row does not say.
    pub pupils: Option<i64>,
    /// Whether it is an estimate.
    pub estimated: bool,
    /// The number of a correction: the highest one is right. Most sources have none.
    pub sequence: Option<i64>,
    /// When the row was last modified, by the source.
    pub modified_at: Option<OffsetDateTime>,
}

impl TermCount {
    /// Returns true if this row corrects the other one, which counts the same term.
    ///
    /// The higher sequence number is right, then the later modification. A row without an instant is older than any
    /// other. Rows of one instant follow each other by their keys, so that every run takes the same one.
    #[must_use]
    pub fn corrects(&self, other: &Self) -> bool {
        let order = |row: &Self| (row.sequence, row.modified_at, row.key.parse::<i64>().ok());
        (order(self), &self.key) > (order(other), &other.key)
    }

    /// The count, where the row has one: a number below 0 is an error and as good as none.
    #[must_use]
    pub fn counted(&self) -> Option<i64> {
        self.pupils.filter(|pupils| (0..=MOST).contains(pupils))
    }
}

/// What an activity counts in an academic year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct YearCount {
    /// The count of its highest term; none where no term was counted.
    pub pupils: Option<i64>,
    /// True if the count is an estimate, and no real count of the activity is as high.
    pub estimated: bool,
}

impl YearCount {
    /// Takes the highest of the terms of a year, each by the row that is right. The same children come every term.
    #[must_use]
    pub fn of<'a>(terms: impl IntoIterator<Item = &'a TermCount>) -> Self {
        let mut year = Self::default();
        for term in terms {
            let Some(pupils) = term.counted() else { continue };
            year = match year.pupils {
                Some(highest) if pupils < highest => year,
                Some(highest) if pupils == highest => Self { estimated: year.estimated && term.estimated, ..year },
                _ => Self { pupils: Some(pupils), estimated: term.estimated },
            };
        }
        year
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn count(key: &str, pupils: Option<i64>) -> TermCount {
        TermCount { key: key.to_owned(), pupils, estimated: false, sequence: None, modified_at: None }
    }

    fn estimate(pupils: i64) -> TermCount {
        TermCount { estimated: true, ..count("1", Some(pupils)) }
    }

    #[test]
    fn the_row_that_was_last_modified_is_right() {
        let early = TermCount { modified_at: Some(datetime!(2024-09-20 10:00 UTC)), ..count("9", Some(30)) };
        let late = TermCount { modified_at: Some(datetime!(2024-09-29 10:00 UTC)), ..count("1", Some(27)) };
        assert!(late.corrects(&early) && !early.corrects(&late));
        assert!(early.corrects(&count("10", Some(1))), "a row that does not say when is older");
    }

    #[test]
    fn rows_of_one_instant_follow_each_other_by_their_keys() {
        assert!(count("10", None).corrects(&count("9", None)), "as numbers");
        assert!(count("b", None).corrects(&count("a", None)));
        assert!(!count("a", None).corrects(&count("a", None)));
    }

    #[test]
    fn a_sequence_number_decides_before_instants_do() {
        let first =
            TermCount { sequence: Some(1), modified_at: Some(datetime!(2025-01-01 0:00 UTC)), ..count("9", Some(30)) };
        let second = TermCount { sequence: Some(2), ..count("1", Some(28)) };
        assert!(second.corrects(&first) && !first.corrects(&second));
    }

    #[test]
    fn a_year_is_its_highest_term_and_not_the_sum() {
        let terms = [count("1", Some(24)), count("2", Some(27)), count("3", Some(25))];
        assert_eq!(YearCount::of(&terms), YearCount { pupils: Some(27), estimated: false });
    }

    #[test]
    fn no_count_and_a_count_below_0_are_no_count() {
        assert_eq!(YearCount::of(&[count("1", None), count("2", Some(-4))]).pupils, None);
        assert_eq!(YearCount::of(&[count("1", None), count("2", Some(9))]).pupils, Some(9));
        assert_eq!(YearCount::of(&[count("1", Some(0))]).pupils, Some(0), "0 was counted");
        assert_eq!(YearCount::of(&[count("1", Some(MOST + 1))]).pupils, None, "a mistake of typing");
    }

    #[test]
    fn a_year_is_estimated_unless_a_real_count_is_as_high() {
        let estimated = |terms: &[TermCount]| YearCount::of(terms).estimated;
        assert!(estimated(&[count("1", Some(24)), estimate(25)]));
        assert!(!estimated(&[count("1", Some(25)), estimate(25)]));
        assert!(!estimated(&[estimate(25), count("1", Some(25))]));
        assert!(!estimated(&[count("1", Some(26)), estimate(25)]), "the figure is not made of the estimate");
        assert!(estimated(&[estimate(25), estimate(25)]));
        assert!(!estimated(&[]));
    }
}
