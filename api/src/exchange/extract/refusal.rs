//! What is no CSV file at all, told by its first bytes.

use std::fmt;
use std::io::{self, Read};

use super::decode::Decoder;
use super::lines::Lines;
use super::{Remark, remark};

/// Why a file was not opened.
#[derive(Debug)]
pub enum Refused {
    /// Its bytes could not be read, which says nothing of the file.
    Unread(io::Error),
    /// It is not what it should be.
    Unfit(Remark),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unread(error) => write!(f, "the file could not be read: {error}"),
            Self::Unfit(remark) => f.write_str(&remark.message),
        }
    }
}

impl std::error::Error for Refused {}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        Self::Unread(error)
    }
}

impl From<Remark> for Refused {
    fn from(remark: Remark) -> Self {
        Self::Unfit(remark)
    }
}

/// The names of a workbook's parts stand near its beginning, and the names of the register's columns
/// take 3,300 bytes.
const LOOK: usize = 8192;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Refuses what is no text, and takes a byte order mark.
pub fn check_first_bytes<R: Read>(lines: &mut Lines<R>, decoder: &mut Decoder) -> Result<(), Refused> {
    let first = lines.ahead(LOOK)?;
    let first = first.get(..LOOK).unwrap_or(first);
    if let Some(fault) = fault(first) {
        return Err(fault.into());
    }
    if first.starts_with(BOM) {
        lines.take(BOM.len(), 0);
        decoder.bom();
    }
    Ok(())
}

pub fn empty() -> Remark {
    remark("empty_file", None, "the file is empty: fetch it again")
}

fn fault(first: &[u8]) -> Option<Remark> {
    let holds = |part: &[u8]| first.windows(part.len()).any(|window| window == part);
    let text = first.strip_prefix(BOM).unwrap_or(first).trim_ascii_start();
    let line = first.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let (code, message) = match first {
        [b'P', b'K', 3, 4, ..] if holds(b"[Content_Types].xml") || holds(b"xl/") => {
            ("excel", "this is an Excel workbook: save its sheet as \"CSV UTF-8\" and send that")
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => ("excel", "this is an Excel workbook: save its sheet as \"CSV\" and send that"),
        [b'P', b'K', 3 | 5 | 7, 4 | 6 | 8, ..] => {
            ("zip", "this is a ZIP archive: unpack it and send the CSV file that is in it")
        }
        [0x1F, 0x8B, ..] => ("gzip", "the file is compressed: unpack it first"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => ("utf16", "this is text in UTF-16: save it as \"CSV UTF-8\""),
        _ if first.starts_with(b"%PDF") => ("pdf", "this is a PDF: send the CSV file"),
        _ if line.contains(&0) => ("binary", "this is no text: send the CSV file"),
        // Read on, all rows would be part of the first line.
        _ if line.windows(2).any(|two| two[0] == b'\r' && two[1] != b'\r') => {
            ("line_ends", "the lines end with a carriage return alone: save the file as \"CSV UTF-8\"")
        }
        _ if text.is_empty() && first.len() < LOOK => return Some(empty()),
        _ if text.starts_with(b"<") => {
            ("html", "this is a web page, not the file it offers: download the CSV file itself")
        }
        _ if text.starts_with(b"{") || text.starts_with(b"[") => ("json", "this is JSON: send the CSV file"),
        _ => return None,
    };
    Some(remark(code, None, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(first: &[u8]) -> Option<&'static str> {
        fault(first).map(|fault| fault.code)
    }

    #[test]
    fn a_file_that_is_no_csv_is_recognised_by_its_first_bytes() {
        assert_eq!(code(b"PK\x03\x04\x14\0\x06\0\x08\0....[Content_Types].xml"), Some("excel"));
        assert_eq!(code(b"PK\x03\x04\x14\0\0\0\x08\0....edubasealldata20250422.csv"), Some("zip"));
        assert_eq!(code(b"PK\x05\x06\0\0"), Some("zip"));
        assert_eq!(code(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), Some("excel"));
        assert_eq!(code(b"\x1F\x8B\x08"), Some("gzip"));
        assert_eq!(code(b"\xFF\xFEU\0R\0N\0"), Some("utf16"));
        assert_eq!(code(b"%PDF-1.7"), Some("pdf"));
        assert_eq!(code(b"U\0R\0N\0"), Some("binary"));
        assert_eq!(code(b"URN,LinkURN,LinkType\r120001,120002,Successor\r"), Some("line_ends"));
        assert_eq!(code(b"URN,LinkURN\r\r\n120001,120002\r\r\n"), None);
        assert_eq!(code(b"\n <!DOCTYPE html>"), Some("html"));
        assert_eq!(code(b"\xEF\xBB\xBF<html>"), Some("html"));
        assert_eq!(code(b"{\"error\":\"not found\"}"), Some("json"));
        for empty in [&b""[..], b"\r\n\r\n", b"\xEF\xBB\xBF", b"  "] {
            assert_eq!(code(empty), Some("empty_file"));
        }
        assert_eq!(code(b"\"URN\",\"LA (code)\""), None);
        assert_eq!(code(b"\xEF\xBB\xBFURN,"), None);
    }
}
