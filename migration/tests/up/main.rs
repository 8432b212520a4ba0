//! The steps upwards, and what the database itself refuses afterwards.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod rows;
mod schema;
mod steps;
#[path = "../support/mod.rs"]
mod support;
