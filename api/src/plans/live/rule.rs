//! What a target may ask of its metric.

use entity::plans::target::{self, TargetUnit};

use crate::kernel::base::problem::Fault;
use crate::kernel::caller::state::State;
use crate::kernel::operations::metric::{MetricEntry, MetricUnit};

/// Every fault of what a target names: the metric exists, its filter has fields and values that the metric knows, the
/// units agree, and a cohort is the population of a metric that counts schools. A target that keeps what it names is
/// not refused for it: the metric may have changed since.
#[must_use]
pub fn faults(state: &State, place: &str, before: Option<&target::Model>, row: &target::Model) -> Vec<Fault> {
    let named = |row: &target::Model| (row.metric.clone(), row.metric_filter.clone(), row.unit, row.cohort_id);
    let Some(code) = row.metric.as_deref().filter(|_| before.map(named) != Some(named(row))) else { return Vec::new() };
    let catalogue = state.metrics();
    let entry = match catalogue.expect(&format!("{place}/metric"), code) {
        Ok(entry) => entry,
        Err(fault) => return vec![fault],
    };
    let mut faults = catalogue.faults(&format!("{place}/metric_filter"), code, row.metric_filter.as_ref());
    if row.unit.is_some_and(|unit| !agree(entry.unit, unit)) {
        let message = format!("the metric `{code}` gives {}: use that unit", entry.unit.as_str());
        faults.push(Fault::new(format!("{place}/unit"), "other_unit", message));
    }
    if row.cohort_id.is_some() && !entry.of_schools {
        faults.push(not_of_schools(place, entry));
    }
    faults
}

fn not_of_schools(place: &str, entry: &MetricEntry) -> Fault {
    let message = format!("the metric `{}` counts {} and no cohort of schools; leave it out", entry.code, entry.things);
    Fault::new(format!("{place}/cohort_id"), "not_of_schools", message)
}

/// Returns true if a target may have the unit for a figure of the metric. Things that are counted may be called by any
/// name.
const fn agree(metric: MetricUnit, target: TargetUnit) -> bool {
    match metric {
        MetricUnit::Percent => matches!(target, TargetUnit::Percent),
        MetricUnit::Fte => matches!(target, TargetUnit::Fte),
        MetricUnit::Pence => matches!(target, TargetUnit::Pence),
        MetricUnit::Count | MetricUnit::Schools | MetricUnit::People | MetricUnit::Sessions => matches!(
            target,
            TargetUnit::Count | TargetUnit::Schools | TargetUnit::People | TargetUnit::Sessions | TargetUnit::Other
        ),
    }
}
