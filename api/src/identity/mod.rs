//! Hubs, who signs in to them, and with which rights.

pub mod client;
pub mod first;
pub mod grant;
pub mod hub;
mod limit;
pub mod me;
pub mod person;
mod refusal;
pub mod rules;
pub mod session;
pub mod sign_in;
pub mod store;
pub mod token;
pub mod user;
pub mod user_forms;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::feed::Followed;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    token::routes(config);
    me::routes(config);
    hub::routes(config);
    user::routes(config);
    grant::routes(config);
    client::routes(config);
}

/// What the feed follows of it.
pub fn followed() -> [Followed; 4] {
    [
        Followed::of::<hub::Hub>(),
        Followed::of::<user::User>(),
        Followed::of::<grant::Grant>(),
        Followed::of::<client::Client>(),
    ]
}
