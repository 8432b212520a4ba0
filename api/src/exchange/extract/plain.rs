//! A CSV file of any columns, row by row, as texts.

use std::io::{self, Read};

use super::decode::{Decoder, Encoding};
use super::lines::Lines;
use super::refusal::{self, Refused};
use super::table::{Found, Shape, Table};
use super::{Remark, remark};

/// A CSV file with a line of names, open for reading.
#[derive(Debug)]
pub struct Plain<R> {
    table: Table<R>,
    header: Vec<String>,
    only: Option<Encoding>,
}

/// A row.
#[derive(Debug)]
pub struct PlainRow {
    /// The line on which it begins; the file's first line is 1.
    pub line: u64,
    /// The fields; of a row with a fault the ones before the fault.
    pub cells: Vec<String>,
    /// What is wrong with the row as a whole.
    pub fault: Option<Remark>,
}

impl<R: Read> Plain<R> {
    /// Reads the line of names. `only` is the encoding of all rows; without it each row is judged by itself.
    ///
    /// # Errors
    /// When the bytes cannot be read or are no CSV.
    pub fn open(reader: R, separator: u8, only: Option<Encoding>) -> Result<Self, Refused> {
        let mut lines = Lines::new(reader);
        let mut decoder = Decoder::default();
        refusal::check_first_bytes(&mut lines, &mut decoder)?;
        if let Some(encoding) = only {
            decoder.only(encoding);
        }
        let mut table = Table::separated_by(separator, lines, decoder);
        match table.next()? {
            None => return Err(refusal::empty().into()),
            Some(Found { fault: Some(fault), .. }) => return Err(fault.into()),
            Some(_) => {}
        }
        let header: Vec<String> = table.fields().iter().map(|name| name.trim().to_owned()).collect();
        table.expect(Shape { width: header.len(), least: header.len() });
        Ok(Self { table, header, only })
    }

    /// The names of the columns.
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The next row.
    ///
    /// # Errors
    /// When the bytes cannot be read.
    pub fn row(&mut self) -> io::Result<Option<PlainRow>> {
        let Some(Found { line, fault, .. }) = self.table.next()? else { return Ok(None) };
        let mut cells: Vec<String> = self.table.fields().iter().map(str::to_owned).collect();
        // The end of a line is a line feed, with or without a carriage return before it.
        if let Some(last) = cells.last_mut().filter(|it| it.ends_with('\r')) {
            last.pop();
        }
        let lost = self.only.is_some_and(|it| it != Encoding::Windows1252)
            && cells.iter().any(|cell| cell.contains(char::REPLACEMENT_CHARACTER));
        let fault = fault.or_else(|| {
            lost.then(|| {
                remark("encoding", None, "the line is not UTF-8: save the file as UTF-8, or leave the encoding out")
            })
        });
        Ok(Some(PlainRow { line, cells, fault }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line, the cells and the code of the fault, if there is one.
    type Told = (u64, Vec<String>, Option<&'static str>);

    fn rows(text: &[u8], separator: u8, only: Option<Encoding>) -> (Vec<String>, Vec<Told>) {
        let mut plain = Plain::open(text, separator, only).unwrap();
        let mut rows = Vec::new();
        while let Some(row) = plain.row().unwrap() {
            rows.push((row.line, row.cells, row.fault.map(|fault| fault.code)));
        }
        (plain.header().to_vec(), rows)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn any_columns_and_separators_are_read() {
        let (header, rows) = rows(b"id ;name\r\n1;\"A; b\nc\"\r\n2;O,P\r\n", b';', None);
        assert_eq!(header, ["id", "name"]);
        assert_eq!(rows, [(2, texts(&["1", "A; b\nc"]), None), (4, texts(&["2", "O,P"]), None)]);
    }

    #[test]
    fn a_row_with_a_fault_keeps_the_fields_before_it() {
        let (_, rows) = rows(b"id,name\nTotal rows\n7,\"open\n8,x\n", b',', None);
        assert_eq!(rows[0], (2, texts(&["Total rows"]), Some("short_row")));
        assert_eq!((rows[1].1[0].as_str(), rows[1].2), ("7", Some("open_quote")));
        assert_eq!(rows[2], (4, texts(&["8", "x"]), None));
    }

    #[test]
    fn an_encoding_that_is_named_is_the_only_one() {
        let text = "id\nÃ©\n".as_bytes();
        assert_eq!(rows(text, b',', None).1[0].1, ["Ã©"]);
        assert_eq!(rows("id\né\n".as_bytes(), b',', Some(Encoding::Windows1252)).1[0].1, ["Ã©"]);
        assert_eq!(rows(b"id\n\xE9\n", b',', Some(Encoding::Utf8)).1[0].2, Some("encoding"));
        assert_eq!(rows(b"id\n\xE9\n", b',', Some(Encoding::Windows1252)).1[0].1, ["é"]);
    }
}
