//! The states of applications.

use entity::frameworks::award_application::{self, ApplicationStatus};
use sea_orm::ConnectionTrait;

use super::AwardApplication;
use crate::frameworks::evaluation::stake;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const APPLIED: &str = ApplicationStatus::Applied.as_str();
const ASSESSED: &str = ApplicationStatus::Assessed.as_str();
const AWARDED: &str = ApplicationStatus::Awarded.as_str();
const DECLINED: &str = ApplicationStatus::Declined.as_str();

/// Looks at an application.
pub const ASSESS: Verb = Verb {
    name: "assess",
    path: "assess",
    from: &[APPLIED],
    to: ASSESSED,
    scope: Scope::AssessAwards,
    reason: Needs::Optional,
    checks: "Nobody assesses a school that employs them, that they led or visited in the last twelve months, or that \
             they sell to (403).",
};

/// Gives the award.
pub const AWARD: Verb = Verb {
    name: "award",
    path: "award",
    from: &[ASSESSED],
    to: AWARDED,
    checks: "Everything that the level asks for must be there; the reply names everything that is missing (409). \
             Nobody decides about a school that employs them, that they led or visited in the last twelve months, or \
             that they sell to (403).",
    ..ASSESS
};

/// Gives no award.
pub const DECLINE: Verb = Verb {
    name: "decline",
    path: "decline",
    from: &[ASSESSED],
    to: DECLINED,
    reason: Needs::Required,
    checks: "Nobody decides about a school that employs them, that they led or visited in the last twelve months, or \
             that they sell to (403).",
    ..ASSESS
};

impl States for AwardApplication {
    type Entity = award_application::Entity;

    const TABLE: Transitions = Transitions {
        noun: "award application",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[APPLIED, ASSESSED, AWARDED, DECLINED],
        verbs: &[ASSESS, AWARD, DECLINE],
    };

    fn state(row: &award_application::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        db: &C,
        _verb: &Verb,
        rows: &[&award_application::Model],
    ) -> Result<Vec<bool>> {
        let Some(person) = caller.actor.person_id() else { return Ok(vec![false; rows.len()]) };
        let schools: Vec<_> = rows.iter().map(|row| row.school_id).collect();
        let stakes = stake::of(caller, db, person, &schools).await?;
        Ok(schools.iter().map(|school| !stakes.contains_key(school)).collect())
    }
}
