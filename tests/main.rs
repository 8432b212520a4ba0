//! What the service promises, asked over HTTP. A rule's own cases are tested beside the rule.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a test says what went wrong by panicking")]

mod access;
mod assignments;
mod attachments;
mod awards;
mod batch;
mod by_key;
mod calendar;
mod contract;
mod demo;
mod docs;
mod engagement;
mod erasure;
mod evaluations;
mod examples;
mod exports;
mod follow;
mod frameworks;
mod guides;
mod identity;
mod imports;
mod kernel;
mod keys;
mod limits;
mod metrics;
mod oneroster;
mod outcomes;
mod packages;
mod partners;
mod people;
mod plans;
mod ratings;
mod readme;
mod reports;
mod schools;
mod sign_in;
mod source;
mod spec;
mod support;
mod sync;
mod sync_sources;
mod training;
mod transitions;
mod visits;
mod webhooks;
mod year;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
