//! Results of exams on their way in: of schools (`results`), and of the areas that they are compared with
//! (`statistics`).
//!
//! A figure has a place that no other has: whose it is, its year, its series and its grade. The figures of a chunk are
//! looked up by their series in one statement. `stated` remembers which places the file has had, for a figure that
//! stands in it twice, and for a total that its grades contradict.

mod results;
mod stated;
mod statistics;

use std::marker::PhantomData;
use std::ops::ControlFlow;

use entity::outcomes::exam_parts::ExamFigureKind;

pub use self::results::Results;
pub use self::statistics::Statistics;
use super::reading::{Opened, Rows};
use crate::exchange::exams::entries::{AreaEntry, SchoolEntry};
use crate::exchange::exams::{ExamFigure, Found, ks5, sheet};
use crate::exchange::extract::{Refused, Row, Understood};

/// A kind of file with results of schools.
pub trait ExamFile: 'static {
    /// Reads its figures.
    ///
    /// # Errors
    /// When it cannot be read, or is of another kind.
    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> Result<(), Refused>;
}

/// The long file of schools.
pub struct Entries;

/// The older workbook.
pub struct Sheet;

/// The 16 to 18 performance table.
pub struct Ks5;

impl ExamFile for Entries {
    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> Result<(), Refused> {
        let year = file.academic_year.clone();
        rows.extract(file, |rows, row: Row<SchoolEntry>| found(rows, in_year(row, year.as_deref(), |entry| entry.0)))
    }
}

impl ExamFile for Sheet {
    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> Result<(), Refused> {
        let year = file.academic_year;
        sheet::read(file.file, |row| found(rows, in_year(row, year.as_deref(), |found| found)))
    }
}

impl ExamFile for Ks5 {
    fn read(file: Opened, rows: &mut Rows<ExamFigure>) -> Result<(), Refused> {
        let (extract, year) = ks5::open(file.file, file.today, file.academic_year.as_deref())?;
        rows.rows_of(extract, |rows, row| {
            let Row { line, last_line, outcome } = row;
            let Understood { record, unsaid, warnings } = match outcome {
                Ok(understood) => understood,
                Err(rejected) => return rows.push(Row { line, last_line, outcome: Err(rejected) }),
            };
            if record.figures.is_empty() {
                return rows.pass();
            }
            for figure in record.figures {
                let record = ExamFigure { academic_year: Some(year.clone()), ..figure };
                let understood = Understood { record, unsaid: unsaid.clone(), warnings: warnings.clone() };
                rows.push(Row { line, last_line, outcome: Ok(understood) })?;
            }
            ControlFlow::Continue(())
        })
    }
}

/// Reads the long file of areas.
fn areas(file: Opened, rows: &mut Rows<ExamFigure>) -> Result<(), Refused> {
    let year = file.academic_year.clone();
    rows.extract(file, |rows, row: Row<AreaEntry>| found(rows, in_year(row, year.as_deref(), |entry| entry.0)))
}

/// The same row with what it gives, in the year that the sender named where it states none.
fn in_year<T>(row: Row<T>, year: Option<&str>, found: impl FnOnce(T) -> Found) -> Row<Found> {
    let Row { line, last_line, outcome } = row;
    let outcome = outcome.map(|Understood { record, unsaid, warnings }| {
        let record = match found(record) {
            Found::Figure(figure) => {
                let academic_year = figure.academic_year.clone().or_else(|| year.map(str::to_owned));
                Found::Figure(ExamFigure { academic_year, ..figure })
            }
            Found::OutOfScope => Found::OutOfScope,
        };
        Understood { record, unsaid, warnings }
    });
    Row { line, last_line, outcome }
}

/// Hands on what a row gives.
fn found(rows: &mut Rows<ExamFigure>, row: Row<Found>) -> ControlFlow<()> {
    let Row { line, last_line, outcome } = row;
    match outcome {
        Ok(Understood { record: Found::OutOfScope, .. }) => rows.pass(),
        Ok(Understood { record: Found::Figure(record), unsaid, warnings }) => {
            rows.push(Row { line, last_line, outcome: Ok(Understood { record, unsaid, warnings }) })
        }
        Err(rejected) => rows.push(Row { line, last_line, outcome: Err(rejected) }),
    }
}

impl ExamFigure {
    /// Whether it is a total.
    const fn kind(&self) -> ExamFigureKind {
        if self.grade.is_some() { ExamFigureKind::Grade } else { ExamFigureKind::Total }
    }
}

/// The message about a figure without a year.
const NO_YEAR: &str = "the year of the figure is not stated: name it in the parameter `academic_year`";

/// The message about a figure that stands in the file twice.
const REPEATED: &str = "the same figure stands on an earlier line: keep one of the two";

/// Marks a type by a kind of file.
type Of<F> = PhantomData<fn() -> F>;
