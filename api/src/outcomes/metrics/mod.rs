//! What targets count of music in schools' plans, of measures and of results.

mod exams;
mod measures;
mod plans;

use time::Date;

use crate::kernel::base::academic_year::{academic_year, days};
use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<plans::PlansWithMusic>(),
        MetricEntry::of::<measures::FirstAccess>(),
        MetricEntry::of::<measures::FirstAccessPupils>(),
        MetricEntry::of::<measures::MeasureReached>(),
        MetricEntry::of::<exams::ExamEntries>(),
        MetricEntry::of::<exams::ExamGrades>(),
    ]
}

/// The academic year of a day, and the one that had ended by it.
fn running_and_ended(on: Date) -> (String, String) {
    let running = academic_year(on);
    let before = days(&running).and_then(|(first_day, _)| first_day.previous_day());
    let ended = before.map_or_else(|| running.clone(), academic_year);
    (running, ended)
}

#[cfg(test)]
mod tests {
    use super::running_and_ended;
    use time::macros::date;

    #[test]
    fn a_year_runs_from_september_and_has_ended_in_august() {
        let years = |running: &str, ended: &str| (running.to_owned(), ended.to_owned());
        assert_eq!(running_and_ended(date!(2015 - 08 - 31)), years("2014/15", "2013/14"));
        assert_eq!(running_and_ended(date!(2015 - 09 - 01)), years("2015/16", "2014/15"));
    }
}
