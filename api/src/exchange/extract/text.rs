//! Text as people wrote it, made fit to keep.

/// The text without white space at its ends, with one space wherever there was white space or a
/// control character, and without signs that cannot be seen.
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars().filter(|c| !unseen(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = true;
            continue;
        }
        if gap && !clean.is_empty() {
            clean.push(' ');
        }
        gap = false;
        clean.push(c);
    }
    clean
}

/// Returns true if the text holds what no name or address in England does: a letter of another script (an
/// "а" that is Cyrillic looks like an "a" and is not found as one), the sign for a character that
/// was lost, control characters, signs that cannot be seen.
pub fn suspicious(text: &str) -> bool {
    text.chars().any(|c| {
        let control = c.is_control() && !matches!(c, '\t' | '\r' | '\n');
        let foreign = c.is_alphabetic() && !latin(c);
        control || foreign || unseen(c) || c == '\u{FFFD}'
    })
}

fn latin(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | 'ª' | 'º' | 'À'..='ɏ' | 'ʰ'..='˿' | '\u{1E00}'..='\u{1EFF}')
}

/// Marks of byte order, of direction and of width.
fn unseen(c: char) -> bool {
    matches!(
        c,
        '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{AD}'
    )
}

/// A postcode as it is written, in capitals with one blank before its last three characters; none if it is no postcode:
/// one or two letters, a digit, perhaps a letter or digit; a digit and two letters.
#[must_use]
pub fn postcode(text: &str) -> Option<String> {
    let bare: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let (outward, inward) = bare.split_at_checked(bare.len().checked_sub(3)?)?;
    let letters = outward.bytes().take_while(u8::is_ascii_uppercase).count();
    let after = outward.as_bytes().get(letters..).unwrap_or_default();
    let outward_fits = (1..=2).contains(&letters)
        && match after {
            [digit] => digit.is_ascii_digit(),
            [digit, last] => digit.is_ascii_digit() && last.is_ascii_alphanumeric(),
            _ => false,
        };
    let inward_fits = matches!(inward.as_bytes(), [digit, one, two]
        if digit.is_ascii_digit() && one.is_ascii_uppercase() && two.is_ascii_uppercase());
    (outward_fits && inward_fits).then(|| format!("{outward} {inward}"))
}

/// Words by which GIAS says that there is nothing to say.
pub fn says_nothing(text: &str) -> bool {
    const WORDS: [&str; 6] = ["not recorded", "not applicable", "does not apply", "not known", "unknown", "n/a"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_is_made_single_and_what_cannot_be_seen_goes() {
        assert_eq!(clean("  St\u{A0}Mary's  \t C of E\r\nSchool\r"), "St Mary's C of E School");
        assert_eq!(clean("\u{FEFF}A\u{200B}b\0c\u{81}"), "Ab c");
        assert_eq!(clean(" \r"), "");
    }

    #[test]
    fn letters_of_other_scripts_are_suspicious_and_accents_are_not() {
        for fine in ["St Thomas à Becket", "Awel Y Môr", "North Star 82°", "King’s – £5 Ŵŷ ẁ", "a\r\nb"] {
            assert!(!suspicious(fine), "{fine}");
        }
        for odd in ["St Thomas а Becket", "\u{FFFD}", "a\0b", "a\u{81}b", "a\u{200B}b", "\u{202E}abc"] {
            assert!(suspicious(odd), "{odd:?}");
        }
    }

    #[test]
    fn postcodes_compare_without_case_and_blanks() {
        for text in ["LE1 1AA", "le11aa", " LE1  1AA  "] {
            assert_eq!(postcode(text).as_deref(), Some("LE1 1AA"), "{text:?}");
        }
        for text in ["LE12 9XX", "W1A 1AA", "M1 1AE", "EC1A 1BB"] {
            assert_eq!(postcode(text).as_deref(), Some(text));
        }
        for text in ["", "LE", "LE1", "1AA", "LE1 AA1", "LEX 1AA", "LE123 1AA", "£££"] {
            assert_eq!(postcode(text), None, "{text:?}");
        }
    }
}
