//! The names of files: kept so that no program takes them for anything else.

use actix_web::http::header::{Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use entity::kernel::attachment::MediaType;
use unicode_normalization::UnicodeNormalization;

use super::endings;

/// How long a name is at most, in characters, with its ending.
const LONGEST: usize = 200;
/// The name of a file that came without one.
const NAMELESS: &str = "attachment";
/// What separates folders, and what some system does not take in a name.
const RESERVED: [char; 7] = ['<', '>', ':', '"', '|', '?', '*'];
/// What Windows takes for a device, with any ending.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];

/// Returns the name under which a file of a type is kept: one segment of a path, without characters that a system
/// refuses or that change how the rest is shown, with an ending of its type.
#[must_use]
pub fn kept_name(sent: Option<&str>, kind: MediaType) -> String {
    let last = sent.and_then(|name| name.rsplit(['/', '\\']).next()).unwrap_or_default();
    let clean = last.nfc().filter(|letter| !letter.is_control() && !is_invisible(*letter));
    let clean: String = clean.map(|letter| if RESERVED.contains(&letter) { '_' } else { letter }).collect();
    let clean = clean.trim().trim_matches('.').trim();
    let (stem, ending) = split(clean, kind);
    let stem = stem.trim_end_matches(['.', ' ']);
    let stem: String = stem.chars().take(LONGEST - ending.len() - 1).collect();
    match stem.as_str() {
        "" => format!("{NAMELESS}.{ending}"),
        stem if is_device(stem) => format!("_{stem}.{ending}"),
        stem => format!("{stem}.{ending}"),
    }
}

/// The name without the ending of its type, and that ending; the usual one where the name has another.
fn split(name: &str, kind: MediaType) -> (&str, String) {
    let endings = endings(kind);
    let known = name.rsplit_once('.').filter(|(_, ending)| endings.iter().any(|it| it.eq_ignore_ascii_case(ending)));
    match known {
        Some((stem, ending)) => (stem, ending.to_owned()),
        None => (name, endings[0].to_owned()),
    }
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let numbered = |name: &str| {
        first.strip_prefix(name).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|it| it.is_ascii_digit()))
    };
    DEVICES.contains(&first.as_str()) || numbered("COM") || numbered("LPT")
}

/// Marks of direction and joints without a width: `\u{202e}fdp.exe` looks like `exe.pdf`.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Returns the header that makes a browser save a file under a name (RFC 6266): in ASCII for old programs, then as it
/// is.
#[must_use]
pub fn disposition(name: &str) -> ContentDisposition {
    let ascii = name.chars().map(|it| if it.is_ascii() && it != '%' { it } else { '_' }).collect();
    let whole =
        ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: name.as_bytes().into() };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(ascii), DispositionParam::FilenameExt(whole)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_harmless_segment_with_the_ending_of_its_type() {
        for (sent, kept) in [
            ("plan.pdf", "plan.pdf"),
            ("Plan 2016.PDF", "Plan 2016.PDF"),
            ("../../etc/passwd", "passwd.pdf"),
            (r"C:\Users\head\plan.pdf", "plan.pdf"),
            ("..", "attachment.pdf"),
            (".pdf", "pdf.pdf"),
            ("", "attachment.pdf"),
            ("page.html", "page.html.pdf"),
            ("a\r\nSet-Cookie: b.pdf", "aSet-Cookie_ b.pdf"),
            ("a\0b.pdf", "ab.pdf"),
            ("\u{202e}fdp.exe", "fdp.exe.pdf"),
            ("NUL.pdf", "_NUL.pdf"),
            ("com1.tar.pdf", "_com1.tar.pdf"),
            ("Cafe\u{301} – plan?.pdf", "Caf\u{e9} – plan_.pdf"),
            ("plan .pdf", "plan.pdf"),
        ] {
            assert_eq!(kept_name(Some(sent), MediaType::Pdf), kept, "{sent:?}");
        }
        assert_eq!(kept_name(None, MediaType::Jpeg), "attachment.jpg");
        assert_eq!(kept_name(Some("photo.jpeg"), MediaType::Jpeg), "photo.jpeg");
        assert_eq!(kept_name(Some(&"é".repeat(500)), MediaType::Webp).chars().count(), LONGEST);
    }

    #[test]
    fn the_header_names_the_file_twice() {
        let header = disposition("Café \"1\".pdf").to_string();
        assert_eq!(header, "attachment; filename=\"Caf_ \\\"1\\\".pdf\"; filename*=UTF-8''Caf%C3%A9%20%221%22.pdf");
    }
}
