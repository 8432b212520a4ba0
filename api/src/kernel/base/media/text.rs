//! Plain text: UTF-8, or Windows-1252 as older programs write tables.

use std::io::{self, Read};

use entity::kernel::attachment::MediaType;

/// How much is read at once, in bytes.
const CHUNK: usize = 64 << 10;

/// The bytes above ASCII that are no letter of Windows-1252.
const NO_LETTER: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Returns true if a text begins as a page, a picture or a document in HTML or XML.
pub(super) fn is_markup(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    text.trim_ascii_start().starts_with(b"<")
}

/// Returns the type of a file that is text to its end.
pub(super) fn type_of(file: &mut impl Read, name: &str) -> io::Result<Option<MediaType>> {
    let mut chunk = vec![0; CHUNK];
    let mut state = Text { rest: Vec::new(), utf_8: true, windows_1252: true };
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        state.add(&chunk[..read]);
        if !state.utf_8 && !state.windows_1252 {
            return Ok(None);
        }
    }
    let table = name.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("csv"));
    let kind = if table { MediaType::Csv } else { MediaType::Text };
    Ok(state.is_text().then_some(kind))
}

/// What the text so far can be.
struct Text {
    /// The beginning of a letter whose end is still to come.
    rest: Vec<u8>,
    utf_8: bool,
    windows_1252: bool,
}

impl Text {
    fn add(&mut self, chunk: &[u8]) {
        if chunk.iter().any(|byte| is_control(*byte)) {
            (self.utf_8, self.windows_1252) = (false, false);
            return;
        }
        self.windows_1252 &= !chunk.iter().any(|byte| NO_LETTER.contains(byte));
        if !self.utf_8 {
            return;
        }
        self.rest.extend_from_slice(chunk);
        match std::str::from_utf8(&self.rest) {
            Ok(_) => self.rest.clear(),
            Err(error) if error.error_len().is_none() => {
                self.rest.drain(..error.valid_up_to());
            }
            Err(_) => self.utf_8 = false,
        }
    }

    fn is_text(&self) -> bool {
        self.windows_1252 || self.utf_8 && self.rest.is_empty()
    }
}

/// A control character other than a tab, the end of a line and the end of a page.
const fn is_control(byte: u8) -> bool {
    byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c) || byte == 0x7f
}
