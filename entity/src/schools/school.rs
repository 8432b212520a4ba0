//! A school of the hub's register, in scope or not.

use sea_orm::entity::prelude::*;
use time::Date;
use uuid::Uuid;

use crate::external::ExternalIds;
use crate::instant::Instant;
use crate::owned::Visibility;
use crate::{choice, row};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "school")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub kind: SchoolKind,
    pub urn: Option<i32>,
    pub ukprn: Option<i32>,
    pub la_code: Option<String>,
    pub establishment_number: Option<String>,
    pub name: String,
    pub name_key: String,
    pub phase: SchoolPhase,
    /// The type of establishment as the GIAS register codes it.
    pub establishment_type_code: Option<String>,
    pub establishment_type: Option<String>,
    pub special: bool,
    pub status: SchoolStatus,
    pub opened_on: Option<Date>,
    pub closed_on: Option<Date>,
    pub trust: Option<String>,
    pub trust_uid: Option<String>,
    pub head_title: Option<String>,
    pub head_first_name: Option<String>,
    pub head_last_name: Option<String>,
    pub head_job_title: Option<String>,
    pub street: Option<String>,
    pub locality: Option<String>,
    pub address3: Option<String>,
    pub town: Option<String>,
    pub county: Option<String>,
    pub postcode: Option<String>,
    pub postcode_key: Option<String>,
    pub easting: Option<i32>,
    pub northing: Option<i32>,
    pub telephone: Option<String>,
    pub website: Option<String>,
    pub lowest_age: Option<i32>,
    pub highest_age: Option<i32>,
    pub gender: Option<SchoolGender>,
    pub pupils: Option<i32>,
    /// Share of pupils who take free school meals, 0 to 100.
    pub fsm_percentage: Option<f64>,
    pub area_id: Option<Uuid>,
    pub in_scope: bool,
    pub scope_reason: Option<String>,
    pub note: Option<String>,
    pub missing_from_source: bool,
    pub external_ids: ExternalIds,
    /// The words that `q` searches.
    pub search_key: Option<String>,
}

choice! {
    /// What sort of place it is.
    pub enum SchoolKind {
        /// A school.
        School = "school",
        /// A college of further education or a sixth-form college.
        College = "college",
        /// A nursery or another early-years setting.
        EarlyYears = "early_years",
        /// A pupil referral unit or other alternative provision.
        AlternativeProvision = "alternative_provision",
        /// A hospital school.
        Hospital = "hospital",
        /// Anything else.
        Other = "other",
    }
}

choice! {
    /// The phase of education, as the GIAS register has it.
    pub enum SchoolPhase {
        /// Up to age 5.
        Nursery = "nursery",
        /// Ages 5 to 11.
        Primary = "primary",
        /// A middle school that counts as primary.
        MiddleDeemedPrimary = "middle_deemed_primary",
        /// A middle school that counts as secondary.
        MiddleDeemedSecondary = "middle_deemed_secondary",
        /// Ages 11 to 16 or 18.
        Secondary = "secondary",
        /// After age 16 only.
        SixteenPlus = "sixteen_plus",
        /// From primary to the end of secondary.
        AllThrough = "all_through",
        /// No phase applies.
        NotApplicable = "not_applicable",
    }
}

choice! {
    /// Whether the school is open.
    pub enum SchoolStatus {
        /// Open.
        Open = "open",
        /// Not open yet.
        ProposedToOpen = "proposed_to_open",
        /// Open, but proposed to close; counts as open.
        ProposedToClose = "proposed_to_close",
        /// Closed; kept with its history.
        Closed = "closed",
    }
}

choice! {
    /// Which pupils the school admits.
    pub enum SchoolGender {
        /// Girls and boys.
        Mixed = "mixed",
        /// Boys.
        Boys = "boys",
        /// Girls.
        Girls = "girls",
    }
}

row!(Visibility::Oneself(Column::Id));
