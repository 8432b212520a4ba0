//! Files with results of exams, as the Department for Education publishes them: each row of theirs becomes figures.
//!
//! `entries` reads the long files, one figure in each row: subject entries and grades of schools, and of areas. `ks5`
//! reads the 16 to 18 performance table, `sheet` the older workbooks, one institution in each row. `words` knows how
//! they name qualifications, subjects, grades, years and missing figures. Nothing here knows a database.

pub mod entries;
pub mod ks5;
pub mod sheet;
mod words;
pub mod workbook;

use entity::missing::MissingReason;
use entity::outcomes::exam_parts::{ExamAreaLevel, ExamBasis, ExamQualification, ExamSubject};

/// A figure, as a file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamFigure {
    /// Of whom it is.
    pub of: FigureOf,
    /// The academic year; none where the file does not state it.
    pub academic_year: Option<String>,
    /// The kind of qualification.
    pub qualification: ExamQualification,
    /// The subject.
    pub subject: ExamSubject,
    /// The exact qualification or subject, where the two say less.
    pub title: Option<String>,
    /// What it counts.
    pub basis: ExamBasis,
    /// The grade; none for the total.
    pub grade: Option<String>,
    /// The figure, or why it is missing.
    pub stated: Result<i32, MissingReason>,
    /// The column that it stands in.
    pub column: &'static str,
}

/// Of whom a figure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FigureOf {
    /// The school with this URN.
    School(i32),
    /// An area.
    Area {
        /// How large it is.
        level: ExamAreaLevel,
        /// Its code.
        code: String,
        /// Its name.
        name: Option<String>,
    },
}

impl ExamFigure {
    /// The school that it is of, if it is of one.
    #[must_use]
    pub const fn urn(&self) -> Option<i32> {
        match self.of {
            FigureOf::School(urn) => Some(urn),
            FigureOf::Area { .. } => None,
        }
    }
}

/// What a row gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A figure.
    Figure(ExamFigure),
    /// Nothing that is taken: another subject, another sort of row.
    OutOfScope,
}
