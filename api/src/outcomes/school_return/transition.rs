//! The states of returns.

use entity::outcomes::school_return::{self, ReturnStatus};
use sea_orm::ConnectionTrait;

use super::SchoolReturn;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::outcomes::store;

const DRAFT: &str = ReturnStatus::Draft.as_str();
const SUBMITTED: &str = ReturnStatus::Submitted.as_str();
const ACCEPTED: &str = ReturnStatus::Accepted.as_str();
const SENT_BACK: &str = ReturnStatus::SentBack.as_str();

/// Sends the return to the hub.
pub const SUBMIT: Verb = Verb {
    name: "submit",
    path: "submit",
    from: &[DRAFT, SENT_BACK],
    to: SUBMITTED,
    scope: Scope::WriteOutcomes,
    reason: Needs::Optional,
    checks: "Each required line needs a figure, a best estimate, or the reason why there is none (409 with the lines \
             that are missing). A school sends it while the collection is open (409).",
};

/// Takes the return as it is.
pub const ACCEPT: Verb = Verb {
    name: "accept",
    path: "accept",
    from: &[SUBMITTED],
    to: ACCEPTED,
    checks: "Only callers who write in the whole hub accept a return (403).",
    ..SUBMIT
};

/// Gives the return back to the school.
pub const SEND_BACK: Verb = Verb {
    name: "send-back",
    path: "send-back",
    from: &[SUBMITTED, ACCEPTED],
    to: SENT_BACK,
    reason: Needs::Required,
    checks: "Only callers who write in the whole hub send a return back (403).",
    ..SUBMIT
};

impl States for SchoolReturn {
    type Entity = school_return::Entity;

    const TABLE: Transitions = Transitions {
        noun: "return",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, SUBMITTED, ACCEPTED, SENT_BACK],
        verbs: &[SUBMIT, ACCEPT, SEND_BACK],
    };

    fn state(row: &school_return::Model) -> &'static str {
        row.status.as_str()
    }

    async fn may<C: ConnectionTrait>(
        caller: &Caller,
        _: &C,
        verb: &Verb,
        rows: &[&school_return::Model],
    ) -> Result<Vec<bool>> {
        Ok(vec![verb.name == SUBMIT.name || store::writes_hub(caller); rows.len()])
    }
}
