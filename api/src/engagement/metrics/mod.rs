//! What targets count of messages, consultations and shared practice.

mod consulted;
mod practice;
mod reached;

use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<reached::SchoolsReached>(),
        MetricEntry::of::<consulted::GroupsConsulted>(),
        MetricEntry::of::<consulted::GroupsBuyIn>(),
        MetricEntry::of::<practice::PracticeShared>(),
    ]
}
