//! Values that fit their schema as the types of the service. Few of them fail, such as a date of the year 0.

use serde::de::{DeserializeOwned, Error as _};
use serde_json::{Error, Value};

use super::faults::under;
use crate::kernel::base::problem::{Problem, Result};

/// What a type refuses in a value.
pub(super) struct Refusal {
    /// The place of the refused part, as a JSON pointer.
    pub pointer: String,
    pub message: String,
}

/// Says why a type refuses a value, or nothing where it takes it.
type Refuses = fn(&Value) -> Option<Error>;

/// Decodes a value.
///
/// # Errors
/// What `problem` makes of the first part that the type refuses.
pub(super) fn decode<T: DeserializeOwned>(value: &Value, problem: fn(Refusal) -> Problem) -> Result<T> {
    match read(value) {
        Ok(decoded) => Ok(decoded),
        Err(error) => Err(problem(refusal(value, &error, refuses::<T>))),
    }
}

fn refuses<T: DeserializeOwned>(value: &Value) -> Option<Error> {
    read::<T>(value).err()
}

/// Reads an object. The fields decode like the whole value, without the code that reads the type from a list.
fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    match value {
        Value::Object(fields) => T::deserialize(fields),
        _ => Err(Error::custom("expected an object")),
    }
}

/// Finds the part of a value to which an error belongs. A decoder of its own that records the place would double the
/// code of every form, for an error that hardly occurs. Parts are decoded in their order instead: the shortest
/// beginning of the value that fails alike ends with the refused part.
fn refusal(value: &Value, error: &Error, refuses: Refuses) -> Refusal {
    let message = error.to_string();
    let mut pointer = String::new();
    while let Some(part) = value.pointer(&pointer) {
        let fails = |length| {
            let mut value = value.clone();
            if let Some(part) = value.pointer_mut(&pointer) {
                cut(part, length);
            }
            refuses(&value).is_some_and(|error| error.to_string() == message)
        };
        let (mut passes, mut ends) = (0, length(part));
        if ends == 0 || fails(0) {
            break;
        }
        while ends - passes > 1 {
            let middle = passes.midpoint(ends);
            if fails(middle) {
                ends = middle;
            } else {
                passes = middle;
            }
        }
        pointer = match part {
            Value::Object(fields) => under(&pointer, fields.keys().nth(passes).map_or("", String::as_str)),
            _ => format!("{pointer}/{passes}"),
        };
    }
    Refusal { pointer, message }
}

/// How many parts a value has.
fn length(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        _ => 0,
    }
}

/// Leaves the first parts of a value, as many as `length`.
fn cut(value: &mut Value, length: usize) {
    match value {
        Value::Array(items) => items.truncate(length),
        Value::Object(fields) => {
            let mut at = 0;
            fields.retain(|_, _| {
                at += 1;
                at <= length
            });
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use entity::instant::Instant;
    use serde::Deserialize;
    use serde_json::json;
    use time::Date;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the errors count")]
    struct Term {
        #[serde(with = "entity::date")]
        first_day: Date,
        #[serde(default, with = "entity::date::option")]
        last_day: Option<Date>,
        #[serde(flatten)]
        more: More,
        #[serde(default, rename = "a/b")]
        events: Vec<Event>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the errors count")]
    struct More {
        seen_at: Option<Instant>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the errors count")]
    struct Event {
        pupils: Option<u8>,
        #[serde(with = "entity::date")]
        on: Date,
    }

    /// The place and the reason of a refusal.
    fn refused(value: &Value) -> (String, String) {
        let problem = decode::<Term>(value, |it| Problem::invalid(it.pointer, "invalid", it.message)).unwrap_err();
        (problem.errors()[0].pointer.clone(), problem.errors()[0].message.clone())
    }

    fn place(value: &Value) -> String {
        refused(value).0
    }

    #[test]
    fn the_first_part_that_is_refused_is_found() {
        let day = "2014-09-01";
        let (pointer, message) = refused(&json!({ "last_day": null, "first_day": "0000-09-01" }));
        assert_eq!((&pointer[..], &message[..]), ("/first_day", "expected a date such as 2014-09-01"));
        assert_eq!(place(&json!({ "first_day": day, "last_day": "0000-09-01" })), "/last_day");
        assert_eq!(place(&json!({ "first_day": day, "seen_at": "2014-09-01T23:59:60Z" })), "/seen_at");
        let event = json!({ "on": day });
        let bad = json!({ "on": "0000-01-01" });
        let events = json!({ "first_day": day, "a/b": [event, event, bad, event, bad] });
        assert_eq!(place(&events), "/a~1b/2/on");
        let pupils = json!({ "first_day": day, "a/b": [event, { "pupils": 256, "on": day }, bad] });
        assert_eq!(place(&pupils), "/a~1b/1/pupils");
    }

    #[test]
    fn a_missing_field_is_the_fault_of_the_whole() {
        assert_eq!(place(&json!({})), "");
        assert_eq!(place(&json!([])), "");
        assert_eq!(place(&json!("term")), "");
    }
}
