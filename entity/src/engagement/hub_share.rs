//! An item of a hub that a linked hub may read.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::hub_link::LinkSide;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

/// A row of the hub that shares. The other hub comes to it by [`super::received_share`] alone.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hub_share")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub link_id: Uuid,
    /// The other hub.
    pub partner_hub_id: Uuid,
    pub item_kind: SharedKind,
    pub item_id: Uuid,
    /// The item's title, which does not change once the item can be shared.
    pub title: String,
    pub title_key: String,
    /// The slug of the hub that shares.
    pub from_slug: String,
    /// The name of the hub that shares.
    pub from_name: String,
    /// Internal.
    pub note: Option<String>,
    pub status: ShareStatus,
    pub shared_at: Instant,
    pub ended_at: Option<Instant>,
    pub ended_by: Option<LinkSide>,
    pub end_reason: Option<String>,
}

choice! {
    /// What is shared with another hub.
    pub enum SharedKind {
        /// A piece of practice.
        SharedPractice = "shared_practice",
        /// A framework with its sections and criteria.
        Framework = "framework",
    }
}

choice! {
    /// Whether an item is shared.
    pub enum ShareStatus {
        /// The other hub may read it.
        Active = "active",
        /// One of the hubs ended it.
        Ended = "ended",
    }
}

row!(Visibility::HubOnly);
