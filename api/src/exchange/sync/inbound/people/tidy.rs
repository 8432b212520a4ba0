//! What an office typed, as it is kept.

/// Words that a source leaves in the place of somebody whom it erased.
const ERASED: [&str; 8] = ["erased", "redacted", "anonymised", "anonymized", "deleted", "removed", "gdpr", "forgotten"];

/// A name without capitals throughout: `MRS ADA O'BRIEN` is `Mrs Ada O'Brien`. A name with any small letter stays as it
/// was typed.
#[must_use]
pub fn name(text: &str) -> String {
    let capitals = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count() > 1 && word.to_uppercase() == word;
    let words: Vec<&str> = text.split_whitespace().collect();
    let shouted = words.iter().filter(|word| capitals(word)).count() >= 2;
    words
        .into_iter()
        .map(|word| if shouted && capitals(word) { quiet(word) } else { word.to_owned() })
        .fold(String::new(), |all, word| if all.is_empty() { word } else { format!("{all} {word}") })
}

/// A word with its first letters in capitals: those at its beginning and after a hyphen or an apostrophe.
fn quiet(word: &str) -> String {
    let mut first = true;
    let letter = |c: char| {
        let letters: String = if first { c.to_uppercase().collect() } else { c.to_lowercase().collect() };
        first = !c.is_alphabetic();
        letters
    };
    word.chars().map(letter).collect()
}

/// Returns true if a name stands for somebody whom the source erased.
#[must_use]
pub fn is_erased(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| ERASED.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shouted_name_is_quiet_and_others_stay() {
        assert_eq!(name("Ms  ADA  O'BRIEN-LEE "), "Ms Ada O'Brien-Lee");
        assert_eq!(name("RENÉE MÜLLER"), "Renée Müller");
        assert_eq!(name("Dr J McKay"), "Dr J McKay");
        assert_eq!(name("Ada MARLOW"), "Ada MARLOW");
    }

    #[test]
    fn only_marks_of_erasure_stand_for_somebody_erased() {
        assert!(is_erased("ERASED ERASED"));
        assert!(is_erased("(erased)"));
        assert!(!is_erased("Ada Erased"));
        assert!(!is_erased(""));
    }
}
