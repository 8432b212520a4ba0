//! What a request says.

use entity::exchange::webhook;
use entity::instant::Instant;
use entity::kernel::change;
use sea_orm::{ColumnTrait, Condition};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::kernel::base::encoding::base64url;
use crate::kernel::operations::feed::Change;

/// The type of a ping.
pub const PING: &str = "webhook.ping";

/// What a webhook sends about a change, as the payload of Standard Webhooks has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookEvent {
    /// The kind of item and the operation, with a point between.
    #[schema(max_length = 130, example = "school.update")]
    pub r#type: String,
    /// When the change was committed.
    #[schema(example = "2014-09-01T08:30:00.000000Z")]
    pub timestamp: Instant,
    /// The change, as `GET /changes` shows it to the partner system.
    pub data: Change,
}

impl WebhookEvent {
    /// What is sent about a change.
    #[must_use]
    pub fn of(change: Change) -> Self {
        Self { r#type: kind(&change), timestamp: change.at, data: change }
    }
}

/// The type of what is sent about a change.
#[must_use]
pub fn kind(change: &Change) -> String {
    format!("{}.{}", change.resource, change.operation)
}

/// What a ping says: that requests arrive.
#[derive(Debug, Serialize)]
pub struct Ping {
    r#type: &'static str,
    timestamp: Instant,
    data: PingData,
}

#[derive(Debug, Serialize)]
struct PingData {
    webhook_id: Uuid,
}

impl Ping {
    /// A ping of a webhook that somebody asked for at a moment.
    #[must_use]
    pub const fn of(webhook_id: Uuid, timestamp: Instant) -> Self {
        Self { r#type: PING, timestamp, data: PingData { webhook_id } }
    }
}

/// The id by which a receiver knows the message about a change. It follows from the webhook and the number of the
/// change, so that it is the same however often the message is made. Numbers hold within an epoch of the log only.
#[must_use]
pub fn message_id(epoch: Uuid, webhook: &webhook::Model, number: i64) -> String {
    let mut digest = Sha256::new();
    for part in [epoch.as_bytes(), webhook.hub_id.as_bytes(), webhook.id.as_bytes()] {
        digest.update(part);
    }
    digest.update(number.to_be_bytes());
    format!("msg_{}", base64url(&digest.finalize()[..18]))
}

/// An id for a message that is about no change.
#[must_use]
pub fn new_message_id() -> String {
    format!("msg_{}", base64url(Uuid::now_v7().as_bytes()))
}

/// The changes, of the kinds that a webhook names, for which it asks. It is sent none about itself.
#[must_use]
pub fn wanted(webhook: &webhook::Model) -> Condition {
    use change::Column;

    let operations = (!webhook.operations.is_empty())
        .then(|| Column::Operation.is_in(webhook.operations.iter().map(String::as_str)));
    let schools = (!webhook.school_ids.is_empty()).then(|| Column::SchoolId.is_in(webhook.school_ids.iter().copied()));
    Condition::all().add(Column::RowId.ne(webhook.id)).add_option(operations).add_option(schools)
}
