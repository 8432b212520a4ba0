//! The states of messages.

use entity::engagement::communication::{self, CommunicationStatus};

use super::Communication;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};

const DRAFT: &str = CommunicationStatus::Draft.as_str();
const SENT: &str = CommunicationStatus::Sent.as_str();
const CLOSED: &str = CommunicationStatus::Closed.as_str();
const WITHDRAWN: &str = CommunicationStatus::Withdrawn.as_str();

/// Fixes the list of recipients.
pub const SEND: Verb = Verb {
    name: "send",
    path: "send",
    from: &[DRAFT],
    to: SENT,
    scope: Scope::WriteEngagement,
    reason: Needs::Optional,
    checks: "There must be a `body` or a `link`, and between 1 and 5,000 schools that the filter chooses (409). Each \
             of them becomes a recipient, with the outcome `unknown`. The schools see the message from then on.",
};

/// What happened at each school is recorded.
pub const CLOSE: Verb = Verb {
    name: "close",
    path: "close",
    from: &[SENT],
    to: CLOSED,
    checks: "The outcomes of its recipients do not change any more, and a consultation takes no more answers.",
    ..SEND
};

/// It is not sent.
pub const WITHDRAW: Verb = Verb { name: "withdraw", path: "withdraw", to: WITHDRAWN, checks: "", ..SEND };

impl States for Communication {
    type Entity = communication::Entity;

    const TABLE: Transitions = Transitions {
        noun: "message",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[DRAFT, SENT, CLOSED, WITHDRAWN],
        verbs: &[SEND, CLOSE, WITHDRAW],
    };

    fn state(row: &communication::Model) -> &'static str {
        row.status.as_str()
    }
}
