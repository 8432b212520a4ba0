//! What reports keep: the metrics that hubs compare, and reports as they were put before meetings.

pub mod compared_metric;
pub mod metric_comparison;
pub mod tabled_report;
pub mod tabled_report_text;
