//! From bytes to text, row by row.
//!
//! The Department writes Windows-1252; a program that opened and saved the file may have made it UTF-8.
//! Which of the two it is cannot be known before the first byte beyond ASCII, and that may come 40
//! megabytes into the file. It need not be known either: ASCII is the same in both, so every row is
//! judged by itself. A row that is valid UTF-8 is UTF-8 (text in Windows-1252 is never so by
//! chance: "Ã" would have to be followed by a sign such as "©"), any other is Windows-1252. For a
//! file in one encoding that gives what a look at the whole would have given, without holding it
//! or going back; in a file pieced together from both every row is still read rightly, and the
//! rows in the other encoding than those before carry a warning.

use encoding_rs::WINDOWS_1252;

/// In which encoding a file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, of which ASCII is a part.
    Utf8,
    /// UTF-8 that begins with a byte order mark.
    Utf8Bom,
    /// Windows-1252.
    Windows1252,
    /// Some rows in UTF-8, some in Windows-1252.
    Mixed,
}

impl Encoding {
    /// As reports name it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Windows1252 => "windows-1252",
            Self::Mixed => "mixed",
        }
    }
}

/// The text of one row's fields, one after the other.
#[derive(Debug, Default)]
pub struct Fields {
    text: String,
    ends: Vec<usize>,
}

impl Fields {
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The field at a place; empty where the row has none.
    pub fn get(&self, place: usize) -> &str {
        let from = place.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let to = self.ends.get(place).copied().unwrap_or_default();
        self.text.get(from.unwrap_or_default()..to).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|place| self.get(place))
    }
}

/// Decodes rows and remembers what it met.
#[derive(Debug, Default)]
pub struct Decoder {
    bom: bool,
    utf8: bool,
    windows: bool,
    repaired: u64,
    only: Option<Encoding>,
}

impl Decoder {
    /// All rows are in this encoding, and not judged by themselves.
    pub fn only(&mut self, encoding: Encoding) {
        self.only = Some(encoding);
    }

    /// The file begins with a byte order mark of UTF-8.
    pub fn bom(&mut self) {
        self.bom = true;
    }

    /// The encoding, as far as the file was read.
    pub fn encoding(&self) -> Encoding {
        match (self.bom, self.utf8, self.windows) {
            (false, false, true) => Encoding::Windows1252,
            (_, _, true) => Encoding::Mixed,
            (true, _, false) => Encoding::Utf8Bom,
            (false, _, false) => Encoding::Utf8,
        }
    }

    /// How many characters were repaired.
    pub fn repaired(&self) -> u64 {
        self.repaired
    }

    /// Puts the fields, whose bytes are `values` up to `ends`, into `fields` as text; `raw` is the
    /// whole row. Returns whether its encoding is another than the file had so far.
    pub fn decode(&mut self, raw: &[u8], values: &[u8], ends: &[usize], fields: &mut Fields) -> bool {
        fields.clear();
        if raw.is_ascii() {
            let whole = values.get(..ends.last().copied().unwrap_or_default());
            fields.text.push_str(&String::from_utf8_lossy(whole.unwrap_or_default()));
            fields.ends.extend_from_slice(ends);
            return false;
        }
        // The row as a whole is judged, since a comma taken away could join two halves.
        let utf8 = match self.only {
            Some(encoding) => encoding != Encoding::Windows1252,
            None => str::from_utf8(raw).is_ok(),
        };
        let before = self.encoding();
        let other = if utf8 { self.windows } else { self.utf8 || self.bom };
        if utf8 {
            self.utf8 = true;
        } else {
            self.windows = true;
        }
        let mut from = 0;
        for end in ends {
            let value = values.get(from..*end).unwrap_or_default();
            let text =
                if utf8 { String::from_utf8_lossy(value) } else { WINDOWS_1252.decode_without_bom_handling(value).0 };
            for c in text.chars() {
                let meant = meant(c);
                self.repaired += u64::from(meant != c);
                fields.text.push(meant);
            }
            fields.ends.push(fields.text.len());
            from = *end;
        }
        other || before == Encoding::Mixed
    }
}

/// The character that a stray control character was before someone read Windows-1252 as
/// ISO-8859-1: U+0092 was an apostrophe. Five of the 32 stand for nothing and stay.
fn meant(c: char) -> char {
    match u32::from(c) {
        code @ 0x80..=0x9F => {
            let byte = u8::try_from(code).unwrap_or_default();
            WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(c)
        }
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(decoder: &mut Decoder, raw: &[u8]) -> (Vec<String>, bool) {
        let mut values = Vec::new();
        let mut ends = Vec::new();
        for field in raw.split(|byte| *byte == b',') {
            values.extend_from_slice(field);
            ends.push(values.len());
        }
        let mut fields = Fields::default();
        let other = decoder.decode(raw, &values, &ends, &mut fields);
        (fields.iter().map(str::to_owned).collect(), other)
    }

    #[test]
    fn ascii_utf8_and_windows_1252_are_distinguished() {
        let mut decoder = Decoder::default();
        assert_eq!(row(&mut decoder, b"a,,b"), (vec!["a".into(), String::new(), "b".into()], false));
        assert_eq!(decoder.encoding(), Encoding::Utf8);
        assert_eq!(row(&mut decoder, "à,Môr 82°".as_bytes()).0, ["à", "Môr 82°"]);
        assert_eq!(decoder.encoding(), Encoding::Utf8);

        let mut decoder = Decoder::default();
        let (fields, other) = row(&mut decoder, b"St Thomas \xE0 Becket,King\x92s,82\xB0,\x80");
        assert_eq!(fields, ["St Thomas à Becket", "King’s", "82°", "€"]);
        assert!(!other);
        assert_eq!(decoder.encoding(), Encoding::Windows1252);
    }

    #[test]
    fn ascii_rows_before_the_first_byte_beyond_it_do_not_bind() {
        let mut decoder = Decoder::default();
        for _ in 0..1000 {
            row(&mut decoder, b"plain,old,ascii");
        }
        assert_eq!(row(&mut decoder, b"King\x92s").0, ["King’s"]);
        assert_eq!(decoder.encoding(), Encoding::Windows1252);
        assert_eq!(decoder.repaired(), 0);
    }

    #[test]
    fn a_file_of_both_is_read_rightly_and_its_odd_rows_are_marked() {
        let mut decoder = Decoder::default();
        assert!(!row(&mut decoder, "é".as_bytes()).1);
        assert_eq!(row(&mut decoder, b"\xE9"), (vec!["é".into()], true));
        assert_eq!(decoder.encoding(), Encoding::Mixed);

        let mut decoder = Decoder::default();
        decoder.bom();
        assert_eq!(decoder.encoding(), Encoding::Utf8Bom);
        assert!(row(&mut decoder, b"\xE9").1);
        assert_eq!(decoder.encoding(), Encoding::Mixed);
    }

    #[test]
    fn two_halves_are_not_joined_over_a_comma() {
        assert_eq!(row(&mut Decoder::default(), b"\xC3,\xA9").0, ["Ã", "©"]);
    }

    #[test]
    fn a_stray_control_character_is_repaired_and_counted() {
        let mut decoder = Decoder::default();
        assert_eq!(row(&mut decoder, "Westminster\u{92}s,\u{81}".as_bytes()).0, ["Westminster’s", "\u{81}"]);
        assert_eq!((decoder.encoding(), decoder.repaired()), (Encoding::Utf8, 1));
    }

    #[test]
    fn a_place_that_a_row_has_not_is_empty() {
        let mut fields = Fields::default();
        Decoder::default().decode(b"ab", b"ab", &[2], &mut fields);
        assert_eq!((fields.get(0), fields.get(1), fields.get(usize::MAX)), ("ab", "", ""));
    }
}
