//! Workbooks (XLSX), sheet by sheet and row by row.

use std::io::{self, BufReader, Read, Seek, SeekFrom, sink};
use std::ops::ControlFlow;

use calamine::{DataRef, Reader, Xlsx};
use zip::ZipArchive;

use crate::exchange::extract::{Refused, Remark, remark};

/// How long a workbook may be once it is unpacked: more is no list of institutions. Its texts are held as a whole.
const MOST: u64 = 200 << 20;

/// A row of a sheet: its number, from 1, and its cells as text, by column.
pub struct SheetRow<'s> {
    /// The sheet's name.
    pub sheet: &'s str,
    /// The row's number, as a spreadsheet shows it.
    pub number: u64,
    /// The cells; those in between are empty.
    pub cells: Vec<String>,
}

/// Reads every row that has a cell, for as long as `each` wants more.
///
/// # Errors
/// When the file is no workbook, or too large a one.
pub fn rows<R: Read + Seek>(mut file: R, mut each: impl FnMut(SheetRow<'_>) -> ControlFlow<()>) -> Result<(), Refused> {
    check(&mut file)?;
    file.seek(SeekFrom::Start(0))?;
    let mut book = Xlsx::new(BufReader::new(file)).map_err(|_| unread())?;
    for sheet in book.sheet_names() {
        let mut cells = book.worksheet_cells_reader(&sheet).map_err(|_| unread())?;
        let mut row = SheetRow { sheet: &sheet, number: 0, cells: Vec::new() };
        while let Some(cell) = cells.next_cell().map_err(|_| unread())? {
            let (number, column) = (u64::from(cell.get_position().0) + 1, cell.get_position().1 as usize);
            if number != row.number {
                let done = std::mem::replace(&mut row, SheetRow { sheet: &sheet, number, cells: Vec::new() });
                if !done.cells.is_empty() && each(done).is_break() {
                    return Ok(());
                }
            }
            if column < COLUMNS {
                row.cells.resize(row.cells.len().max(column + 1), String::new());
                row.cells[column] = text(cell.get_value());
            }
        }
        if !row.cells.is_empty() && each(row).is_break() {
            return Ok(());
        }
    }
    Ok(())
}

/// How many columns of a row are read.
const COLUMNS: usize = 500;

fn text(value: &DataRef<'_>) -> String {
    let text = match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        _ => String::new(),
    };
    text.trim().to_owned()
}

/// Unpacks the whole without keeping it: an archive may state a wrong length.
fn check<R: Read + Seek>(file: &mut R) -> Result<(), Refused> {
    let mut archive = ZipArchive::new(file).map_err(|_| no_workbook())?;
    if archive.index_for_name("xl/workbook.xml").is_none() {
        return Err(no_workbook().into());
    }
    let mut left = MOST;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|_| no_workbook())?;
        left -= match io::copy(&mut part.take(left + 1), &mut sink()) {
            Ok(read) if read <= left => read,
            Ok(_) => {
                let fix =
                    "the workbook is longer than 200 MB once it is unpacked: keep the sheet with the results alone";
                return Err(remark("too_large", None, fix).into());
            }
            Err(_) => return Err(unread().into()),
        };
    }
    Ok(())
}

fn no_workbook() -> Remark {
    let fix = "this is no Excel workbook (.xlsx): open the file in a spreadsheet program and save it as one";
    remark("no_workbook", None, fix)
}

fn unread() -> Remark {
    remark("broken_workbook", None, "the workbook cannot be read: fetch it again, or save it again as .xlsx")
}
