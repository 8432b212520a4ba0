//! How lists of results are narrowed.

use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject};
use entity::outcomes::exam_result::{self, Column};

use crate::kernel::prelude::*;
use crate::schools::store::of_schools;

/// A grade, as a filter names it.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 20, example = "7")]
pub struct ExamGrade(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// An academic year, as a filter names it.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2022/23")]
pub struct ExamYear(#[expect(dead_code, reason = "it is the schema of a text")] String);

/// Narrows the list of results.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExamResultFilter {
    /// Any of these schools.
    #[serde(default)]
    #[param(max_items = 200)]
    pub school_id: Vec<Uuid>,
    /// Schools of any of these areas.
    #[serde(default)]
    #[param(max_items = 50)]
    pub area_id: Vec<Uuid>,
    /// Schools that belong to this group today.
    pub school_group_id: Option<Uuid>,
    /// Any of these academic years.
    #[serde(default)]
    #[param(value_type = Vec<ExamYear>, max_items = 20, example = json!(["2022/23"]))]
    pub academic_year: Vec<String>,
    /// This academic year or a later one.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2016/17")]
    pub academic_year_from: Option<String>,
    /// This academic year or an earlier one.
    #[param(min_length = 7, max_length = 7, pattern = "^[0-9]{4}/[0-9]{2}$", example = "2023/24")]
    pub academic_year_to: Option<String>,
    /// Any of these qualifications.
    #[serde(default)]
    #[param(max_items = 11)]
    pub qualification: Vec<ExamQualification>,
    /// Any of these subjects.
    #[serde(default)]
    #[param(max_items = 5)]
    pub subject: Vec<ExamSubject>,
    /// What the figures count.
    #[param(inline)]
    pub basis: Option<ExamBasis>,
    /// Only totals, or only grades.
    #[param(inline)]
    pub kind: Option<ExamFigureKind>,
    /// Any of these grades.
    #[serde(default)]
    #[param(value_type = Vec<ExamGrade>, max_items = 20, example = json!(["7"]))]
    pub grade: Vec<String>,
    /// Any of these sources.
    #[serde(default)]
    #[param(max_items = 4)]
    pub source: Vec<ExamSource>,
}

impl Filter<exam_result::Entity> for ExamResultFilter {
    fn condition(&self, caller: &Caller) -> Condition {
        Condition::all()
            .add_option(any_of(Column::SchoolId, &self.school_id))
            .add_option(of_schools(caller, Column::SchoolId, &self.area_id, self.school_group_id))
            .add_option(any_of(Column::AcademicYear, &self.academic_year))
            .add(between(Column::AcademicYear, self.academic_year_from.as_deref(), self.academic_year_to.as_deref()))
            .add_option(any_of(Column::Qualification, &self.qualification))
            .add_option(any_of(Column::Subject, &self.subject))
            .add_option(is(Column::Basis, self.basis))
            .add_option(is(Column::Kind, self.kind))
            .add_option(any_of(Column::Grade, &self.grade))
            .add_option(any_of(Column::Source, &self.source))
    }
}
