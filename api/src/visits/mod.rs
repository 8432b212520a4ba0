//! Visits to schools, what is reported of them, and what is agreed to be done.
//!
//! `visit` has the visits and their states, `visit_report` the versions of their reports with the school's answers, and
//! `action` what is to be done, by whom and by when.

pub mod action;
mod metrics;
pub mod rules;
pub mod store;
mod tasks;
pub mod visit;
pub mod visit_report;

pub use self::metrics::metrics;
pub use self::tasks::tasks;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::job::Kind;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("visits");
    visit::routes(routes);
    visit::lifecycle::routes(routes);
    visit::file::routes(routes);
    visit_report::routes(routes);
    visit_report::lifecycle::routes(routes);
    visit_report::file::routes(routes);
    action::routes(routes);
    action::lifecycle::routes(routes);
    action::file::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 3] {
    [
        FeedResource::of::<visit::Visit>(),
        FeedResource::of::<visit_report::VisitReport>(),
        FeedResource::of::<action::ActionItem>(),
    ]
}

/// The jobs that come round again.
#[must_use]
pub const fn kinds() -> [Kind; 1] {
    [visit_report::deadline::CLOSE_UNANSWERED]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 3] {
    [visit::Visit::TABLE, visit_report::VisitReport::TABLE, action::ActionItem::TABLE]
}
