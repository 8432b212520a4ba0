//! Plans: what the hub is to reach, by when, who leads, who monitors, and how far it is.

pub mod budget_line;
pub mod cohort;
pub mod milestone;
pub mod objective;
pub mod plan;
pub mod plan_year;
pub mod resource_line;
pub mod strand;
pub mod target;
pub mod tree;
