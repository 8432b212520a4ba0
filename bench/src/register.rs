//! A register as the Department publishes it: real rows, as many as asked for, under new numbers
//! and names.

use std::fs::File;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, WriterBuilder};

use crate::Outcome;

/// The size of the register of 2025 with 50,000 rows, for one row.
const BYTES: usize = 62_000_000 / 50_000;

/// The file with the columns of today, and one whose rows are older.
const FILES: [&str; 2] = ["edubasealldata_header_2025_one_row.csv", "edubasealldata_2018_sample.csv"];

/// A column that nobody reads, in which rows are made as long as the register's.
const FILLED: &str = "PropsName";

/// How the columns are called that are read, with a value each, since there is no real file.
const INVENTED: [(&str, &str); 42] = [
    ("URN", ""),
    ("LA (code)", ""),
    ("LA (name)", "Melbury"),
    ("EstablishmentNumber", "2001"),
    ("EstablishmentName", "Ashford Primary School"),
    ("TypeOfEstablishment (code)", "01"),
    ("TypeOfEstablishment (name)", "Community school"),
    ("EstablishmentTypeGroup (code)", "4"),
    ("EstablishmentTypeGroup (name)", "Local authority maintained schools"),
    ("EstablishmentStatus (code)", "1"),
    ("EstablishmentStatus (name)", "Open"),
    ("OpenDate", "01-09-1998"),
    ("CloseDate", ""),
    ("PhaseOfEducation (code)", "2"),
    ("PhaseOfEducation (name)", "Primary"),
    ("StatutoryLowAge", "4"),
    ("StatutoryHighAge", "11"),
    ("Gender (code)", "3"),
    ("Gender (name)", "Mixed"),
    ("NumberOfPupils", "236"),
    ("NumberOfBoys", "120"),
    ("NumberOfGirls", "116"),
    ("PercentageFSM", "14.40"),
    ("Trusts (code)", ""),
    ("Trusts (name)", ""),
    ("UKPRN", "10034567"),
    ("Street", "12 Ashford Road"),
    ("Locality", "Nether Ashford"),
    ("Address3", ""),
    ("Town", "Melbury"),
    ("County (name)", "Leicestershire"),
    ("Postcode", "LE11 2TX"),
    ("SchoolWebsite", "www.ashford.example"),
    ("TelephoneNum", "01509000000"),
    ("HeadTitle (name)", "Ms"),
    ("HeadFirstName", "Ada"),
    ("HeadLastName", "Marlow"),
    ("HeadPreferredJobTitle", "Headteacher"),
    ("Easting", "453100"),
    ("Northing", "319600"),
    (FILLED, ""),
    ("UPRN", "200000071925"),
];

/// How many columns the register has.
const COLUMNS: usize = 135;

/// A register's file.
pub struct Register {
    pub bytes: Vec<u8>,
    /// Where its rows are from.
    pub origin: &'static str,
}

/// The columns, and rows to repeat.
struct Sample {
    header: StringRecord,
    rows: Vec<StringRecord>,
}

/// A register of one local authority.
pub fn file(data: &Path, la_code: &str, rows: usize) -> Outcome<Register> {
    let folder = data.join("gias");
    let (sample, origin) = match folder.join(FILES[0]).is_file() {
        true => (real(&folder)?, "real rows repeated"),
        false => (invented(), "invented rows"),
    };
    Ok(Register { bytes: repeated(&sample, la_code, rows)?, origin })
}

fn real(folder: &Path) -> Outcome<Sample> {
    let mut header = StringRecord::new();
    let mut rows = Vec::new();
    for (number, name) in FILES.into_iter().enumerate() {
        let told = |error: String| format!("{}: {error}", folder.join(name).display());
        let file = File::open(folder.join(name)).map_err(|error| told(error.to_string()))?;
        let mut reader = ReaderBuilder::new().from_reader(file);
        let own = reader.headers().map_err(|error| told(error.to_string()))?.clone();
        if number == 0 {
            header = own.clone();
        }
        for row in reader.into_records() {
            let row = row.map_err(|error| told(error.to_string()))?;
            // The columns have changed with the years, their names have not.
            let value = |name: &str| own.iter().position(|own| own == name).and_then(|place| row.get(place));
            rows.push(header.iter().map(|name| value(name).unwrap_or_default()).collect());
        }
    }
    Ok(Sample { header, rows })
}

fn invented() -> Sample {
    let others = (INVENTED.len()..COLUMNS).map(|number| (format!("Unread{number} (name)"), "No"));
    let columns = INVENTED.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(others);
    let (header, row): (Vec<String>, Vec<&str>) = columns.unzip();
    Sample { header: header.into(), rows: vec![row.into()] }
}

/// The rows in turn, each a school of its own and as long as a row of the register.
fn repeated(sample: &Sample, la_code: &str, count: usize) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::with_capacity(count * BYTES + 4_000);
    let mut writer = WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    let told = |error: csv::Error| error.to_string();
    writer.write_record(&sample.header).map_err(told)?;
    for number in 0..count {
        let from = &sample.rows[number % sample.rows.len()];
        let value = |(name, old): (&str, &str)| match name {
            "URN" => (100_000 + number).to_string(),
            "LA (code)" => la_code.to_owned(),
            "EstablishmentNumber" => (1_000 + number % 9_000).to_string(),
            "EstablishmentName" => format!("{old} {}", number / sample.rows.len() + 1),
            "UKPRN" => (10_000_000 + number).to_string(),
            "NumberOfPupils" => (20 + number % 1_400).to_string(),
            _ => old.to_owned(),
        };
        let row: Vec<String> = sample.header.iter().zip(from).map(value).collect();
        // The commas and the line's end.
        let length = row.iter().map(|value| value.chars().count()).sum::<usize>() + row.len() + 1;
        let filling = "Proprietor's name, not read. ".chars().cycle().take(BYTES.saturating_sub(length + 2));
        let filling = filling.collect::<String>();
        let filled = sample.header.iter().zip(&row).map(|(name, value)| if name == FILLED { &filling } else { value });
        let filled = filled.map(|value| windows_1252(value));
        writer.write_record(filled).map_err(told)?;
    }
    writer.flush().map_err(|error| error.to_string())?;
    drop(writer);
    Ok(bytes)
}

/// Encodes a text as the register is encoded. The only character above ASCII in the samples is the apostrophe,
/// which stands there as U+0092.
fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|sign| u8::try_from(sign).unwrap_or(b'?')).collect()
}

#[cfg(test)]
mod tests {
    use api::exchange::gias::Register as Extract;
    use time::macros::date;

    use super::*;

    #[test]
    fn invented_rows_are_a_register_of_its_size_in_which_every_row_is_understood() {
        let bytes = repeated(&invented(), "855", 500).unwrap();
        let wanted = 500 * BYTES;
        assert!(bytes.len().abs_diff(wanted) < wanted / 50, "{} bytes", bytes.len());
        let mut extract = Extract::open(bytes.as_slice(), date!(2025 - 09 - 01)).unwrap();
        assert_eq!(extract.header().width(), COLUMNS);
        assert!(extract.header().missing().is_empty(), "{:?}", extract.header().missing());
        let mut urns = Vec::new();
        for row in extract.by_ref() {
            let row = row.unwrap().outcome.unwrap();
            assert_eq!(row.record.la_code, "855");
            urns.push(row.record.urn);
        }
        assert_eq!(urns, (100_000..100_500).collect::<Vec<_>>());
    }
}
