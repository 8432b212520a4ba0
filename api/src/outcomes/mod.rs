//! Outcomes: what schools do and reach in music, year by year.

mod metrics;
pub mod missing_summary;
pub mod school_plan_file;
pub mod school_plan_record;

pub use self::metrics::metrics;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("outcomes");
    school_plan_record::routes(routes);
    school_plan_file::routes(routes);
    missing_summary::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 1] {
    [FeedResource::of::<school_plan_record::SchoolPlanRecord>()]
}
