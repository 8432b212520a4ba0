//! A package of support that a hub sells to schools.

use sea_orm::entity::prelude::*;
use sea_orm::{Condition, ExprTrait};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::package_audience;
use crate::frameworks::framework::Phases;
use crate::instant::Instant;
use crate::list::{Ids, List};
use crate::owned::{Recipients, Visibility};
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "package")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub code: String,
    pub code_key: String,
    pub title: String,
    pub title_key: String,
    pub kind: PackageKind,
    pub phases: Phases,
    pub description: Option<String>,
    /// The price of one unit, where it is the same for all schools.
    pub price_pence: Option<i64>,
    /// The price of one unit by the number of pupils on roll.
    pub price_bands: PriceBands,
    pub vat_code: String,
    pub unit: PackageUnit,
    /// How many units can be delivered in one term; unlimited if absent.
    pub capacity_per_term: Option<i32>,
    pub working_group_id: Option<Uuid>,
    pub lead_ids: Ids,
    pub framework_ids: Ids,
    pub resource_ids: Ids,
    pub status: PackageStatus,
    /// Why it was withdrawn, or came back.
    pub status_reason: Option<String>,
    /// The words that `q` searches.
    pub search_key: String,
}

/// The price of one unit for schools of a size.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBand {
    /// The fewest pupils on roll for whom the price holds.
    #[schema(minimum = 0, maximum = 100_000, example = 0)]
    pub from_pupils: i32,
    /// The most pupils on roll for whom the price holds; absent for the last band, which has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 100_000, example = 210)]
    pub to_pupils: Option<i32>,
    /// The net price of one unit in pence.
    #[schema(minimum = 0, maximum = 100_000_000, example = 24_000)]
    pub price_pence: i64,
}

/// Prices by the number of pupils on roll.
pub type PriceBands = List<PriceBand>;

choice! {
    /// What a package is about.
    #[example = "leadership_support"]
    pub enum PackageKind {
        /// A framework for assessment and the curriculum.
        AssessmentFramework = "assessment_framework",
        /// Support for leaders.
        LeadershipSupport = "leadership_support",
        /// Moderation of lesson observations.
        ObservationModeration = "observation_moderation",
        /// Help with a self-evaluation form (SEF).
        SelfEvaluation = "self_evaluation",
        /// Help with a self-evaluation form, with a review by leaders of another school.
        SelfEvaluationPeerReview = "self_evaluation_peer_review",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// What is counted when a package is ordered and delivered.
    pub enum PackageUnit {
        /// A visit.
        Visit = "visit",
        /// A day.
        Day = "day",
        /// Half a day.
        HalfDay = "half_day",
        /// An hour.
        Hour = "hour",
        /// A place for one person.
        Place = "place",
        /// A whole school.
        School = "school",
        /// A licence.
        Licence = "licence",
    }
}

choice! {
    /// How far a package has come.
    pub enum PackageStatus {
        /// Being made.
        Development = "development",
        /// Some schools try it out.
        Pilot = "pilot",
        /// On sale.
        Live = "live",
        /// No longer on sale.
        Withdrawn = "withdrawn",
    }
}

/// The states in which a package is quoted and ordered.
pub const ON_SALE: &[PackageStatus] = &[PackageStatus::Pilot, PackageStatus::Live];

row!(Visibility::Given(shown));

/// The packages that some schools see: live ones, and the ones that they try out.
fn shown(to: &Recipients<'_>) -> Condition {
    let tried = Column::Status.eq(PackageStatus::Pilot).and(Column::Id.in_subquery(package_audience::items(to)));
    Condition::any().add(Column::Status.eq(PackageStatus::Live)).add(tried)
}
