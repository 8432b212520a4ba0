//! How far a webhook has come in the log, and which run sends for it. One row for each webhook.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_progress")]
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
    /// The number of the last change that was looked at: it has a delivery, or is not for this webhook.
    pub reached: i64,
    /// When the next request may be sent.
    pub due_at: Instant,
    /// The run that sends. A run that finds another here has lost the webhook.
    pub run: Option<Uuid>,
    /// When another run may take its place.
    pub run_until: Option<Instant>,
    /// When the first of the requests failed that have failed in a row.
    pub failing_since: Option<Instant>,
    /// When a request last succeeded.
    pub delivered_at: Option<Instant>,
}

row!(Visibility::HubOnly);
