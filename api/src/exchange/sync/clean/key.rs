//! Keys of rows and of schools, postcodes, classes, e-mail addresses.

use std::fmt;

use crate::exchange::extract::text::postcode;

/// The establishment number of a school, after the code of its local authority.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DfeNumber {
    /// Three digits.
    pub la_code: String,
    /// Four digits.
    pub number: String,
}

impl fmt::Display for DfeNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.la_code, self.number)
    }
}

/// The text without blanks anywhere, and without the `.0` that a spreadsheet puts after a number.
fn bare(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match bare.strip_suffix(".0") {
        Some(number) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => number.to_owned(),
        _ => bare,
    }
}

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A URN: six digits, of which the first is not 0. Blanks and a spreadsheet's `.0` do not matter.
#[must_use]
pub fn urn(text: &str) -> Option<i32> {
    let bare = bare(text);
    let urn: i32 = bare.parse().ok().filter(|_| digits(&bare, 6))?;
    (urn >= 100_000).then_some(urn)
}

/// A DfE number: seven digits, with or without `/` or `-` after the third. Blanks and a spreadsheet's `.0` do not
/// matter.
#[must_use]
pub fn dfe_number(text: &str) -> Option<DfeNumber> {
    let bare = bare(text);
    let (la_code, rest) = bare.split_at_checked(3)?;
    let number = rest.strip_prefix(['/', '-']).unwrap_or(rest);
    let valid = digits(la_code, 3) && digits(number, 4);
    valid.then(|| DfeNumber { la_code: la_code.to_owned(), number: number.to_owned() })
}

/// The last postcode in a text, such as an address in one column.
#[must_use]
pub fn postcode_in(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|it| !it.is_empty()).collect();
    let at = |at: usize| words.get(at).copied().unwrap_or_default();
    (0..words.len()).rev().find_map(|last| {
        // Two words, such as LE1 and 1AA, before one: the second by itself can look like no postcode at all.
        let two = last.checked_sub(1).and_then(|before| postcode(&format!("{}{}", at(before), at(last))));
        two.filter(|_| at(last).len() == 3).or_else(|| postcode(at(last)))
    })
}

/// The key of a row: without blanks at its ends and without the `.0` of a spreadsheet. None if it is empty.
#[must_use]
pub fn key(text: &str) -> Option<String> {
    let text = text.trim();
    let number = text.strip_suffix(".0").filter(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit()));
    let key = number.unwrap_or(text);
    (!key.is_empty()).then(|| key.to_owned())
}

/// A class: without blanks and in small letters, so that `" 4a "` and `4A` are one class. None if it is empty.
#[must_use]
pub fn class(text: &str) -> Option<String> {
    let class = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
    (!class.is_empty()).then_some(class)
}

/// An e-mail address in small letters: one `@` with something before it and a host with a dot after it.
#[must_use]
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (name, host) = text.split_once('@')?;
    let inner = host.trim_matches('.');
    let valid = !name.is_empty() && inner.len() == host.len() && host.contains('.') && !host.contains('@');
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control() || ",;<>()\"".contains(c));
    (valid && plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_urn_is_six_digits_after_cleaning_and_nothing_else_is_guessed() {
        for text in ["120361", " 120361   ", "120361.0", "120 361", "\u{a0}120361"] {
            assert_eq!(urn(text), Some(120_361), "{text:?}");
        }
        for text in ["", "12036", "1203617", "12O361", "see SIMS", "TBC", "020361", "120361.5", "-20361", "+20361"] {
            assert_eq!(urn(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_dfe_number_is_seven_digits_with_or_without_a_mark_between() {
        for text in ["8552001", "855/2001", "855-2001", "855 2001", "8552001   ", "8552001.0", "855 / 2001"] {
            assert_eq!(dfe_number(text).map(|it| it.to_string()).as_deref(), Some("855/2001"), "{text:?}");
        }
        for text in ["", "855", "85520011", "855/20", "8552O01", "855//2001", "8/552001", "é552001"] {
            assert_eq!(dfe_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_postcode_at_the_end_of_an_address_is_found() {
        assert_eq!(postcode_in("Music Department\nSchool Lane, Oakham LE15 6QU").as_deref(), Some("LE15 6QU"));
        assert_eq!(postcode_in("School Lane, le156qu, Rutland").as_deref(), Some("LE15 6QU"));
        assert_eq!(postcode_in("Unit E1 6AN, 2 Lane, LE1 1AA").as_deref(), Some("LE1 1AA"));
        assert_eq!(postcode_in("12 School Lane"), None);
        assert_eq!(postcode_in(""), None);
    }

    #[test]
    fn keys_lose_padding_and_what_a_spreadsheet_added() {
        assert_eq!(key("10001     ").as_deref(), Some("10001"));
        assert_eq!(key("10001.0").as_deref(), Some("10001"));
        assert_eq!(key("S.0").as_deref(), Some("S.0"));
        assert_eq!(key("0012").as_deref(), Some("0012"));
        assert_eq!(key("\u{a0} "), None);
    }

    #[test]
    fn a_class_is_one_however_it_is_typed() {
        assert_eq!(class(" 4a "), class("4A"));
        assert_eq!(class("Year 4 A").as_deref(), Some("year4a"));
        assert_eq!(class("  "), None);
    }

    #[test]
    fn an_email_address_has_a_name_and_a_host() {
        assert_eq!(email("Office@School.Example ").as_deref(), Some("office@school.example"));
        for text in [
            "",
            "n/a",
            "office",
            "@school.example",
            "a@b",
            "a@b@c.example",
            "a b@c.example",
            "a@c.example, b@c.example",
            "a@.c.example",
        ] {
            assert_eq!(email(text), None, "{text:?}");
        }
    }
}
