//! What the kernel does for every resource, shown on areas and schools.

mod changes;
mod counts;
mod crash;
mod descriptors;
mod disk;
mod epochs;
mod errors;
mod fields;
mod idempotency;
mod input;
mod jobs;
mod newer;
mod outage;
mod owner;
mod pages;
mod paging;
mod parameters;
mod past;
mod patch;
mod preconditions;
mod search;
mod slow;
mod start;
mod tenancy;
mod tokens;
mod waiting;
