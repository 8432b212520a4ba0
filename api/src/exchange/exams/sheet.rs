//! The older workbooks: results of institutions, one in each row, with a column for each grade.
//!
//! A sheet has some lines of title first, then a line that names its columns: the URN, grades and their total, and
//! often the qualification and the subject. Where these and the year have no column, the title or the name of the sheet
//! says them. Sheets without such a line, such as notes, are passed over.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use entity::outcomes::exam_parts::{ExamBasis, ExamQualification, ExamSubject};

use super::words::{self, Grade};
use super::workbook::{self, SheetRow};
use super::{ExamFigure, FigureOf, Found};
use crate::exchange::extract::header::folded;
use crate::exchange::extract::reading::{digits, shown};
use crate::exchange::extract::{Refused, Rejected, Remark, Row, Understood, remark};

/// How far down a sheet its columns are named.
const TITLES: u64 = 40;

/// Names of the column with the URN.
const URN: [&str; 5] = ["urn", "schoolurn", "institutionurn", "uniquereferencenumber", "urnofschool"];

/// Reads the figures of a workbook, for as long as `each` wants more.
///
/// # Errors
/// When the file is no workbook, or no sheet of it has results.
pub fn read<R: Read + Seek>(file: R, mut each: impl FnMut(Row<Found>) -> ControlFlow<()>) -> Result<(), Refused> {
    let mut sheet = Sheet::default();
    let mut found = false;
    workbook::rows(file, |row| {
        if sheet.name != row.sheet {
            sheet = Sheet { name: row.sheet.to_owned(), ..Sheet::default() };
            sheet.titles.push(row.sheet.to_owned());
        }
        match &sheet.columns {
            Some(columns) => columns.figures(row, &mut each),
            None if row.number > TITLES => ControlFlow::Continue(()),
            None => {
                sheet.columns = Columns::of(&row, &sheet.titles);
                found |= sheet.columns.is_some();
                sheet.titles.extend(row.cells.into_iter().filter(|cell| !cell.is_empty()));
                ControlFlow::Continue(())
            }
        }
    })?;
    if found { Ok(()) } else { Err(no_results().into()) }
}

/// Refuses a file that has no results, before anything is made of it.
///
/// # Errors
/// As [`read`].
pub fn check<R: Read + Seek>(file: R) -> Result<(), Refused> {
    read(file, |_| ControlFlow::Break(()))
}

fn no_results() -> Remark {
    let fix = "no sheet has a line within its first 40 that names the columns: one with the URN, and one for each \
               grade or for the total";
    remark("missing_columns", None, fix)
}

/// A sheet as far as it was read.
#[derive(Default)]
struct Sheet {
    name: String,
    titles: Vec<String>,
    columns: Option<Columns>,
}

/// What the columns of a sheet are.
struct Columns {
    urn: usize,
    qualification: Option<usize>,
    subject: Option<usize>,
    year: Option<usize>,
    /// The columns with figures, each with its name.
    figures: Vec<(usize, String)>,
    /// What the title says, where no column does.
    told: Told,
}

/// What the title of a sheet says.
struct Told {
    qualification: Option<(ExamQualification, Option<String>)>,
    subject: Option<(ExamSubject, Option<String>)>,
    year: Option<String>,
}

impl Columns {
    /// The columns that a line names; none where it is no such line.
    fn of(row: &SheetRow<'_>, titles: &[String]) -> Option<Self> {
        let names: Vec<_> = row.cells.iter().map(|cell| folded(cell)).collect();
        let urn = names.iter().position(|name| URN.contains(&name.as_str()))?;
        let named = |known: &[&str]| names.iter().position(|name| known.contains(&name.as_str()));
        let qualification = named(&["qualification", "qualificationtype", "qualificationname", "qual"]);
        let subject = named(&["subject", "subjectname", "subjectarea"]);
        let year = named(&["academicyear", "year", "timeperiod"]);
        let told = Told::of(titles);
        let of = told.qualification.as_ref().map(|(kind, _)| *kind);
        let is_figure = |name: &str| {
            let any = [ExamQualification::Gcse, ExamQualification::ALevel, ExamQualification::Btec];
            any.into_iter().chain(of).any(|kind| stands_for_figure(name, kind))
        };
        let figures = row.cells.iter().enumerate().filter(|(_, name)| is_figure(name));
        let figures: Vec<_> = figures.map(|(at, name)| (at, name.clone())).collect();
        (!figures.is_empty()).then_some(Self { urn, qualification, subject, year, figures, told })
    }

    /// Gives each figure of a row.
    fn figures(&self, row: SheetRow<'_>, each: &mut impl FnMut(Row<Found>) -> ControlFlow<()>) -> ControlFlow<()> {
        let cell = |at: usize| row.cells.get(at).map_or("", String::as_str);
        let urn = digits(cell(self.urn), 6..=6).and_then(|urn| urn.parse().ok());
        let line = row.number;
        let mut give = |outcome| each(Row { line, last_line: line, outcome });
        let passed = || Ok(Understood { record: Found::OutOfScope, unsaid: Vec::new(), warnings: Vec::new() });
        let subject = self.subject.map(|at| words::subject(cell(at)));
        let Some(subject) = subject.unwrap_or_else(|| self.told.subject.clone()) else { return give(passed()) };
        let Some(urn) = urn else {
            // Sums and notes have no URN, and no figure of a school.
            if cell(self.urn).is_empty() {
                return give(passed());
            }
            let message = format!("six digits, not {:?}", shown(cell(self.urn)));
            let remark = remark("format", Some("URN"), message);
            return give(Err(Rejected { remark, urn: None, la_code: None }));
        };
        for (at, name) in &self.figures {
            let read = self.figure(urn, subject.clone(), name, &cell);
            let read = match (cell(*at), read) {
                ("", _) => Ok(Found::OutOfScope),
                (text, Ok(figure)) => stated(figure, text),
                (_, Err(remark)) => Err(remark),
            };
            let outcome = match read {
                Ok(record) => Ok(Understood { record, unsaid: Vec::new(), warnings: Vec::new() }),
                Err(remark) => Err(Rejected { remark, urn: Some(urn), la_code: None }),
            };
            give(outcome)?;
        }
        ControlFlow::Continue(())
    }

    /// A figure without its number; none of a column that follows from others.
    fn figure<'c>(
        &self,
        urn: i32,
        (subject, subject_title): (ExamSubject, Option<String>),
        column: &str,
        cell: &impl Fn(usize) -> &'c str,
    ) -> Result<Option<ExamFigure>, Remark> {
        let named = self.qualification.map(|at| words::qualification(cell(at), "", ""));
        let (qualification, title) = named.or_else(|| self.told.qualification.clone()).ok_or_else(|| {
            let fix = "neither a column nor the title says the qualification: add a column Qualification";
            remark("no_qualification", None, fix)
        })?;
        let year = self.year.map(cell).filter(|text| !text.is_empty());
        let academic_year = match year {
            None => self.told.year.clone(),
            Some(text) => Some(words::year(text).ok_or_else(|| {
                let message = format!("an academic year such as 2014/15, not {:?}", shown(text));
                remark("format", Some("Year"), message)
            })?),
        };
        let grade = match words::grade(column, qualification) {
            Ok(Grade::Total) => None,
            Ok(Grade::One(grade)) => Some(grade),
            // A grade of other qualifications than the one of this row, or several grades in one.
            Ok(Grade::Range) | Err(_) => return Ok(None),
        };
        Ok(Some(ExamFigure {
            of: FigureOf::School(urn),
            academic_year,
            qualification,
            subject,
            title: words::title(title, subject_title),
            basis: ExamBasis::Entries,
            grade,
            stated: Ok(0),
            column: "grade",
        }))
    }
}

/// The figure with its number.
fn stated(figure: Option<ExamFigure>, text: &str) -> Result<Found, Remark> {
    let Some(figure) = figure else { return Ok(Found::OutOfScope) };
    let of = figure.grade.clone().unwrap_or_else(|| "the total".to_owned());
    match words::figure(text) {
        Ok(stated) => Ok(Found::Figure(ExamFigure { stated, ..figure })),
        Err(message) => Err(remark("format", Some("grade"), format!("{of}: {message}"))),
    }
}

/// Returns true if a column has figures of a grade, or of all.
fn stands_for_figure(name: &str, qualification: ExamQualification) -> bool {
    let text = folded(name);
    let known = match words::grade(name, qualification) {
        Ok(Grade::Total) => text.starts_with("total") || text.contains("entries"),
        Ok(Grade::One(grade)) => {
            let parts = ["D*", "D", "M", "P", "U", "X"];
            crate::outcomes::exams::rules::fixed_grades(qualification)
                .map_or_else(|| parts.contains(&grade.as_str()), |known| known.contains(&grade.as_str()))
        }
        Ok(Grade::Range) | Err(_) => false,
    };
    known && !text.is_empty()
}

impl Told {
    fn of(titles: &[String]) -> Self {
        let all = titles.join(" ");
        let text = folded(&all);
        let kinds = ["gcse", "aslevel", "alevel", "btec"];
        let qualification = kinds.into_iter().find(|kind| text.contains(kind));
        let words_of = || all.split(|c: char| c.is_whitespace() || "(),;:".contains(c));
        Self {
            qualification: qualification.map(|kind| words::qualification(kind, "", "")),
            subject: words::subject(&all).map(|(subject, _)| (subject, None)),
            year: words_of().find_map(words::year),
        }
    }
}
