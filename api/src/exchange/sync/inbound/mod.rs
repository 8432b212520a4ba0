//! What a run takes over from a source, one file for each step.

pub mod contracts;
pub mod figures;
pub mod people;
mod school_keys;
pub mod schools;
