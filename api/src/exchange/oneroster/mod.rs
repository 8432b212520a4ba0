//! The register as OneRoster 1.2 of 1EdTech has it: organisations and academic sessions, to be read.
//!
//! The hub is an organisation of the type `local`, its areas are of the type `district`, and its schools are of
//! the type `school`. An area belongs to the hub, and a school to its area, or to the hub where it has none. Local
//! authorities are no organisations, since the service knows their codes alone: a school has its code among its
//! metadata. People, classes and enrolments are not given, since there is no pupil in the service.
//!
//! The register comes in from GIAS and from the hub, and never by OneRoster.

mod bundle;
mod filter;
mod org;
mod paging;
mod session;

use crate::kernel::edge::routes::Routes;

/// Adds the routes of the rostering service.
pub fn rostering(routes: &mut Routes<'_>) {
    org::routes(routes);
    session::routes(routes);
}

/// Adds the routes that OneRoster does not prescribe.
pub fn routes(routes: &mut Routes<'_>) {
    bundle::routes(routes);
}
