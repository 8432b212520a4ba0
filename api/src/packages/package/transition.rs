//! The states of packages.

use entity::packages::package::{self, PackageStatus};

use super::Package;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DEVELOPMENT: &str = PackageStatus::Development.as_str();
const PILOT: &str = PackageStatus::Pilot.as_str();
const LIVE: &str = PackageStatus::Live.as_str();
const WITHDRAWN: &str = PackageStatus::Withdrawn.as_str();

/// Lets some schools try the package out.
pub const START_PILOT: Verb = Verb {
    name: "pilot",
    path: "pilot",
    from: &[DEVELOPMENT],
    to: PILOT,
    scope: Scope::WritePackages,
    reason: Needs::Optional,
    checks: "The schools of its pilots then see it.",
};

/// Puts the package on sale.
pub const LAUNCH: Verb = Verb {
    name: "launch",
    path: "launch",
    from: &[DEVELOPMENT, PILOT, WITHDRAWN],
    to: LIVE,
    checks: "It must have a price (409). Every school then sees it.",
    ..START_PILOT
};

/// Takes the package off sale.
pub const WITHDRAW: Verb = Verb {
    name: "withdraw",
    path: "withdraw",
    from: &[PILOT, LIVE],
    to: WITHDRAWN,
    reason: Needs::Required,
    checks: "What is ordered stays as it is; a quote with the package can no longer be ordered.",
    ..START_PILOT
};

impl States for Package {
    type Entity = package::Entity;

    const TABLE: Transitions = Transitions {
        noun: "package",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DEVELOPMENT, PILOT, LIVE, WITHDRAWN],
        verbs: &[START_PILOT, LAUNCH, WITHDRAW],
    };

    fn state(row: &package::Model) -> &'static str {
        row.status.as_str()
    }
}
