//! People and the groups they work in.

pub mod erasure;
pub mod person;
pub mod retention_rule;
pub mod working_group;
