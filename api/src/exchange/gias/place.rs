//! Where a school is, on the map and on the web.

use super::reading::{Reading, shown};
use super::text::{self, clean, says_nothing};

/// A wrong postcode would send a visitor astray, none sends them to the address.
pub(super) fn postcode(row: &mut Reading<'_>) -> Option<String> {
    let value = row.value("Postcode");
    if value.is_empty() || says_nothing(value) {
        return None;
    }
    let postcode = text::postcode(value);
    if postcode.is_some() {
        return postcode;
    }
    let message = format!("a postcode such as LE1 6RN, not {:?}", shown(value));
    row.leave_unsaid("postcode", "format", "Postcode", message);
    None
}

/// One without the other is no place; GIAS writes 0 and 0 for none.
pub(super) fn coordinates(row: &mut Reading<'_>) -> (Option<i32>, Option<i32>) {
    let easting = row.number("Easting", "easting", 0..=700_000);
    let northing = row.number("Northing", "northing", 0..=1_300_000);
    match (easting, northing) {
        (None, None) | (Some(0), Some(0)) => (None, None),
        (Some(_), Some(_)) => (easting, northing),
        _ => {
            let message = "easting and northing go together: neither is taken";
            row.leave_unsaid("easting", "order", "Easting", message);
            row.leave_unsaid_quietly("northing");
            (None, None)
        }
    }
}

/// Returns the address with its scheme. An address without one gets `http`: a server that wants https redirects
/// from http, and a server without https would not answer https at all.
pub(super) fn website(row: &mut Reading<'_>) -> Option<String> {
    let value = clean(row.value("SchoolWebsite"));
    if value.is_empty() || says_nothing(&value) {
        return None;
    }
    let lower = value.to_ascii_lowercase();
    let (scheme, rest) = if lower.starts_with("https://") {
        value.split_at("https://".len())
    } else if lower.starts_with("http://") {
        value.split_at("http://".len())
    } else {
        ("http://", value.as_str())
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = host.contains('.') && !host.contains("..") && !host.starts_with('.');
    let letters = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    let plain = host.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(':').chars().all(letters);
    let website = format!("{}{rest}", scheme.to_ascii_lowercase());
    if named && plain && !rest.contains(' ') && website.chars().count() <= 300 {
        return Some(website);
    }
    let message = format!("an address such as www.school.example, not {:?}", shown(&value));
    row.leave_unsaid("website", "format", "SchoolWebsite", message);
    None
}
