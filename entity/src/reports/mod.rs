//! Reports that are kept as they were.

pub mod tabled_report;
pub mod tabled_report_text;
