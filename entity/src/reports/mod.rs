//! What reports keep: the metrics that hubs compare.

pub mod compared_metric;
pub mod metric_comparison;
