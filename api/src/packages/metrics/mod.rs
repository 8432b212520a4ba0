//! What targets count of pilots and of what schools buy.

mod pilots;
mod sales;

use crate::kernel::operations::metric::MetricEntry;

/// What the part computes.
#[must_use]
pub fn metrics() -> Vec<MetricEntry> {
    vec![
        MetricEntry::of::<pilots::PilotsCompleted>(),
        MetricEntry::of::<pilots::PilotConfidence>(),
        MetricEntry::of::<sales::OrdersValue>(),
        MetricEntry::of::<sales::CapacityUsed>(),
    ]
}
