//! Which kinds of item there are, and what their tables look like: read from the API document of the service itself.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::fault::Fault;

/// A kind of item that the feed names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Its name in the feed, which is the name of its table.
    pub name: String,
    /// The address of its list.
    pub path: String,
    /// The scope by which it is read.
    pub scope: String,
    /// The fields that its items always have, `id` among them.
    pub columns: Vec<Column>,
    /// Every field that its items may have.
    pub known: BTreeSet<String>,
}

/// A field that every item of a kind has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub of: Type,
}

impl Column {
    /// Its name and its type, as a shape has it.
    pub fn written(&self) -> String {
        format!("{} {}", self.name, self.of.name())
    }
}

/// The type of a column's values, each of which may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A text.
    Text,
    /// An id.
    Uuid,
    /// A day.
    Date,
    /// A moment.
    Instant,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A list or an object.
    Json,
}

impl Type {
    /// Its name where a shape is written down.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Instant => "instant",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Json => "json",
        }
    }
}

impl Kind {
    /// Its columns as one text, by which two versions of it are compared.
    pub fn shape(&self) -> String {
        let columns: Vec<_> = self.columns.iter().map(Column::written).collect();
        columns.join(",")
    }

    /// Returns true if an item has a field that the document did not have.
    pub fn is_outgrown_by(&self, item: &Value) -> bool {
        item.as_object().is_some_and(|item| item.keys().any(|name| !self.known.contains(name)))
    }
}

/// For which client a copy is, and what of these kinds it consists of, as a short text.
pub fn shape(client: &str, kinds: &[Kind]) -> String {
    let mut digest = Sha256::new();
    digest.update(format!("{client}\n"));
    for kind in kinds {
        digest.update(format!("{}({})\n", kind.name, kind.shape()));
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest.first_chunk().map(|first| format!("{:016x}", u64::from_be_bytes(*first))).unwrap_or_default()
}

/// The kinds of a document.
///
/// # Errors
/// When the document is not that of this service, or of a version without what a follower needs.
pub fn read(document: &Value) -> Result<Vec<Kind>, Fault> {
    let collections = document.pointer("/components/schemas/ChangedResource/x-collections").and_then(Value::as_object);
    let collections = collections.ok_or_else(|| {
        Fault::Fatal("the service's API document names no kinds of item to follow: it is an older version".to_owned())
    })?;
    let kinds = collections.iter().filter_map(|(name, path)| kind(document, name, path.as_str()?));
    Ok(kinds.collect())
}

/// One kind; none where the document has no list of it.
fn kind(document: &Value, name: &str, path: &str) -> Option<Kind> {
    let list = document.get("paths")?.get(path)?.get("get")?;
    let reply = resolved(document, list.pointer("/responses/200")?);
    let page = resolved(document, reply.pointer("/content/application~1json/schema")?);
    let item = resolved(document, page.pointer("/properties/items/items")?);
    let scope = list.pointer("/security/0/token/0")?.as_str()?.to_owned();
    let fields = item.get("properties")?.as_object()?;
    // What an item need not have was asked for by `expand`.
    let always = item.get("required")?.as_array()?.iter().filter_map(Value::as_str);
    let columns: Vec<Column> = always
        .filter_map(|name| Some(Column { name: name.to_owned(), of: type_of(document, fields.get(name)?) }))
        .collect();
    let named =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let usable = named(name) && columns.iter().all(|column| named(&column.name) && column.name.len() < 64);
    let has_id = columns.iter().any(|column| column.name == "id" && column.of == Type::Uuid);
    (usable && has_id).then(|| Kind {
        name: name.to_owned(),
        path: path.to_owned(),
        scope,
        columns,
        known: fields.keys().cloned().collect(),
    })
}

/// A part of the document, wherever it refers to.
fn resolved<'d>(document: &'d Value, part: &'d Value) -> &'d Value {
    let place = part.get("$ref").and_then(Value::as_str).and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| document.pointer(place)).unwrap_or(part)
}

/// The type of a field's values.
fn type_of(document: &Value, schema: &Value) -> Type {
    let schema = resolved(document, schema);
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let mut choices = choices.iter().map(|choice| resolved(document, choice)).filter(|choice| !is_null(choice));
        return match (choices.next(), choices.next()) {
            (Some(one), None) => type_of(document, one),
            _ => Type::Json,
        };
    }
    let Some(schema) = schema.as_object() else { return Type::Json };
    match (named_type(schema), schema.get("format").and_then(Value::as_str)) {
        (Some("string"), Some("uuid")) => Type::Uuid,
        (Some("string"), Some("date")) => Type::Date,
        (Some("string"), Some("date-time")) => Type::Instant,
        (Some("string"), _) => Type::Text,
        (Some("integer"), _) => Type::Integer,
        (Some("number"), _) => Type::Number,
        (Some("boolean"), _) => Type::Boolean,
        _ => Type::Json,
    }
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// The one type of a schema's values beside null.
fn named_type(schema: &Map<String, Value>) -> Option<&str> {
    match schema.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_has_the_type_that_the_document_gives_it() {
        let document =
            json!({ "components": { "schemas": { "Instant": { "type": "string", "format": "date-time" } } } });
        let instant = json!({ "$ref": "#/components/schemas/Instant" });
        for (schema, of) in [
            (json!({ "type": ["string", "null"], "format": "uuid" }), Type::Uuid),
            (json!({ "type": "string", "format": "email" }), Type::Text),
            (json!({ "oneOf": [instant, { "type": "null" }] }), Type::Instant),
            (json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }), Type::Json),
            (json!({ "type": ["string", "integer"] }), Type::Json),
            (json!({ "type": ["integer", "null"], "format": "int32" }), Type::Integer),
            (json!({ "type": "array", "items": { "type": "string" } }), Type::Json),
            (json!({}), Type::Json),
        ] {
            assert_eq!(type_of(&document, &schema), of, "{schema}");
        }
    }

    #[test]
    fn every_kind_of_the_committed_document_has_a_table() {
        let document: Value = serde_json::from_str(include_str!("../../../../openapi/openapi.json")).unwrap();
        let kinds = read(&document).unwrap();
        let named = document["components"]["schemas"]["ChangedResource"]["enum"].as_array().unwrap();
        assert_eq!(kinds.iter().map(|kind| kind.name.as_str()).collect::<Vec<_>>(), *named);
        let school = kinds.iter().find(|kind| kind.name == "school").unwrap();
        assert_eq!((school.path.as_str(), school.scope.as_str()), ("/api/v1/schools", "schools:read"));
        assert!(school.shape().starts_with("id uuid,"), "{}", school.shape());
    }
}
