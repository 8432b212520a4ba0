//! What the Department for Education publishes on Get Information about Schools (GIAS): the register of schools, their
//! links, and their groups, each a CSV file of its own.

mod establishment_type;
mod group_link;
mod link;
mod place;
mod school;
mod standing;

pub use group_link::RegisterGroupLink;
pub use link::RegisterLink;
pub use school::RegisterSchool;

pub use super::extract::{Encoding, Extract, Header, Kind, Record, Refused, Rejected, Remark, Row, Understood};
use super::extract::{header, reading, remark, text};

/// The register of schools: `edubasealldata`.
pub type Register<R> = Extract<R, RegisterSchool>;
/// Which school came from which: `links_edubasealldata`.
pub type Links<R> = Extract<R, RegisterLink>;
/// Which school is in which trust or other group: `grouplinks_edubaseallacademiesandfree`.
pub type GroupLinks<R> = Extract<R, RegisterGroupLink>;

#[cfg(test)]
mod extract_tests;
#[cfg(test)]
mod files_tests;
