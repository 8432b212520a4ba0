//! Hubs, who signs in to them, and with which rights.

pub mod client;
pub mod confirm;
pub mod first;
pub mod grant;
pub mod hub;
pub mod invitation;
pub mod limit;
pub mod me;
pub mod my_tasks;
pub mod person;
mod refusal;
pub mod rules;
pub mod session;
pub mod sign_in;
pub mod store;
pub mod token;
pub mod transition;
pub mod user;
pub mod user_forms;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::job::Kind;
use crate::kernel::resource::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let signing_in = &mut routes.tagged("auth");
    token::routes(signing_in);
    me::routes(signing_in);
    my_tasks::routes(signing_in);
    let routes = &mut routes.tagged("identity");
    hub::routes(routes);
    user::routes(routes);
    routes.tagged("auth").add(invitation::REDEMPTION);
    invitation::routes(routes);
    grant::routes(routes);
    client::routes(routes);
}

/// What the feed follows of it.
pub fn feed_resources() -> [FeedResource; 4] {
    [
        FeedResource::of::<hub::Hub>(),
        FeedResource::of::<user::User>(),
        FeedResource::of::<grant::Grant>(),
        FeedResource::of::<client::Client>(),
    ]
}

/// The jobs that come round again.
#[must_use]
pub const fn kinds() -> [Kind; 2] {
    [session::FORGET, limit::FORGET]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 2] {
    [user::User::TABLE, client::Client::TABLE]
}
