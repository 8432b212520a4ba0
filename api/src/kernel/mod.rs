//! What every resource shares. The kernel names no part.
//!
//! Its folders are seven floors, from the lowest to the highest. A floor uses only floors below it.
#![warn(missing_docs)]

pub mod base;

pub mod database;

pub mod document;

pub mod caller;

pub mod resource;

pub mod operations;

pub mod edge;

pub mod prelude;
