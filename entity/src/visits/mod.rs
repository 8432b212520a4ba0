//! Visits to schools, what was reported of them, and what was agreed to be done.

pub mod action;
pub mod calendar_link;
pub mod visit;
pub mod visit_report;
