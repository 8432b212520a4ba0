//! A scheme for ratings in one of its editions.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::parts::{Criteria, RatingColour};
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rag_scheme")]
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
    pub description: Option<String>,
    pub criteria: Criteria,
    /// The need of support, 0 to 100, from which a rating is amber.
    pub amber_from: i32,
    /// The need from which it is red.
    pub red_from: i32,
    /// How many criteria must have data for a rating.
    pub least_with_data: i32,
    /// The colour from which a rating asks for targeted support.
    pub targeted_from: RatingColour,
    /// How long a computed rating holds.
    pub valid_months: i32,
    pub status: SchemeStatus,
    /// Counts the editions of one lineage from 1.
    pub edition: i32,
    /// The same for all editions: the id of the first.
    pub lineage_id: Uuid,
    /// The edition that this one was made from.
    pub previous_id: Option<Uuid>,
    pub activated_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

choice! {
    /// How far a scheme has come.
    pub enum SchemeStatus {
        /// Being written.
        Draft = "draft",
        /// In use, and never changed again.
        Active = "active",
        /// No longer in use.
        Retired = "retired",
    }
}

/// What everybody in the hub sees: what is in use, and what was used before.
pub const VISIBLE_TO_SCHOOLS: &[&str] = &[SchemeStatus::Active.as_str(), SchemeStatus::Retired.as_str()];

row!(Visibility::Published { column: Column::Status, values: VISIBLE_TO_SCHOOLS });
