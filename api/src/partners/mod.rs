//! Partners of the hub, and the words it uses.

pub mod glossary_term;
mod labels;
pub mod partner;
pub mod role_terms;

use entity::identity::hub;

pub use self::labels::labels;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::effect::Effect;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("partners");
    partner::routes(routes);
    glossary_term::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 2] {
    [FeedResource::of::<partner::Partner>(), FeedResource::of::<glossary_term::GlossaryTerm>()]
}

/// What it does when rows of parts before it change.
#[must_use]
pub fn effects() -> [Effect; 1] {
    // A slug never changes, so that this is the making of a hub.
    [Effect::of::<hub::Entity>(hub::Column::Slug, |write, _| Box::pin(role_terms::begin(write)))]
}
