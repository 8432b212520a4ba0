//! What is counted for a trend.

use std::collections::BTreeMap;

use super::ExamTrendOf;
use crate::schools::store::reported::ReportGroup;

/// The figures of some schools, or of an area, by year.
pub struct Trend {
    /// Whose they are.
    pub of: ExamTrendOf,
    /// What the schools have in common, or the area.
    pub group: ReportGroup,
    /// The figures of each year that has any.
    pub years: BTreeMap<String, Counted>,
}

/// The figures of a year.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counted {
    /// Schools with any figure.
    pub schools: i64,
    /// Entries that are known.
    pub entries: Option<i64>,
    /// Schools whose entries are not known.
    pub without_entries: i64,
    /// Entries with known grades.
    pub graded: i64,
    /// The part of them with the grade or a better one.
    pub good: i64,
    /// Schools of which not all grades are known.
    pub left_out: i64,
}

impl Counted {
    /// The same with the figures of another series of the same year, such as another title.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let entries = match (self.entries, other.entries) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        };
        Self {
            schools: Ord::max(self.schools, other.schools),
            entries,
            without_entries: self.without_entries + other.without_entries,
            graded: self.graded + other.graded,
            good: self.good + other.good,
            left_out: self.left_out + other.left_out,
        }
    }
}
