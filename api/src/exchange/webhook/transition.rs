//! The states of a webhook: it sends, somebody stopped it, or the service did.

use entity::exchange::webhook::{self, DisabledReason, WebhookState};

use super::Webhook;
use crate::kernel::base::problem::Result;
use crate::kernel::caller::permission::Scope;
use crate::kernel::resource::lifecycle::Lifecycle;
use crate::kernel::resource::operation::Operation;
use crate::kernel::resource::traits::Resource;
use crate::kernel::resource::transition::{Needs, States, Transitions, Verb};
use crate::kernel::resource::write::Write;

const ACTIVE: &str = WebhookState::Active.as_str();
const PAUSED: &str = WebhookState::Paused.as_str();
const DISABLED: &str = WebhookState::Disabled.as_str();

/// Stops sending.
pub const PAUSE: Verb = Verb {
    name: "pause",
    path: "pause",
    from: &[ACTIVE],
    to: PAUSED,
    scope: Scope::WriteExchange,
    reason: Needs::Optional,
    checks: "A request that is on its way ends as it does. Changes wait in the log.",
};

/// Sends again, from where it stopped.
pub const RESUME: Verb = Verb {
    name: "resume",
    path: "resume",
    from: &[PAUSED, DISABLED],
    to: ACTIVE,
    checks: "The caller needs every scope of the partner system over the whole hub (403). What is waiting is sent at \
             once, and the five days after which failures disable it begin again.",
    ..PAUSE
};

/// The step that the service takes by itself, for which there is no address.
const DISABLE: Verb = Verb { name: "disable", path: "", to: DISABLED, ..PAUSE };

impl States for Webhook {
    type Entity = webhook::Entity;

    const TABLE: Transitions = Transitions {
        noun: "webhook",
        path: <Self as Resource>::PATH,
        if_match: <Self as Resource>::IF_MATCH,
        states: &[ACTIVE, PAUSED, DISABLED],
        verbs: &[PAUSE, RESUME],
    };

    fn state(row: &webhook::Model) -> &'static str {
        row.state.as_str()
    }
}

impl Lifecycle for Webhook {
    async fn enter(write: &mut Write, row: &mut webhook::Model, verb: &Verb) -> Result<()> {
        (row.disabled_reason, row.disabled_at) = (None, None);
        if *verb == RESUME {
            row.state = WebhookState::Active;
            super::progress::begin_again(write, row.id).await
        } else {
            row.state = WebhookState::Paused;
            Ok(())
        }
    }
}

/// Disables an active webhook, as the service does.
///
/// # Errors
/// 409 if it is not active; when the database is away.
pub async fn disable(write: &mut Write, before: webhook::Model, reason: DisabledReason) -> Result<()> {
    Webhook::TABLE.next(&DISABLE, before.state.as_str())?;
    let after = webhook::Model {
        state: WebhookState::Disabled,
        disabled_reason: Some(reason),
        disabled_at: Some(write.now()),
        ..before.clone()
    };
    write.store::<Webhook>(Some(before), after, Operation::Verb(DISABLE.name)).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_every_state_and_the_service_disables_only_what_sends() {
        let states: Vec<_> = WebhookState::ALL.iter().map(|state| state.as_str()).collect();
        assert_eq!(Webhook::TABLE.states, states);
        assert_eq!(Webhook::TABLE.next(&DISABLE, ACTIVE).unwrap(), DISABLED);
        assert!(Webhook::TABLE.next(&DISABLE, PAUSED).is_err());
    }
}
