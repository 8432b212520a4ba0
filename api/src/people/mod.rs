//! People, the posts and roles that they have, and the groups they work in.

pub mod designation;
pub mod person;
pub mod post;
pub mod post_holding;
pub mod rules;
pub mod store;
pub mod working_group;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("people");
    person::routes(routes);
    working_group::routes(routes);
    designation::routes(routes);
    post::routes(routes);
    post_holding::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 5] {
    [
        FeedResource::of::<person::Person>(),
        FeedResource::of::<working_group::WorkingGroup>(),
        FeedResource::of::<designation::Designation>(),
        FeedResource::of::<post::Post>(),
        FeedResource::of::<post_holding::PostHolding>(),
    ]
}
