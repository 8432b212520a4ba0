//! What the service promises, asked over HTTP. A rule's own cases are tested beside the rule.

mod access;
mod kernel;
mod partners;
mod people;
mod plans;
mod schools;
mod source;
mod spec;
mod support;
