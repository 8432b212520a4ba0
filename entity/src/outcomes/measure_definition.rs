//! What a measure counts, in one of its editions.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::instant::Instant;
use crate::list::List;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "measure_definition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    /// The same in all editions.
    pub code: String,
    pub title: String,
    pub title_key: String,
    pub meaning: String,
    pub unit: String,
    pub basis: MeasureBasis,
    /// Who or what is counted.
    pub population: Option<String>,
    /// By what the total may be broken down.
    pub dimensions: Dimensions,
    pub status: DefinitionStatus,
    /// Counts the editions of one code from 1.
    pub edition: i32,
    /// The same for all editions: the id of the first.
    pub lineage_id: Uuid,
    /// The edition that this one was made from.
    pub previous_id: Option<Uuid>,
    pub published_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

choice! {
    /// What a figure counts.
    pub enum MeasureBasis {
        /// Pupils, each once.
        Headcount = "headcount",
        /// Pupils, once for each thing that they take part in.
        Participations = "participations",
        /// Anything but pupils, such as ensembles.
        Count = "count",
        /// 1 for yes, 0 for no.
        YesNo = "yes_no",
        /// Whole hours.
        Hours = "hours",
        /// Pence.
        Pence = "pence",
    }
}

impl MeasureBasis {
    /// Returns true if the figure counts pupils, so that a small one is withheld.
    #[must_use]
    pub const fn counts_pupils(self) -> bool {
        matches!(self, Self::Headcount | Self::Participations)
    }

    /// Returns true if figures can be added up.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        !matches!(self, Self::YesNo)
    }
}

choice! {
    /// How far an edition of a definition has come.
    pub enum DefinitionStatus {
        /// Being written.
        Draft = "draft",
        /// In use, and never changed again.
        Published = "published",
        /// No longer in use.
        Retired = "retired",
    }
}

choice! {
    /// By what a figure is broken down.
    pub enum DimensionName {
        /// The key stage.
        KeyStage = "key_stage",
        /// The year group.
        YearGroup = "year_group",
        /// Girls and boys.
        Sex = "sex",
        /// Special educational needs and disabilities.
        Send = "send",
        /// Pupil premium.
        PupilPremium = "pupil_premium",
        /// For how many terms.
        Terms = "terms",
        /// The instrument.
        Instrument = "instrument",
    }
}

/// A breakdown of a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureDimension {
    /// By what the total is broken down.
    pub name: DimensionName,
    /// True if what is counted belongs to one of the codes, and so the parts add up to the total. False where a pupil
    /// may count in several parts, such as of instruments.
    #[schema(example = true)]
    pub exclusive: bool,
    /// The codes of the parts, in order.
    #[schema(value_type = Vec<DimensionCode>, min_items = 1, max_items = 60, example = json!(["ks1", "ks2"]))]
    pub codes: Vec<String>,
}

/// The code of a part of a breakdown.
#[derive(ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "ks2")]
pub struct DimensionCode(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// The breakdowns of a measure.
pub type Dimensions = List<MeasureDimension>;

/// What everybody in the hub sees: what is in use, and what was used before.
pub const SEEN: &[&str] = &[DefinitionStatus::Published.as_str(), DefinitionStatus::Retired.as_str()];

row!(Visibility::Published { column: Column::Status, values: SEEN });
