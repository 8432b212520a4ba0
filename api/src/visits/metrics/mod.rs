//! What targets count of visits and of what follows from them.

mod follow_up;
mod visited;

use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<visited::SchoolsVisited>(),
        MetricEntry::of::<visited::SchoolsRevisited>(),
        MetricEntry::of::<follow_up::ActionsOverdue>(),
        MetricEntry::of::<follow_up::ReportsOnTime>(),
    ]
}
