//! Writing a CSV file beside the exported ones, for import by hand.

use std::path::{Path, PathBuf};

use super::changes::{Change, Columns, Wanted};
use super::{Away, Log, Mapping, Written, address};
use crate::exchange::sync::source::csv;
use crate::exchange::sync::source::worker::Question;

/// The name of the file.
const FILE: &str = "smep_user_fields.csv";

/// Writes the values that differ from the exported ones into a new file, which takes the place of an older one when it
/// is whole. Without a difference there is no file.
pub async fn write(mapping: &Mapping, columns: &Columns, values: &[Wanted], log: &Log) -> Result<Written, Away> {
    let worker = csv::start(mapping, log)?;
    let rows = worker.all(Question::Rows(columns.select())).await?;
    let changes = columns.changes(rows, values);
    let path = PathBuf::from(address(mapping)?.as_str()).join(FILE);
    log.note(&path.display().to_string());
    let (columns, separator, written) = (columns.clone(), mapping.source().separator, Written::from(&changes));
    let failed = format!("{FILE} cannot be written");
    let done = tokio::task::spawn_blocking(move || put(&path, &columns, &changes.rows, separator)).await;
    match done {
        Ok(Ok(())) => Ok(written),
        Ok(Err(error)) => Err(Away::new("permission", format!("{failed}: {error}: check the folder's rights"))),
        Err(_) => Err(Away::new("failed", failed)),
    }
}

fn put(path: &Path, columns: &Columns, changes: &[Change], separator: u8) -> std::io::Result<()> {
    if changes.is_empty() {
        return match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    // Spreadsheets read UTF-8 by its mark.
    std::io::Write::write_all(&mut file, "\u{feff}".as_bytes())?;
    let terminator = ::csv::Terminator::CRLF;
    let mut out = ::csv::WriterBuilder::new().delimiter(separator).terminator(terminator).from_writer(&mut file);
    out.write_record(columns.all().map(|column| column.name.as_str()))?;
    for change in changes {
        out.write_record(columns.texts(change).iter().map(|text| text.as_deref().unwrap_or_default()))?;
    }
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}
