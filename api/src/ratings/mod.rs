//! Ratings: how much each school needs support, as red, amber or green.
//!
//! `rag_scheme` has the schemes by which ratings are computed, `data` the data that their criteria look at. `compute`
//! makes ratings of the data, `explanation` shows one, and `recomputation` suggests one for each school of a hub.
//! `rag_rating` has the ratings themselves, `store` the one that is current.

pub mod compute;
pub mod data;
pub mod explanation;
mod metrics;
pub mod rag_rating;
pub mod rag_scheme;
pub mod recomputation;
pub mod rules;
pub mod store;

pub use self::metrics::metrics;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::job::Kind;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("ratings");
    rag_scheme::shipped::routes(routes);
    rag_scheme::routes(routes);
    rag_scheme::lifecycle::routes(routes);
    explanation::routes(routes);
    recomputation::routes(routes);
    rag_rating::routes(routes);
    rag_rating::lifecycle::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<rag_scheme::RagScheme>(), FeedResource::of::<rag_rating::RagRating>()]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 2] {
    [rag_scheme::RagScheme::TABLE, rag_rating::RagRating::TABLE]
}

/// Its kinds of jobs.
#[must_use]
pub const fn kinds() -> [Kind; 1] {
    [recomputation::RagRecomputation::KIND]
}
