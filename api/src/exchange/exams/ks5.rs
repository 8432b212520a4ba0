//! The 16 to 18 performance table (`england_ks5final`), a school or college in each row.
//!
//! It has over 500 columns and no subject: nothing in it is about music. What is comparable with entries in music is how
//! many pupils there are at all: with A levels, with applied general qualifications, with technical levels, and at level
//! 3 together. These are taken as totals of all subjects that count pupils. Percentages, points, progress and retention
//! are not, nor the figures of earlier years beside them, which have rows in the tables of these years.

use std::io::Read;

use entity::outcomes::exam_parts::{ExamBasis, ExamQualification, ExamSubject};

use super::words;
use super::{ExamFigure, FigureOf};
use crate::exchange::extract::header::{Column, Kind, Layout};
use crate::exchange::extract::reading::Reading;
use crate::exchange::extract::{Extract, Header, Record, Refused, Remark, remark};

/// The columns that are taken, each with what it counts.
const TAKEN: [(&str, ExamQualification); 4] = [
    ("TALLPUP_1618", ExamQualification::AllLevel3),
    ("TALLPUP_ALEV_1618", ExamQualification::ALevel),
    ("TALLPUP_AGEN", ExamQualification::AppliedGeneral),
    ("TALLPUP_TLEV", ExamQualification::TechLevel),
];

/// The rows of schools and colleges; others add up local authorities and England.
const INSTITUTION: &str = "1";

/// A row.
#[derive(Debug)]
pub struct Ks5Row {
    /// Its figures, without their year; none where it is no institution.
    pub figures: Vec<ExamFigure>,
}

impl Record for Ks5Row {
    const LAYOUT: Layout = Layout {
        kind: Kind::ExamKs5,
        urn: "URN",
        la_code: "LEA",
        // Published with 528 fields under 530 columns.
        short_rows: true,
        columns: &[
            Column::new("URN", "school_id").needed(),
            Column::new("LEA", "la_code"),
            Column::new("RECTYPE", "school_id").needed(),
            Column::new(TAKEN[0].0, "pupils").needed(),
            Column::new(TAKEN[1].0, "pupils").or(&["TALLPUP_ALEVA"]),
            Column::new(TAKEN[2].0, "pupils"),
            Column::new(TAKEN[3].0, "pupils"),
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        if !row.value("RECTYPE").starts_with(INSTITUTION) {
            return Ok(Self { figures: Vec::new() });
        }
        let urn = row.urn("URN")?;
        let mut figures = Vec::with_capacity(TAKEN.len());
        for (column, qualification) in TAKEN {
            let text = row.value(column);
            if text.is_empty() {
                continue;
            }
            let stated = words::figure(text).map_err(|message| remark("format", Some(column), message))?;
            figures.push(ExamFigure {
                of: FigureOf::School(urn),
                academic_year: None,
                qualification,
                subject: ExamSubject::AllSubjects,
                title: None,
                basis: ExamBasis::Pupils,
                grade: None,
                stated,
                column,
            });
        }
        Ok(Self { figures })
    }
}

/// The academic year of a table, told by its columns for the years before: the table with `TALLPUP_1618_22` is that of
/// 2022/23.
#[must_use]
pub fn year(header: &Header) -> Option<String> {
    let ends = header.unknown().iter().filter_map(|name| name.strip_prefix("TALLPUP_1618_")?.parse::<i32>().ok());
    let last = ends.max()?;
    words::year(&format!("{}{:02}", 2000 + last, last + 1))
}

/// Opens a table, and finds its academic year.
///
/// # Errors
/// When it is no such table, or nothing tells its year.
pub fn open<R: Read>(
    reader: R,
    today: time::Date,
    asked: Option<&str>,
) -> Result<(Extract<R, Ks5Row>, String), Refused> {
    let extract = Extract::open(reader, today)?;
    let year = asked.map(str::to_owned).or_else(|| year(extract.header()));
    let year = year.ok_or_else(|| {
        let fix = "the table does not tell of which year it is: name it in the parameter `academic_year`";
        Refused::from(remark("no_year", None, fix))
    })?;
    Ok((extract, year))
}
