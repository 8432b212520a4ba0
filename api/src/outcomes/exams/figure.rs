//! A figure of exams as the rules see it, whichever table it stands in.

use entity::missing::MissingReason;
use entity::outcomes::exam_parts::{ExamBasis, ExamFigureKind, ExamQualification, ExamSubject};
use entity::outcomes::{exam_result, exam_statistic};

use super::exam_result::NewExamResult;
use super::exam_statistic::NewExamStatistic;

/// What a figure is about, and what it says.
#[derive(Clone, Copy, Debug)]
pub struct Figure<'a> {
    /// The academic year.
    pub academic_year: &'a str,
    /// The kind of qualification.
    pub qualification: ExamQualification,
    /// The subject.
    pub subject: ExamSubject,
    /// The exact qualification or subject, where the two say less.
    pub title: Option<&'a str>,
    /// What it counts.
    pub basis: ExamBasis,
    /// Whether it is a total.
    pub kind: ExamFigureKind,
    /// The grade; none for a total.
    pub grade: Option<&'a str>,
    /// The figure.
    pub pupils: Option<i32>,
    /// Why it is missing, if it is.
    pub missing_reason: Option<MissingReason>,
}

/// A row or a form with a figure.
pub trait Figured {
    /// The figure.
    fn figure(&self) -> Figure<'_>;
}

macro_rules! figured {
    ($($type:ty),+) => {
        $(impl Figured for $type {
            fn figure(&self) -> Figure<'_> {
                Figure {
                    academic_year: &self.academic_year,
                    qualification: self.qualification,
                    subject: self.subject,
                    title: self.title.as_deref(),
                    basis: self.basis,
                    kind: self.kind,
                    grade: self.grade.as_deref(),
                    pupils: self.pupils,
                    missing_reason: self.missing_reason,
                }
            }
        })+
    };
}

figured!(exam_result::Model, exam_statistic::Model, NewExamResult, NewExamStatistic);
