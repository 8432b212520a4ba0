//! What the patterns of the document ask for, in words for people.

use crate::kernel::base::condition::{ETAGS_PATTERN, KEY_PATTERN};

/// An e-mail address: words joined by dots, `@`, and a domain of at least two labels. The format `email` also allows
/// quoted names and addresses of networks.
pub(super) const EMAIL: &str = "^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\
                       @([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$";

/// Each pattern with what a caller has to send.
const WORDS: &[(&str, &str)] = &[
    (r"^[A-Za-z]{1,2}[0-9][A-Za-z0-9]? ?[0-9][A-Za-z]{2}$", "a postcode such as LE11 1NH"),
    (EMAIL, "an e-mail address such as name@school.example"),
    (ETAGS_PATTERN, "ETags in their quotes, with commas between them, such as \"3\""),
    (KEY_PATTERN, "visible ASCII characters such as 0198c5f2-7b5e-7cc2-a3a6-2f6d1c7f5b10"),
    (r"^https?://[^\s]+$", "an address that begins with http:// or https://, such as https://school.example/music"),
    (r"^[0-9]{3}$", "three digits such as 855"),
    (r"^[0-9]{4}$", "four digits such as 4003"),
    (r"^[0-9]{4}/[0-9]{2}$", "an academic year such as 2016/17"),
    (r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "a time of day such as 09:30"),
    (r"^[0-9]{1,2}$", "one or two digits such as 34"),
    (r"^[0-9]{1,6}$", "one to six digits such as 2044"),
    (r"^([a-z_]+(;[a-z_]+)*)?$", "nothing, or words of small letters joined by semicolons, such as key_stage;sex"),
    (
        r"^[A-Za-z0-9][A-Za-z0-9.()_-]*$",
        "letters, digits and . ( ) _ -, with a letter or digit first, such as report.csv",
    ),
    (r"^[a-z0-9][a-z0-9_]*$", "small letters a to z, digits and underscores, such as ks2"),
    (r"^[a-z][a-z_-]*$", "small letters a to z, hyphens and underscores, with a letter first, such as visit-coverage"),
    (r"^[a-z][a-z-]*$", "small letters a to z and hyphens, with a letter first, such as visit-coverage"),
    (r"^[0-9A-Z][0-9A-Za-z*+ ./-]*$", "a grade such as 7"),
    (r"^[^\s?#]+$", "text without spaces and without ? and #, such as visit-coverage"),
    (r"^[!-~]+$", "text of letters, digits and signs without spaces, such as by=area"),
    (r"^[a-zA-Z]+://[^\s]+$", "a whole address such as https://partner.example/hook"),
    (r"^([0-9]{3}|E[0-9]{8})$", "three digits such as 855, or E with eight digits such as E12000004"),
    (
        r"^[a-z0-9][a-z0-9_-]*$",
        "small letters a to z, digits, hyphens and underscores, with a letter or digit first, such as paritor",
    ),
    (r"^[a-z0-9]+(-[a-z0-9]+)*$", "small letters a to z and digits, joined by single hyphens, such as east-midlands"),
    (r"^[a-z][a-z0-9_]*$", "small letters a to z, digits and underscores, with a letter first, such as visit_count"),
    (r"^\S(.*\S)?$", "text on one line without a space at its beginning or end, such as HoS"),
];

/// The words for a pattern. A test holds that every pattern of the document has some.
pub(super) fn in_words(pattern: &str) -> String {
    let known = WORDS.iter().find(|(known, _)| *known == pattern);
    known.map_or_else(|| format!("text that matches {pattern}"), |(_, words)| (*words).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Every pattern in a part of the document.
    fn patterns<'a>(part: &'a Value, found: &mut Vec<&'a str>) {
        match part {
            Value::Object(fields) => {
                found.extend(fields.get("pattern").and_then(Value::as_str));
                fields.values().for_each(|part| patterns(part, found));
            }
            Value::Array(parts) => parts.iter().for_each(|part| patterns(part, found)),
            _ => {}
        }
    }

    #[test]
    fn every_pattern_of_the_document_is_said_in_words() {
        let document = crate::app::document();
        let mut found = Vec::new();
        patterns(document.json(), &mut found);
        assert!(found.len() > WORDS.len());
        for pattern in found {
            assert!(!in_words(pattern).contains(pattern), "add words for {pattern}");
        }
    }

    #[test]
    fn the_example_in_the_words_fits_the_pattern() {
        for (pattern, words) in WORDS {
            let example = words.rsplit("such as ").next().unwrap();
            let schema = json!({ "type": "string", "pattern": pattern });
            assert!(jsonschema::is_valid(&schema, &json!(example)), "{example} is no {pattern}");
        }
    }
}
