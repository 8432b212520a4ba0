//! Figures of schools by the template of a collection, a figure in each row: as CSV or as a workbook.

use std::collections::HashMap;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;

use entity::missing::MissingReason;
use entity::outcomes::measure_definition::DimensionName;
use time::Date;
use uuid::Uuid;

use super::exams::workbook;
use super::extract::header::{Column, Kind, Layout, folded};
use super::extract::reading::{Reading, required, shown};
use super::extract::{Extract, Record, Refused, Rejected, Remark, Row, Understood, remark};

const URN: &str = "urn";
const SCHOOL: &str = "school_id";
const YEAR: &str = "academic_year";
const MEASURE: &str = "measure";
const BREAKDOWN: &str = "breakdown";
const VALUE: &str = "value";
const REASON: &str = "missing_reason";
const ESTIMATED: &str = "estimated";
const NOTE: &str = "note";

/// The columns that are read.
const READ: [&str; 9] = [URN, SCHOOL, YEAR, MEASURE, BREAKDOWN, VALUE, REASON, ESTIMATED, NOTE];

/// The greatest figure.
const MOST: i64 = 1_000_000_000;

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FigureRow {
    /// The school's URN.
    pub urn: Option<i32>,
    /// The school's id, for a school outside the register.
    pub school_id: Option<Uuid>,
    /// The academic year; the one that the sender named where the row has none.
    pub academic_year: Option<String>,
    /// The code of the measure.
    pub code: String,
    /// The dimensions with their codes.
    pub codes: Vec<(DimensionName, String)>,
    /// The figure.
    pub value: Option<i64>,
    /// Why there is none.
    pub missing_reason: Option<MissingReason>,
    /// Whether it is a best estimate; none where the row does not say.
    pub estimated: Option<bool>,
    /// Anything worth knowing.
    pub note: Option<String>,
}

impl FigureRow {
    /// Reads a row from its cells.
    fn of(cell: impl Fn(&str) -> String) -> Result<Self, Remark> {
        let text = |name: &str| Some(cell(name).trim().to_owned()).filter(|text| !text.is_empty());
        let urn = text(URN).map(|text| {
            let urn = text.parse().ok().filter(|urn| (100_000..=999_999).contains(urn));
            urn.ok_or_else(|| remark("invalid", Some(URN), format!("six digits, not {}", shown(&text))))
        });
        let school_id = text(SCHOOL).map(|text| {
            text.parse().map_err(|_| remark("invalid", Some(SCHOOL), format!("an id, not {}", shown(&text))))
        });
        let (urn, school_id) = (urn.transpose()?, school_id.transpose()?);
        if urn.is_none() && school_id.is_none() {
            return Err(remark("required", Some(URN), "name the school by its URN, or by its id in `school_id`"));
        }
        let note = text(NOTE).map(|note| plain(&note).chars().take(1000).collect());
        Ok(Self {
            urn,
            school_id,
            academic_year: text(YEAR),
            code: text(MEASURE).ok_or_else(|| required(MEASURE))?,
            codes: text(BREAKDOWN).map(|text| codes(&text)).transpose()?.unwrap_or_default(),
            value: text(VALUE).map(|text| figure(&text)).transpose()?,
            missing_reason: text(REASON).map(|text| reason(&text)).transpose()?,
            estimated: text(ESTIMATED).map(|text| flag(&text)).transpose()?,
            note,
        })
    }
}

/// A text without the apostrophe that keeps spreadsheets from taking it for a formula.
fn plain(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => text,
    }
}

fn codes(text: &str) -> Result<Vec<(DimensionName, String)>, Remark> {
    let one = |part: &str| {
        let (name, code) = part.split_once('=')?;
        let name = DimensionName::ALL.iter().find(|known| known.as_str() == name.trim())?;
        Some((*name, code.trim().to_owned()))
    };
    let mut codes = Vec::new();
    for part in text.split(';') {
        let names: Vec<_> = DimensionName::ALL.iter().map(|name| name.as_str()).collect();
        let fix = || format!("parts such as key_stage=ks2, of {}, not {}", names.join(", "), shown(part));
        codes.push(one(part).ok_or_else(|| remark("invalid", Some(BREAKDOWN), fix()))?);
    }
    codes.sort_by_key(|(name, _)| DimensionName::ALL.iter().position(|known| known == name));
    Ok(codes)
}

fn figure(text: &str) -> Result<i64, Remark> {
    let number = text.replace(',', "").parse::<i64>().ok().filter(|number| (0..=MOST).contains(number));
    number.ok_or_else(|| {
        let fix = format!(
            "a whole number, not {}: for a figure that is missing leave `value` empty and fill in `missing_reason`",
            shown(text)
        );
        remark("invalid", Some(VALUE), fix)
    })
}

fn reason(text: &str) -> Result<MissingReason, Remark> {
    let named = folded(text);
    MissingReason::ALL.iter().copied().find(|reason| folded(reason.as_str()) == named).ok_or_else(|| {
        let known: Vec<_> = MissingReason::ALL.iter().map(|reason| reason.as_str()).collect();
        remark("invalid", Some(REASON), format!("one of {}, not {}", known.join(", "), shown(text)))
    })
}

fn flag(text: &str) -> Result<bool, Remark> {
    match folded(text).as_str() {
        "true" | "yes" | "y" | "1" | "e" => Ok(true),
        "false" | "no" | "n" | "0" => Ok(false),
        _ => Err(remark("invalid", Some(ESTIMATED), format!("true or false, not {}", shown(text)))),
    }
}

impl Record for FigureRow {
    const LAYOUT: Layout = Layout {
        kind: Kind::Measures,
        urn: URN,
        la_code: "la_code",
        short_rows: true,
        columns: &[
            Column::new(URN, "school_id").one_of(URN),
            Column::new(SCHOOL, "school_id").one_of(URN),
            Column::new(YEAR, "academic_year"),
            Column::new(MEASURE, "definition_code").needed(),
            Column::new(BREAKDOWN, "breakdown"),
            Column::new(VALUE, "value").needed(),
            Column::new(REASON, "missing_reason"),
            Column::new(ESTIMATED, "estimated"),
            Column::new(NOTE, "note"),
        ],
    };

    fn read(row: &mut Reading<'_>) -> Result<Self, Remark> {
        Self::of(|name| row.value(name).to_owned())
    }
}

/// Returns true if the file is a workbook, by its first bytes.
///
/// # Errors
/// When it cannot be read.
pub fn is_workbook<R: Read + Seek>(file: &mut R) -> std::io::Result<bool> {
    let mut first = Vec::new();
    file.by_ref().take(2).read_to_end(&mut first)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(first == *b"PK")
}

/// Reads the rows of a workbook, for as long as `each` wants more. The first row that names the columns comes before
/// them.
///
/// # Errors
/// When the file is no workbook, or has no such row.
pub fn rows_of_workbook<R: Read + Seek>(
    file: R,
    mut each: impl FnMut(Row<FigureRow>) -> ControlFlow<()>,
) -> Result<(), Refused> {
    let mut columns: Option<HashMap<&'static str, usize>> = None;
    workbook::rows(file, |row| {
        let Some(columns) = &columns else {
            let place =
                |name: &'static str| Some((name, row.cells.iter().position(|cell| folded(cell) == folded(name))?));
            let found: HashMap<_, _> = READ.into_iter().filter_map(place).collect();
            columns = [MEASURE, VALUE].iter().all(|name| found.contains_key(name)).then_some(found);
            return ControlFlow::Continue(());
        };
        let cell = |name: &str| columns.get(name).and_then(|at| row.cells.get(*at)).cloned().unwrap_or_default();
        let read = FigureRow::of(cell);
        let outcome = match read {
            Ok(record) => Ok(Understood { record, unsaid: Vec::new(), warnings: Vec::new() }),
            Err(remark) => Err(Rejected { remark, urn: cell(URN).parse().ok(), la_code: None }),
        };
        each(Row { line: row.number, last_line: row.number, outcome })
    })?;
    match columns {
        Some(_) => Ok(()),
        None => {
            let fix = "no row names the columns `measure` and `value`: use the template of the collection, GET \
                       /collections/{id}/template";
            Err(remark("missing_columns", None, fix).into())
        }
    }
}

/// Refuses a file without figures, before anything is made of it.
///
/// # Errors
/// When it is of another kind.
pub fn check<R: Read + Seek>(mut file: R, today: Date) -> Result<(), Refused> {
    if is_workbook(&mut file)? {
        return rows_of_workbook(file, |_| ControlFlow::Break(()));
    }
    Extract::<_, FigureRow>::open(file, today).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[(&str, &str)]) -> Result<FigureRow, Remark> {
        let cells: HashMap<&str, &str> = cells.iter().copied().collect();
        FigureRow::of(|name| cells.get(name).copied().unwrap_or_default().to_owned())
    }

    #[test]
    fn a_row_is_read_by_its_columns() {
        let read = row(&[
            ("urn", "120305"),
            ("academic_year", "2014/15"),
            ("measure", "pupils"),
            ("breakdown", "sex=girls; key_stage=ks2"),
            ("value", "1,204"),
            ("estimated", "yes"),
        ]);
        let read = read.unwrap();
        assert_eq!((read.urn, read.value, read.estimated), (Some(120_305), Some(1204), Some(true)));
        let codes: Vec<_> = read.codes.iter().map(|(name, code)| (name.as_str(), code.as_str())).collect();
        assert_eq!(codes, [("key_stage", "ks2"), ("sex", "girls")]);
    }

    #[test]
    fn a_row_that_is_not_understood_says_what_to_change() {
        let of = |name: &'static str, text| {
            let good = [("urn", "120305"), ("measure", "pupils"), ("value", "3")];
            let cells: Vec<_> = good.into_iter().filter(|(known, _)| *known != name).chain([(name, text)]).collect();
            let remark = row(&cells).unwrap_err();
            (remark.column, remark.code)
        };
        assert_eq!(of("value", "three"), (Some("value"), "invalid"));
        assert_eq!(of("value", "-1"), (Some("value"), "invalid"));
        assert_eq!(of("urn", ""), (Some("urn"), "required"));
        assert_eq!(of("breakdown", "ks2"), (Some("breakdown"), "invalid"));
        assert_eq!(of("missing_reason", "lost"), (Some("missing_reason"), "invalid"));
        assert_eq!(of("estimated", "perhaps"), (Some("estimated"), "invalid"));
        assert_eq!(of("measure", ""), (Some("measure"), "required"));
    }
}
