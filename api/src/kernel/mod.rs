//! What every resource shares. The kernel names no part.

pub mod auth;
pub mod problem;
