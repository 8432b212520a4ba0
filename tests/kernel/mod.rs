//! What the kernel does for every resource, shown on areas and schools.

mod changes;
mod crash;
mod disk;
mod errors;
mod idempotency;
mod input;
mod outage;
mod paging;
mod parameters;
mod patch;
mod preconditions;
mod slow;
mod start;
mod tenancy;
mod tokens;
