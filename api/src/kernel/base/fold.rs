//! Text as people search and sort it.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents, marks and repeated white space, so that "St  Thomas À Becket" is
/// found as "st thomas a becket".
#[must_use]
pub fn search_key(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        let bare = word.nfkd().filter(|c| !is_combining_mark(*c));
        folded.extend(bare.flat_map(char::to_lowercase).map(|c| if c == '’' { '\'' } else { c }));
    }
    folded
}

/// A postcode, or how one begins, in capitals. A whole one has its space wherever it stood, so
/// that the district LE1 with its sector 1 is not confused with the district LE11.
#[must_use]
pub fn fold_postcode(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_uppercase).collect();
    let letters: Vec<char> = words.concat().chars().collect();
    match letters.as_slice() {
        [outward @ .., sector, a, b]
            if outward.len() >= 2 && sector.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase() =>
        {
            outward.iter().chain([&' ', sector, a, b]).collect()
        }
        _ => words.join(" "),
    }
}

/// The first text after all that begin with `prefix`; none when no text comes after.
#[must_use]
pub fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32);
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_takes_away_case_accents_and_spare_spaces() {
        assert_eq!(search_key("  St  Thomas À Becket’s "), "st thomas a becket's");
        assert_eq!(search_key("ﬁne ÅNGSTRÖM"), "fine angstrom");
    }

    #[test]
    fn a_whole_postcode_has_one_space_and_a_beginning_is_left_as_it_is() {
        for text in ["le1 6rn", "LE16RN", " le 16 rn "] {
            assert_eq!(fold_postcode(text), "LE1 6RN");
        }
        for text in ["le1", "le1 6", "le16", "w1a", "e1 6a"] {
            assert_eq!(fold_postcode(text), text.to_uppercase());
        }
    }

    #[test]
    fn a_prefix_ends_before_the_next_text() {
        assert_eq!(after_prefix("LE1").as_deref(), Some("LE2"));
        assert_eq!(after_prefix("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(after_prefix(""), None);
    }
}
