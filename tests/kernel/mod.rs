//! What the kernel does for every resource, shown on areas and schools.

mod changes;
mod crash;
mod disk;
mod epochs;
mod errors;
mod idempotency;
mod input;
mod newer;
mod outage;
mod owner;
mod paging;
mod parameters;
mod patch;
mod preconditions;
mod slow;
mod start;
mod tenancy;
mod tokens;
