//! What targets count of frameworks, evaluations and awards.

mod awards;
mod editions;
mod evaluations;

use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<awards::AwardApplications>(),
        MetricEntry::of::<awards::AwardsHeld>(),
        MetricEntry::of::<evaluations::EvaluationsSubmitted>(),
        MetricEntry::of::<evaluations::EvaluationsAgreed>(),
        MetricEntry::of::<editions::FrameworksReady>(),
    ]
}
