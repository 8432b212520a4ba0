//! A link with another hub, as one of the two hubs has it.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

/// Each of the two hubs has a row of its own, and both are written together.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hub_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub partner_slug: String,
    /// The other hub. None for a slug that no hub has; no caller sees which.
    pub partner_hub_id: Option<Uuid>,
    /// The other hub's name, from the moment at which that hub has shown itself.
    pub partner_name: Option<String>,
    /// Internal.
    pub note: Option<String>,
    pub status: LinkStatus,
    pub proposed_at: Instant,
    pub accepted_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub ended_by: Option<LinkSide>,
    pub end_reason: Option<String>,
}

choice! {
    /// How far a link with another hub has come.
    #[example = "proposed"]
    pub enum LinkStatus {
        /// This hub proposed it, and the other has not answered.
        Proposed = "proposed",
        /// The other hub proposed it, and this one has not answered.
        Offered = "offered",
        /// Both hubs want it: they can share items.
        Active = "active",
        /// One of the hubs ended it.
        Ended = "ended",
    }
}

choice! {
    /// One of two hubs.
    pub enum LinkSide {
        /// This hub.
        ThisHub = "this_hub",
        /// The other hub.
        OtherHub = "other_hub",
    }
}

row!(Visibility::HubOnly);
