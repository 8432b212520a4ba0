//! What targets count of outcomes: music in schools' plans, First Access, and results of exams.

mod exams;
mod first_access;
mod plans;

use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<plans::PlansWithMusic>(),
        MetricEntry::of::<first_access::FirstAccess>(),
        MetricEntry::of::<first_access::FirstAccessPupils>(),
        MetricEntry::of::<exams::ExamEntries>(),
        MetricEntry::of::<exams::ExamGrades>(),
    ]
}
