//! Engagement: whom the hub consults and meets, what it sends to schools, and the practice that it shares.
//!
//! `stakeholder_group` and `meeting` are for the hub alone. `communication` has the messages to many schools with their
//! fixed lists of recipients, `response` what is answered to consultations, and `practice` what schools learn from one
//! another. `between` shares items with another hub, once both hubs want it.

pub mod between;
pub mod communication;
mod labels;
pub mod meeting;
mod metrics;
pub mod practice;
pub mod response;
pub mod rules;
pub mod stakeholder_group;

pub use self::labels::labels;
pub use self::metrics::metrics;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("engagement");
    stakeholder_group::routes(routes);
    meeting::routes(routes);
    meeting::lifecycle::routes(routes);
    meeting::file::routes(routes);
    communication::routes(routes);
    communication::lifecycle::routes(routes);
    communication::file::routes(routes);
    communication::preview::routes(routes);
    communication::recipient::routes(routes);
    communication::addressed::routes(routes);
    response::routes(routes);
    practice::routes(routes);
    practice::lifecycle::routes(routes);
    practice::file::routes(routes);
    practice::opening::routes(routes);
    between::link::routes(routes);
    between::link::lifecycle::routes(routes);
    between::share::routes(routes);
    between::received::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 8] {
    [
        FeedResource::of::<stakeholder_group::StakeholderGroup>(),
        FeedResource::of::<meeting::Meeting>(),
        FeedResource::of::<communication::Communication>(),
        FeedResource::of::<communication::recipient::CommunicationRecipient>(),
        FeedResource::of::<response::ConsultationResponse>(),
        FeedResource::of::<practice::SharedPractice>(),
        FeedResource::of::<between::link::HubLink>(),
        FeedResource::of::<between::share::HubShare>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 5] {
    [
        meeting::Meeting::TABLE,
        communication::Communication::TABLE,
        practice::SharedPractice::TABLE,
        between::link::HubLink::TABLE,
        between::share::HubShare::TABLE,
    ]
}
