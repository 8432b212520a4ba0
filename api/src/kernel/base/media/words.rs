//! The words of a file, for a search that shows nobody anything.

use std::io::{Cursor, Read};

use entity::kernel::attachment::MediaType;
use zip::ZipArchive;

/// How much of a document is unpacked: what holds more is no document that people write.
const MOST: u64 = 64 << 20;

/// The words of a file in one text. None where they cannot be read: in pictures, in PDF, and in what is damaged.
#[must_use]
pub fn words_of(kind: MediaType, content: &[u8]) -> Option<String> {
    match kind {
        MediaType::Text | MediaType::Csv => Some(match std::str::from_utf8(content) {
            Ok(text) => text.to_owned(),
            Err(_) => encoding_rs::WINDOWS_1252.decode(content).0.into_owned(),
        }),
        MediaType::Docx | MediaType::Xlsx | MediaType::Pptx | MediaType::Odt | MediaType::Ods | MediaType::Odp => {
            of_archive(content)
        }
        MediaType::Pdf | MediaType::Jpeg | MediaType::Png | MediaType::Webp => None,
    }
}

fn of_archive(content: &[u8]) -> Option<String> {
    let mut archive = ZipArchive::new(Cursor::new(content)).ok()?;
    let (mut words, mut left) = (String::new(), MOST);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).ok()?;
        if !entry.name_raw().ends_with(b".xml") {
            continue;
        }
        let mut part = Vec::new();
        entry.take(left).read_to_end(&mut part).ok()?;
        left -= part.len() as u64;
        if left == 0 {
            return None;
        }
        let part = String::from_utf8(part).ok()?;
        words.push_str(&bare(&part, " "));
        words.push('\n');
        words.push_str(&bare(&part, ""));
        words.push('\n');
    }
    Some(words)
}

/// The text of XML with something in place of each tag: a space, since a cell ends where the next begins, or nothing,
/// since a word may be set in two parts.
fn bare(xml: &str, tag: &str) -> String {
    let mut text = String::new();
    for piece in xml.split('<') {
        text.push_str(tag);
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
    }
    for (entity, letter) in [("&apos;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")] {
        text = text.replace(entity, letter);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_cells_and_across_parts_of_a_word() {
        let xml = "<w:p><w:t>Ada </w:t><w:t>Mar</w:t><w:t>low</w:t></w:p><w:p><w:t>O&apos;Neil</w:t></w:p>";
        assert_eq!(bare(xml, " "), "Ada Mar low O'Neil");
        assert_eq!(bare(xml, ""), "Ada MarlowO'Neil");
    }

    #[test]
    fn what_cannot_be_read_differs_from_what_has_no_words() {
        assert_eq!(words_of(MediaType::Text, b"").as_deref(), Some(""));
        assert_eq!(words_of(MediaType::Csv, b"Zo\xeb").as_deref(), Some("Zoë"));
        assert_eq!(words_of(MediaType::Pdf, b"%PDF-1.7"), None);
        assert_eq!(words_of(MediaType::Docx, b"PK\x03\x04"), None);
    }
}
