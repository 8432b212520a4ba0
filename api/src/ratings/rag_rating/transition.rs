//! The states of ratings.

use entity::ratings::rag_rating::{self, RatingStatus};

use super::RagRating;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use sea_orm::ConnectionTrait;

const SUGGESTION: &str = RatingStatus::Suggestion.as_str();
const ACCEPTED: &str = RatingStatus::Accepted.as_str();
const DISMISSED: &str = RatingStatus::Dismissed.as_str();

/// Makes a suggestion count.
pub const ACCEPT: Verb = Verb {
    name: "accept",
    path: "accept",
    from: &[SUGGESTION],
    to: ACCEPTED,
    scope: Scope::WriteRatings,
    reason: Needs::Optional,
    checks: "A suggestion that has expired is refused (409): compute it again.",
};

/// Decides that a suggestion does not count.
pub const DISMISS: Verb = Verb { name: "dismiss", path: "dismiss", to: DISMISSED, checks: "", ..ACCEPT };

/// Lets the school see a rating.
pub const SHARE: Verb = Verb {
    name: "share",
    path: "share",
    from: &[ACCEPTED],
    to: ACCEPTED,
    checks: "A rating that is shared already is refused (409).",
    ..ACCEPT
};

impl States for RagRating {
    type Entity = rag_rating::Entity;

    const TABLE: Transitions = Transitions {
        noun: "rating",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[SUGGESTION, ACCEPTED, DISMISSED],
        verbs: &[ACCEPT, DISMISS, SHARE],
    };

    fn state(row: &rag_rating::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(_: &Caller, _: &C, verb: &Verb, rows: &[&rag_rating::Model]) -> Result<Vec<bool>> {
        let sharing = verb.name == SHARE.name;
        Ok(rows.iter().map(|row| !sharing || row.shared_on.is_none()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_about_a_suggestion_is_final() {
        let known: Vec<_> = RatingStatus::ALL.iter().map(|status| status.as_str()).collect();
        assert_eq!(RagRating::TABLE.states, known);
        let allowed = |state| RagRating::TABLE.allowed(state).map(|verb| (verb.name, verb.to)).collect::<Vec<_>>();
        assert_eq!(allowed(SUGGESTION), [("accept", ACCEPTED), ("dismiss", DISMISSED)]);
        assert_eq!(allowed(ACCEPTED), [("share", ACCEPTED)]);
        assert_eq!(allowed(DISMISSED), []);
    }
}
