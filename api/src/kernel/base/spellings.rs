//! The spellings of a name or an address, looked for in texts and replaced there.

use serde_json::Value;

use super::fold::search_key;

/// What stands in a text in place of what was erased.
pub const ERASED: &str = "(erased)";

/// A spelling has at least so many characters: a shorter one would be found everywhere.
pub const SHORTEST: usize = 3;

/// The spellings by which somebody is found in texts.
#[derive(Clone, Debug)]
pub struct Spellings(Vec<String>);

impl Spellings {
    /// Each spelling once, the longest first, so that one that holds another is replaced as a whole. What is too short
    /// is left out.
    pub fn new(texts: impl IntoIterator<Item = String>) -> Self {
        let mut all: Vec<String> = texts.into_iter().map(|text| text.trim().to_owned()).collect();
        all.retain(|text| text.chars().count() >= SHORTEST && text != ERASED);
        all.sort_by(|one, two| two.len().cmp(&one.len()).then_with(|| one.cmp(two)));
        all.dedup();
        Self(all)
    }

    /// The spellings themselves.
    #[must_use]
    pub fn into_texts(self) -> Vec<String> {
        self.0
    }

    /// The same as they stand in columns that are folded for search.
    #[must_use]
    pub fn folded(&self) -> Self {
        Self::new(self.0.iter().map(|text| search_key(text)))
    }

    /// The patterns of which a text that holds a spelling contains one, once its letters A to Z are small. Databases
    /// fold other letters differently: each way has a pattern.
    #[must_use]
    pub fn patterns(&self) -> Vec<String> {
        let ways =
            |text: &String| [text.to_ascii_lowercase(), text.to_lowercase(), text.to_uppercase().to_ascii_lowercase()];
        let mut patterns: Vec<String> = self.0.iter().flat_map(ways).collect();
        patterns.sort();
        patterns.dedup();
        patterns
    }

    /// Returns true if a text holds a spelling as words of their own.
    #[must_use]
    pub fn are_in(&self, text: &str) -> bool {
        self.0.iter().any(|spelling| find(text, spelling, 0).is_some())
    }

    /// The text with each spelling replaced, if it holds one as words of their own.
    #[must_use]
    pub fn erased(&self, text: &str) -> Option<String> {
        let mut after = text.to_owned();
        for spelling in &self.0 {
            let mut from = 0;
            while let Some((begin, end)) = find(&after, spelling, from) {
                after.replace_range(begin..end, ERASED);
                from = begin + ERASED.len();
            }
        }
        (after != text).then_some(after)
    }

    /// Replaces each spelling in the texts of a JSON value. Returns true if there was one.
    pub fn erase_in(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.erased(text).is_some_and(|erased| {
                *text = erased;
                true
            }),
            // All of them, wherever the first one is.
            Value::Array(items) => items.iter_mut().fold(false, |found, item| self.erase_in(item) || found),
            Value::Object(fields) => fields.values_mut().fold(false, |found, field| self.erase_in(field) || found),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

/// Where a spelling stands in a text from a place on, in letters of any size, neither preceded nor followed by another
/// letter or digit.
fn find(text: &str, spelling: &str, from: usize) -> Option<(usize, usize)> {
    let sought: Vec<char> = spelling.chars().flat_map(char::to_lowercase).collect();
    let within = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.get(from..)?.char_indices().map(|(at, _)| from + at).find_map(|begin| {
        if within(text[..begin].chars().next_back()) {
            return None;
        }
        let mut left = &sought[..];
        for (at, c) in text[begin..].char_indices() {
            for small in c.to_lowercase() {
                left = left.strip_prefix(&[small])?;
            }
            if left.is_empty() {
                let end = begin + at + c.len_utf8();
                return (!within(text[end..].chars().next())).then_some((begin, end));
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ada() -> Spellings {
        Spellings::new(["Ada", "Ada Marlow", "ada@school.example", "Zoë", "Li", ""].map(str::to_owned))
    }

    #[test]
    fn each_spelling_is_replaced_in_letters_of_any_size() {
        let erased = |text| ada().erased(text);
        assert_eq!(
            erased("Met ADA MARLOW; ada, Zoë and ZOË.").unwrap(),
            "Met (erased); (erased), (erased) and (erased)."
        );
        assert_eq!(erased("Write to Ada@School.example!").unwrap(), "Write to (erased)!");
        assert_eq!(erased("Ada Marlow, Ada Marlow").unwrap(), "(erased), (erased)");
    }

    #[test]
    fn a_part_of_another_word_stays() {
        for text in ["Adam and Canada", "Li plays", "Zoëlle", "", "(erased)"] {
            assert_eq!(ada().erased(text), None, "{text}");
            assert!(!ada().are_in(text), "{text}");
        }
    }

    #[test]
    fn every_text_of_a_value_is_looked_at() {
        let mut value = json!({ "note": "by Ada", "list": [{ "text": "Ada Marlow" }, 3, null], "ada": "kept" });
        assert!(ada().erase_in(&mut value));
        let erased = json!({ "note": "by (erased)", "list": [{ "text": "(erased)" }, 3, null], "ada": "kept" });
        assert_eq!(value, erased);
        assert!(!ada().erase_in(&mut value));
    }

    #[test]
    fn folded_columns_are_searched_by_folded_spellings() {
        assert_eq!(ada().folded().erased("met zoe and ada marlow").unwrap(), "met (erased) and (erased)");
    }

    #[test]
    fn patterns_fit_what_databases_make_of_letters() {
        let patterns = Spellings::new(["Émile Zola".to_owned()]).patterns();
        assert_eq!(patterns, ["Émile zola", "émile zola"]);
    }
}
