//! A figure of a school's results in one subject of one qualification and year: of a grade, or of all grades.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject};
use crate::instant::Instant;
use crate::missing::MissingReason;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_result")]
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
    pub qualification: ExamQualification,
    pub subject: ExamSubject,
    /// The exact qualification or subject, where the two say less.
    pub title: Option<String>,
    pub basis: ExamBasis,
    pub kind: ExamFigureKind,
    pub grade: Option<String>,
    pub pupils: Option<i32>,
    pub missing_reason: Option<MissingReason>,
    pub source: ExamSource,
    /// What a total shares with its grades: qualification, subject, title, basis, and the URN of publication.
    pub series: String,
    /// The place among the figures of a series: the total, or the grade.
    pub cell: String,
    /// The URN under which it was published, where the school is its successor.
    pub published_urn: Option<i32>,
    /// Whether the figure is small, or would give a small one away.
    pub suppressed: bool,
}

row!(Visibility::School(Column::SchoolId), written_by_schools: true);
