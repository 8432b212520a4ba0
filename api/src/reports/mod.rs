//! Reports over the hub: figures that follow from its own records, as on any day.

pub mod rating_movement;
pub mod rating_spread;
pub mod specialist_load;

use crate::kernel::edge::routes::Routes;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("reports");
    specialist_load::routes(routes);
    rating_spread::routes(routes);
    rating_movement::routes(routes);
}
