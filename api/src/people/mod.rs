//! People, the posts and roles that they have, and the groups they work in.

pub mod designation;
pub mod erasure;
pub mod file;
mod labels;
pub mod merge;
mod metrics;
pub mod person;
pub mod post;
pub mod post_holding;
pub mod retention;
pub mod rules;
pub mod store;
pub mod working_group;

pub use self::labels::labels;
pub use self::metrics::metrics;
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
    retention::routes(routes);
    working_group::routes(routes);
    designation::routes(routes);
    post::routes(routes);
    post_holding::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 6] {
    [
        FeedResource::of::<person::Person>(),
        FeedResource::of::<working_group::WorkingGroup>(),
        FeedResource::of::<designation::Designation>(),
        FeedResource::of::<post::Post>(),
        FeedResource::of::<post_holding::PostHolding>(),
        FeedResource::of::<retention::RetentionRule>(),
    ]
}

/// The jobs of the part.
#[must_use]
pub const fn kinds() -> [Kind; 2] {
    [erasure::Erasure::KIND, retention::KEEP]
}
