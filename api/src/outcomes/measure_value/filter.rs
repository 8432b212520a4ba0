//! What narrows the list of figures.

use entity::missing::MissingReason;
use entity::outcomes::measure_value::{self, Column, ValueSource};
use entity::schools::{school, school_group_member};
use sea_orm::{QueryFilter, QuerySelect, QueryTrait};

use crate::kernel::base::period::holds;
use crate::kernel::prelude::*;

/// Narrows the list of figures.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MeasureValueFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// A group that the school belongs to today.
    pub school_group_id: Option<Uuid>,
    /// Any of these academic years.
    #[serde(default)]
    #[param(
        max_items = 20,
        min_length = 7,
        max_length = 7,
        pattern = "^[0-9]{4}/[0-9]{2}$",
        example = json!(["2013/14"]),
    )]
    pub academic_year: Vec<String>,
    /// Any of these measures.
    #[serde(default)]
    #[param(
        max_items = 40,
        min_length = 1,
        max_length = 60,
        pattern = "^[a-z][a-z0-9_]*$",
        example = json!(["first_access_pupils"]),
    )]
    pub definition_code: Vec<String>,
    /// Only figures with exactly these dimensions, separated by semicolons, such as `key_stage;sex`; empty for totals.
    #[param(max_length = 120, pattern = "^([a-z_]+(;[a-z_]+)*)?$", example = "key_stage")]
    pub breakdown: Option<String>,
    /// Only parts of this key stage.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "ks2")]
    pub key_stage: Option<String>,
    /// Only parts of this year group.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "year_4")]
    pub year_group: Option<String>,
    /// Only parts of this sex.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "girls")]
    pub sex: Option<String>,
    /// Only parts with this code of special educational needs.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "support")]
    pub send: Option<String>,
    /// Only parts with this code of pupil premium.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "eligible")]
    pub pupil_premium: Option<String>,
    /// Only parts with this number of terms.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "three")]
    pub terms: Option<String>,
    /// Only parts of this instrument.
    #[param(min_length = 1, max_length = 40, pattern = "^[a-z0-9][a-z0-9_]*$", example = "violin")]
    pub instrument: Option<String>,
    /// Any of these providers.
    #[serde(default)]
    #[param(max_items = 50)]
    pub provider_id: Vec<Uuid>,
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 4)]
    pub source: Vec<ValueSource>,
    /// Only best estimates, or only others.
    pub estimated: Option<bool>,
    /// Only figures that are missing for this reason.
    pub missing_reason: Option<MissingReason>,
}

impl Filter<measure_value::Entity> for MeasureValueFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        let in_areas = (!self.area_id.is_empty()).then(|| {
            let schools = caller.rows::<school::Entity>().filter(school::Column::AreaId.is_in(self.area_id.clone()));
            Column::SchoolId.in_subquery(schools.select_only().column(school::Column::Id).into_query())
        });
        let members = self.school_group_id.map(|group| {
            use school_group_member::Column as Member;

            let members = caller.rows::<school_group_member::Entity>().filter(Member::SchoolGroupId.eq(group));
            let members = members.filter(holds(Member::FromOn, Member::ToOn, caller.today()));
            Column::SchoolId.in_subquery(members.select_only().column(Member::SchoolId).into_query())
        });
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(in_areas)
            .add_option(members)
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add_option(any_of(Column::DefinitionCode, &self.definition_code))
            .add_option(is(Column::Breakdown, self.breakdown.clone()))
            .add_option(is(Column::KeyStage, self.key_stage.clone()))
            .add_option(is(Column::YearGroup, self.year_group.clone()))
            .add_option(is(Column::Sex, self.sex.clone()))
            .add_option(is(Column::Send, self.send.clone()))
            .add_option(is(Column::PupilPremium, self.pupil_premium.clone()))
            .add_option(is(Column::Terms, self.terms.clone()))
            .add_option(is(Column::Instrument, self.instrument.clone()))
            .add_option(any_of(Column::ProviderId, &self.provider_id))
            .add_option(any_of(Column::Source, &self.source))
            .add_option(is(Column::Estimated, self.estimated))
            .add_option(is(Column::MissingReason, self.missing_reason))
    }
}
