//! Awards: schemes with levels and what they ask for, and the applications of schools.
//!
//! `scheme` and `application` have the two resources, each with its states beside it. `rules` decides what an
//! application meets and what it lacks, `check` shows that, and `certificate` prints an award.

pub mod application;
pub mod certificate;
pub mod check;
pub mod file;
pub mod rules;
pub mod scheme;

use crate::kernel::edge::routes::Routes;

/// Adds the routes.
pub fn routes(routes: &mut Routes<'_>) {
    scheme::routes(routes);
    scheme::lifecycle::routes(routes);
    application::routes(routes);
    application::lifecycle::routes(routes);
    check::routes(routes);
    file::routes(routes);
    certificate::routes(routes);
}
