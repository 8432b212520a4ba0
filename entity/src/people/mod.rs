//! People, the posts and roles that they have, and the groups they work in.

pub mod designation;
pub mod erasure;
pub mod person;
pub mod post;
pub mod post_holding;
pub mod retention_rule;
pub mod working_group;
