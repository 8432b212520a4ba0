//! From lines to rows of fields.
//!
//! A row ends with its line, unless a quotation mark is open there. Should the mark stay open, or
//! the row taken together have the wrong number of fields, then its first line alone is rejected
//! and reading goes on at the next: one stray mark costs one row, not all up to the next mark.

use std::io::{self, Read};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

use super::decode::{Decoder, Fields};
use super::lines::{Line, Lines, ROW_LIMIT};
use super::{Remark, remark};

/// How many columns a file may have.
const COLUMN_LIMIT: usize = 2000;

/// Over how many lines a row may go. Without a bound every line of a file whose marks stay open
/// would be read as often as fits into the longest row.
const LINE_LIMIT: u64 = 50;

/// How many fields a row must have.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// As many as there are columns.
    pub width: usize,
    /// So many if rows may leave out the last columns.
    pub least: usize,
}

/// A row's place in the file, and what is wrong with it as a whole.
#[derive(Debug)]
pub struct Found {
    pub line: u64,
    pub last_line: u64,
    /// True if it is in another encoding than the file had so far.
    pub other_encoding: bool,
    pub fault: Option<Remark>,
}

#[derive(Debug)]
pub struct Table<R> {
    lines: Lines<R>,
    splitter: csv_core::Reader,
    separator: u8,
    values: Vec<u8>,
    ends: Vec<usize>,
    fields: Fields,
    decoder: Decoder,
    shape: Option<Shape>,
    widest: usize,
}

/// How far the lines make a row.
enum Split {
    Whole { bytes: usize, lines: u64, fields: usize, cut: bool },
    Open { at_end: bool },
    TooManyFields,
}

impl<R: Read> Table<R> {
    pub fn new(lines: Lines<R>, decoder: Decoder) -> Self {
        Self::separated_by(b',', lines, decoder)
    }

    /// A table with another sign than a comma between fields.
    pub fn separated_by(separator: u8, lines: Lines<R>, decoder: Decoder) -> Self {
        // Carriage returns before a line feed count as white space of the last field.
        let splitter = ReaderBuilder::new().delimiter(separator).terminator(Terminator::Any(b'\n')).build();
        Self {
            lines,
            splitter,
            separator,
            values: Vec::new(),
            ends: vec![0; COLUMN_LIMIT],
            fields: Fields::default(),
            decoder,
            shape: None,
            widest: 0,
        }
    }

    /// What every row from here on must have.
    pub fn expect(&mut self, shape: Shape) {
        self.shape = Some(shape);
        self.widest = 0;
    }

    /// The fields of the row that was found last; of one with a fault those that are whole.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// The next row; empty lines are no rows.
    pub fn next(&mut self) -> io::Result<Option<Found>> {
        loop {
            let line = self.lines.number();
            let (first, ended) = match self.lines.end_of_line(0)? {
                None => return Ok(None),
                Some(Line::Ended(end)) => (end, true),
                Some(Line::Last(end)) => (end, false),
                Some(Line::TooLong) => {
                    self.fields.clear();
                    self.lines.drop_line()?;
                    return Ok(Some(faulty(line, too_long())));
                }
            };
            if self.lines.bytes(0, first).trim_ascii().is_empty() {
                self.lines.take(first, 1);
                continue;
            }
            return self.row(line, first, ended).map(Some);
        }
    }

    fn row(&mut self, line: u64, first: usize, ended: bool) -> io::Result<Found> {
        let fault = match self.split(first, ended)? {
            Split::Whole { bytes, lines, fields, cut } => match self.misshapen(fields, cut) {
                Some(_) if lines > 1 => open_quote(),
                Some(fault) => fault,
                None if lines > 1 && !well_quoted(self.lines.bytes(0, bytes), self.separator) => open_quote(),
                None => {
                    self.widest = self.widest.max(fields);
                    let ends = self.ends.get(..fields).unwrap_or_default();
                    let raw = self.lines.bytes(0, bytes);
                    let other_encoding = self.decoder.decode(raw, &self.values, ends, &mut self.fields);
                    self.lines.take(bytes, lines);
                    let last_line = line + lines - 1;
                    return Ok(Found { line, last_line, other_encoding, fault: None });
                }
            },
            Split::Open { at_end: true } if !ended => cut_short(),
            Split::Open { .. } => open_quote(),
            Split::TooManyFields => too_many(COLUMN_LIMIT),
        };
        self.salvage(first);
        self.lines.take(first, 1);
        Ok(faulty(line, fault))
    }

    /// Keeps the fields that the line, ending at `first`, has before the first fault.
    fn salvage(&mut self, first: usize) {
        self.splitter.reset();
        self.values.resize(first + 1, 0);
        let raw = self.lines.bytes(0, first);
        let (_, _, _, fields) = self.splitter.read_record(raw, &mut self.values, &mut self.ends);
        let ends = self.ends.get(..fields).unwrap_or_default();
        self.decoder.decode(raw, &self.values, ends, &mut self.fields);
    }

    /// Splits the row whose first line ends at `first`, taking further lines while a quotation mark
    /// is open.
    fn split(&mut self, first: usize, ended: bool) -> io::Result<Split> {
        self.splitter.reset();
        let (mut from, mut to, mut ended) = (0, first, ended);
        let (mut written, mut fields, mut lines) = (0, 0, 0);
        loop {
            // Never more bytes come out than go in; one more stands for the line feed that may be
            // absent, another so that room is left at the end.
            self.values.resize(to + 2, 0);
            lines += 1;
            let absent: &[u8] = if ended { b"" } else { b"\n" };
            let mut found = ReadRecordResult::InputEmpty;
            for input in [self.lines.bytes(from, to), absent] {
                if input.is_empty() || found != ReadRecordResult::InputEmpty {
                    continue;
                }
                let values = self.values.get_mut(written..).unwrap_or_default();
                let ends = self.ends.get_mut(fields..).unwrap_or_default();
                let (result, _, more, found_fields) = self.splitter.read_record(input, values, ends);
                (found, written, fields) = (result, written + more, fields + found_fields);
            }
            match found {
                ReadRecordResult::Record => {
                    self.values.truncate(written);
                    return Ok(Split::Whole { bytes: to, lines, fields, cut: !ended });
                }
                ReadRecordResult::InputEmpty => {}
                _ => return Ok(Split::TooManyFields),
            }
            if !ended {
                return Ok(Split::Open { at_end: true });
            }
            if lines == LINE_LIMIT {
                return Ok(Split::Open { at_end: false });
            }
            from = to;
            (to, ended) = match self.lines.end_of_line(from)? {
                Some(Line::Ended(end)) => (end, true),
                Some(Line::Last(end)) => (end, false),
                Some(Line::TooLong) => return Ok(Split::Open { at_end: false }),
                None => return Ok(Split::Open { at_end: true }),
            };
        }
    }

    fn misshapen(&self, fields: usize, cut: bool) -> Option<Remark> {
        let Shape { width, least } = self.shape?;
        if fields > width {
            return Some(too_many(width));
        }
        // Where rows may be short, a last one without an end is whole if it is as long as others.
        let least = if cut { width.min(self.widest.max(least)) } else { least };
        (fields < least).then(|| if cut { cut_short() } else { too_few(fields, width) })
    }
}

/// Returns true if every quotation mark that opens a field stands at its beginning, and every one that
/// closes it at its end. The splitter takes a row that is not so as it can: where a stray mark goes
/// on up to the marks of the same column some rows later, the fields could be right in number.
fn well_quoted(raw: &[u8], separator: u8) -> bool {
    #[derive(Clone, Copy)]
    enum At {
        Beginning,
        Plain,
        Quoted,
        /// After a mark that closes the field, or is the first of two.
        Closed,
    }
    let mut at = At::Beginning;
    for byte in raw {
        at = match (at, byte) {
            (At::Quoted, b'"') | (At::Closed, b'\r') => At::Closed,
            (At::Beginning | At::Closed, b'"') | (At::Quoted, _) => At::Quoted,
            (_, b'\n') => At::Beginning,
            (_, byte) if *byte == separator => At::Beginning,
            (At::Closed, _) => return false,
            (At::Beginning | At::Plain, _) => At::Plain,
        };
    }
    true
}

fn faulty(line: u64, fault: Remark) -> Found {
    Found { line, last_line: line, other_encoding: false, fault: Some(fault) }
}

fn too_long() -> Remark {
    remark("line_too_long", None, format!("the line is longer than {ROW_LIMIT} bytes; break it into rows"))
}

fn open_quote() -> Remark {
    let fix = "a quotation mark in this line is not closed: close it, or write it twice where it \
                belongs to the text";
    remark("open_quote", None, fix)
}

fn cut_short() -> Remark {
    let fix = "the file ends in the middle of this row: fetch it again, whole";
    remark("cut_short", None, fix)
}

fn too_few(fields: usize, width: usize) -> Remark {
    let fix = format!("the row has {fields} fields under {width} columns: put a comma for every field left empty");
    remark("short_row", None, fix)
}

fn too_many(width: usize) -> Remark {
    let fix = format!(
        "the row has more fields than the {width} columns: put quotation marks around a text with \
         a comma in it"
    );
    remark("long_row", None, fix)
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
