//! An export as a workbook of one sheet.

use std::error::Error as _;
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};

use actix_web::rt;
use entity::instant::Instant;
use rust_xlsxwriter::{
    ColNum, DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, RowNum, Workbook, Worksheet, XlsxError,
};
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinError;

use super::column::{Column, told};
use crate::kernel::base::problem::{Code, Fault, Problem, Result};

/// The rows of a sheet below its headings.
const ROWS: u64 = 1_048_575;

/// The first day that all programs read alike: Excel believes in a 29 February 1900.
const FIRST_DAY: &str = "1900-03-01";

/// Items that wait to be written.
const AHEAD: usize = 200;

/// Whether so many items have room in a sheet.
///
/// # Errors
/// 400 when they have not.
pub fn room(count: u64) -> Result<()> {
    if count <= ROWS {
        return Ok(());
    }
    Err(too_large(format!(
        "a sheet holds {ROWS} items, and these are {count}: narrow the filter, or take csv or ndjson"
    )))
}

fn too_large(message: String) -> Problem {
    Problem::new(Code::BadParameter, message.clone()).with(Fault::new("?format", "too_large", message))
}

/// Where the items of a sheet go.
pub struct Rows(Sender<Option<Vec<Value>>>);

impl Rows {
    /// Hands on the next item, a value for each column.
    ///
    /// # Errors
    /// When the sheet cannot be written, which its writer tells.
    pub async fn add(&self, item: Vec<Value>) -> Result<()> {
        self.0.send(Some(item)).await.map_err(|_| Problem::new(Code::Internal, "the sheet is written no further"))
    }
}

/// Writes what `read` gives into an unnamed file, on a thread of its own since it works on disk.
///
/// # Errors
/// 400 for a text that no cell holds; 503 when the file cannot be written, 507 when the disk is
/// full; every error of `read`.
pub async fn write(
    name: String,
    columns: Vec<Column>,
    made: Instant,
    read: impl AsyncFnOnce(&Rows) -> Result<()>,
) -> Result<File> {
    let (sender, items) = channel(AHEAD);
    let writing = rt::task::spawn_blocking(move || file(&name, &columns, made, items));
    let rows = Rows(sender);
    let mut done = read(&rows).await;
    if done.is_ok() && rows.0.send(None).await.is_err() {
        done = Err(Problem::new(Code::Internal, "the sheet is written no further"));
    }
    drop(rows);
    let file = writing.await.map_err(stopped)??;
    done?;
    file.ok_or_else(|| Problem::internal("a sheet without an end"))
}

/// The file, at its beginning; none when the items stop before they are said to end.
fn file(name: &str, columns: &[Column], made: Instant, items: Receiver<Option<Vec<Value>>>) -> Result<Option<File>> {
    let mut workbook = Workbook::new();
    if !fill(&mut workbook, name, columns, made, items)? {
        return Ok(None);
    }
    let mut file = tempfile::tempfile()?;
    let mut to = BufWriter::new(&mut file);
    workbook.save_to_writer(&mut to).map_err(unwritten)?;
    to.flush()?;
    drop(to);
    file.rewind()?;
    Ok(Some(file))
}

fn fill(
    workbook: &mut Workbook,
    name: &str,
    columns: &[Column],
    made: Instant,
    mut items: Receiver<Option<Vec<Value>>>,
) -> Result<bool> {
    let made = ExcelDateTime::from_timestamp(made.as_micros().div_euclid(1_000_000)).map_err(Problem::internal)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(unwritten)?;
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let wrapped = Format::new().set_align(FormatAlign::Top).set_text_wrap();
    head(sheet, name, columns).map_err(unwritten)?;
    let mut row = 0;
    loop {
        let Some(next) = items.blocking_recv() else { return Ok(false) };
        let Some(item) = next else { break };
        row += 1;
        for ((at, column), value) in (0..).zip(columns).zip(&item) {
            let format = if column.day { Some(&day) } else { column.wraps.then_some(&wrapped) };
            cell(sheet, row, at, value, column, format).map_err(|error| refused(error, row, column))?;
        }
    }
    foot(sheet, row, columns).map_err(unwritten)?;
    Ok(true)
}

fn head(sheet: &mut Worksheet, name: &str, columns: &[Column]) -> Result<(), XlsxError> {
    sheet.set_name(name)?.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, column.width)?.write_string_with_format(0, at, &column.name, &bold)?;
    }
    Ok(())
}

/// What is said about the sheet as a whole, once it is known how long it is.
fn foot(sheet: &mut Worksheet, last: RowNum, columns: &[Column]) -> Result<(), XlsxError> {
    let Some(right) = columns.len().checked_sub(1).and_then(|right| ColNum::try_from(right).ok()) else {
        return Ok(());
    };
    sheet.autofilter(0, 0, last, right)?;
    // Codes of digits are texts, and no mistake.
    sheet.ignore_error_range(0, 0, last, right, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// Writes a cell of the value's type; a text is never read as anything else.
fn cell(
    sheet: &mut Worksheet,
    row: RowNum,
    at: ColNum,
    value: &Value,
    column: &Column,
    format: Option<&Format>,
) -> Result<(), XlsxError> {
    let written = match (value, format) {
        (Value::Null, _) => return Ok(()),
        (Value::Bool(flag), _) => sheet.write_boolean(row, at, *flag),
        (Value::Number(number), _) => sheet.write_number(row, at, number.as_f64().unwrap_or(f64::NAN)),
        (Value::String(day), Some(format)) if column.day && day.as_str() >= FIRST_DAY => {
            sheet.write_datetime_with_format(row, at, ExcelDateTime::parse_from_str(day)?, format)
        }
        (_, Some(format)) if column.wraps => sheet.write_string_with_format(row, at, told(value), format),
        _ => sheet.write_string(row, at, told(value)),
    };
    written.map(|_| ())
}

fn refused(error: XlsxError, row: RowNum, column: &Column) -> Problem {
    match error {
        XlsxError::MaxStringLengthExceeded => {
            too_large(format!("`{}` of item {row} is longer than a cell of a sheet: take csv or ndjson", column.name))
        }
        error => unwritten(error),
    }
}

fn unwritten(error: XlsxError) -> Problem {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => error.into(),
        error => match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()) {
            Some(cause) => Problem::of_file(cause),
            None => Problem::internal(error),
        },
    }
}

/// Returns the problem behind a panic of the writer. The library panics when it cannot write to its
/// own temporary file, and hands over the system's error in the text of the panic alone.
fn stopped(error: JoinError) -> Problem {
    let told = error.to_string();
    let panic = error.try_into_panic().ok();
    let text = panic.as_ref().and_then(|panic| panic.downcast_ref::<String>());
    match text.and_then(|text| system_code(text)) {
        Some(code) => Problem::of_file(&io::Error::from_raw_os_error(code)),
        None => Problem::internal(told),
    }
}

/// Finds the number of the system's error in a text that shows an [`io::Error`] for debugging.
fn system_code(text: &str) -> Option<i32> {
    let (_, rest) = text.split_once("Os { code: ")?;
    rest.split(',').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn written(read: impl AsyncFnOnce(&Rows) -> Result<()>) -> Result<File> {
        let columns = vec![Column { name: "id".to_owned(), day: false, width: 10, wraps: false }];
        write("things".to_owned(), columns, Instant::from_micros(0), read).await
    }

    #[test]
    fn a_sheet_holds_so_many_items() {
        assert!(room(0).is_ok() && room(1_048_575).is_ok());
        let problem = room(1_048_576).unwrap_err();
        assert_eq!((problem.code(), problem.errors()[0].pointer.as_str()), (Code::BadParameter, "?format"));
        assert!(problem.detail().contains("1048576"), "{problem}");
    }

    #[actix_web::test]
    async fn a_text_that_no_cell_holds_is_reported_with_its_item() {
        let long = vec![json!("x".repeat(32_768))];
        let problem = written(async |rows| {
            rows.add(vec![json!("x".repeat(32_767))]).await?;
            rows.add(long).await?;
            loop {
                rows.add(vec![json!("next")]).await?;
            }
        });
        let problem = problem.await.unwrap_err();
        assert_eq!(problem.code(), Code::BadParameter, "{problem}");
        assert!(problem.detail().starts_with("`id` of item 2 "), "{problem}");
    }

    #[test]
    fn the_error_behind_a_panic_of_the_library_is_found_in_its_text() {
        let shown = format!("Couldn't write to xml file: {:?}", io::Error::from_raw_os_error(28));
        assert_eq!(system_code(&shown), Some(28), "{shown}");
        assert_eq!(system_code("called `Option::unwrap()` on a `None` value"), None);
    }

    #[actix_web::test]
    async fn what_cannot_be_read_is_no_sheet() {
        let fault = Problem::new(Code::Unavailable, "the database is away");
        let failed = written(async |rows| {
            rows.add(vec![json!("first")]).await?;
            Err(fault)
        });
        assert_eq!(failed.await.unwrap_err().code(), Code::Unavailable);
        assert!(written(async |_| Ok(())).await.unwrap().metadata().unwrap().len() > 0);
    }
}
