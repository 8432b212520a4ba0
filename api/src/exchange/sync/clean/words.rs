//! Texts without a form of their own.

/// A text without blanks at its ends, and with blanks for signs that are none; none if nothing is left.
pub fn typed(text: &str) -> Option<String> {
    let odd = |c: char| c.is_control() && !c.is_whitespace();
    let text = if text.contains(odd) { text.replace(odd, " ") } else { text.to_owned() };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_ends_and_signs_that_are_none_are_not_meant() {
        assert_eq!(typed(" A\u{1}B\0 "), Some("A B".to_owned()));
        assert_eq!(typed(" \u{1}\t"), None);
    }
}
