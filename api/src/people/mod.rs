//! People and the groups they work in.

pub mod person;
pub mod store;
pub mod working_group;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::feed::Followed;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    person::routes(config);
    working_group::routes(config);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 2] {
    [Followed::of::<person::Person>(), Followed::of::<working_group::WorkingGroup>()]
}
