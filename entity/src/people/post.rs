//! A post of the hub, filled or vacant.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use super::designation::Territory;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "post")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub title: String,
    pub title_key: String,
    /// The role by its code in the glossary, or else in words.
    pub role_code: Option<String>,
    pub role_text: Option<String>,
    /// The role as it is compared.
    pub role_key: String,
    /// Hundredths of full time.
    pub fte_hundredths: i32,
    /// Who pays.
    pub funding_source: Option<String>,
    pub funding: PostFunding,
    pub provider_id: Option<Uuid>,
    pub territory: Option<Territory>,
    /// Not decided yet.
    pub tentative: bool,
    pub from_on: Date,
    pub to_on: Option<Date>,
    pub note: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

choice! {
    /// What a post is paid from.
    pub enum PostFunding {
        /// The hub's core funding.
        Core = "core",
        /// What the hub sells.
        Traded = "traded",
    }
}

row!(Visibility::HubOnly);
