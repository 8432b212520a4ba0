//! CSV (RFC 4180) as spreadsheets read it.

use std::borrow::Cow;
use std::io::Write;

/// Spreadsheets take a file without it for the code page of their country.
pub const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Writes records whose lines end with CR and LF.
pub fn writer<W: Write>(to: W) -> ::csv::Writer<W> {
    ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(to)
}

/// A text as a cell that no spreadsheet takes for a formula: one that begins like a formula gets
/// an apostrophe before it.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with(FORMULA) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_like_a_formula() {
        for text in ["=1+1", "+44", "-2", "@SUM(A1)", "\tx", "\r=x"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "60 %", "a=b", "'=1", " =1", "–2"] {
            assert_eq!(harmless(text), text);
        }
    }
}
