//! The spellings of a name or an address, looked for in texts and replaced there.

use std::cmp::Reverse;

use serde_json::Value;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What stands in a text in place of what was erased.
pub const ERASED: &str = "(erased)";

/// A spelling has at least so many characters: a shorter one would be found everywhere.
pub const SHORTEST: usize = 3;

/// A telephone number has at least so many digits.
const DIGITS: usize = 7;

/// The members of records in JSON that hold text even where it looks like a code.
const TEXTS: [&str; 9] = ["text", "title", "name", "comment", "reason", "role", "descriptor", "link", "price_reason"];

/// The spellings by which somebody is found in texts.
#[derive(Clone, Debug)]
pub struct Spellings(Vec<String>);

/// A letter of a text as it is compared, with its place in the text.
#[derive(Clone, Copy)]
struct Unit {
    letter: char,
    begin: usize,
    end: usize,
}

impl Spellings {
    /// Each spelling once, the longest first, so that one that holds another is replaced as a whole. What is too short
    /// is left out.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = texts.into_iter().map(|text| text.trim().to_owned()).collect();
        all.retain(|text| text.chars().count() >= SHORTEST && text != ERASED);
        // Of equal ones that with the words turned round comes last: it may join the end of a name and the next one.
        let letters = |text: &String| text.chars().filter(|c| c.is_alphanumeric()).count();
        let rank = |text: &String| (Reverse(letters(text)), text.contains(','));
        all.sort_by(|one, two| rank(one).cmp(&rank(two)).then_with(|| one.cmp(two)));
        all.dedup();
        Self(all)
    }

    /// A name as people write it, and with the last word before the others, as lists have it.
    #[must_use]
    pub fn of_name(name: &str) -> Vec<String> {
        let mut all = vec![name.to_owned()];
        if let Some((first, last)) = name.trim().rsplit_once(char::is_whitespace) {
            let first = first.trim();
            all.extend([format!("{last}, {first}"), format!("{last},{first}"), format!("{first},{last}")]);
        }
        all
    }

    /// The spellings themselves.
    #[must_use]
    pub fn into_texts(self) -> Vec<String> {
        self.0
    }

    /// Parts of the spellings in small letters: a text that holds a spelling in any form holds one of them, once its
    /// letters A to Z are small. Each is a list of pieces that follow one another.
    #[must_use]
    pub fn pieces(&self) -> Vec<Vec<String>> {
        let mut all: Vec<Vec<String>> = self.0.iter().map(|spelling| pieces(spelling)).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Returns true if a text holds a spelling as words of their own.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        let units = units(text);
        self.0.iter().any(|spelling| find(text, &units, spelling, 0).is_some())
    }

    /// The text with each spelling replaced, if it holds one as words of their own.
    #[must_use]
    pub fn erased(&self, text: &str) -> Option<String> {
        let mut after = text.to_owned();
        for spelling in &self.0 {
            let mut from = 0;
            while let Some((begin, end)) = find(&after, &units(&after), spelling, from) {
                after.replace_range(begin..end, ERASED);
                from = begin + ERASED.len();
            }
        }
        (after != text).then_some(after)
    }

    /// Replaces each spelling in the texts of a JSON value, and leaves codes alone. Returns true if there was one.
    pub fn erase_in(&self, value: &mut Value) -> bool {
        self.erase_under(value, "")
    }

    fn erase_under(&self, value: &mut Value, name: &str) -> bool {
        match value {
            Value::String(text) if is_code(text) && !TEXTS.contains(&name) => false,
            Value::String(text) => self.erased(text).is_some_and(|erased| {
                *text = erased;
                true
            }),
            // All of them, wherever the first one is.
            Value::Array(items) => {
                items.iter_mut().filter_map(|item| self.erase_under(item, name).then_some(())).count() > 0
            }
            Value::Object(fields) => {
                fields.iter_mut().filter_map(|(name, field)| self.erase_under(field, name).then_some(())).count() > 0
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// Returns true for what can be the value of a choice: small letters, digits and low lines.
fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// The letters of a text as they are compared: small, without accents, and with one space for each run of white space.
fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len());
    for (begin, c) in text.char_indices() {
        let end = begin + c.len_utf8();
        match units.last_mut() {
            Some(last) if is_combining_mark(c) || c.is_whitespace() && last.letter == ' ' => last.end = end,
            _ if c.is_whitespace() => units.push(Unit { letter: ' ', begin, end }),
            _ => {
                let bare = c.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
                units.extend(bare.map(|letter| Unit { letter, begin, end }));
            }
        }
    }
    units
}

/// Where a spelling stands in a text from a place on, neither preceded nor followed by another letter or digit.
fn find(text: &str, units: &[Unit], spelling: &str, from: usize) -> Option<(usize, usize)> {
    if let Some(number) = telephone(spelling) {
        return find_number(text, &number, from);
    }
    let sought: Vec<char> = self::units(spelling).iter().map(|unit| unit.letter).collect();
    if sought.is_empty() {
        return None;
    }
    let joined = |units: &[Unit], at: usize| units.get(at).is_some_and(|unit| unit.letter.is_alphanumeric());
    (0..units.len().saturating_sub(sought.len().saturating_sub(1))).find_map(|at| {
        let window = &units[at..at + sought.len()];
        let is_it = window[0].begin >= from
            && window.iter().map(|unit| unit.letter).eq(sought.iter().copied())
            && !(at > 0 && joined(units, at - 1))
            && !joined(units, at + sought.len());
        is_it.then(|| (window[0].begin, window[sought.len() - 1].end))
    })
}

/// The digits of a telephone number without its prefix; none for what is no telephone number.
fn telephone(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_ascii_digit() || c.is_whitespace() || "+()-./".contains(c));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let bare = digits.trim_start_matches("0044").trim_start_matches('0');
    let bare =
        if text.trim_start().starts_with('+') { bare.trim_start_matches("44").trim_start_matches('0') } else { bare };
    (plain && digits.len() >= DIGITS).then(|| bare.to_owned())
}

/// Where a telephone number stands in a text from a place on, however it is parted.
fn find_number(text: &str, number: &str, from: usize) -> Option<(usize, usize)> {
    let part = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+()-./".contains(c);
    let mut rest = from;
    while let Some(begin) = text.get(rest..)?.find(|c: char| c.is_ascii_digit() || c == '+' || c == '(') {
        let begin = rest + begin;
        let run = text[begin..].find(|c: char| !part(c)).map_or(&text[begin..], |end| &text[begin..begin + end]);
        let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        if telephone(run).as_deref() == Some(number) {
            return Some((begin, begin + run.len()));
        }
        rest = begin + run.len().max(1);
    }
    None
}

/// The longest run of letters A to Z and digits of a spelling, or the last digits of a telephone number one by one.
fn pieces(spelling: &str) -> Vec<String> {
    if let Some(number) = telephone(spelling) {
        return number[number.len().saturating_sub(4)..].chars().map(String::from).collect();
    }
    let runs = spelling.split(|c: char| !c.is_ascii_alphanumeric());
    vec![runs.max_by_key(|run| run.len()).unwrap_or_default().to_ascii_lowercase()]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ada() -> Spellings {
        let names = Spellings::of_name("Ada Marlow");
        let more = ["Ada", "ada@school.example", "Zoë", "Li", "", "0116 496 0001", "Day"].map(str::to_owned);
        Spellings::new(names.into_iter().chain(more))
    }

    #[test]
    fn each_spelling_is_replaced_in_letters_of_any_size() {
        let erased = |text| ada().erased(text);
        let met = "Met ADA MARLOW; ada, Zoë and ZOË.";
        assert_eq!(erased(met).unwrap(), "Met (erased); (erased), (erased) and (erased).");
        assert_eq!(erased("Write to Ada@School.example!").unwrap(), "Write to (erased)!");
        assert_eq!(erased("Ada Marlow, Ada Marlow").unwrap(), "(erased), (erased)");
    }

    #[test]
    fn a_name_is_found_however_it_is_spaced_and_accented_and_in_either_order() {
        for text in ["Ada  Marlow", "Ada\u{a0}Marlow", "ada\r\n\tmarlow", "Marlow, Ada", "Ada,Marlow", "Marlow,Ada"] {
            assert_eq!(ada().erased(text).as_deref(), Some("(erased)"), "{text}");
        }
        assert_eq!(ada().erased("Zoe\u{308}!").as_deref(), Some("(erased)!"));
    }

    #[test]
    fn a_telephone_number_is_found_however_it_is_parted() {
        for text in ["0116 4960001", "01164960001", "+44 116 496 0001", "(0116) 496-0001", "0044 1164960001"] {
            assert_eq!(ada().erased(&format!("ring {text} now")).as_deref(), Some("ring (erased) now"), "{text}");
        }
        for text in ["0116 496 00012", "0117 496 0001", "1 0116 496 0001"] {
            assert_eq!(ada().erased(text), None, "{text}");
        }
    }

    #[test]
    fn a_part_of_another_word_stays() {
        for text in ["Adam and Canada", "Li plays", "Zoëlle", "", "(erased)"] {
            assert_eq!(ada().erased(text), None, "{text}");
            assert!(!ada().are_in(text), "{text}");
        }
    }

    #[test]
    fn every_text_of_a_value_is_looked_at_and_no_code() {
        let mut value = json!({
            "note": "by Ada", "list": [{ "text": "ada" }, 3, null], "ada": "kept", "unit": "day",
            "status": { "before": "day", "after": "Day" },
        });
        assert!(ada().erase_in(&mut value));
        let erased = json!({
            "note": "by (erased)", "list": [{ "text": "(erased)" }, 3, null], "ada": "kept", "unit": "day",
            "status": { "before": "day", "after": "(erased)" },
        });
        assert_eq!(value, erased);
        assert!(!ada().erase_in(&mut value));
    }

    #[test]
    fn a_text_with_a_spelling_has_its_pieces() {
        let pieces = |text: &str| Spellings::new([text.to_owned()]).pieces();
        assert_eq!(pieces("Émile Zolas"), [["zolas"]]);
        assert_eq!(pieces("0116 496 0001"), [["0", "0", "0", "1"]]);
    }
}
