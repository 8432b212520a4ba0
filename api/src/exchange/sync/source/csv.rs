//! A folder of CSV files, one for each table.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::away::Away;
use super::select::Select;
use super::worker::{BATCH, Log, Question, RawRow, Reply, Request, Worker};
use crate::exchange::extract::Encoding;
use crate::exchange::extract::Refused;
use crate::exchange::extract::plain::{Plain, PlainRow};
use crate::exchange::sync::mapping::section::TableName;
use crate::exchange::sync::mapping::{CsvEncoding, Mapping};
use crate::kernel::base::nearest::nearest;

/// How files are read.
#[derive(Clone, Debug)]
struct Folder {
    path: PathBuf,
    separator: u8,
    only: Option<Encoding>,
    log: Log,
}

/// Starts the thread that reads the files.
pub fn start(mapping: &Mapping, log: &Log) -> Result<Worker, Away> {
    let source = mapping.source();
    let only = match source.encoding {
        CsvEncoding::Auto => None,
        CsvEncoding::Utf8 => Some(Encoding::Utf8),
        CsvEncoding::Windows1252 => Some(Encoding::Windows1252),
    };
    let path = PathBuf::from(source.address.as_str());
    let folder = Folder { path, separator: source.separator, only, log: log.clone() };
    fs::read_dir(&folder.path).map_err(|error| {
        Away::new("missing", format!("the folder of the source cannot be read: {error}: check `address`"))
    })?;
    let (requests, mut waiting) = mpsc::channel::<Request>(1);
    let thread = std::thread::Builder::new().name("sync-csv".to_owned()).spawn(move || {
        while let Some(request) = waiting.blocking_recv() {
            let end = folder.answer(&request).map(|()| None);
            let _gone = request.reply.blocking_send(end);
        }
    });
    thread.map_err(|error| Away::new("failed", format!("no thread to read the files: {error}")))?;
    Ok(Worker::new(requests, None, source.timeout))
}

impl Folder {
    fn answer(&self, request: &Request) -> Result<(), Away> {
        match &request.question {
            Question::Rows(select) => self.rows(select, &request.reply),
            Question::Probe(select) => self.open(&select.table).map(|_| ()),
            Question::Columns(table) => {
                let Ok(plain) = self.open(table) else { return Ok(()) };
                let names = plain.header().iter().map(|name| RawRow::Cells(Box::new([Some(name.clone())])));
                let _gone = request.reply.blocking_send(Ok(Some(names.collect())));
                Ok(())
            }
        }
    }

    fn open(&self, table: &TableName) -> Result<Plain<BufReader<File>>, Away> {
        let name = table.as_text();
        let path = self.find(&name)?;
        self.log.note(&path.display().to_string());
        let file = File::open(&path).map_err(|error| {
            Away::new("permission", format!("the file {} cannot be read: {error}: check its rights", named(&path)))
        })?;
        Plain::open(BufReader::new(file), self.separator, self.only).map_err(|refused| match refused {
            Refused::Unread(error) => unread(&path, &error),
            Refused::Unfit(remark) => Away::new("failed", format!("{}: {}", named(&path), remark.message)),
        })
    }

    /// The file of a table: its name as it stands, or with `.csv` after it, in any case.
    fn find(&self, name: &str) -> Result<PathBuf, Away> {
        let wanted = [name.to_lowercase(), format!("{}.csv", name.to_lowercase())];
        let entries = fs::read_dir(&self.path).map_err(|error| unread(&self.path, &error))?;
        let names: Vec<String> = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        let mut found: Vec<&String> = names.iter().filter(|it| wanted.contains(&it.to_lowercase())).collect();
        found.sort();
        found.first().map(|name| self.path.join(name)).ok_or_else(|| {
            let fix = match nearest(&format!("{name}.csv"), names.iter().map(String::as_str)) {
                Some(near) => format!(": did you mean {near}?"),
                None => ": export it, or take the table out of the mapping".to_owned(),
            };
            Away::new("missing", format!("there is no file {name}.csv in the folder of the source{fix}"))
        })
    }

    fn rows(&self, select: &Select, reply: &mpsc::Sender<Reply>) -> Result<(), Away> {
        let mut plain = self.open(&select.table)?;
        let path = self.find(&select.table.as_text())?;
        let mut places = Vec::new();
        for column in &select.columns {
            let place = plain.header().iter().position(|name| name.eq_ignore_ascii_case(&column.name));
            places.push(place.ok_or_else(|| {
                let fix = match nearest(&column.name, plain.header().iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "correct the name in the mapping".to_owned(),
                };
                Away::new("missing", format!("{} has no column `{}`: {fix}", named(&path), column.name))
            })?);
        }
        let pick = |cells: &[String]| -> Box<[Option<String>]> {
            places.iter().map(|place| cells.get(*place).filter(|cell| !cell.trim().is_empty()).cloned()).collect()
        };
        let (mut batch, mut lines) = (Vec::new(), 0_u64);
        while let Some(PlainRow { line, cells, fault }) = plain.row().map_err(|error| unread(&path, &error))? {
            if let Some(Total(total)) = total(&cells) {
                if total.is_some_and(|total| total != lines) {
                    return Err(Away::new(
                        "failed",
                        format!(
                            "{} says that it has {} rows, but has {lines}: export it again, whole",
                            named(&path),
                            total.unwrap_or_default()
                        ),
                    ));
                }
                continue;
            }
            lines += 1;
            batch.push(match fault {
                None => RawRow::Cells(pick(&cells)),
                Some(fault) => {
                    // The cells stand in their places up to the fault, the last of them cut off.
                    let whole = cells.get(..cells.len().saturating_sub(1)).unwrap_or_default();
                    RawRow::Unread { line, cells: pick(whole), code: fault.code, message: fault.message }
                }
            });
            if batch.len() == BATCH && reply.blocking_send(Ok(Some(std::mem::take(&mut batch)))).is_err() {
                return Ok(());
            }
        }
        if !batch.is_empty() {
            let _gone = reply.blocking_send(Ok(Some(batch)));
        }
        Ok(())
    }
}

/// A line such as `Total rows,4919`, which some programs write after the last row, and its number if it has one.
#[derive(Debug, PartialEq)]
struct Total(Option<u64>);

/// The total that a line states. Such a line is no row.
fn total(cells: &[String]) -> Option<Total> {
    const WORDS: [&str; 6] = ["total", "totals", "total rows", "row count", "rows", "records"];
    let (first, rest) = cells.split_first()?;
    let word = first.trim().trim_end_matches(':').to_lowercase();
    let mut filled = rest.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty());
    let number = filled.next();
    let alone = filled.next().is_none();
    let number = number.map(|number| number.replace(',', "").parse::<u64>());
    match number {
        Some(Err(_)) => None,
        number => (WORDS.contains(&word.as_str()) && alone).then(|| Total(number.and_then(Result::ok))),
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Away {
    Away::new("failed", format!("{} cannot be read: {error}", named(path)))
}

/// The name of a file, without the folder that it is in.
fn named(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_totals_is_no_row() {
        let cells = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(total(&cells(&["Total rows", "4919"])), Some(Total(Some(4919))));
        assert_eq!(total(&cells(&["TOTAL:", "", "4,919 ", ""])), Some(Total(Some(4919))));
        assert_eq!(total(&cells(&["Totals"])), Some(Total(None)));
        assert_eq!(total(&cells(&["Total", "Eclipse", "12"])), None);
        assert_eq!(total(&cells(&["17", "4919"])), None);
        assert_eq!(total(&[]), None);
    }
}
