//! How a source writes days, instants, flags and what it does not know.

use super::document::{Node, listed};
use crate::kernel::base::nearest::nearest;

/// How a day is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// 2024-03-27.
    Iso,
    /// 27/03/2024.
    DaySlash,
    /// 27-03-2024.
    DayDash,
    /// 27.03.2024.
    DayDot,
    /// 27-Mar-2024, also with blanks.
    DayName,
    /// 03/27/2024.
    MonthSlash,
    /// Seconds since the beginning of 1970, UTC; 0 is unknown. Milliseconds are recognised.
    Seconds,
}

const DATE_FORMATS: [(&str, DateFormat); 7] = [
    ("YYYY-MM-DD", DateFormat::Iso),
    ("DD/MM/YYYY", DateFormat::DaySlash),
    ("DD-MM-YYYY", DateFormat::DayDash),
    ("DD.MM.YYYY", DateFormat::DayDot),
    ("DD-Mon-YYYY", DateFormat::DayName),
    ("MM/DD/YYYY", DateFormat::MonthSlash),
    ("seconds", DateFormat::Seconds),
];

/// MySQL writes a column of a single bit as the character of that number.
const BIT_SET: &str = "\u{1}";
const BIT_CLEAR: &str = "\0";

/// How texts of a source are read.
#[derive(Clone, Debug)]
pub struct Formats {
    /// How days are written.
    pub dates: Vec<DateFormat>,
    /// How instants are written: a day as here with a time after it, or seconds.
    pub instants: Vec<DateFormat>,
    /// Words for yes, in small letters.
    pub yes: Vec<String>,
    /// Words for no, in small letters.
    pub no: Vec<String>,
    /// Words that say nothing, in small letters.
    pub unknown: Vec<String>,
}

impl Default for Formats {
    fn default() -> Self {
        use DateFormat::{DayDash, DayName, DaySlash, Iso, Seconds};
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Self {
            dates: vec![Iso, DaySlash, DayDash, DayName],
            instants: vec![Iso, DaySlash, DayDash, DayName, Seconds],
            yes: words(&["1", "yes", "y", "true", "t", "-1"]),
            no: words(&["0", "no", "n", "false", "f"]),
            unknown: words(&["n/a", "n/k", "-", "not known", "unknown", "null"]),
        }
    }
}

impl Formats {
    /// Reads `[formats]`. What it leaves out is as usual.
    pub fn read(node: Node<'_>) -> Self {
        node.allow("[formats]", &["dates", "instants", "yes", "no", "unknown"]);
        let mut formats = Self::default();
        for (key, list) in [("dates", &mut formats.dates), ("instants", &mut formats.instants)] {
            let mut given = Vec::new();
            for spot in node.texts(key) {
                match DATE_FORMATS.iter().find(|(name, _)| *name == spot.value) {
                    Some((_, format)) => given.push(*format),
                    None => {
                        let names = DATE_FORMATS.map(|(name, _)| name);
                        let fix = match nearest(spot.value, names) {
                            Some(near) => format!("did you mean \"{near}\"?"),
                            None => format!("`{key}` takes {}", listed(&names)),
                        };
                        node.document.fault(spot.line, format!("\"{}\" is no format that is known: {fix}", spot.value));
                    }
                }
            }
            let both = given.contains(&DateFormat::DaySlash) && given.contains(&DateFormat::MonthSlash);
            if both && let Some(spot) = node.texts(key).first() {
                let message = format!("`{key}` has DD/MM/YYYY and MM/DD/YYYY: 03/04/2024 would be two days, keep one");
                node.document.fault(spot.line, message);
            }
            if !given.is_empty() {
                *list = given;
            }
        }
        for (key, list) in [("yes", &mut formats.yes), ("no", &mut formats.no), ("unknown", &mut formats.unknown)] {
            if node.has(key) {
                *list = node.texts(key).into_iter().map(|spot| normal(spot.value)).collect();
            }
        }
        for spot in node.texts("yes") {
            if formats.no.contains(&normal(spot.value)) {
                node.document.fault(spot.line, format!("\"{}\" is both yes and no: keep one", spot.value));
            }
        }
        formats
    }

    /// The texts that mean yes, or no.
    pub fn words(&self, flag: bool) -> impl Iterator<Item = &str> {
        let (words, bit) = if flag { (&self.yes, BIT_SET) } else { (&self.no, BIT_CLEAR) };
        words.iter().map(String::as_str).chain([bit])
    }

    /// What a flag's word means.
    pub fn flag(&self, text: &str) -> Option<bool> {
        let word = normal(text);
        [true, false].into_iter().find(|flag| self.words(*flag).any(|it| it == word))
    }
}

/// A code as codes compare: without blanks at the ends, in small letters.
pub fn normal(text: &str) -> String {
    text.trim().to_lowercase()
}
