//! The register of schools, their areas and groups, and who is who at a school.

pub mod area;
pub mod assignment;
pub mod bulk_assignment;
pub mod contact;
pub mod directory;
pub mod filter;
mod labels;
pub mod overview;
pub mod rules;
pub mod school;
pub mod school_group;
pub mod school_group_member;
pub mod school_link;
pub mod search;
pub mod store;

use entity::identity::hub;

pub use self::labels::labels;
use crate::kernel::edge::routes::Routes;
use crate::kernel::operations::feed::FeedResource;
use crate::kernel::resource::effect::Effect;

/// Adds the part's routes.
pub fn routes(routes: &mut Routes<'_>) {
    let routes = &mut routes.tagged("schools");
    school::routes(routes);
    directory::routes(routes);
    area::routes(routes);
    school_group::routes(routes);
    school_group_member::routes(routes);
    school_link::routes(routes);
    contact::routes(routes);
    assignment::routes(routes);
    bulk_assignment::routes(routes);
}

/// What the feed follows of it.
#[must_use]
pub fn feed_resources() -> [FeedResource; 7] {
    [
        FeedResource::of::<school::School>(),
        FeedResource::of::<area::Area>(),
        FeedResource::of::<school_group::SchoolGroup>(),
        FeedResource::of::<school_group_member::SchoolGroupMember>(),
        FeedResource::of::<school_link::SchoolLink>(),
        FeedResource::of::<contact::Contact>(),
        FeedResource::of::<assignment::Assignment>(),
    ]
}

/// What it does when rows of parts before it change.
#[must_use]
pub fn effects() -> [Effect; 1] {
    [Effect::of::<hub::Entity>(hub::Column::KindsInScope, |write, _| Box::pin(store::recompute_scope(write)))]
}
