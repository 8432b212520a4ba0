//! The register of schools, their areas and groups, and who is who at a school.

pub mod area;
pub mod assignment;
pub mod contact;
pub mod directory;
pub mod filter;
pub mod rules;
pub mod school;
pub mod school_group;
pub mod school_group_member;
pub mod store;

use entity::identity::hub;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::kernel::effect::Effect;
use crate::kernel::feed::Followed;

/// The part's addresses.
pub fn routes(config: &mut ServiceConfig<'_>) {
    school::routes(config);
    directory::routes(config);
    area::routes(config);
    school_group::routes(config);
    school_group_member::routes(config);
    contact::routes(config);
    assignment::routes(config);
}

/// What the feed follows of it.
#[must_use]
pub fn followed() -> [Followed; 6] {
    [
        Followed::of::<school::School>(),
        Followed::of::<area::Area>(),
        Followed::of::<school_group::SchoolGroup>(),
        Followed::of::<school_group_member::SchoolGroupMember>(),
        Followed::of::<contact::Contact>(),
        Followed::of::<assignment::Assignment>(),
    ]
}

/// What it does when rows of parts before it change.
#[must_use]
pub fn effects() -> [Effect; 1] {
    [Effect::of::<hub::Entity>(hub::Column::KindsInScope, |write| Box::pin(store::scope_anew(write)))]
}
