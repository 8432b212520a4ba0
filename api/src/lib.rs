//! The School Music Education Plan service.
//!
//! The modules stand in the order in which they may use one another: a part uses the kernel and
//! parts before it, never one after it.

// The compiler goes through the futures that a run of the sync awaits, one within another, more than 128 deep when it
// optimises.
#![recursion_limit = "256"]

pub mod kernel;

pub mod identity;
pub mod people;
pub mod schools;

pub mod partners;

pub mod training;

pub mod plans;

pub mod frameworks;

pub mod visits;

pub mod engagement;
pub mod packages;

pub mod outcomes;

pub mod ratings;
pub mod reports;

pub mod exchange;

pub mod demo;

pub mod app;
pub mod server;
