//! What the kernel does for every resource, shown on areas and schools.

mod changes;
mod crash;
mod errors;
mod idempotency;
mod input;
mod outage;
mod pages;
mod paging;
mod parameters;
mod patch;
mod preconditions;
mod slow;
mod start;
mod tenancy;
mod tokens;
