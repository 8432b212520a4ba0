//! What a webhook sends or has sent: one change, or a ping. The content follows from the log and is not kept here.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub webhook_id: Uuid,
    /// What the receiver knows it by, the same in every request.
    pub message_id: String,
    pub event_type: String,
    /// The change; a ping has none.
    pub number: Option<i64>,
    pub resource: Option<String>,
    pub item_id: Option<Uuid>,
    pub state: DeliveryState,
    /// How many requests were sent since it was last put into the queue.
    pub attempts: i32,
    pub attempt_log: List<DeliveryAttempt>,
    /// The address of the last request.
    pub url: Option<String>,
    pub sent_at: Option<Instant>,
    pub request_bytes: Option<i32>,
    pub duration_ms: Option<i32>,
    pub reply_status: Option<i32>,
    pub reply_body: Option<String>,
    pub error: Option<String>,
    pub ended_at: Option<Instant>,
}

/// A request that was sent, or could not be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct DeliveryAttempt {
    /// When it began.
    pub at: Instant,
    /// How many milliseconds it took.
    #[schema(minimum = 0, maximum = 60_000, example = 84)]
    pub duration_ms: i32,
    /// The status of the reply, if there was one.
    #[schema(minimum = 100, maximum = 999, example = 500)]
    pub reply_status: Option<i32>,
    /// Why it failed.
    #[schema(max_length = 500, example = "the receiver answered 500")]
    pub error: Option<String>,
}

choice! {
    /// How far a delivery has come.
    pub enum DeliveryState {
        /// It waits for its turn, or for the next attempt.
        Pending = "pending",
        /// The receiver has taken it.
        Delivered = "delivered",
        /// It was given up, by itself after three days or by somebody.
        Failed = "failed",
        /// The partner system no longer sees the change, so that it was not sent.
        Withheld = "withheld",
    }
}

row!(Visibility::HubOnly);
