//! Frameworks: what schools are judged by, or judge themselves by. A framework has sections, a section has criteria,
//! and a criterion has described levels.
//!
//! `framework` has the framework's own fields and its states, `section` and `criterion` what it is made of. `tree`
//! creates, shows and copies a whole framework. `shipped` has frameworks to begin with.

pub mod criterion;
pub mod framework;
pub mod rules;
pub mod section;
pub mod shipped;
pub mod store;
pub mod tree;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("frameworks");
    shipped::routes(routes);
    framework::routes(routes);
    framework::lifecycle::routes(routes);
    section::routes(routes);
    criterion::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 3] {
    [
        FeedResource::of::<framework::Framework>(),
        FeedResource::of::<section::FrameworkSection>(),
        FeedResource::of::<criterion::FrameworkCriterion>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 1] {
    [framework::Framework::TABLE]
}
