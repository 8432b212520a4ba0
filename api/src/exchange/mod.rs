//! What partner systems follow and fetch, and the files that the hub takes in.

mod changes;
pub mod gias;
pub mod import;

use entity::identity::hub;

use crate::kernel::effect::Effect;
use crate::kernel::routes::Routes;
use crate::kernel::transition::{States, Transitions};

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("exchange");
    changes::routes(routes);
    import::routes(routes);
}

/// What it does when rows of parts before it change: an import decides by the kinds that it found
/// which schools are in scope, so that these stay until its end.
#[must_use]
pub fn effects() -> [Effect; 1] {
    [Effect::of::<hub::Entity>(hub::Column::KindsInScope, |write| {
        Box::pin(import::job::expect_none(write.caller(), write.tx()))
    })]
}

/// The states of its resources.
#[must_use]
pub const fn transitions() -> [Transitions; 1] {
    [import::Import::TABLE]
}
