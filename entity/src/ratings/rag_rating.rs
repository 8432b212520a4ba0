//! A rating of a school by its need of support.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use super::parts::{RatingColour, Scores};
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rag_rating")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub school_id: Uuid,
    /// The edition of the scheme by which it was computed.
    pub scheme_id: Option<Uuid>,
    /// The visit that it comes from.
    pub visit_id: Option<Uuid>,
    pub on_date: Date,
    pub colour: RatingColour,
    /// The computed need of support, 0 to 100.
    pub need: Option<i32>,
    pub scores: Scores,
    pub source: RatingSource,
    pub reason: Option<String>,
    pub valid_until: Option<Date>,
    pub support_code: Option<SupportCode>,
    pub status: RatingStatus,
    pub decided_at: Option<Instant>,
    /// The day from which the school sees it.
    pub shared_on: Option<Date>,
}

choice! {
    /// Where a rating comes from.
    #[example = "by_hand"]
    pub enum RatingSource {
        /// Computed by a scheme.
        Computed = "computed",
        /// Given after a visit.
        Visit = "visit",
        /// Given by hand.
        ByHand = "by_hand",
    }
}

choice! {
    /// Whether a rating counts.
    pub enum RatingStatus {
        /// Computed, and not decided on.
        Suggestion = "suggestion",
        /// It counts.
        Accepted = "accepted",
        /// It does not count.
        Dismissed = "dismissed",
    }
}

choice! {
    /// What kind of support a school gets.
    pub enum SupportCode {
        /// What every school gets.
        Universal = "universal",
        /// Support of its own, such as another visit.
        Targeted = "targeted",
    }
}

row!(
    Visibility::SchoolOnceShared { school: Column::SchoolId, shared: Column::SharedOn },
    written_by_schools: true
);
