//! People and the groups they work in.

pub mod erasure;
pub mod file;
pub mod merge;
pub mod person;
pub mod store;
pub mod working_group;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::job::Kind;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("people");
    person::routes(routes);
    erasure::routes(routes);
    file::routes(routes);
    merge::routes(routes);
    working_group::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<person::Person>(), FeedResource::of::<working_group::WorkingGroup>()]
}

/// The jobs of the part.
#[must_use]
pub const fn kinds() -> [Kind; 1] {
    [erasure::Erasure::KIND]
}
