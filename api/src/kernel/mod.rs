//! What every resource shares. The kernel names no part.

pub mod input;
pub mod openapi;
pub mod problem;
pub mod query;
