//! The fourth floor: who calls, which rows exist for the caller, and what a request brings.

pub mod identity;
pub mod input;
pub mod jobs;
pub mod permission;
pub mod refs;
pub mod state;
pub mod tenancy;
pub mod uses;
pub mod visibility;
