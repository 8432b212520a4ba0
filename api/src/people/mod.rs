//! People and the groups they work in.

pub mod person;
pub mod store;
pub mod working_group;

use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::Followed;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("people");
    person::routes(routes);
    working_group::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 2] {
    [Followed::of::<person::Person>(), Followed::of::<working_group::WorkingGroup>()]
}
