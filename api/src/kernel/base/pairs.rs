//! Names and values of a query string or a form, decoded strictly.

use super::problem::Fault;

/// The pairs of `raw` in their order; what cannot be read goes to `faults`, by its name.
pub fn read(raw: &str, faults: &mut Vec<Fault>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for part in raw.split('&').filter(|part| !part.is_empty()) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match (decode(name), decode(value)) {
            (Ok(name), Ok(value)) => pairs.push((name, value)),
            (Ok(name), Err(why)) => faults.push(Fault::new(format!("?{name}"), "encoding", why)),
            (Err(why), _) => faults.push(Fault::new("", "encoding", format!("a name: {why}"))),
        }
    }
    pairs
}

fn decode(text: &str) -> Result<String, &'static str> {
    // A plus that is meant is written %2B.
    percent_decoded(&text.replace('+', " "))
}

/// A text of an address without its percent signs.
pub fn percent_decoded(text: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(), digit()) else {
                    return Err("a % has to be followed by two hexadecimal digits");
                };
                u8::try_from(high * 16 + low).unwrap_or_default()
            }
            other => other,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8 once decoded")?;
    if text.contains('\0') { Err("holds a NUL") } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn pairs_are_decoded_in_their_order() {
        let mut faults = Vec::new();
        let pairs = read("a=1&b=%C3%A9+x%2By&a=&c", &mut faults);
        let expected = [("a", "1"), ("b", "é x+y"), ("a", ""), ("c", "")];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(faults.is_empty());
    }

    #[test]
    fn what_cannot_be_decoded_is_named() {
        let mut faults = Vec::new();
        read("a=%ff&b=%00&c=%zz&d=%4&%ff=1&e=%ed%a0%80", &mut faults);
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["?a", "?b", "?c", "?d", "", "?e"]);
    }
}
