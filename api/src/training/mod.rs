//! Training: events with places, who attends them, and what that qualifies for.
//!
//! `training_event` has the events and their states, `attendance` who is booked, waits, came or did not. How places are
//! given is in `booking`: the event is locked, and counts its places.

pub mod attendance;
pub mod booking;
mod labels;
mod metrics;
pub mod rules;
pub mod store;
pub mod training_event;

pub use self::labels::labels;
pub use self::metrics::metrics;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("training");
    training_event::routes(routes);
    training_event::lifecycle::routes(routes);
    attendance::routes(routes);
    attendance::lifecycle::routes(routes);
    attendance::certificate::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<training_event::TrainingEvent>(), FeedResource::of::<attendance::Attendance>()]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 2] {
    [training_event::TrainingEvent::TABLE, attendance::Attendance::TABLE]
}
