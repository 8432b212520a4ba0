//! Packages of support that schools buy: what goes with them, pilots, quotes and orders, deliveries, and what finance
//! gets.
//!
//! `package`, `package_resource`, `pilot`, `order`, `delivery` and `hand_over` have the resources, each with its states
//! beside it. `order_line` lists what was ordered line by line. Money and terms are counted in `rules`.

pub mod delivery;
pub mod hand_over;
mod labels;
mod metrics;
pub mod order;
pub mod order_line;
pub mod package;
pub mod package_resource;
pub mod pilot;
pub mod rules;
pub mod store;
mod tasks;

pub use self::labels::labels;
pub use self::metrics::metrics;
pub use self::tasks::tasks;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::erase::Texts;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::mentions::Held;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("packages");
    package::routes(routes);
    package::lifecycle::routes(routes);
    package_resource::routes(routes);
    package_resource::file::routes(routes);
    pilot::routes(routes);
    pilot::lifecycle::routes(routes);
    order::routes(routes);
    order::lifecycle::routes(routes);
    order::evaluation::routes(routes);
    order::document::routes(routes);
    order_line::routes(routes);
    delivery::routes(routes);
    hand_over::routes(routes);
    hand_over::file::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 6] {
    [
        FeedResource::of::<package::Package>(),
        FeedResource::of::<package_resource::PackageResource>(),
        FeedResource::of::<pilot::Pilot>(),
        FeedResource::of::<order::Order>(),
        FeedResource::of::<delivery::Delivery>(),
        FeedResource::of::<hand_over::HandOver>(),
    ]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 3] {
    [package::Package::TABLE, pilot::Pilot::TABLE, order::Order::TABLE]
}

/// What it keeps beside items: the lines of orders. The files that finance got are accounts, and stay as they are.
#[must_use]
pub fn texts() -> Vec<Texts> {
    vec![Texts::kept("order_line", &[("title", Held::Plain)])]
}
