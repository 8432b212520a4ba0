//! A figure of the results of a whole area, to compare schools with.

use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::exam_parts::{ExamAreaLevel, ExamBasis, ExamFigureKind, ExamQualification, ExamSource, ExamSubject};
use crate::instant::Instant;
use crate::missing::MissingReason;
use crate::owned::Visibility;
use crate::row;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "exam_statistic")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub hub_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub archived_at: Option<Instant>,
    pub area_level: ExamAreaLevel,
    pub area_code: String,
    pub area_name: Option<String>,
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
    /// What a total shares with its grades: qualification, subject, title and basis.
    pub series: String,
    /// The place among the figures of a series: the total, or the grade.
    pub cell: String,
}

row!(Visibility::HubWide);
