//! What partner systems follow and fetch, and the files that the hub takes in.

mod changes;
pub mod gias;
pub mod import;

use crate::kernel::routes::Routes;

/// The part's addresses.
pub fn routes(routes: &mut Routes<'_>) {
    routes.service(changes::list_changes);
    import::routes(routes);
}
