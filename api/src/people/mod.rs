//! People and the groups they work in.

pub mod person;
pub mod store;
pub mod working_group;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("people");
    person::routes(routes);
    working_group::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<person::Person>(), FeedResource::of::<working_group::WorkingGroup>()]
}
