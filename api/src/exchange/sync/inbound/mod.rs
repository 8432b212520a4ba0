//! What a run takes over from a source, one file for each step.

pub mod people;
mod school_keys;
pub mod schools;
