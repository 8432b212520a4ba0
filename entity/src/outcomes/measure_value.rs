//! A figure of a school for a measure in one academic year: a total, or a part of a breakdown.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::measure_definition::{DimensionName, MeasureBasis};
use crate::instant::Instant;
use crate::missing::MissingReason;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "measure_value")]
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
    pub academic_year: String,
    pub definition_code: String,
    /// The edition of the definition by which it was counted.
    pub definition_id: Option<Uuid>,
    pub key_stage: Option<String>,
    pub year_group: Option<String>,
    pub sex: Option<String>,
    pub send: Option<String>,
    pub pupil_premium: Option<String>,
    pub terms: Option<String>,
    pub instrument: Option<String>,
    /// The partner that provides what is counted, where it is a part of the total.
    pub provider_id: Option<Uuid>,
    pub value: Option<i64>,
    pub missing_reason: Option<MissingReason>,
    pub source: ValueSource,
    pub estimated: bool,
    pub note: Option<String>,
    /// The names of the dimensions, empty for a total.
    pub breakdown: String,
    /// The dimensions with their codes, in one order, empty for a total.
    pub cell: String,
    /// What no two values of a hub share: school, year, code and cell in one text.
    pub row_key: String,
    pub basis: MeasureBasis,
    /// Whether the figure is small, or would give a small one away.
    pub suppressed: bool,
}

choice! {
    /// Where a figure comes from.
    pub enum ValueSource {
        /// Somebody counted and reported it.
        Reported = "reported",
        /// Somebody estimated it.
        Estimated = "estimated",
        /// It was computed from other records.
        Computed = "computed",
        /// It came with a file.
        Imported = "imported",
    }
}

impl Model {
    /// The codes of the dimensions that it has, in one order.
    #[must_use]
    pub fn codes(&self) -> Vec<(DimensionName, &str)> {
        let code = |name: DimensionName| match name {
            DimensionName::KeyStage => &self.key_stage,
            DimensionName::YearGroup => &self.year_group,
            DimensionName::Sex => &self.sex,
            DimensionName::Send => &self.send,
            DimensionName::PupilPremium => &self.pupil_premium,
            DimensionName::Terms => &self.terms,
            DimensionName::Instrument => &self.instrument,
        };
        DimensionName::ALL.iter().filter_map(|name| Some((*name, code(*name).as_deref()?))).collect()
    }
}

row!(Visibility::School(Column::SchoolId), partner: Column::ProviderId, written_by_schools: true);
