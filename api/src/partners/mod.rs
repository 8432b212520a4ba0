//! Partners of the hub, and the words it uses.

pub mod glossary_term;
pub mod partner;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::feed::Followed;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    partner::routes(config);
    glossary_term::routes(config);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 2] {
    [Followed::of::<partner::Partner>(), Followed::of::<glossary_term::GlossaryTerm>()]
}
