//! The columns of an export: the fields of a reply as the document has them.

use serde_json::Value;
use std::borrow::Cow;

use crate::kernel::base::csv;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::resource::field::Reading;

/// How wide a column of text is, in characters.
const WIDEST: u64 = 40;

/// A field of a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The field.
    pub name: String,
    /// True if it holds a day.
    pub day: bool,
    /// How many characters are in sight in a sheet.
    pub width: u32,
    /// True if a longer text goes on below, in the same cell.
    pub wraps: bool,
}

impl Column {
    /// The columns of the fields that are read, with what the document says about them in a schema.
    pub fn all(caller: &Caller, schema: &str, reading: &Reading) -> Vec<Self> {
        let documented = caller.state().document.fields(schema);
        reading.seen().map(|name| Self::of(name, documented.get(name).unwrap_or(&Value::Null))).collect()
    }

    /// The column of a field, with what the document says about it.
    pub fn of(name: &str, schema: &Value) -> Self {
        let format = schema["format"].as_str().unwrap_or_default();
        let longest = match format {
            "uuid" => 36,
            "date-time" => 27,
            _ => schema["maxLength"].as_u64().unwrap_or(10).min(WIDEST),
        };
        // The button of the filter stands beside the heading.
        let heading = name.chars().count() as u64 + 4;
        let width = longest.max(heading) + 1;
        let width = u32::try_from(width).unwrap_or(u32::MAX);
        Self { name: name.to_owned(), day: format == "date", width, wraps: false }
    }

    /// A column of texts that go on below, so many characters wide.
    #[must_use]
    pub fn wrapped(name: &str, width: u32) -> Self {
        Self { name: name.to_owned(), day: false, width, wraps: true }
    }
}

/// A value as a cell of CSV.
pub fn harmless(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => told(value).into_owned(),
        text => csv::harmless(&told(text)).into_owned(),
    }
}

/// A value as people read it in one cell.
pub fn told(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        Value::Array(list) => list.iter().map(told).collect::<Vec<_>>().join("; ").into(),
        Value::Object(fields) => match (&value["system"], &value["id"], fields.len()) {
            (Value::String(system), Value::String(id), 2) => format!("{system}={id}").into(),
            _ => value.to_string().into(),
        },
        Value::Bool(_) | Value::Number(_) => value.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_keys_stand_in_one_cell() {
        for (value, cell) in [
            (json!(null), ""),
            (json!(true), "true"),
            (json!(-12.5), "-12.5"),
            (json!([]), ""),
            (json!(["a", "b, c"]), "a; b, c"),
            (
                json!([{ "system": "paritor", "id": "SCH-1" }, { "system": "other", "id": "2" }]),
                "paritor=SCH-1; other=2",
            ),
            (json!({ "from": "2014-09-01" }), "{\"from\":\"2014-09-01\"}"),
        ] {
            assert_eq!(told(&value), cell);
        }
    }

    #[test]
    fn only_texts_can_be_formulas() {
        assert_eq!(harmless(&json!(-3)), "-3");
        assert_eq!(harmless(&json!("-3")), "'-3");
        assert_eq!(harmless(&json!(["=1", "2"])), "'=1; 2");
        assert_eq!(harmless(&Value::Null), "");
    }

    #[test]
    fn a_column_is_as_wide_as_its_heading_or_its_texts() {
        let width = |schema: Value| Column::of("la_code", &schema).width;
        assert_eq!(width(json!({ "type": ["string", "null"], "maxLength": 3 })), 12);
        assert_eq!(width(json!({ "type": "string", "maxLength": 20 })), 21);
        assert_eq!(width(json!({ "type": "string", "maxLength": 4000 })), 41);
        assert_eq!(width(json!({ "type": "string", "format": "uuid" })), 37);
    }
}
