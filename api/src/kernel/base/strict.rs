//! Bytes to JSON, refusing what other readers let pass or read differently.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::problem::{Code, Fault, Problem, Result};

/// Up to here every whole number is one double and back.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads one JSON value, and nothing besides: no repeated key, no NUL, no lone surrogate, no
/// number outside the range of a double, nothing nested deeper than 128 levels, UTF-8 only.
///
/// A whole number written as `1.0` or `1e3` is taken as the integer that it is.
///
/// # Errors
/// `bad-json`, saying where reading stopped.
pub fn strict(bytes: &[u8]) -> Result<Value> {
    if bytes.is_empty() {
        return Err(refused("the body is empty", ""));
    }
    if bytes.starts_with("\u{feff}".as_bytes()) {
        return Err(refused("the body begins with a byte order mark; send UTF-8 without one", ""));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(&bytes[..error.valid_up_to()]);
        refused(format!("not UTF-8 at line {line} column {column}"), "")
    })?;
    let place = RefCell::new(Vec::new());
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Node(&place).deserialize(&mut reader).and_then(|value| {
        reader.end()?;
        Ok(value)
    });
    value.map_err(|error| {
        let steps = place.borrow();
        let pointer = steps.iter().fold(String::new(), |path, step| format!("{path}/{step}"));
        let message = error.to_string().replace("recursion limit exceeded", "nested deeper than 128 levels");
        refused(message, pointer)
    })
}

fn refused(message: impl Into<String>, pointer: impl Into<String>) -> Problem {
    let (message, pointer) = (message.into(), pointer.into());
    let detail = if pointer.is_empty() { message.clone() } else { format!("{message}, at {pointer}") };
    Problem::new(Code::BadJson, detail).with(Fault::new(pointer, "bad_json", message))
}

fn position(before: &[u8]) -> (usize, usize) {
    let line = before.split(|byte| *byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
    (line, column)
}

/// Reads the value at a place; a step is taken back only once its value was read, so that after
/// an error the place is that of the fault.
struct Node<'p>(&'p RefCell<Vec<String>>);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() == 0.0 && value.abs() <= EXACT {
            return Ok((value as i64).into());
        }
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        if value.contains('\0') {
            return Err(E::custom("NUL (\\u0000) in a text"));
        }
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            self.0.borrow_mut().push(list.len().to_string());
            let Some(item) = items.next_element_seed(Node(self.0))? else { break };
            self.0.borrow_mut().pop();
            list.push(item);
        }
        self.0.borrow_mut().pop();
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            self.0.borrow_mut().push(key.replace('~', "~0").replace('/', "~1"));
            if key.contains('\0') {
                return Err(A::Error::custom("NUL (\\u0000) in a key"));
            }
            if map.contains_key(&key) {
                return Err(A::Error::custom("the key occurs twice in one object"));
            }
            let value = fields.next_value_seed(Node(self.0))?;
            self.0.borrow_mut().pop();
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::strict;

    fn refusal(bytes: impl AsRef<[u8]>) -> String {
        strict(bytes.as_ref()).unwrap_err().detail().to_owned()
    }

    #[test]
    fn ordinary_json_is_read_as_it_is() {
        let text = r#" {"a": [1, -2, 2.5, "é\ud83c\udfb5\n"], "b": {"a": null}, "": true} "#;
        assert_eq!(strict(text.as_bytes()).unwrap(), json!({"a": [1, -2, 2.5, "é🎵\n"], "b": {"a": null}, "": true}));
    }

    #[test]
    fn a_repeated_key_is_refused_where_it_stands() {
        let detail = refusal(r#"{"a": [{"b/c": 1, "b/c": 2}]}"#);
        assert!(detail.contains("occurs twice"), "{detail}");
        assert!(detail.ends_with("at /a/0/b~1c"), "{detail}");
        assert!(detail.contains("line 1 column"), "{detail}");
        // However the key was written.
        assert!(refusal(r#"{"a": 1, "\u0061": 2}"#).contains("occurs twice"));
    }

    #[test]
    fn nul_is_refused_in_texts_and_keys() {
        assert!(refusal(r#"{"a": "x\u0000"}"#).contains("NUL"));
        assert!(refusal(r#"{"a\u0000": 1}"#).contains("NUL"));
        assert!(strict(b"{\"a\": \"x\0\"}").is_err());
        assert!(strict(b"{\"a\": 1}\0").is_err());
    }

    #[test]
    fn lone_surrogates_are_refused() {
        for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\ud800x""#] {
            assert!(strict(text.as_bytes()).is_err(), "{text}");
            assert!(strict(format!("{{{text}: 1}}").as_bytes()).is_err(), "{text} as a key");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused_with_their_place() {
        assert_eq!(refusal(b"{\n  \"a\": \"\xff\"}"), "not UTF-8 at line 2 column 9");
        assert!(refusal(b"\xff\xfe{\0}\0").contains("not UTF-8"));
        // A surrogate encoded as if it were a character.
        assert!(refusal(b"\"\xed\xa0\x80\"").contains("not UTF-8"));
    }

    #[test]
    fn a_byte_order_mark_is_refused() {
        assert!(refusal("\u{feff}{}").contains("byte order mark"));
    }

    #[test]
    fn depth_is_limited_without_exhausting_the_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(strict(nested(127).as_bytes()).is_ok());
        assert!(refusal(nested(129)).contains("deeper than 128"));
        assert!(refusal("[".repeat(1_000_000)).contains("deeper than 128"));
        assert!(refusal(r#"{"a":"#.repeat(100_000)).contains("deeper than 128"));
    }

    #[test]
    fn numbers_are_kept_or_refused() {
        let detail = refusal(r#"{"pupils": 1e999}"#);
        assert!(detail.contains("out of range") && detail.ends_with("at /pupils"), "{detail}");
        assert!(refusal("-1e999").contains("out of range"));
        assert!(strict(b"1e-999").is_ok());
        assert_eq!(strict(b"18446744073709551615").unwrap(), json!(u64::MAX));
        // Twenty digits: no integer of ours, and said to be none.
        let huge = strict(b"99999999999999999999").unwrap();
        assert!(huge.as_i64().is_none() && huge.as_u64().is_none());
        assert_eq!(strict(b"[1.0, 1e3, -0.0]").unwrap(), json!([1, 1000, 0]));
        for text in ["01", "+1", ".5", "1.", "NaN", "Infinity", "0x10", "1e"] {
            assert!(strict(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn anything_besides_one_value_is_refused() {
        assert_eq!(refusal(""), "the body is empty");
        for text in ["  ", "{} {}", "{},", "[1,]", "{\"a\":1,}", "{'a':1}", "// x\n{}", "tru", "\"\n\""] {
            assert!(strict(text.as_bytes()).is_err(), "{text}");
        }
    }
}
