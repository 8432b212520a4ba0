//! The states of links.

use entity::engagement::hub_link::{self, LinkStatus};

use super::HubLink;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const PROPOSED: &str = LinkStatus::Proposed.as_str();
const OFFERED: &str = LinkStatus::Offered.as_str();
const ACTIVE: &str = LinkStatus::Active.as_str();
const ENDED: &str = LinkStatus::Ended.as_str();

/// This hub wants it too.
pub const ACCEPT: Verb = Verb {
    name: "accept",
    path: "accept",
    from: &[OFFERED],
    to: ACTIVE,
    scope: Scope::WriteEngagement,
    reason: Needs::Optional,
    checks: "The other hub's link becomes `active` as well, and shows it this hub's name.",
};

/// One of the hubs does not want it, or not any more.
pub const END: Verb = Verb {
    name: "end",
    path: "end",
    from: &[PROPOSED, OFFERED, ACTIVE],
    to: ENDED,
    reason: Needs::Required,
    checks: "The other hub's link becomes `ended` as well, with the reason, and every share by it ends on both sides.",
    ..ACCEPT
};

/// This hub wants it again.
pub const PROPOSE: Verb = Verb {
    name: "propose",
    path: "propose",
    from: &[ENDED],
    to: PROPOSED,
    checks: "The other hub's link becomes `offered`.",
    ..ACCEPT
};

impl States for HubLink {
    type Entity = hub_link::Entity;

    const TABLE: Transitions = Transitions {
        noun: "link",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[PROPOSED, OFFERED, ACTIVE, ENDED],
        verbs: &[ACCEPT, END, PROPOSE],
    };

    fn state(row: &hub_link::Model) -> &'static str {
        row.status.as_str()
    }
}
