//! Partners of the hub, and the words it uses.

pub mod glossary_term;
pub mod partner;

use crate::kernel::feed::Followed;
use crate::kernel::routes::Routes;

/// The part's addresses.
pub fn routes(routes: &mut Routes<'_>) {
    partner::routes(routes);
    glossary_term::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 2] {
    [Followed::of::<partner::Partner>(), Followed::of::<glossary_term::GlossaryTerm>()]
}
