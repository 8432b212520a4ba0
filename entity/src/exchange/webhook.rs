//! An address of a partner's system, to which changes of the hub are sent.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::concealed::Concealed;
use crate::instant::Instant;
use crate::list::{Ids, Strings};
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub name: String,
    pub name_key: String,
    /// The partner system that it is for, and whose scopes decide what is sent.
    pub client_id: Uuid,
    pub url: String,
    pub resources: Strings,
    pub operations: Strings,
    pub school_ids: Ids,
    pub state: WebhookState,
    pub disabled_reason: Option<DisabledReason>,
    pub disabled_at: Option<Instant>,
    /// What the secret follows from, by a key of the installation: the table holds no secret.
    pub secret_salt: Concealed,
    /// The salt of the secret before, which signs until a time.
    pub previous_salt: Option<Concealed>,
    pub previous_secret_until: Option<Instant>,
}

choice! {
    /// Whether a webhook sends.
    pub enum WebhookState {
        /// Changes are sent as they happen.
        Active = "active",
        /// Somebody stopped it. Changes wait in the log.
        Paused = "paused",
        /// The service stopped it; `disabled_reason` says why. Changes wait in the log.
        Disabled = "disabled",
    }
}

choice! {
    /// Why the service stopped a webhook.
    pub enum DisabledReason {
        /// The receiver answered 410.
        Gone = "gone",
        /// No request has succeeded for five days.
        Failing = "failing",
    }
}

row!(Visibility::HubOnly);
