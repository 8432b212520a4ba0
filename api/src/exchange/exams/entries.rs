//! The long files: subject entries and grades, one figure in each row.

use entity::outcomes::exam_parts::{ExamAreaLevel, ExamBasis};

use super::words::{self, Grade};
use super::{ExamFigure, FigureOf, Found};
use crate::exchange::extract::header::{Column, Kind, Layout, folded};
use crate::exchange::extract::reading::{Reading, digits, required, shown};
use crate::exchange::extract::{Record, Remark, remark};

const YEAR: &str = "time_period";
const LEVEL: &str = "geographic_level";
const URN: &str = "school_urn";
const LA: &str = "old_la_code";
const TYPE: &str = "qualification_type";
const DETAILED: &str = "qualification_detailed";
const COHORT: &str = "exam_cohort";
const SUBJECT: &str = "subject";
const GRADE: &str = "grade";
const NUMBER: &str = "number_achieving";

/// The columns with the figure, by which its names differ between years and stages.
const NUMBERS: &[&str] =
    &["entries_count", "number_of_exams", "number", "entries", "total_entries", "number_of_entries", "exam_entries"];

/// A row of a file of schools.
#[derive(Debug)]
pub struct SchoolEntry(pub Found);

/// A row of a file of local authorities, regions and England.
#[derive(Debug)]
pub struct AreaEntry(pub Found);

const COLUMNS: [Column; 8] = [
    Column::new(YEAR, "academic_year").or(&["academic_year", "year"]),
    Column::new(LA, "la_code").or(&["la_code", "lea", "LA (code)"]),
    Column::new(TYPE, "qualification").or(&["qualification"]).one_of(TYPE),
    Column::new(DETAILED, "title").one_of(TYPE),
    Column::new(COHORT, "title"),
    Column::new(SUBJECT, "subject").needed(),
    Column::new(GRADE, "grade").or(&["grade_total_entries", "grade_or_total"]).needed(),
    Column::new(NUMBER, "pupils").or(NUMBERS).needed(),
];

impl Record for SchoolEntry {
    const LAYOUT: Layout = Layout {
        kind: Kind::ExamEntries,
        urn: URN,
        la_code: LA,
        short_rows: false,
        columns: &[
            COLUMNS[0],
            Column::new(LEVEL, "school_id"),
            Column::new(URN, "school_id").or(&["urn"]).needed(),
            COLUMNS[1],
            COLUMNS[2],
            COLUMNS[3],
            COLUMNS[4],
            COLUMNS[5],
            COLUMNS[6],
            COLUMNS[7],
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        if !["", "school", "institution", "provider"].contains(&folded(row.value(LEVEL)).as_str()) {
            return Ok(Self(Found::OutOfScope));
        }
        read(row, |row| row.urn(URN).map(FigureOf::School)).map(Self)
    }
}

impl Record for AreaEntry {
    const LAYOUT: Layout = Layout {
        kind: Kind::ExamEntries,
        urn: URN,
        la_code: LA,
        short_rows: false,
        columns: &[
            COLUMNS[0],
            Column::new(LEVEL, "area_level").needed(),
            COLUMNS[1],
            Column::new("la_name", "area_name"),
            Column::new("region_code", "area_code"),
            Column::new("region_name", "area_name"),
            Column::new("country_code", "area_code"),
            Column::new("country_name", "area_name"),
            COLUMNS[2],
            COLUMNS[3],
            COLUMNS[4],
            COLUMNS[5],
            COLUMNS[6],
            COLUMNS[7],
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        use ExamAreaLevel::{Country, LocalAuthority, Region};

        let (level, code, name) = match folded(row.value(LEVEL)).as_str() {
            "localauthority" | "la" => (LocalAuthority, LA, "la_name"),
            "regional" | "region" => (Region, "region_code", "region_name"),
            "national" | "country" => (Country, "country_code", "country_name"),
            // Schools, and parts of areas that nobody here compares with.
            _ => return Ok(Self(Found::OutOfScope)),
        };
        read(row, |row| area(row, level, code, name)).map(Self)
    }
}

/// An area by the columns with its code and name.
fn area(
    row: &mut Reading<'_>,
    level: ExamAreaLevel,
    column: &'static str,
    name: &'static str,
) -> Result<FigureOf, Remark> {
    let code = match level {
        ExamAreaLevel::LocalAuthority => row.code(column, 3)?.ok_or_else(|| required(column))?,
        ExamAreaLevel::Region | ExamAreaLevel::Country => {
            let value = row.value(column);
            let fits = value.strip_prefix('E').and_then(|rest| digits(rest, 8..=8)).is_some();
            if !fits {
                let message = format!("the letter E and eight digits, not {:?}", shown(value));
                return Err(remark("format", Some(column), message));
            }
            value.to_owned()
        }
    };
    Ok(FigureOf::Area { level, code, name: row.text(name, 100) })
}

fn read(
    row: &mut Reading<'_>,
    whose: impl FnOnce(&mut Reading<'_>) -> Result<FigureOf, Remark>,
) -> Result<Found, Remark> {
    // Most rows are of other subjects, and nothing else of these matters.
    let Some((subject, subject_title)) = words::subject(row.value(SUBJECT)) else { return Ok(Found::OutOfScope) };
    let (detailed, kind) = (row.value(DETAILED), row.value(TYPE));
    if detailed.is_empty() && kind.is_empty() {
        return Err(required(TYPE));
    }
    let (qualification, title) = words::qualification(detailed, kind, row.value(COHORT));
    let grade = match words::grade(row.value(GRADE), qualification) {
        Ok(Grade::Total) => None,
        Ok(Grade::One(grade)) => Some(grade),
        Ok(Grade::Range) => return Ok(Found::OutOfScope),
        Err(message) => return Err(remark("unknown_grade", Some(GRADE), message)),
    };
    let of = whose(row)?;
    let academic_year = match row.value(YEAR) {
        "" => None,
        text => Some(words::year(text).ok_or_else(|| {
            let message = format!("an academic year such as 202223 or 2022/23, not {:?}", shown(text));
            remark("format", Some(YEAR), message)
        })?),
    };
    let stated = words::figure(row.value(NUMBER)).map_err(|message| remark("format", Some(NUMBER), message))?;
    Ok(Found::Figure(ExamFigure {
        of,
        academic_year,
        qualification,
        subject,
        title: words::title(title, subject_title),
        basis: ExamBasis::Entries,
        grade,
        stated,
        column: NUMBER,
    }))
}
