//! The type of a file by its content, and the name under which it is kept.
//!
//! What the sender calls a file decides nothing but whether a text is a table: a name or a media type
//! is quickly changed.

mod name;
mod office;
mod text;
mod words;

use std::io::{self, Read, Seek, SeekFrom};

use entity::kernel::attachment::MediaType;

pub use self::name::{disposition, kept_name};
pub use self::words::words_of;

/// How much of a file shows what it is, unless it is text or an archive.
const HEAD: u64 = 8192;

/// Returns the type of a file, or none if it is no type that is taken.
///
/// # Errors
/// When the file cannot be read.
pub fn type_of(file: &mut (impl Read + Seek), name: &str) -> io::Result<Option<MediaType>> {
    let mut head = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    Read::by_ref(file).take(HEAD).read_to_end(&mut head)?;
    if head.starts_with(office::ARCHIVE) {
        return Ok(office::type_of(file));
    }
    match infer::get(&head).map(|kind| kind.mime_type()) {
        Some("application/pdf") => Ok(Some(MediaType::Pdf)),
        Some("image/jpeg") => Ok(Some(MediaType::Jpeg)),
        Some("image/png") => Ok(Some(MediaType::Png)),
        Some("image/webp") => Ok(Some(MediaType::Webp)),
        // Among them scripts.
        Some(_) => Ok(None),
        None if text::is_markup(&head) => Ok(None),
        None => {
            file.seek(SeekFrom::Start(0))?;
            text::type_of(file, name)
        }
    }
}

/// The endings of names that belong to a type, the usual one first.
const fn endings(kind: MediaType) -> &'static [&'static str] {
    match kind {
        MediaType::Pdf => &["pdf"],
        MediaType::Jpeg => &["jpg", "jpeg"],
        MediaType::Png => &["png"],
        MediaType::Webp => &["webp"],
        MediaType::Text => &["txt"],
        MediaType::Csv => &["csv"],
        MediaType::Docx => &["docx"],
        MediaType::Xlsx => &["xlsx"],
        MediaType::Pptx => &["pptx"],
        MediaType::Odt => &["odt"],
        MediaType::Ods => &["ods"],
        MediaType::Odp => &["odp"],
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;
    use zip::{CompressionMethod, ZipWriter};

    use super::*;

    fn kind(bytes: impl AsRef<[u8]>, name: &str) -> Option<MediaType> {
        type_of(&mut Cursor::new(bytes.as_ref()), name).unwrap()
    }

    fn archive(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            let how = if *name == "mimetype" { CompressionMethod::Stored } else { CompressionMethod::Deflated };
            archive.start_file(*name, SimpleFileOptions::default().compression_method(how)).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    const DOCX: &str = r#"<?xml version="1.0"?><Types><Default Extension="xml" ContentType="application/xml"/>
        <Override PartName="/word/document2.xml" ContentType=
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;

    #[test]
    fn a_type_is_what_the_first_bytes_say() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
        for (bytes, expected) in [
            (b"%PDF-1.7\n".as_slice(), Some(MediaType::Pdf)),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some(MediaType::Jpeg)),
            (png, Some(MediaType::Png)),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(MediaType::Webp)),
            (b"GIF89a\x01\0\x01\0", None),
            (b"MZ\x90\0\x03\0\0\0", None),
            (b"\x7fELF\x02\x01\x01\0", None),
            (b"<!DOCTYPE html><script>alert(1)</script>", None),
            (b"<html><body>", None),
            (b"  <?xml version=\"1.0\"?><svg/>", None),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", None),
            (b"\xef\xbb\xbf\n<ul><li>", None),
            (b"#!/bin/sh\nrm -rf /\n", None),
            (b"\x1f\x8b\x08\0", None),
        ] {
            assert_eq!(kind(bytes, "plan.pdf"), expected, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_text_is_a_table_by_its_name_alone() {
        assert_eq!(kind("Term,Ensemble\r\nAutumn,Choir\r\n", "terms.CSV"), Some(MediaType::Csv));
        assert_eq!(kind("Term,Ensemble\r\n", "terms.txt"), Some(MediaType::Text));
        assert_eq!(kind("caf\u{e9}", "menu"), Some(MediaType::Text));
        assert_eq!(kind(b"caf\xe9 \x80 5", "menu"), Some(MediaType::Text), "Windows-1252");
        assert_eq!(kind(b"a\x81b", "menu"), None, "no letter of Windows-1252");
        assert_eq!(kind(b"a\0b", "menu"), None);
        assert_eq!(kind(b"\xff\xfea\0b\0", "menu"), None, "UTF-16");
        // A letter of two bytes that lies across two reads, and rubbish beyond the first one.
        assert_eq!(kind(format!("{}\u{e9}", "x".repeat(65_535)), "long"), Some(MediaType::Text));
        assert_eq!(kind([vec![b'x'; 100_000], vec![7]].concat(), "long"), None);
    }

    #[test]
    fn an_office_document_is_no_other_archive() {
        let docx = [("[Content_Types].xml", DOCX), ("word/document2.xml", "<w:document/>")];
        assert_eq!(kind(archive(&docx), "plan.zip"), Some(MediaType::Docx));
        assert_eq!(kind(archive(&docx[..1]), "plan.docx"), None, "without its main part");
        let macros = [docx[0], docx[1], ("word/vbaProject.bin", "macros")];
        assert_eq!(kind(archive(&macros), "plan.docx"), None);
        let enabled = DOCX.replace("openxmlformats-officedocument.wordprocessingml", "ms-word.document.macroEnabled");
        assert_eq!(kind(archive(&[("[Content_Types].xml", &enabled), docx[1]]), "plan.docx"), None);
        assert_eq!(kind(archive(&[("word/document.xml", "<w:document/>")]), "plan.docx"), None);
        assert_eq!(kind(archive(&[("notes.txt", "anything")]), "plan.docx"), None);
        assert_eq!(kind(b"PK\x03\x04 and no archive", "plan.docx"), None);
        for (main, part, expected) in [
            ("spreadsheetml.sheet", "xl/workbook.xml", MediaType::Xlsx),
            ("presentationml.presentation", "ppt/presentation.xml", MediaType::Pptx),
        ] {
            let types = DOCX.replace("wordprocessingml.document", main).replace("word/document2.xml", part);
            assert_eq!(kind(archive(&[("[Content_Types].xml", &types), (part, "<x/>")]), ""), Some(expected));
        }
    }

    #[test]
    fn an_open_document_says_what_it_is_in_its_first_entry() {
        for expected in [MediaType::Odt, MediaType::Ods, MediaType::Odp] {
            let entries = [("mimetype", expected.as_str()), ("content.xml", "<office:document-content/>")];
            assert_eq!(kind(archive(&entries), ""), Some(expected));
            assert_eq!(kind(archive(&entries[..1]), ""), None, "without content");
            assert_eq!(kind(archive(&[entries[1], entries[0]]), ""), None, "not in the first entry");
        }
        let other = [("mimetype", "application/epub+zip"), ("content.xml", "<package/>")];
        assert_eq!(kind(archive(&other), "plan.odt"), None);
    }
}
