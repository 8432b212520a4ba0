//! Documents that are archives: Office (ECMA-376) and OpenDocument.

use std::io::{Read, Seek};

use entity::kernel::attachment::MediaType;
use zip::ZipArchive;

/// What an archive begins with.
pub(super) const ARCHIVE: &[u8] = b"PK\x03\x04";

/// The entry of an Office document that names the types of its parts.
const TYPES: &str = "[Content_Types].xml";
/// How much of it is read: no document has as many parts.
const MOST: u64 = 1 << 20;
/// The entry with the programs of a document, in whichever folder.
const MACROS: &str = "vbaProject.bin";

/// The type of the main part, by the type of the document.
const MAIN: [(MediaType, &str); 3] = [
    (MediaType::Docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
    (MediaType::Xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    (MediaType::Pptx, "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"),
];

/// The types that the first entry of an OpenDocument file names.
const OPEN: [MediaType; 3] = [MediaType::Odt, MediaType::Ods, MediaType::Odp];

/// Returns the type of an archive that is a document without programs in it.
pub(super) fn type_of(file: &mut (impl Read + Seek)) -> Option<MediaType> {
    let mut archive = ZipArchive::new(file).ok()?;
    if archive.file_names_raw().any(|name| name.ends_with(MACROS.as_bytes())) {
        return None;
    }
    of_office(&mut archive).or_else(|| of_open_document(&mut archive))
}

fn of_office(archive: &mut ZipArchive<impl Read + Seek>) -> Option<MediaType> {
    let mut types = String::new();
    archive.by_name(TYPES).ok()?.take(MOST).read_to_string(&mut types).ok()?;
    let overrides = types.split('<').filter(|element| element.starts_with("Override"));
    let mut parts = overrides.filter_map(|element| Some((attribute(element, "ContentType")?, element)));
    let (kind, part) = parts.find_map(|(named, element)| {
        let (kind, _) = MAIN.iter().find(|(_, main)| *main == named)?;
        Some((*kind, attribute(element, "PartName")?))
    })?;
    archive.index_for_name(part.trim_start_matches('/')).map(|_| kind)
}

/// The value of an attribute of an element.
fn attribute<'t>(element: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = element.split_once(name)?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split(quote).next()
}

fn of_open_document(archive: &mut ZipArchive<impl Read + Seek>) -> Option<MediaType> {
    archive.index_for_name("content.xml")?;
    let first = archive.by_index(0).ok().filter(|entry| entry.name_raw() == b"mimetype")?;
    let mut named = String::new();
    first.take(200).read_to_string(&mut named).ok()?;
    OPEN.into_iter().find(|kind| kind.as_str() == named)
}
